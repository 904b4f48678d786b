//! What a handler can fail with: a gRPC status, built the way FlyteAdmin builds it.

use bytes::Bytes;
use prost::Message;
use tonic::{Code, Status};

use crate::messages::{Described, head, text};

/// What a handler gives: its answer or the status that says why there is none.
pub type Outcome<T> = Result<T, Status>;

pub fn invalid(message: impl Into<String>) -> Status {
    Status::invalid_argument(message)
}

/// FlyteAdmin's words for a field that must be given.
pub fn missing(field: &str) -> Status {
    Status::invalid_argument(format!("missing {field}"))
}

/// FlyteAdmin's words for a field that cannot be used as given.
pub fn invalid_value(field: &str) -> Status {
    Status::invalid_argument(format!("invalid value for {field}"))
}

/// FlyteAdmin's words for a row that is not there; `kind` is such as `TASK` or `node execution`. Identifiers are
/// printed without their resource type, as FlyteAdmin looks them up without it.
pub fn not_found(kind: &str, id: &impl Described) -> Status {
    Status::not_found(format!("missing entity of type {kind} with identifier {}", text(id)))
}

/// The longest message of a status, in bytes: several times what FlyteAdmin's longest have. It may quote what was sent,
/// and travels in headers, of which no client takes any amount.
const LONGEST: usize = 64 << 10;

/// A status as clients can receive it: with the end of a very long message left out.
pub fn shortened(status: Status) -> Status {
    if status.message().len() <= LONGEST {
        return status;
    }
    Status::with_details(status.code(), shorten(status.message()), Bytes::copy_from_slice(status.details()))
}

fn shorten(message: &str) -> String {
    let head = head(message, LONGEST);
    if head.len() == message.len() {
        return head.to_owned();
    }
    format!("{head}… ({} bytes more)", message.len() - head.len())
}

/// A status that carries `detail`, packed as `google.rpc.Status` wants it.
pub fn with_detail(code: Code, message: String, type_name: &str, detail: &impl Message) -> Status {
    let message = shorten(&message);
    let status = RpcStatus {
        code: code as i32,
        message: message.clone(),
        details: vec![Any {
            type_url: format!("type.googleapis.com/{type_name}"),
            value: detail.encode_to_vec(),
        }],
    };
    Status::with_details(code, message, Bytes::from(status.encode_to_vec()))
}

/// SQLite's own errors. They mean a broken or full disk or a bug, never bad input, so they are logged here.
pub fn storage(error: rusqlite::Error) -> Status {
    tracing::error!("the database refused: {error}");
    Status::internal(format!("the embedded Flyte's database refused: {error}"))
}

/// A stored message that does not decode.
pub fn corrupt(error: prost::DecodeError) -> Status {
    tracing::error!("a stored message cannot be read: {error}");
    Status::internal(format!("a message stored by the embedded Flyte cannot be read: {error}"))
}

/// `google.rpc.Status`, which flyteidl does not bring along.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_long_messages_are_cut() {
        let long = "€".repeat(LONGEST);
        let cut = shortened(Status::invalid_argument(long.clone()));
        assert_eq!(cut.code(), Code::InvalidArgument);
        let (kept, said) = cut.message().split_once('…').unwrap();
        assert!(long.starts_with(kept) && (LONGEST - 2..=LONGEST).contains(&kept.len()), "{}", kept.len());
        assert_eq!(said, format!(" ({} bytes more)", long.len() - kept.len()));
        let detailed = with_detail(Code::NotFound, long, "google.protobuf.Empty", &());
        assert_eq!(detailed.message(), cut.message());
        assert_eq!(RpcStatus::decode(detailed.details()).unwrap().message, cut.message());
        let detailed_again = shortened(detailed.clone());
        assert_eq!(detailed_again.details(), detailed.details());
        assert_eq!(shortened(Status::aborted("short")).message(), "short");
    }
}
