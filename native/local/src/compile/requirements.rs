use std::collections::HashMap;

use super::Errors;
use super::errors::Code;
use crate::idl::core::{Identifier, Node, WorkflowTemplate, if_else_block, node, task_node, workflow_node};
use crate::messages::text;

/// What must be registered before a workflow can be compiled, each once and sorted.
#[derive(Debug, Default)]
pub struct Requirements {
    pub tasks: Vec<Identifier>,
    pub launch_plans: Vec<Identifier>,
}

/// What a workflow and the sub-workflows that come with it refer to. Fails when two of these have the same id or one
/// has none.
pub fn requirements(
    template: &WorkflowTemplate,
    sub_workflows: &[WorkflowTemplate],
) -> Result<Requirements, Errors> {
    let by_id = index(sub_workflows)?;
    let mut search = Search::default();
    search.template(template);
    // The list grows while it is gone through: sub-workflows may refer to others, or to themselves.
    let mut next = 0;
    while let Some(id) = search.sub_workflows.get(next).copied() {
        next += 1;
        // One that does not come along is an error of its node, told when that is compiled.
        if let Some(template) = by_id.get(id).copied() {
            search.template(template);
        }
    }
    let mut found = search.found;
    for ids in [&mut found.tasks, &mut found.launch_plans] {
        ids.sort_by(|a, b| order(a).cmp(&order(b)));
        ids.dedup();
    }
    Ok(found)
}

/// Sub-workflows by their id.
pub fn index(sub_workflows: &[WorkflowTemplate]) -> Result<HashMap<Identifier, &WorkflowTemplate>, Errors> {
    let mut errors = Errors::default();
    let mut by_id = HashMap::new();
    for sub_workflow in sub_workflows {
        let Some(id) = &sub_workflow.id else {
            errors.value_required("sub_workflow", "Template.Id");
            continue;
        };
        if by_id.insert(id.clone(), sub_workflow).is_some() {
            errors.add(Code::DuplicateId, &text(id), "Trying to insert two nodes with the same id.");
        }
    }
    if errors.is_empty() { Ok(by_id) } else { Err(errors) }
}

fn order(id: &Identifier) -> (i32, &str, &str, &str, &str) {
    (id.resource_type, &id.project, &id.domain, &id.name, &id.version)
}

#[derive(Default)]
struct Search<'a> {
    sub_workflows: Vec<&'a Identifier>,
    found: Requirements,
}

impl<'a> Search<'a> {
    fn template(&mut self, template: &'a WorkflowTemplate) {
        for node in template.nodes.iter().chain(&template.failure_node) {
            self.node(node);
        }
    }

    fn node(&mut self, node: &'a Node) {
        match &node.target {
            Some(node::Target::TaskNode(task)) => {
                if let Some(task_node::Reference::ReferenceId(id)) = &task.reference {
                    self.found.tasks.push(id.clone());
                }
            }
            Some(node::Target::WorkflowNode(workflow)) => match &workflow.reference {
                Some(workflow_node::Reference::LaunchplanRef(id)) => self.found.launch_plans.push(id.clone()),
                Some(workflow_node::Reference::SubWorkflowRef(id)) if !self.sub_workflows.contains(&id) => {
                    self.sub_workflows.push(id);
                }
                _ => {}
            },
            Some(node::Target::BranchNode(branch)) => {
                let Some(block) = &branch.if_else else { return };
                let cases = block.case.iter().map(AsRef::as_ref).chain(&block.other);
                for inner in cases.filter_map(|case| case.then_node.as_deref()) {
                    self.node(inner);
                }
                if let Some(if_else_block::Default::ElseNode(inner)) = &block.default {
                    self.node(inner);
                }
            }
            Some(node::Target::ArrayNode(array)) => {
                if let Some(inner) = &array.node {
                    self.node(inner);
                }
            }
            Some(node::Target::GateNode(_)) | None => {}
        }
    }
}
