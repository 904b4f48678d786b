//! A server's state with an engine over it, whose tasks are shell commands.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use crate::admin::tests::id;
use crate::admin::{execution_data, executions, launch_plans, tasks, workflows};
use crate::data_proxy::{Files, Signer};
use crate::idl::admin::{
    Execution, ExecutionCreateRequest, ExecutionSpec, ExecutionTerminateRequest, LaunchPlanCreateRequest,
    LaunchPlanSpec, TaskCreateRequest, TaskExecution, TaskSpec, WorkflowCreateRequest,
    WorkflowExecutionGetDataRequest, WorkflowSpec, execution_closure::OutputResult,
};
use crate::idl::core::node_execution::Phase as NodePhase;
use crate::idl::core::workflow_execution::Phase;
use crate::idl::core::{
    Binding, BindingData, Container, ExecutionError, LiteralMap, LiteralType, Node, NodeExecutionIdentifier,
    NodeMetadata, OutputReference, ResourceType, RetryStrategy, SimpleType, TaskMetadata, TaskNode,
    TaskTemplate, TypedInterface, Variable, VariableMap, WorkflowExecutionIdentifier, WorkflowTemplate,
    binding_data, literal_type, node, task_node, task_template,
};
use crate::runner::Running;
use crate::seed;
use crate::serve::Flyte;
use crate::store::{Store, attempts, executions as rows, nodes};

/// How long anything may take, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Copies a task's inputs to its outputs.
pub const COPY: &str = r#"exec cp "$0" "$1/outputs.pb""#;

pub struct Room {
    pub flyte: Arc<Flyte>,
    pub folder: TempDir,
}

