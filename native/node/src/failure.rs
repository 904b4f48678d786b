use std::any::Any;

use flyte_client::{FailureReason, FlyteError, GrpcCode};
use napi::bindgen_prelude::{JsObjectValue, JsValue};
use napi::{Env, Error, Result};

/// What is being done and where, for failures that the runtime itself cannot describe.
pub(crate) struct Place {
    pub(crate) action: &'static str,
    pub(crate) endpoint: String,
}

impl Place {
    /// The error that a panic becomes.
    pub(crate) fn panicked(self, panic: &(dyn Any + Send)) -> FlyteError {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        FlyteError {
            code: GrpcCode::Internal,
            reason: FailureReason::Panic,
            message: "Flyte's runtime came upon a bug of its own and gave up this call. Please report it with the details.".to_owned(),
            action: self.action.to_owned(),
            endpoint: self.endpoint,
            details: text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text").to_owned(),
        }
    }
}

/// What a promise is rejected with: an `Error` whose properties `code`, `reason`, `action`, `endpoint` and `details` are
/// those of the failure.
pub(crate) fn rejection(env: &Env, error: &FlyteError) -> Error {
    object(env, error).unwrap_or_else(|_| Error::from_reason(error.message.clone()))
}

fn object(env: &Env, error: &FlyteError) -> Result<Error> {
    let mut object = env.create_error(Error::from_reason(error.message.clone()))?;
    object.set_named_property("code", error.code.as_str())?;
    object.set_named_property("reason", error.reason.as_str())?;
    object.set_named_property("action", error.action.as_str())?;
    object.set_named_property("endpoint", error.endpoint.as_str())?;
    object.set_named_property("details", error.details.as_str())?;
    Ok(Error::from(object.to_unknown()))
}
