use std::collections::HashSet;

use flyte_idl::flyteidl::{
    admin::WorkflowSpec,
    core::{self, if_else_block, node, task_node, workflow_node},
};

use crate::domain::{EntityId, EntityKind, EntityName, Scope};

/// An entity as others refer to it. Flyte 1 knows no organisation: a reference may carry one or not.
pub(super) fn key(id: &EntityId) -> EntityId {
    let mut key = id.clone();
    key.entity.scope.org.clear();
    key
}

/// The entity that an identifier in a spec names, as a [`key`].
pub(super) fn named(kind: EntityKind, id: &core::Identifier) -> EntityId {
    let scope = Scope { org: String::new(), project: id.project.clone(), domain: id.domain.clone() };
    EntityId { entity: EntityName { scope, kind, name: id.name.clone() }, version: id.version.clone() }
}

/// Everything that a workflow refers to, as [`key`]s in the order of their first mention: the tasks, sub-workflows and
/// launch plans of its nodes, those inside of branches and array nodes, its failure nodes, and all of these in the
/// sub-workflows that travel with it.
pub(super) fn of_workflow(spec: &WorkflowSpec) -> Vec<EntityId> {
    let templates = spec.template.iter().chain(&spec.sub_workflows);
    let mut left: Vec<&core::Node> =
        templates.flat_map(|template| template.nodes.iter().chain(&template.failure_node)).collect();
    left.reverse();
    let mut found = Vec::new();
    while let Some(node) = left.pop() {
        match &node.target {
            Some(node::Target::TaskNode(core::TaskNode { reference: Some(reference), .. })) => {
                let task_node::Reference::ReferenceId(id) = reference;
                found.push(named(EntityKind::Task, id));
            }
            Some(node::Target::WorkflowNode(core::WorkflowNode { reference: Some(reference) })) => {
                found.push(match reference {
                    workflow_node::Reference::LaunchplanRef(id) => named(EntityKind::LaunchPlan, id),
                    workflow_node::Reference::SubWorkflowRef(id) => named(EntityKind::Workflow, id),
                });
            }
            Some(node::Target::BranchNode(branch)) => left.extend(branches(branch).into_iter().rev()),
            Some(node::Target::ArrayNode(array)) => left.extend(array.node.as_deref()),
            // A gate runs nothing, and the start and end nodes have no target.
            _ => {}
        }
    }
    let mut seen = HashSet::new();
    found.retain(|id| seen.insert(id.clone()));
    found
}

/// The nodes that a branch chooses between.
fn branches(branch: &core::BranchNode) -> Vec<&core::Node> {
    let Some(block) = branch.if_else.as_deref() else { return Vec::new() };
    let cases = block.case.iter().map(AsRef::as_ref).chain(&block.other);
    let mut nodes: Vec<&core::Node> =
        cases.filter_map(|case: &core::IfBlock| case.then_node.as_deref()).collect();
    if let Some(if_else_block::Default::ElseNode(node)) = &block.default {
        nodes.push(node);
    }
    nodes
}

#[cfg(test)]
mod tests {
    use flyte_idl::flyteidl::core::{Identifier, Node, WorkflowTemplate};

    use super::*;

    fn id(name: &str) -> Identifier {
        Identifier {
            project: "p".into(),
            domain: "d".into(),
            name: name.into(),
            version: "v1".into(),
            org: "acme".into(),
            ..Default::default()
        }
    }

    fn node(target: node::Target) -> Node {
        Node { target: Some(target), ..Default::default() }
    }

    fn task(name: &str) -> Node {
        let reference = Some(task_node::Reference::ReferenceId(id(name)));
        node(node::Target::TaskNode(core::TaskNode { reference, overrides: None }))
    }

    fn workflow(reference: workflow_node::Reference) -> Node {
        node(node::Target::WorkflowNode(core::WorkflowNode { reference: Some(reference) }))
    }

    fn case(then: Node) -> core::IfBlock {
        core::IfBlock { condition: None, then_node: Some(Box::new(then)) }
    }

    fn names(spec: &WorkflowSpec) -> Vec<String> {
        of_workflow(spec).iter().map(|id| id.entity.to_string()).collect()
    }

    #[test]
    fn every_kind_of_node_is_looked_into_and_each_entity_named_once() {
        let branch = core::BranchNode {
            if_else: Some(Box::new(core::IfElseBlock {
                case: Some(Box::new(case(task("then")))),
                other: vec![case(task("elif")), case(task("first"))],
                default: Some(if_else_block::Default::ElseNode(Box::new(workflow(
                    workflow_node::Reference::SubWorkflowRef(id("else")),
                )))),
            })),
        };
        let array = core::ArrayNode { node: Some(Box::new(task("mapped"))), ..Default::default() };
        let template = WorkflowTemplate {
            nodes: vec![
                Node::default(),
                task("first"),
                workflow(workflow_node::Reference::LaunchplanRef(id("plan"))),
                node(node::Target::BranchNode(Box::new(branch))),
                node(node::Target::GateNode(core::GateNode::default())),
                node(node::Target::ArrayNode(Box::new(array))),
            ],
            failure_node: Some(task("clean_up")),
            ..Default::default()
        };
        let sub = WorkflowTemplate { nodes: vec![task("inner"), task("first")], ..Default::default() };
        let spec = WorkflowSpec { template: Some(template), sub_workflows: vec![sub], description: None };
        assert_eq!(
            names(&spec),
            [
                "task first",
                "launch plan plan",
                "task then",
                "task elif",
                "workflow else",
                "task mapped",
                "task clean_up",
                "task inner",
            ]
        );
        assert!(of_workflow(&spec).iter().all(|id| id.entity.scope.org.is_empty() && id.version == "v1"));
    }
}
