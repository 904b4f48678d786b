//! A task launched without a workflow of its own: FlyteAdmin makes a workflow and a launch plan around it, once.
#![allow(deprecated, reason = "FlyteAdmin fills these fields of what it generates")]

use rusqlite::Transaction;
use tonic::Code;

use crate::admin::launch::Target;
use crate::admin::{launch_plans, named_entities, workflows};
use crate::failure::Outcome;
use crate::idl::admin::{
    Annotations, ExecutionSpec, Labels, LaunchPlanCreateRequest, LaunchPlanMetadata, LaunchPlanSpec,
    NamedEntityState, WorkflowCreateRequest, WorkflowSpec,
};
use crate::idl::core::{
    Binding, BindingData, Identifier, LiteralMap, Node, NodeMetadata, OutputReference, ParameterMap,
    ResourceType, RetryStrategy, TaskNode, TaskTemplate, VariableMap, WorkflowTemplate, binding_data, node,
    task_node,
};
use crate::store::entities::{self, Stored};

/// The longest id of a node.
const LONGEST_NODE_ID: usize = 63;

/// How often a task is tried again that does not say so itself.
const RETRIES: u32 = 3;

/// The workflow and launch plan around a task, made if this is its first execution.
pub fn target(transaction: &Transaction, task: &Identifier, spec: &ExecutionSpec) -> Outcome<Target> {
    let found = entities::task(transaction, task)?;
    let template = found
        .message
        .closure
        .and_then(|closure| closure.compiled_task)
        .and_then(|compiled| compiled.template)
        .unwrap_or_default();
    let id = |resource_type: ResourceType| Identifier {
        resource_type: resource_type as i32,
        name: format!(".flytegen.{}", task.name),
        ..task.clone()
    };
    let workflow_id = id(ResourceType::Workflow);
    let workflow = found_or_made(
        || entities::workflow(transaction, &workflow_id),
        || {
            workflows::create_in(transaction, workflow_around(&workflow_id, task, &template))?;
            mark_generated(transaction, &workflow_id)
        },
    )?;
    let plan_id = id(ResourceType::LaunchPlan);
    let plan = found_or_made(
        || entities::launch_plan(transaction, &plan_id),
        || {
            launch_plans::create_in(transaction, plan_around(&plan_id, &workflow_id, spec))?;
            mark_generated(transaction, &plan_id)
        },
    )?;
    Ok(Target {
        launch_plan: plan.message,
        launch_plan_row: None,
        workflow: workflow_id,
        workflow_row: workflow.row,
        task_row: Some(found.row),
    })
}

fn found_or_made<T>(
    find: impl Fn() -> Outcome<Stored<T>>,
    make: impl FnOnce() -> Outcome<()>,
) -> Outcome<Stored<T>> {
    match find() {
        Err(status) if status.code() == Code::NotFound => {
            make()?;
            find()
        }
        found => found,
    }
}

fn workflow_around(id: &Identifier, task: &Identifier, template: &TaskTemplate) -> WorkflowCreateRequest {
    let interface = template.interface.clone().unwrap_or_default();
    let retries = template.metadata.as_ref().and_then(|metadata| metadata.retries);
    let node_id = node_id(&task.name);
    let node = Node {
        id: node_id.clone(),
        metadata: Some(NodeMetadata {
            name: node_id.clone(),
            retries: Some(retries.unwrap_or(RetryStrategy { retries: RETRIES })),
            ..Default::default()
        }),
        inputs: bindings(interface.inputs.as_ref(), ""),
        target: Some(node::Target::TaskNode(TaskNode {
            reference: Some(task_node::Reference::ReferenceId(task.clone())),
            ..Default::default()
        })),
        ..Default::default()
    };
    let template = WorkflowTemplate {
        id: Some(id.clone()),
        outputs: bindings(interface.outputs.as_ref(), &node_id),
        interface: Some(interface),
        nodes: vec![node],
        ..Default::default()
    };
    WorkflowCreateRequest {
        id: Some(id.clone()),
        spec: Some(WorkflowSpec { template: Some(template), ..Default::default() }),
    }
}

fn plan_around(id: &Identifier, workflow: &Identifier, spec: &ExecutionSpec) -> LaunchPlanCreateRequest {
    LaunchPlanCreateRequest {
        id: Some(id.clone()),
        spec: Some(LaunchPlanSpec {
            workflow_id: Some(workflow.clone()),
            entity_metadata: Some(LaunchPlanMetadata::default()),
            default_inputs: Some(ParameterMap::default()),
            fixed_inputs: Some(LiteralMap::default()),
            labels: Some(Labels::default()),
            annotations: Some(Annotations::default()),
            auth_role: spec.auth_role.clone(),
            security_context: spec.security_context.clone(),
            ..Default::default()
        }),
    }
}

/// One binding per variable, each to the variable of that name of a node; an empty id means the workflow's inputs.
fn bindings(variables: Option<&VariableMap>, node_id: &str) -> Vec<Binding> {
    let mut names: Vec<&String> = variables.iter().flat_map(|variables| variables.variables.keys()).collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let promise =
                OutputReference { node_id: node_id.into(), var: name.clone(), ..Default::default() };
            let binding =
                BindingData { value: Some(binding_data::Value::Promise(promise)), ..Default::default() };
            Binding { var: name.clone(), binding: Some(binding) }
        })
        .collect()
}

/// The node's id: the end of the task's name, without what ids cannot hold.
fn node_id(task: &str) -> String {
    let mut start = task.len().saturating_sub(LONGEST_NODE_ID);
    while !task.is_char_boundary(start) {
        start += 1;
    }
    task[start..].chars().filter(|c| *c == '-' || c.is_alphanumeric()).collect()
}

/// Keeps a generated entity out of lists of named entities that ask for active ones.
fn mark_generated(transaction: &Transaction, id: &Identifier) -> Outcome<()> {
    named_entities::set_state(transaction, id, NamedEntityState::SystemGenerated)
}

#[cfg(test)]
mod tests {
    use super::node_id;

    #[test]
    fn node_ids_are_the_end_of_the_name() {
        assert_eq!(node_id("sample.add"), "sampleadd");
        assert_eq!(node_id("my-task v 2"), "my-taskv2");
        assert_eq!(node_id(&format!("{}ü{}", "a".repeat(9), "b".repeat(62))), "b".repeat(62));
    }
}
