//! From what the transport, the operating system or the server says to what a person is told.

use std::path::PathBuf;
use std::time::Duration;

use tonic::Status;

use super::{FailureReason, FlyteError, GrpcCode, HttpAnswer};
use crate::channel::Target;

/// Why a connection or a call failed, as far as the place that saw it can tell.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    /// The name has no address.
    #[error("{0}")]
    NoSuchName(String),
    /// Nobody listens.
    #[error("{0}")]
    Refused(String),
    /// The host was not reached.
    #[error("{0}")]
    Unreachable(String),
    /// The connection ended before the answer did.
    #[error("{0}")]
    Lost(String),
    /// The connection ended before the server had sent a byte.
    #[error("{0}")]
    Silent(String),
    /// The certificate was refused: why, and what to do about it, in sentences.
    #[error("{0}")]
    Untrusted(String),
    /// TLS could not be agreed on for another reason.
    #[error("{0}")]
    Tls(String),
    /// The server answered the TLS handshake in plain text.
    #[error("the port speaks plain text")]
    PlainTextPort,
    /// The server answered plain text with TLS.
    #[error("the port speaks TLS")]
    TlsPort,
    /// What answers speaks, but not HTTP/2 or not gRPC.
    #[error("{0}")]
    NotGrpc(String),
    /// An HTTP response that is not gRPC.
    #[error("an answer of plain HTTP")]
    Http(HttpAnswer),
    /// A file that the connection needs.
    #[error("{path}: {why}", path = path.display())]
    File { path: PathBuf, why: String },
    /// The server wants to know who asks, in its words.
    #[error("{0}")]
    SignIn(String),
    /// A Flyte 2 answers.
    #[error("a Flyte 2 answers")]
    Flyte2,
    /// The call took longer than it may.
    #[error("no answer within {0:?}")]
    Deadline(Duration),
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The client was closed.
    #[error("closed")]
    Closed,
    /// The server's own answer.
    #[error("{}", .0.message())]
    Status(Status),
}

impl Failure {
    /// Finds what the connector, or the watch over answers, put at the bottom of an error of the transport; what is not
    /// theirs is a connection that was lost, unless it is a status.
    pub(crate) fn of_transport(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = String::new();
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(failure) = error.downcast_ref::<Self>() {
                return failure.clone();
            }
            text = error.to_string();
            cause = error.source();
        }
        Self::Lost(text)
    }

    /// From the status with which tonic ends a call: the server's own have no cause, those that tonic makes of
    /// broken connections have one.
    pub(crate) fn of_status(status: Status) -> Self {
        match std::error::Error::source(&status) {
            Some(cause) => Self::of_transport(cause),
            None if status.code() == tonic::Code::Unauthenticated => {
                Self::SignIn(status.message().to_owned())
            }
            None => Self::Status(status),
        }
    }

    /// Whether another attempt may succeed soon: the server is not there at the moment, or says so.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Unreachable(_) | Self::Lost(_) | Self::Silent(_) => true,
            Self::Http(answer) => matches!(answer.status, 502..=504),
            Self::Status(status) => status.code() == tonic::Code::Unavailable,
            _ => false,
        }
    }

    /// Whether this is how a server answers that does not know the service at all.
    pub(crate) fn is_unknown_service(&self) -> bool {
        match self {
            Self::Http(answer) => answer.status == 404,
            Self::Status(status) => status.code() == tonic::Code::Unimplemented,
            _ => false,
        }
    }

    /// Whether the request certainly did not leave this machine, so that even a repeated write is safe.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Unreachable(_))
    }

    fn reason(&self) -> FailureReason {
        match self {
            Self::NoSuchName(_) => FailureReason::NameNotFound,
            Self::Refused(_) => FailureReason::ConnectionRefused,
            Self::Unreachable(_) | Self::Lost(_) | Self::Silent(_) | Self::Tls(_) => {
                FailureReason::ConnectionLost
            }
            Self::Untrusted(_) => FailureReason::CertificateNotTrusted,
            Self::PlainTextPort => FailureReason::PlainTextPort,
            Self::TlsPort => FailureReason::TlsPort,
            Self::NotGrpc(_) => FailureReason::NotGrpc,
            Self::Http(answer) => answer.reason(),
            Self::File { .. } => FailureReason::File,
            Self::SignIn(_) => FailureReason::SignInRequired,
            Self::Flyte2 => FailureReason::Flyte2,
            Self::Deadline(_) => FailureReason::Deadline,
            Self::Cancelled | Self::Closed => FailureReason::Cancelled,
            Self::Status(_) => FailureReason::Status,
        }
    }

    /// The error for people: what happened at `target`, and what to do about it.
    pub(crate) fn into_error(self, target: &Target) -> FlyteError {
        let error = FlyteError::new(self.reason(), self.message(target));
        match self {
            Self::NoSuchName(system)
            | Self::Refused(system)
            | Self::Unreachable(system)
            | Self::Lost(system)
            | Self::Silent(system)
            | Self::SignIn(system) => error.with_details(system),
            Self::Http(answer) => error.with_details(answer.excerpt),
            Self::Status(status) => error.with_code(status.code().into()),
            _ => error,
        }
    }

    fn message(&self, target: &Target) -> String {
        let host = &target.host;
        match self {
            Self::NoSuchName(_) => {
                format!(
                    "There is no host \"{host}\". Check the endpoint's name, and the network or VPN that knows it."
                )
            }
            Self::Refused(_) => format!(
                "Nothing listens at {target}. Start the server, or check the host and port of the connection."
            ),
            Self::Unreachable(_) => format!(
                "{target} is not reached. Check the network, a VPN or a firewall between here and the server."
            ),
            Self::Lost(_) => {
                format!("The connection to {target} was lost before the answer was complete. Try again.")
            }
            Self::Silent(_) => format!(
                "{target} closed the connection without an answer. Check that the port is that of Flyte's gRPC API."
            ),
            Self::Untrusted(why) => format!("The certificate of {target} is not trusted: {why}"),
            Self::Tls(why) => {
                format!(
                    "TLS with {target} failed: {why}. Check that the endpoint is the one meant, and its TLS setup."
                )
            }
            Self::PlainTextPort => format!(
                "{target} speaks plain text, but the connection is set to use TLS. Set it to plain text \
                 (insecure: true), or use the port that speaks TLS."
            ),
            Self::TlsPort => tls_port(target),
            Self::NotGrpc(what) => format!(
                "What answers at {target} does not speak gRPC: {what}. Use the port of FlyteAdmin's gRPC API."
            ),
            Self::Http(answer) => http_message(answer, target),
            Self::File { path, why } => {
                format!(
                    "The CA certificate file {} cannot be used: {why}. Give a readable PEM file.",
                    path.display()
                )
            }
            Self::SignIn(_) => sign_in(target),
            Self::Flyte2 => {
                format!("{target} is a Flyte 2, which is not supported yet. Connect to a Flyte 1.")
            }
            Self::Deadline(limit) => {
                format!("{target} did not answer within {}. Try again, or allow more time.", seconds(*limit))
            }
            Self::Cancelled => "Cancelled.".to_owned(),
            Self::Closed => format!("The connection to {target} was closed."),
            Self::Status(status) => status_message(status, target),
        }
    }
}

