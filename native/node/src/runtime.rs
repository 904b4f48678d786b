use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::thread;

use flyte_client::FlyteError;
use futures_util::FutureExt;
use napi::bindgen_prelude::{PromiseRaw, ToNapiValue, create_custom_tokio_runtime};
use napi::{Env, Result};
use tokio::runtime::Builder;

use crate::failure::{Place, rejection};

/// Most threads that the runtime works with: it waits far more than it computes, and shares the machine with an editor.
const MOST_THREADS: usize = 4;

/// Replaces napi's runtime, which has a thread for every core. Where it cannot be made, napi's own is left in place.
#[napi_derive::module_init]
fn init() {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let built = Builder::new_multi_thread().worker_threads(threads).thread_name("flyte").enable_all().build();
    if let Ok(runtime) = built {
        create_custom_tokio_runtime(runtime);
    }
}

/// Starts the work and gives a promise of its outcome. A panic in it rejects the promise like any other failure.
pub(crate) fn promise<'env, T>(
    env: &'env Env,
    place: Place,
    work: impl Future<Output = std::result::Result<T, FlyteError>> + Send + 'static,
) -> Result<PromiseRaw<'env, T>>
where
    T: ToNapiValue + Send + 'static,
{
    let outcome = contain(place, work);
    env.spawn_future_with_callback(async move { Ok(outcome.await) }, |env, outcome| {
        outcome.map_err(|error| rejection(env, &error))
    })
}

/// The work with its panics as errors.
async fn contain<T>(
    place: Place,
    work: impl Future<Output = std::result::Result<T, FlyteError>>,
) -> std::result::Result<T, FlyteError> {
    // Whatever the work shares is behind locks of its own, which say themselves when they were left in disorder.
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(panic) => Err(place.panicked(panic.as_ref())),
    }
}

#[cfg(test)]
mod tests {
    use flyte_client::{FailureReason, GrpcCode};

    use super::*;

    fn place() -> Place {
        Place { action: "list executions", endpoint: "localhost:30080".to_owned() }
    }

    #[tokio::test]
    async fn a_panic_becomes_an_error_that_says_where() {
        let error = contain::<()>(place(), async { panic!("row {}", 7) }).await.unwrap_err();
        assert_eq!(error.reason, FailureReason::Panic);
        assert_eq!(error.code, GrpcCode::Internal);
        assert_eq!(error.action, "list executions");
        assert_eq!(error.endpoint, "localhost:30080");
        assert_eq!(error.details, "row 7");
    }

    #[tokio::test]
    async fn a_panic_after_a_wait_is_caught_too() {
        let work = async {
            tokio::task::yield_now().await;
            let empty: Vec<u8> = Vec::new();
            Ok(empty[std::hint::black_box(0)])
        };
        let error = contain(place(), work).await.unwrap_err();
        assert_eq!(error.reason, FailureReason::Panic);
        assert!(error.details.contains("index out of bounds"), "{}", error.details);
    }

    #[tokio::test]
    async fn what_does_not_panic_is_left_as_it_is() {
        assert_eq!(contain(place(), async { Ok(7) }).await, Ok(7));
    }
}
