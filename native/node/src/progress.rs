use std::sync::{Mutex, PoisonError};

use flyte_client::domain;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode, UnknownReturnValue};
use napi::{Result, Status};
use tokio::sync::oneshot;

use crate::output::RegistrationProgress;

/// A function of JavaScript that does not keep the process alive. What it throws ends like any uncaught exception.
type Listener =
    ThreadsafeFunction<RegistrationProgress, UnknownReturnValue, RegistrationProgress, Status, false, true>;

/// Who hears how a registration goes.
pub(crate) struct Progress {
    listener: Listener,
    /// Is told when the last report was delivered.
    last: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Progress {
    pub(crate) fn new(listener: Function<'_, RegistrationProgress, UnknownReturnValue>) -> Result<Self> {
        let listener = listener.build_threadsafe_function().weak::<true>().build()?;
        Ok(Self { listener, last: Mutex::new(None) })
    }

    /// Passes a report on, without waiting for JavaScript.
    pub(crate) fn report(&self, progress: domain::RegistrationProgress) {
        let (delivered, last) = oneshot::channel();
        let status = self.listener.call_with_return_value(
            progress.into(),
            ThreadsafeFunctionCallMode::NonBlocking,
            move |returned, _| {
                // Nobody waits any more when the registration was given up.
                let _ = delivered.send(());
                returned.map(drop)
            },
        );
        // Any other status: the environment is closing and nothing is delivered any more.
        if status == Status::Ok {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        }
    }

    /// Resolves when JavaScript has heard all: a promise settles by another way, and could overtake the last reports.
    pub(crate) async fn heard(&self) {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(last) = last {
            // An error means that it was thrown away undelivered, with the environment.
            let _ = last.await;
        }
    }
}
