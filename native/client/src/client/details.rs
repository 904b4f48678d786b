use std::sync::OnceLock;

use bytes::Bytes;
use flyte_idl::flyteidl::admin::{NodeExecutionGetRequest, ObjectGetRequest, WorkflowExecutionGetRequest};
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::ser::{PrettyFormatter, Serializer};

use super::FlyteClient;
use crate::call::{CallOptions, method};
use crate::domain::{Detail, EntityId, EntityKind, ExecutionId, NodeExecutionId};
use crate::error::{FailureReason, FlyteError, GrpcCode};
use crate::{requests, rows};

impl FlyteClient {
    /// Everything of one version of an entity.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn get_entity(&self, id: &EntityId, options: &CallOptions) -> Result<Detail, FlyteError> {
        let action = format!("get {id} of {}", id.entity.scope);
        let request = ObjectGetRequest { id: Some(requests::entity_id(id)) };
        let caller = self.caller();
        let (message, answer) = match id.entity.kind {
            EntityKind::Task => {
                ("Task", caller.unary_raw(&method::GET_TASK, &request, &action, options).await?)
            }
            EntityKind::Workflow => {
                ("Workflow", caller.unary_raw(&method::GET_WORKFLOW, &request, &action, options).await?)
            }
            EntityKind::LaunchPlan => {
                ("LaunchPlan", caller.unary_raw(&method::GET_LAUNCH_PLAN, &request, &action, options).await?)
            }
        };
        Ok(Detail { json: self.json(message, answer, &action)?, error: String::new() })
    }

    /// Everything of an execution but its data, with the whole error.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn get_execution(&self, id: &ExecutionId, options: &CallOptions) -> Result<Detail, FlyteError> {
        let action = format!("get {id}");
        let request = WorkflowExecutionGetRequest { id: Some(requests::execution_id(id)) };
        let answer = self.caller().unary_raw(&method::GET_EXECUTION, &request, &action, options).await?;
        let row = rows::execution(&answer).map_err(|error| self.caller().unreadable(&error, &action))?;
        Ok(Detail { json: self.json("Execution", answer, &action)?, error: row.error })
    }

    /// Everything of a node execution but its data, with the whole error.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn get_node_execution(
        &self,
        id: &NodeExecutionId,
        options: &CallOptions,
    ) -> Result<Detail, FlyteError> {
        let action = format!("get {id}");
        let request = NodeExecutionGetRequest { id: Some(requests::node_execution_id(id)) };
        let answer = self.caller().unary_raw(&method::GET_NODE_EXECUTION, &request, &action, options).await?;
        let node =
            rows::node_execution(&answer).map_err(|error| self.caller().unreadable(&error, &action))?;
        Ok(Detail { json: self.json("NodeExecution", answer, &action)?, error: node.row.error })
    }

    /// A message of `flyteidl.admin` as protobuf JSON with the original field names, indented.
    fn json(&self, message: &str, bytes: Bytes, action: &str) -> Result<String, FlyteError> {
        let descriptor = descriptors().and_then(|pool| {
            let name = format!("flyteidl.admin.{message}");
            pool.get_message_by_name(&name).ok_or_else(|| format!("there is no message {name}"))
        });
        let broken = |why: String| {
            FlyteError::new(FailureReason::Panic, format!("The {message} cannot be shown as JSON: {why}"))
                .with_code(GrpcCode::Internal)
                .during(action, self.endpoint())
        };
        let message = DynamicMessage::decode(descriptor.map_err(broken)?, bytes)
            .map_err(|error| self.caller().unreadable(&error, action))?;
        let options = SerializeOptions::new().use_proto_field_name(true);
        let mut json = Vec::new();
        let mut serializer = Serializer::with_formatter(&mut json, PrettyFormatter::with_indent(b"  "));
        message
            .serialize_with_options(&mut serializer, &options)
            .map_err(|error| broken(error.to_string()))?;
        String::from_utf8(json).map_err(|error| broken(error.to_string()))
    }
}

/// flyteidl's descriptors, read when the first document is opened.
fn descriptors() -> Result<&'static DescriptorPool, String> {
    static POOL: OnceLock<Result<DescriptorPool, String>> = OnceLock::new();
    POOL.get_or_init(|| {
        DescriptorPool::decode(flyte_idl::FILE_DESCRIPTOR_SET).map_err(|error| error.to_string())
    })
    .as_ref()
    .map_err(Clone::clone)
}
