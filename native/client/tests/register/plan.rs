//! Plans with spec files on disk, as the serialiser leaves them.

use std::path::PathBuf;

use flyte_client::domain::{
    Bundle, EntityId, EntityKind, EntityName, RegistrationItem, RegistrationPlan, Scope,
};
use flyte_idl::flyteidl::admin::{LaunchPlanSpec, TaskSpec, WorkflowSpec};
use flyte_idl::flyteidl::core::{
    Container, Identifier, Node, ResourceType, TaskNode, TaskTemplate, WorkflowNode, WorkflowTemplate, node,
    task_node, task_template, workflow_node,
};
use prost::Message;
use tempfile::TempDir;

pub const VERSION: &str = "v1";

/// A plan and the folder that its files are in.
pub struct Planned {
    pub plan: RegistrationPlan,
    folder: TempDir,
}

pub fn scope() -> Scope {
    Scope { org: String::new(), project: "flytesnacks".into(), domain: "development".into() }
}

pub fn id(kind: EntityKind, name: &str) -> EntityId {
    EntityId { entity: EntityName { scope: scope(), kind, name: name.into() }, version: VERSION.into() }
}

fn identifier(kind: ResourceType, name: &str) -> Identifier {
    Identifier {
        resource_type: kind.into(),
        project: "flytesnacks".into(),
        domain: "development".into(),
        name: name.into(),
        version: VERSION.into(),
        org: String::new(),
    }
}

pub fn task_node(name: &str) -> Node {
    let reference = Some(task_node::Reference::ReferenceId(identifier(ResourceType::Task, name)));
    Node {
        target: Some(node::Target::TaskNode(TaskNode { reference, overrides: None })),
        ..Default::default()
    }
}

pub fn workflow_node(name: &str) -> Node {
    node_of(workflow_node::Reference::SubWorkflowRef(identifier(ResourceType::Workflow, name)))
}

pub fn launch_plan_node(name: &str) -> Node {
    node_of(workflow_node::Reference::LaunchplanRef(identifier(ResourceType::LaunchPlan, name)))
}

fn node_of(reference: workflow_node::Reference) -> Node {
    let target = node::Target::WorkflowNode(WorkflowNode { reference: Some(reference) });
    Node { target: Some(target), ..Default::default() }
}

pub fn task_spec(name: &str, arguments: &[&str]) -> TaskSpec {
    let container = Container {
        image: "image:1".into(),
        args: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        ..Default::default()
    };
    let template = TaskTemplate {
        id: Some(identifier(ResourceType::Task, name)),
        r#type: "python-task".into(),
        target: Some(task_template::Target::Container(container)),
        ..Default::default()
    };
    TaskSpec { template: Some(template), description: None }
}

impl Planned {
    pub fn new() -> Self {
        let plan =
            RegistrationPlan { scope: scope(), version: VERSION.into(), items: Vec::new(), bundle: None };
        Self { plan, folder: TempDir::new().unwrap() }
    }

    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn item(mut self, id: EntityId, spec: &[u8]) -> Self {
        let spec_file = self.file(&format!("{:03}.pb", self.plan.items.len()), spec);
        self.plan.items.push(RegistrationItem { id, spec_file, activate: false });
        self
    }

    pub fn task(self, name: &str) -> Self {
        let spec = task_spec(name, &["pyflyte-execute", name]);
        self.item(id(EntityKind::Task, name), &spec.encode_to_vec())
    }

    pub fn workflow(self, name: &str, nodes: Vec<Node>) -> Self {
        let template = WorkflowTemplate {
            id: Some(identifier(ResourceType::Workflow, name)),
            nodes,
            ..Default::default()
        };
        let spec = WorkflowSpec { template: Some(template), ..Default::default() };
        self.item(id(EntityKind::Workflow, name), &spec.encode_to_vec())
    }

    pub fn launch_plan(self, name: &str, workflow: &str) -> Self {
        let workflow_id = Some(identifier(ResourceType::Workflow, workflow));
        let spec = LaunchPlanSpec { workflow_id, ..Default::default() };
        self.item(id(EntityKind::LaunchPlan, name), &spec.encode_to_vec())
    }

    /// Makes the item added last the active version.
    pub fn activated(mut self) -> Self {
        self.plan.items.last_mut().unwrap().activate = true;
        self
    }

    pub fn bundle(mut self, content: &[u8], address: Option<&str>) -> Self {
        let file = self.file("fast1.tar.gz", content);
        let address = address.map(str::to_owned);
        self.plan.bundle = Some(Bundle { file, destination: "/root".into(), address });
        self
    }
}
