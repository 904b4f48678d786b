//! The messages that these tests send, with little in them.

use std::collections::HashMap;

use flyte_idl::flyteidl::admin::{
    ExecutionCreateRequest, ExecutionMetadata, ExecutionSpec, LaunchPlanCreateRequest, LaunchPlanSpec,
    NamedEntityIdentifier, NodeExecutionEventRequest, ResourceListRequest, Sort, TaskCreateRequest, TaskSpec,
    WorkflowCreateRequest, WorkflowExecutionEventRequest, WorkflowSpec, sort,
};
use flyte_idl::flyteidl::core::{
    Container, ExecutionError, Identifier, Literal, LiteralMap, LiteralType, Node, NodeExecutionIdentifier,
    Primitive, ResourceType, Scalar, SimpleType, TaskMetadata, TaskNode, TaskTemplate, TypedInterface,
    Variable, VariableMap, WorkflowExecutionIdentifier, WorkflowTemplate, literal, literal_type, node,
    node_execution, primitive, scalar, task_node, task_template, workflow_execution,
};
use flyte_idl::flyteidl::event::{NodeExecutionEvent, WorkflowExecutionEvent, workflow_execution_event};
use flyte_idl::flyteidl::service::admin_service_client::AdminServiceClient;
use flyte_idl::google::protobuf::Timestamp;
use tonic::transport::Channel;

pub const PROJECT: &str = "flytesnacks";
pub const DOMAIN: &str = "development";

pub fn identifier(resource_type: ResourceType, name: &str) -> Identifier {
    Identifier {
        resource_type: resource_type as i32,
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        name: name.into(),
        version: "v1".into(),
        org: String::new(),
    }
}

pub fn execution_id(name: &str) -> WorkflowExecutionIdentifier {
    WorkflowExecutionIdentifier {
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        name: name.into(),
        org: String::new(),
    }
}

pub fn integer(value: i64) -> Literal {
    let value = Primitive { value: Some(primitive::Value::Integer(value)) };
    let scalar = Scalar { value: Some(scalar::Value::Primitive(value)) };
    Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
}

pub fn literals(name: &str, value: i64) -> LiteralMap {
    LiteralMap { literals: HashMap::from([(name.to_owned(), integer(value))]) }
}

/// A task `t` that takes an integer `a`.
pub fn task() -> TaskCreateRequest {
    let simple = LiteralType {
        r#type: Some(literal_type::Type::Simple(SimpleType::Integer as i32)),
        ..Default::default()
    };
    let variable = Variable { r#type: Some(simple), ..Default::default() };
    let inputs = VariableMap { variables: HashMap::from([("a".to_owned(), variable)]) };
    let template = TaskTemplate {
        id: Some(identifier(ResourceType::Task, "t")),
        r#type: "python-task".into(),
        metadata: Some(TaskMetadata::default()),
        interface: Some(TypedInterface { inputs: Some(inputs), outputs: None }),
        target: Some(task_template::Target::Container(Container {
            image: "image".into(),
            args: vec!["run".into()],
            ..Default::default()
        })),
        ..Default::default()
    };
    TaskCreateRequest {
        id: template.id.clone(),
        spec: Some(TaskSpec { template: Some(template), ..Default::default() }),
    }
}

/// A workflow of one node that runs a task without inputs, its task and its launch plan, all called `name`.
pub async fn register_workflow(admin: &mut AdminServiceClient<Channel>, name: &str) {
    let mut bare = task();
    bare.id = Some(identifier(ResourceType::Task, name));
    let template = bare.spec.as_mut().and_then(|spec| spec.template.as_mut()).unwrap();
    template.id = bare.id.clone();
    template.interface = Some(TypedInterface::default());
    admin.create_task(bare).await.unwrap();
    let node = Node {
        id: "n0".into(),
        target: Some(node::Target::TaskNode(TaskNode {
            reference: Some(task_node::Reference::ReferenceId(identifier(ResourceType::Task, name))),
            ..Default::default()
        })),
        ..Default::default()
    };
    let id = identifier(ResourceType::Workflow, name);
    let template = WorkflowTemplate {
        id: Some(id.clone()),
        interface: Some(TypedInterface::default()),
        nodes: vec![node],
        ..Default::default()
    };
    let spec = WorkflowSpec { template: Some(template), ..Default::default() };
    admin.create_workflow(WorkflowCreateRequest { id: Some(id.clone()), spec: Some(spec) }).await.unwrap();
    let plan = LaunchPlanCreateRequest {
        id: Some(identifier(ResourceType::LaunchPlan, name)),
        spec: Some(LaunchPlanSpec { workflow_id: Some(id), ..Default::default() }),
    };
    admin.create_launch_plan(plan).await.unwrap();
}

pub fn launch(
    resource_type: ResourceType,
    launched: &str,
    name: &str,
    inputs: LiteralMap,
) -> ExecutionCreateRequest {
    ExecutionCreateRequest {
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        name: name.into(),
        spec: Some(ExecutionSpec {
            launch_plan: Some(identifier(resource_type, launched)),
            metadata: Some(ExecutionMetadata::default()),
            ..Default::default()
        }),
        inputs: Some(inputs),
        org: String::new(),
    }
}

pub fn seconds(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

pub fn workflow_event(
    name: &str,
    phase: workflow_execution::Phase,
    at: i64,
) -> WorkflowExecutionEventRequest {
    let event = WorkflowExecutionEvent {
        execution_id: Some(execution_id(name)),
        phase: phase as i32,
        occurred_at: seconds(at),
        ..Default::default()
    };
    WorkflowExecutionEventRequest { request_id: String::new(), event: Some(event) }
}

pub fn failed(name: &str, at: i64, error: ExecutionError) -> WorkflowExecutionEventRequest {
    let mut request = workflow_event(name, workflow_execution::Phase::Failed, at);
    if let Some(event) = &mut request.event {
        event.output_result = Some(workflow_execution_event::OutputResult::Error(error));
    }
    request
}

pub fn node_event(
    name: &str,
    node: &str,
    phase: node_execution::Phase,
    at: i64,
) -> NodeExecutionEventRequest {
    let event = NodeExecutionEvent {
        id: Some(NodeExecutionIdentifier { node_id: node.into(), execution_id: Some(execution_id(name)) }),
        phase: phase as i32,
        occurred_at: seconds(at),
        ..Default::default()
    };
    NodeExecutionEventRequest { request_id: String::new(), event: Some(event) }
}

/// A page of executions, newest first.
pub fn newest(limit: u32, filters: &str, token: &str) -> ResourceListRequest {
    ResourceListRequest {
        id: Some(NamedEntityIdentifier {
            project: PROJECT.into(),
            domain: DOMAIN.into(),
            ..Default::default()
        }),
        limit,
        filters: filters.into(),
        token: token.into(),
        sort_by: Some(Sort { key: "created_at".into(), direction: sort::Direction::Descending as i32 }),
    }
}
