use std::time::Duration;

use flyte_client::CallOptions;
use napi_derive::napi;

/// One remote call: how long it may take, and the means to cancel it.
#[napi]
pub struct Call {
    pub(crate) options: CallOptions,
}

#[napi]
impl Call {
    /// A call that may take this many milliseconds, or as long as the runtime finds right when it is not said.
    #[napi(constructor, catch_unwind)]
    pub fn new(timeout_ms: Option<f64>) -> Self {
        let mut options = CallOptions::default();
        if let Some(timeout) = timeout_ms {
            options.timeout = Duration::from_millis(timeout as u64);
        }
        Self { options }
    }

    /// Cancels it: its promise is rejected with the reason `cancelled`. Nothing happens when it has ended already.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.options.cancel.cancel();
    }
}
