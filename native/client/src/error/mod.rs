//! Failures as data: the gRPC code, why it failed as far as the runtime can tell, what was being done and where.

mod classify;
mod code;
mod http_answer;
mod reason;

pub(crate) use classify::Failure;
pub use code::GrpcCode;
pub(crate) use http_answer::HttpAnswer;
pub use reason::FailureReason;

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FlyteError {
    /// gRPC's status code: the server's, or the one that fits best.
    pub code: GrpcCode,
    /// Why it failed: what decides the advice that a person gets.
    pub reason: FailureReason,
    /// What went wrong and what can be done about it, in a sentence or two.
    pub message: String,
    /// What was being done, such as `list executions of flytesnacks/development`.
    pub action: String,
    /// Where, as `host:port`.
    pub endpoint: String,
    /// What more the server or the system said; empty when that is all in `message`.
    pub details: String,
}

impl FlyteError {
    /// An error of this reason with the code that goes with it, not yet placed in a call.
    pub(crate) fn new(reason: FailureReason, message: impl Into<String>) -> Self {
        Self {
            code: reason.code(),
            reason,
            message: message.into(),
            action: String::new(),
            endpoint: String::new(),
            details: String::new(),
        }
    }

    /// The same with another code.
    pub(crate) fn with_code(self, code: GrpcCode) -> Self {
        Self { code, ..self }
    }

    /// The same with what more there is to say.
    pub(crate) fn with_details(self, details: impl Into<String>) -> Self {
        Self { details: details.into(), ..self }
    }

    /// The same, saying during what and where it happened.
    pub(crate) fn during(self, action: &str, endpoint: &str) -> Self {
        Self { action: action.to_owned(), endpoint: endpoint.to_owned(), ..self }
    }

    /// Whether the server itself said so, as opposed to not having been reached or understood.
    pub(crate) fn is_answer(&self) -> bool {
        self.reason == FailureReason::Status
    }
}
