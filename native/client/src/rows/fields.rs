//! Small messages that many rows hold.

use crate::domain::{ExecutionId, Scope};
use crate::wire::{Fields, WireError, WireValue};

/// Go's zero time, 0001-01-01T00:00:00Z, with which servers written in Go say that there is none.
const NO_TIME: i64 = -62_135_596_800_000;

/// Puts a `string` field into a row.
pub(super) fn set(text: &mut String, value: WireValue<'_>) -> Result<(), WireError> {
    *text = value.text()?.to_owned();
    Ok(())
}

/// `google.protobuf.Timestamp` (`timestamp.proto`: seconds 1, nanos 2) in milliseconds since the epoch.
pub(super) fn timestamp(value: WireValue<'_>) -> Result<Option<i64>, WireError> {
    milliseconds(value).map(|at| Some(at).filter(|at| *at != NO_TIME))
}

/// `google.protobuf.Duration` (`duration.proto`: seconds 1, nanos 2) in milliseconds.
pub(super) fn duration(value: WireValue<'_>) -> Result<Option<i64>, WireError> {
    milliseconds(value).map(Some)
}

fn milliseconds(value: WireValue<'_>) -> Result<i64, WireError> {
    let (mut seconds, mut nanos) = (0_i64, 0_i64);
    for field in Fields::new(value.bytes()?) {
        match field? {
            (1, number) => seconds = number.varint()?.cast_signed(),
            (2, number) => nanos = number.varint()?.cast_signed(),
            _ => {}
        }
    }
    Ok(seconds.saturating_mul(1000).saturating_add(nanos.div_euclid(1_000_000)))
}

/// `flyteidl.core.WorkflowExecutionIdentifier` (`identifier.proto`: project 1, domain 2, name 4, org 5).
pub(super) fn execution_id(value: WireValue<'_>, id: &mut ExecutionId) -> Result<(), WireError> {
    for field in Fields::new(value.bytes()?) {
        match field? {
            (1, text) => set(&mut id.scope.project, text)?,
            (2, text) => set(&mut id.scope.domain, text)?,
            (4, text) => set(&mut id.name, text)?,
            (5, text) => set(&mut id.scope.org, text)?,
            _ => {}
        }
    }
    Ok(())
}

/// `flyteidl.core.Identifier` (`identifier.proto`: project 2, domain 3, name 4, version 5), of which rows show these two.
pub(super) fn name_and_version(
    value: WireValue<'_>,
    name: &mut String,
    version: &mut String,
) -> Result<(), WireError> {
    for field in Fields::new(value.bytes()?) {
        match field? {
            (4, text) => set(name, text)?,
            (5, text) => set(version, text)?,
            _ => {}
        }
    }
    Ok(())
}

/// The same message's scope (project 2, domain 3, org 6).
pub(super) fn scope(value: WireValue<'_>, scope: &mut Scope) -> Result<(), WireError> {
    for field in Fields::new(value.bytes()?) {
        match field? {
            (2, text) => set(&mut scope.project, text)?,
            (3, text) => set(&mut scope.domain, text)?,
            (6, text) => set(&mut scope.org, text)?,
            _ => {}
        }
    }
    Ok(())
}

/// `flyteidl.core.ExecutionError` (`execution.proto`: code 1, message 2); the code where there is no message.
pub(super) fn error_text(value: WireValue<'_>, error: &mut String) -> Result<(), WireError> {
    let (mut code, mut message) = ("", "");
    for field in Fields::new(value.bytes()?) {
        match field? {
            (1, text) => code = text.text()?,
            (2, text) => message = text.text()?,
            _ => {}
        }
    }
    if message.is_empty() { code } else { message }.clone_into(error);
    Ok(())
}

#[cfg(test)]
mod tests {
    use flyte_idl::google::protobuf::Timestamp;
    use prost::Message;

    use super::*;

    #[test]
    fn times_are_milliseconds_rounded_down() {
        let at = |seconds, nanos| {
            timestamp(WireValue::Bytes(&Timestamp { seconds, nanos }.encode_to_vec())).unwrap()
        };
        assert_eq!(at(1_704_164_645, 123_999_999), Some(1_704_164_645_123));
        assert_eq!(at(-1, 500_000_000), Some(-500));
        assert_eq!(at(0, 0), Some(0));
        assert_eq!(at(-62_135_596_800, 0), None);
        assert_eq!(at(i64::MAX, 0), Some(i64::MAX));
        assert_eq!(
            duration(WireValue::Varint(1)),
            Err(WireError::WrongType { expected: "length-delimited" })
        );
    }
}