fn tls_port(target: &Target) -> String {
    format!(
        "{target} speaks TLS, but the connection is set to plain text. Set it to TLS (insecure: false), or use the \
         port that speaks plain text."
    )
}

fn sign_in(target: &Target) -> String {
    format!(
        "{target} asks for a sign-in, which is not supported yet. Connect to a Flyte without authentication."
    )
}

fn http_message(answer: &HttpAnswer, target: &Target) -> String {
    let summary = answer.summary();
    match answer.reason() {
        FailureReason::TlsPort => tls_port(target),
        FailureReason::SignInRequired => sign_in(target),
        FailureReason::ProxyAnswered => format!(
            "A proxy answered in place of Flyte at {target}: {summary}. Check that the server behind it runs and that \
             the proxy lets gRPC (HTTP/2) through."
        ),
        _ => format!(
            "What answers at {target} does not speak gRPC but plain HTTP: {summary}. Use the port of FlyteAdmin's \
             gRPC API, and check that proxies on the way let HTTP/2 through."
        ),
    }
}

fn status_message(status: &Status, target: &Target) -> String {
    if status.message().is_empty() {
        format!("{target} answered {} without saying why.", GrpcCode::from(status.code()))
    } else {
        status.message().to_owned()
    }
}

/// `30 s`, `1.5 s`.
fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(failure: Failure) -> FlyteError {
        failure.into_error(&Target { host: "flyte.example.com".to_owned(), port: 443, tls: true })
    }

    #[test]
    fn every_failure_has_a_reason_and_a_message_that_says_what_to_do() {
        let text = || "system text".to_owned();
        let answer = HttpAnswer { status: 502, ..HttpAnswer::default() };
        let cases = [
            (Failure::NoSuchName(text()), FailureReason::NameNotFound),
            (Failure::Refused(text()), FailureReason::ConnectionRefused),
            (Failure::Unreachable(text()), FailureReason::ConnectionLost),
            (Failure::Lost(text()), FailureReason::ConnectionLost),
            (Failure::Silent(text()), FailureReason::ConnectionLost),
            (
                Failure::Untrusted("it has expired. Renew it.".to_owned()),
                FailureReason::CertificateNotTrusted,
            ),
            (Failure::Tls(text()), FailureReason::ConnectionLost),
            (Failure::PlainTextPort, FailureReason::PlainTextPort),
            (Failure::TlsPort, FailureReason::TlsPort),
            (Failure::NotGrpc(text()), FailureReason::NotGrpc),
            (Failure::Http(answer), FailureReason::ProxyAnswered),
            (Failure::SignIn(text()), FailureReason::SignInRequired),
            (Failure::Flyte2, FailureReason::Flyte2),
            (Failure::Deadline(Duration::from_millis(1500)), FailureReason::Deadline),
        ];
        for (failure, reason) in cases {
            let error = error(failure.clone());
            assert_eq!((error.reason, error.code), (reason, reason.code()), "{failure:?}");
            assert!(error.message.contains("flyte.example.com"), "{}", error.message);
            assert!(error.message.matches(". ").count() >= 1, "no next step: {}", error.message);
        }
    }

    #[test]
    fn the_servers_own_words_are_left_alone() {
        let status = Status::not_found("missing entity");
        let error = error(Failure::of_status(status));
        assert_eq!((error.reason, error.code), (FailureReason::Status, GrpcCode::NotFound));
        assert_eq!(error.message, "missing entity");
        assert!(error.is_answer());
    }

    #[test]
    fn a_status_without_a_message_is_named() {
        let error = error(Failure::of_status(Status::internal("")));
        assert_eq!(error.message, "flyte.example.com:443 answered INTERNAL without saying why.");
    }

    #[test]
    fn the_failure_at_the_bottom_of_an_error_is_found() {
        #[derive(Debug, thiserror::Error)]
        #[error("transport error")]
        struct Outer(#[source] Failure);
        let status = Status::from_error(Box::new(Outer(Failure::TlsPort)));
        assert!(matches!(Failure::of_status(status), Failure::TlsPort));
        let status = Status::from_error("broken pipe".into());
        assert!(matches!(Failure::of_status(status), Failure::Lost(text) if text == "broken pipe"));
    }
}
