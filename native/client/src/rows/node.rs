use flyte_idl::flyteidl::core::CatalogCacheStatus;

use super::fields::{duration, error_text, execution_id, set, timestamp};
use crate::domain::{ExecutionId, NodeExecutionRow, Phase};
use crate::wire::{Fields, WireError, WireValue};

/// A node execution with what leads to its entity and its outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RanNode {
    /// What a list shows.
    pub row: NodeExecutionRow,
    /// The node's id in its workflow, such as `n1` of `n0-0-n1`.
    pub spec_node_id: String,
    /// Where the inputs are; empty when the server does not say.
    pub inputs_uri: String,
    /// Where the outputs are; empty when the server does not say.
    pub outputs_uri: String,
}

/// `flyteidl.admin.NodeExecution` (`admin/node_execution.proto`: id 1, input_uri 2, closure 3, metadata 4). Its display
/// name is the node's id in its workflow, until the workflow is asked for a better one.
pub(crate) fn node_execution(message: &[u8]) -> Result<RanNode, WireError> {
    let mut ran = RanNode::default();
    for field in Fields::new(message) {
        match field? {
            (1, part) => id(part, &mut ran)?,
            (2, uri) => set(&mut ran.inputs_uri, uri)?,
            (3, part) => closure(part, &mut ran)?,
            (4, part) => metadata(part, &mut ran)?,
            _ => {}
        }
    }
    let name = if ran.spec_node_id.is_empty() { &ran.row.id.node_id } else { &ran.spec_node_id };
    ran.row.display_name.clone_from(name);
    Ok(ran)
}

/// `NodeExecutionIdentifier` (`core/identifier.proto`): node_id 1, execution_id 2.
fn id(value: WireValue<'_>, ran: &mut RanNode) -> Result<(), WireError> {
    for field in Fields::new(value.bytes()?) {
        match field? {
            (1, text) => set(&mut ran.row.id.node_id, text)?,
            (2, part) => execution_id(part, &mut ran.row.id.execution)?,
            _ => {}
        }
    }
    Ok(())
}

/// `NodeExecutionClosure`: output_uri 1, error 2, phase 3, started_at 4, duration 5, created_at 6, workflow_node_metadata 8
/// (executionId 1), task_node_metadata 9 (cache_status 1).
fn closure(value: WireValue<'_>, ran: &mut RanNode) -> Result<(), WireError> {
    let row = &mut ran.row;
    for field in Fields::new(value.bytes()?) {
        match field? {
            (1, uri) => set(&mut ran.outputs_uri, uri)?,
            (2, error) => error_text(error, &mut row.error)?,
            (3, phase) => row.phase = Phase::of_node(phase.varint()?),
            (4, at) => row.started_at = timestamp(at)?,
            (5, span) => row.duration = duration(span)?,
            (6, at) => row.created_at = timestamp(at)?,
            (8, part) => {
                for field in Fields::new(part.bytes()?) {
                    if let (1, launched) = field? {
                        execution_id(
                            launched,
                            row.launched_execution.get_or_insert_with(ExecutionId::default),
                        )?;
                    }
                }
            }
            (9, part) => {
                for field in Fields::new(part.bytes()?) {
                    if let (1, status) = field? {
                        row.cached = status.varint()? == CatalogCacheStatus::CacheHit as u64;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// `NodeExecutionMetaData`: is_parent_node 2, spec_node_id 3.
fn metadata(value: WireValue<'_>, ran: &mut RanNode) -> Result<(), WireError> {
    for field in Fields::new(value.bytes()?) {
        match field? {
            (2, truth) => ran.row.is_parent = truth.varint()? != 0,
            (3, text) => set(&mut ran.spec_node_id, text)?,
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
    use crate::domain::{NodeExecutionId, Scope};

    fn wire_id(name: &str) -> Option<core::WorkflowExecutionIdentifier> {
        Some(core::WorkflowExecutionIdentifier {
            project: "p".to_owned(),
            domain: "d".to_owned(),
            name: name.to_owned(),
            org: String::new(),
        })
    }

    fn row_id(name: &str) -> ExecutionId {
        let scope = Scope { project: "p".to_owned(), domain: "d".to_owned(), org: String::new() };
        ExecutionId { scope, name: name.to_owned() }
    }

    #[allow(deprecated)] // The outputs' address is still what FlyteAdmin fills.
    fn message(target: admin::node_execution_closure::TargetMetadata) -> admin::NodeExecution {
        admin::NodeExecution {
            id: Some(core::NodeExecutionIdentifier {
                node_id: "n0-0-n1".to_owned(),
                execution_id: wire_id("a1"),
            }),
            input_uri: "s3://b/in".to_owned(),
            closure: Some(admin::NodeExecutionClosure {
                phase: core::node_execution::Phase::Succeeded.into(),
                created_at: Some(Timestamp { seconds: 1, nanos: 0 }),
                started_at: Some(Timestamp { seconds: 2, nanos: 0 }),
                duration: Some(Duration { seconds: 0, nanos: 3_000_000 }),
                target_metadata: Some(target),
                output_result: Some(admin::node_execution_closure::OutputResult::OutputUri(
                    "s3://b/out".to_owned(),
                )),
                ..Default::default()
            }),
            metadata: Some(admin::NodeExecutionMetaData {
                is_parent_node: true,
                spec_node_id: "n1".to_owned(),
                retry_group: "0".to_owned(),
                ..Default::default()
            }),
        }
    }

    #[test]
    fn every_field_of_a_row_is_read() {
        use admin::node_execution_closure::TargetMetadata;
        let cached = admin::TaskNodeMetadata {
            cache_status: CatalogCacheStatus::CacheHit.into(),
            ..Default::default()
        };
        let expected = RanNode {
            row: NodeExecutionRow {
                id: NodeExecutionId { execution: row_id("a1"), node_id: "n0-0-n1".to_owned() },
                display_name: "n1".to_owned(),
                phase: Phase::Succeeded,
                created_at: Some(1_000),
                started_at: Some(2_000),
                duration: Some(3),
                cached: true,
                is_parent: true,
                launched_execution: None,
                error: String::new(),
            },
            spec_node_id: "n1".to_owned(),
            inputs_uri: "s3://b/in".to_owned(),
            outputs_uri: "s3://b/out".to_owned(),
        };
        let wire = message(TargetMetadata::TaskNodeMetadata(cached)).encode_to_vec();
        assert_eq!(node_execution(&wire).unwrap(), expected);
        let launched = admin::WorkflowNodeMetadata { execution_id: wire_id("a2") };
        let wire = message(TargetMetadata::WorkflowNodeMetadata(launched)).encode_to_vec();
        let row = node_execution(&wire).unwrap().row;
        assert_eq!((row.launched_execution, row.cached), (Some(row_id("a2")), false));
    }

    #[test]
    fn an_error_without_a_message_is_its_code_and_a_node_without_a_name_its_id() {
        let error = core::ExecutionError { code: "OOMKilled".to_owned(), ..Default::default() };
        let message = admin::NodeExecution {
            id: Some(core::NodeExecutionIdentifier { node_id: "n7".to_owned(), execution_id: None }),
            closure: Some(admin::NodeExecutionClosure {
                output_result: Some(admin::node_execution_closure::OutputResult::Error(error)),
                ..Default::default()
            }),
            ..Default::default()
        };
        let row = node_execution(&message.encode_to_vec()).unwrap().row;
        assert_eq!((&*row.error, &*row.display_name), ("OOMKilled", "n7"));
    }
}
