use super::fields::{duration, error_text, execution_id, name_and_version, scope, set, timestamp};
use crate::domain::{ExecutionRow, Phase, Scope};
use crate::wire::{Fields, WireError, WireValue};

/// An execution with the workflow that it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RanExecution {
    /// What a list shows.
    pub row: ExecutionRow,
    /// Project and domain of the workflow.
    pub workflow_scope: Scope,
    /// Name of the workflow; for a single task that of the workflow that Flyte made around it.
    pub workflow_name: String,
    /// Version of the workflow.
    pub workflow_version: String,
    /// Where the outputs are; empty when the server does not say.
    pub outputs_uri: String,
}

/// `flyteidl.admin.Execution` (`admin/execution.proto`: id 1, spec 2, closure 3).
pub(crate) fn execution(message: &[u8]) -> Result<ExecutionRow, WireError> {
    let mut row = ExecutionRow::default();
    for field in Fields::new(message) {
        match field? {
            (1, id) => execution_id(id, &mut row.id)?,
            (2, part) => spec(part, &mut row)?,
            (3, part) => closure(part, &mut row)?,
            _ => {}
        }
    }
    Ok(row)
}

/// The same, and of the closure also workflow_id 11 and outputs 1 (a `LiteralMapBlob` with its uri in 2).
pub(crate) fn ran_execution(message: &[u8]) -> Result<RanExecution, WireError> {
    let mut ran = RanExecution { row: execution(message)?, ..RanExecution::default() };
    for field in Fields::new(message) {
        let (3, closure) = field? else { continue };
        for field in Fields::new(closure.bytes()?) {
            match field? {
                (1, outputs) => {
                    for field in Fields::new(outputs.bytes()?) {
                        if let (2, uri) = field? {
                            set(&mut ran.outputs_uri, uri)?;
                        }
                    }
                }
                (11, id) => {
                    scope(id, &mut ran.workflow_scope)?;
                    name_and_version(id, &mut ran.workflow_name, &mut ran.workflow_version)?;
                }
                _ => {}
            }
        }
    }
    Ok(ran)
}

/// `ExecutionSpec`: launch_plan 1, metadata 3 (`ExecutionMetadata`: principal 2).
fn spec(value: WireValue<'_>, row: &mut ExecutionRow) -> Result<(), WireError> {
    for field in Fields::new(value.bytes()?) {
        match field? {
            (1, id) => name_and_version(id, &mut row.launched_name, &mut row.launched_version)?,
            (3, metadata) => {
                for field in Fields::new(metadata.bytes()?) {
                    if let (2, text) = field? {
                        set(&mut row.principal, text)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// `ExecutionClosure`: error 2, phase 4, started_at 5, duration 6, created_at 7, abort_cause 10, abort_metadata 12
/// (`AbortMetadata`: cause 1). The cause of an abort is shown where an error would be.
fn closure(value: WireValue<'_>, row: &mut ExecutionRow) -> Result<(), WireError> {
    for field in Fields::new(value.bytes()?) {
        match field? {
            (2, error) => error_text(error, &mut row.error)?,
            (4, phase) => row.phase = Phase::of_workflow(phase.varint()?),
            (5, at) => row.started_at = timestamp(at)?,
            (6, span) => row.duration = duration(span)?,
            (7, at) => row.created_at = timestamp(at)?,
            (10, cause) => set(&mut row.error, cause)?,
            (12, abort) => {
                for field in Fields::new(abort.bytes()?) {
                    if let (1, cause) = field? {
                        set(&mut row.error, cause)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use flyte_idl::flyteidl::{admin, core};
    use flyte_idl::google::protobuf::{Duration, Timestamp};
    use prost::Message;

    use super::*;
    use crate::domain::ExecutionId;

    fn identifier(name: &str, version: &str) -> Option<core::Identifier> {
        Some(core::Identifier {
            project: "p".to_owned(),
            domain: "d".to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            org: "o".to_owned(),
            ..Default::default()
        })
    }

    #[allow(deprecated)] // The outputs' address is still what FlyteAdmin fills.
    fn message(result: admin::execution_closure::OutputResult) -> admin::Execution {
        admin::Execution {
            id: Some(core::WorkflowExecutionIdentifier {
                project: "p".to_owned(),
                domain: "d".to_owned(),
                name: "a1".to_owned(),
                org: "o".to_owned(),
            }),
            spec: Some(admin::ExecutionSpec {
                launch_plan: identifier("plan", "v1"),
                metadata: Some(admin::ExecutionMetadata {
                    principal: "someone".to_owned(),
                    nesting: 3,
                    ..Default::default()
                }),
                ..Default::default()
            }),
            closure: Some(admin::ExecutionClosure {
                phase: core::workflow_execution::Phase::Aborted.into(),
                created_at: Some(Timestamp { seconds: 10, nanos: 1_999_999 }),
                started_at: Some(Timestamp { seconds: 11, nanos: 0 }),
                duration: Some(Duration { seconds: 2, nanos: 500_000_000 }),
                workflow_id: identifier("wf", "v2"),
                output_result: Some(result),
                ..Default::default()
            }),
        }
    }

    #[test]
    fn every_field_of_a_row_is_read() {
        use admin::execution_closure::OutputResult;
        let error = core::ExecutionError {
            code: "USER".to_owned(),
            message: "broken".to_owned(),
            ..Default::default()
        };
        let expected = ExecutionRow {
            id: ExecutionId {
                scope: Scope { org: "o".to_owned(), project: "p".to_owned(), domain: "d".to_owned() },
                name: "a1".to_owned(),
            },
            phase: Phase::Aborted,
            launched_name: "plan".to_owned(),
            launched_version: "v1".to_owned(),
            created_at: Some(10_001),
            started_at: Some(11_000),
            duration: Some(2_500),
            principal: "someone".to_owned(),
            error: "broken".to_owned(),
        };
        let row = execution(&message(OutputResult::Error(error)).encode_to_vec()).unwrap();
        assert_eq!(row, expected);
        let abort = admin::AbortMetadata { cause: "not needed".to_owned(), principal: "other".to_owned() };
        let row = execution(&message(OutputResult::AbortMetadata(abort)).encode_to_vec()).unwrap();
        assert_eq!(row, ExecutionRow { error: "not needed".to_owned(), ..expected });
    }

    #[test]
    #[allow(deprecated)]
    fn the_workflow_and_the_outputs_address_are_found() {
        let outputs = admin::LiteralMapBlob {
            data: Some(admin::literal_map_blob::Data::Uri("s3://b/outputs.pb".to_owned())),
        };
        let message = message(admin::execution_closure::OutputResult::Outputs(outputs));
        let ran = ran_execution(&message.encode_to_vec()).unwrap();
        assert_eq!((&*ran.workflow_name, &*ran.workflow_version), ("wf", "v2"));
        assert_eq!(ran.workflow_scope, ran.row.id.scope);
        assert_eq!(ran.outputs_uri, "s3://b/outputs.pb");
    }

    #[test]
    fn an_empty_message_is_an_empty_row() {
        assert_eq!(execution(&[]), Ok(ExecutionRow::default()));
    }
}