impl Room {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        for name in ["python", "pyflyte-execute"] {
            symlink("/bin/sh", folder.path().join("bin").join(name)).unwrap();
        }
        fs::create_dir_all(folder.path().join("data/storage")).unwrap();
        let store = Store::open(&folder.path().join("data/flyte.db")).unwrap();
        seed::projects(&store, &["p"]).unwrap();
        let files = Files::open(folder.path().join("data/storage")).unwrap();
        let flyte = Flyte::new(store, files, Signer::new(b"key", String::new()));
        Self { flyte: Arc::new(flyte), folder }
    }

    /// Starts an engine. Another one needs [`Room::restarted`].
    pub fn start(&self) -> Running {
        let python = self.folder.path().join("bin/python");
        let data = self.folder.path().join("data");
        Running::start(Arc::clone(&self.flyte), python, &data, "127.0.0.1:1".into()).unwrap()
    }

    /// The same data, opened anew.
    pub fn restarted(self) -> Self {
        let store = Store::open(&self.folder.path().join("data/flyte.db")).unwrap();
        let files = Files::open(self.folder.path().join("data/storage")).unwrap();
        let flyte = Flyte::new(store, files, Signer::new(b"key", String::new()));
        Self { flyte: Arc::new(flyte), ..self }
    }

    /// Registers a task from an integer `x` to an integer `x` that runs a shell script: `$0` is the file of its
    /// inputs, `$1` the folder for its outputs.
    pub fn task(&self, name: &str, script: &str, retries: u32) {
        let retries = Some(RetryStrategy { retries });
        self.task_with(name, script, TaskMetadata { retries, ..Default::default() });
    }

    /// The same, whose outputs are cached.
    pub fn cached_task(&self, name: &str, script: &str) {
        let discovery_version = "1".into();
        self.task_with(
            name,
            script,
            TaskMetadata { discoverable: true, discovery_version, ..Default::default() },
        );
    }

    fn task_with(&self, name: &str, script: &str, metadata: TaskMetadata) {
        let arguments = ["-c", script, "{{.input}}", "{{.outputPrefix}}"];
        let template = TaskTemplate {
            r#type: "python-task".into(),
            metadata: Some(metadata),
            interface: Some(interface()),
            target: Some(task_template::Target::Container(Container {
                image: "none".into(),
                command: vec!["/bin/sh".into()],
                args: arguments.map(str::to_owned).into(),
                ..Default::default()
            })),
            ..Default::default()
        };
        let spec = Some(TaskSpec { template: Some(template), ..Default::default() });
        let id = Some(id(ResourceType::Task, name, "1"));
        tasks::create(&self.flyte, TaskCreateRequest { id, spec }).unwrap();
    }

    /// Registers a workflow from `x` to `x` and a launch plan of the same name.
    pub fn workflow(&self, name: &str, nodes: Vec<Node>, subs: Vec<WorkflowTemplate>) {
        let spec =
            WorkflowSpec { template: Some(template(name, nodes)), sub_workflows: subs, ..Default::default() };
        let workflow = id(ResourceType::Workflow, name, "1");
        workflows::create(
            &self.flyte,
            WorkflowCreateRequest { id: Some(workflow.clone()), spec: Some(spec) },
        )
        .unwrap();
        let spec = LaunchPlanSpec { workflow_id: Some(workflow), ..Default::default() };
        let id = Some(id(ResourceType::LaunchPlan, name, "1"));
        launch_plans::create(&self.flyte, LaunchPlanCreateRequest { id, spec: Some(spec) }).unwrap();
    }

    /// Launches the launch plan of this name.
    pub fn launch(&self, name: &str) -> WorkflowExecutionIdentifier {
        let inputs = seed_literal(7);
        let request = ExecutionCreateRequest {
            project: "p".into(),
            domain: "development".into(),
            spec: Some(ExecutionSpec {
                launch_plan: Some(id(ResourceType::LaunchPlan, name, "1")),
                ..Default::default()
            }),
            inputs: Some(inputs),
            ..Default::default()
        };
        executions::create(&self.flyte, request).unwrap().id.unwrap()
    }

    pub fn terminate(&self, id: &WorkflowExecutionIdentifier) {
        let request = ExecutionTerminateRequest { id: Some(id.clone()), cause: "enough".into() };
        executions::terminate(&self.flyte, request).unwrap();
    }

    fn execution(&self, id: &WorkflowExecutionIdentifier) -> Execution {
        self.flyte.store.read(|view| rows::get(view, id)).unwrap().message
    }

    /// The execution's phase once it is over.
    pub async fn ended(&self, id: &WorkflowExecutionIdentifier) -> Phase {
        self.wait_for(|| {
            let phase = self.execution(id).closure.unwrap().phase();
            crate::admin::events::has_ended(phase).then_some(phase)
        })
        .await
    }

    pub async fn wait_for<T>(&self, condition: impl Fn() -> Option<T>) -> T {
        let wait = async {
            loop {
                if let Some(found) = condition() {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap()
    }

    pub fn outputs(&self, id: &WorkflowExecutionIdentifier) -> LiteralMap {
        let request = WorkflowExecutionGetDataRequest { id: Some(id.clone()) };
        execution_data::workflow(&self.flyte, request).unwrap().full_outputs.unwrap()
    }

    pub fn error(&self, id: &WorkflowExecutionIdentifier) -> ExecutionError {
        match self.execution(id).closure.unwrap().output_result {
            Some(OutputResult::Error(error)) => error,
            other => panic!("no error but {other:?}"),
        }
    }

    pub fn node(&self, id: &WorkflowExecutionIdentifier, node: &str) -> Option<NodePhase> {
        let id = NodeExecutionIdentifier { node_id: node.into(), execution_id: Some(id.clone()) };
        let found = self.flyte.store.read(|view| nodes::find(view, &id)).unwrap()?;
        Some(found.message.closure.unwrap().phase())
    }

    pub fn attempt(
        &self,
        id: &WorkflowExecutionIdentifier,
        node: &str,
        attempt: u32,
    ) -> Option<TaskExecution> {
        let id = NodeExecutionIdentifier { node_id: node.into(), execution_id: Some(id.clone()) };
        let found = self.flyte.store.read(|view| attempts::of_attempt(view, &id, attempt)).unwrap()?;
        Some(found.message)
    }
}

/// `x` with this value.
pub fn seed_literal(value: i64) -> LiteralMap {
    use crate::idl::core::{Literal, Primitive, Scalar, literal, primitive, scalar};
    let primitive = Primitive { value: Some(primitive::Value::Integer(value)) };
    let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
    let literal = Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() };
    LiteralMap { literals: HashMap::from([("x".to_owned(), literal)]) }
}

fn interface() -> TypedInterface {
    let r#type = LiteralType {
        r#type: Some(literal_type::Type::Simple(SimpleType::Integer as i32)),
        ..Default::default()
    };
    let variable = Variable { r#type: Some(r#type), ..Default::default() };
    let variables = VariableMap { variables: HashMap::from([("x".to_owned(), variable)]) };
    TypedInterface { inputs: Some(variables.clone()), outputs: Some(variables) }
}

/// A workflow from `x` to the `x` of its last node.
pub fn template(name: &str, nodes: Vec<Node>) -> WorkflowTemplate {
    let last = nodes.last().unwrap().id.clone();
    WorkflowTemplate {
        id: Some(id(ResourceType::Workflow, name, "1")),
        interface: Some(interface()),
        nodes,
        outputs: vec![x_of(&last)],
        ..Default::default()
    }
}

/// `x` bound to the `x` of a node, of the workflow's inputs when it is empty.
pub fn x_of(node_id: &str) -> Binding {
    let promise = OutputReference { node_id: node_id.into(), var: "x".into(), ..Default::default() };
    let value = Some(binding_data::Value::Promise(promise));
    Binding { var: "x".into(), binding: Some(BindingData { value, ..Default::default() }) }
}

pub fn node(node_id: &str, from: &str, target: node::Target) -> Node {
    Node {
        id: node_id.into(),
        metadata: Some(NodeMetadata { name: node_id.into(), ..Default::default() }),
        inputs: vec![x_of(from)],
        target: Some(target),
        ..Default::default()
    }
}

pub fn task_node(node_id: &str, from: &str, task: &str) -> Node {
    let reference = Some(task_node::Reference::ReferenceId(id(ResourceType::Task, task, "1")));
    node(node_id, from, node::Target::TaskNode(TaskNode { reference, ..Default::default() }))
}
