//! What a compiled workflow says of the nodes of its executions.

use std::collections::HashMap;

use flyte_idl::flyteidl::core::{
    self, BranchNode, CompiledWorkflowClosure, Identifier, Node, VariableMap, WorkflowTemplate,
};
use flyte_idl::flyteidl::core::{node::Target, task_node, workflow_node};

/// A registered workflow, indexed by its nodes. Identifiers are held as name and version: a workflow refers to nothing
/// that shares both with something else of the same kind in another project.
#[derive(Debug, Default)]
pub(super) struct Blueprint {
    primary: Template,
    sub_workflows: HashMap<Reference, Template>,
    tasks: HashMap<Reference, Interface>,
    launch_plans: HashMap<Reference, Interface>,
}

type Reference = (String, String);

/// Declared inputs and outputs.
#[derive(Debug, Clone, Default)]
pub(super) struct Interface {
    pub inputs: VariableMap,
    pub outputs: VariableMap,
}

#[derive(Debug, Default)]
struct Template {
    interface: Interface,
    /// With the nodes inside of branches, whose ids are unique in the whole template.
    nodes: HashMap<String, Part>,
}

#[derive(Debug)]
struct Part {
    name: String,
    runs: Runs,
    /// The branch node around it; empty for one that is in none.
    branch: String,
}

#[derive(Debug)]
enum Runs {
    Task(Reference),
    SubWorkflow(Reference),
    LaunchPlan(Reference),
    /// The same task for each item of a list.
    Each(Reference),
    /// One of the nodes inside of it, which are in the same template.
    Branch,
    /// Nothing that is registered on its own.
    Other,
}

/// Deepest nesting of sub-workflows, and of branches, that is looked into.
const MAX_DEPTH: usize = 8;

impl Blueprint {
    pub(super) fn new(closure: CompiledWorkflowClosure) -> Self {
        let sub_workflows = closure
            .sub_workflows
            .into_iter()
            .filter_map(|compiled| compiled.template)
            .map(|template| (reference(template.id.as_ref()), Template::new(template)))
            .collect();
        let tasks = closure
            .tasks
            .into_iter()
            .filter_map(|compiled| compiled.template)
            .map(|task| (reference(task.id.as_ref()), interface(task.interface)))
            .collect();
        let launch_plans = closure
            .launch_plans
            .into_iter()
            .filter_map(|compiled| compiled.template)
            .map(|plan| (reference(plan.id.as_ref()), interface(plan.interface)))
            .collect();
        let primary = closure.primary.and_then(|compiled| compiled.template).map(Template::new);
        Self { primary: primary.unwrap_or_default(), sub_workflows, tasks, launch_plans }
    }

    /// What the workflow itself declares.
    pub(super) fn interface(&self) -> &Interface {
        &self.primary.interface
    }

    /// The name that the source gives to a node of an execution; `None` for one that is not in the workflow as
    /// registered, such as those that a dynamic task makes.
    pub(super) fn name_of(&self, node_id: &str) -> Option<&str> {
        self.part(node_id).map(|part| part.name.as_str()).filter(|name| !name.is_empty())
    }

    /// What a node of an execution takes and gives; `None` where that is not known.
    pub(super) fn interface_of(&self, node_id: &str) -> Option<&Interface> {
        match &self.part(node_id)?.runs {
            Runs::Task(task) => self.tasks.get(task),
            Runs::SubWorkflow(workflow) => Some(&self.sub_workflows.get(workflow)?.interface),
            Runs::LaunchPlan(plan) => self.launch_plans.get(plan),
            Runs::Each(_) | Runs::Branch | Runs::Other => None,
        }
    }

    /// Ids that the nodes that run a task of this name have in an execution, as FlyteAdmin makes them: that of the node
    /// around it, the attempt (always the first for sub-workflows and branches) and its own, joined by dashes.
    pub(super) fn nodes_of_task(&self, task: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.collect(&self.primary, "", task, 0, &mut found);
        found.sort();
        found
    }

    fn collect(&self, template: &Template, prefix: &str, task: &str, depth: usize, found: &mut Vec<String>) {
        for (id, part) in &template.nodes {
            let unique = template.unique(prefix, id, part, 0);
            match &part.runs {
                Runs::Task((name, _)) | Runs::Each((name, _)) if name == task => found.push(unique),
                Runs::SubWorkflow(workflow) if depth < MAX_DEPTH => {
                    if let Some(inner) = self.sub_workflows.get(workflow) {
                        self.collect(inner, &format!("{unique}-0-"), task, depth + 1, found);
                    }
                }
                _ => {}
            }
        }
    }

    /// Finds a node by its id in an execution, going down one node at a time.
    fn part(&self, node_id: &str) -> Option<&Part> {
        let mut template = &self.primary;
        let mut rest = node_id;
        loop {
            if let Some(part) = template.nodes.get(rest) {
                return Some(part);
            }
            let (part, inner) = template.enclosing(rest)?;
            match &part.runs {
                Runs::SubWorkflow(workflow) => template = self.sub_workflows.get(workflow)?,
                // The items have the name of the whole.
                Runs::Each(_) => return Some(part),
                Runs::Branch => {}
                // What a dynamic task or another execution makes is not in this workflow.
                Runs::Task(_) | Runs::LaunchPlan(_) | Runs::Other => return None,
            }
            rest = inner;
        }
    }
}

impl Template {
    fn new(template: WorkflowTemplate) -> Self {
        let mut nodes = HashMap::new();
        for node in template.nodes.into_iter().chain(template.failure_node) {
            add(node, "", &mut nodes);
        }
        Self { interface: interface(template.interface), nodes }
    }

    /// The node whose id this one begins with, followed by an attempt, and what comes after.
    fn enclosing<'a>(&self, node_id: &'a str) -> Option<(&Part, &'a str)> {
        let dashes = node_id.match_indices('-').map(|(at, _)| at);
        dashes.into_iter().find_map(|at| {
            let (outer, rest) = node_id.split_at_checked(at)?;
            let part = self.nodes.get(outer)?;
            let (attempt, inner) = rest.strip_prefix('-')?.split_once('-')?;
            let is_attempt = !attempt.is_empty() && attempt.bytes().all(|byte| byte.is_ascii_digit());
            is_attempt.then_some((part, inner))
        })
    }

    /// The id of a node of this template in an execution, with the branches around it.
    fn unique(&self, prefix: &str, id: &str, part: &Part, depth: usize) -> String {
        match self.nodes.get(&part.branch) {
            Some(branch) if depth < MAX_DEPTH => {
                format!("{}-0-{id}", self.unique(prefix, &part.branch, branch, depth + 1))
            }
            _ => format!("{prefix}{id}"),
        }
    }
}

fn add(node: Node, branch: &str, nodes: &mut HashMap<String, Part>) {
    let runs = match node.target {
        Some(Target::TaskNode(task)) => task_of(&task).map_or(Runs::Other, Runs::Task),
        Some(Target::WorkflowNode(inner)) => match inner.reference {
            Some(workflow_node::Reference::SubWorkflowRef(id)) => Runs::SubWorkflow(reference(Some(&id))),
            Some(workflow_node::Reference::LaunchplanRef(id)) => Runs::LaunchPlan(reference(Some(&id))),
            None => Runs::Other,
        },
        Some(Target::ArrayNode(array)) => match array.node.and_then(|item| item.target) {
            Some(Target::TaskNode(task)) => task_of(&task).map_or(Runs::Other, Runs::Each),
            _ => Runs::Other,
        },
        Some(Target::BranchNode(inside)) => {
            for inner in branches(*inside) {
                add(inner, &node.id, nodes);
            }
            Runs::Branch
        }
        Some(Target::GateNode(_)) | None => Runs::Other,
    };
    let name = node.metadata.map_or_else(String::new, |metadata| metadata.name);
    nodes.insert(node.id, Part { name, runs, branch: branch.to_owned() });
}

fn branches(branch: BranchNode) -> Vec<Node> {
    let Some(block) = branch.if_else else { return Vec::new() };
    let block = *block;
    let conditional = block.case.into_iter().map(|case| *case).chain(block.other);
    let mut nodes: Vec<Node> = conditional.filter_map(|case| case.then_node).map(|node| *node).collect();
    if let Some(core::if_else_block::Default::ElseNode(node)) = block.default {
        nodes.push(*node);
    }
    nodes
}

fn task_of(task: &core::TaskNode) -> Option<Reference> {
    let task_node::Reference::ReferenceId(id) = task.reference.as_ref()?;
    Some(reference(Some(id)))
}

fn reference(id: Option<&Identifier>) -> Reference {
    id.map(|id| (id.name.clone(), id.version.clone())).unwrap_or_default()
}

fn interface(declared: Option<core::TypedInterface>) -> Interface {
    let declared = declared.unwrap_or_default();
    Interface { inputs: declared.inputs.unwrap_or_default(), outputs: declared.outputs.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> Identifier {
        Identifier { name: name.to_owned(), version: "v1".to_owned(), ..Default::default() }
    }

    fn node(name: &str, target: Target) -> Node {
        let metadata = core::NodeMetadata { name: format!("name of {name}"), ..Default::default() };
        Node { id: name.to_owned(), metadata: Some(metadata), target: Some(target), ..Default::default() }
    }

    fn task(name: &str) -> Target {
        let reference = Some(task_node::Reference::ReferenceId(id(name)));
        Target::TaskNode(core::TaskNode { reference, overrides: None })
    }

    fn sub(name: &str) -> Target {
        let reference = Some(workflow_node::Reference::SubWorkflowRef(id(name)));
        Target::WorkflowNode(core::WorkflowNode { reference })
    }

    fn branch(then: Node, otherwise: Node) -> Target {
        let case = core::IfBlock { condition: None, then_node: Some(Box::new(then)) };
        let block = core::IfElseBlock {
            case: Some(Box::new(case)),
            other: Vec::new(),
            default: Some(core::if_else_block::Default::ElseNode(Box::new(otherwise))),
        };
        Target::BranchNode(Box::new(BranchNode { if_else: Some(Box::new(block)) }))
    }

    fn each(item: Node) -> Target {
        let array = core::ArrayNode { node: Some(Box::new(item)), ..Default::default() };
        Target::ArrayNode(Box::new(array))
    }

    fn compiled(name: &str, output: &str, nodes: Vec<Node>) -> core::CompiledWorkflow {
        let outputs =
            VariableMap { variables: HashMap::from([(output.to_owned(), core::Variable::default())]) };
        let interface = core::TypedInterface { inputs: None, outputs: Some(outputs) };
        let template =
            WorkflowTemplate { id: Some(id(name)), interface: Some(interface), nodes, ..Default::default() };
        core::CompiledWorkflow { template: Some(template), connections: None }
    }

    /// `add` in a sub-workflow of a sub-workflow, in a branch, over a list, and on its own.
    fn blueprint() -> Blueprint {
        let nodes = vec![
            node("n0", sub("outer")),
            node("n1", branch(node("n1-n0", task("add")), node("n1-n1", task("other")))),
            node("my-step", each(node("item", task("add")))),
            node("n10", task("add")),
        ];
        let outer = compiled("outer", "o0", vec![node("n0", sub("inner"))]);
        let inner = compiled("inner", "o0", vec![node("n3", task("add"))]);
        let outputs =
            VariableMap { variables: HashMap::from([("sum".to_owned(), core::Variable::default())]) };
        let add = core::TaskTemplate {
            id: Some(id("add")),
            interface: Some(core::TypedInterface { inputs: None, outputs: Some(outputs) }),
            ..Default::default()
        };
        Blueprint::new(CompiledWorkflowClosure {
            primary: Some(compiled("main", "result", nodes)),
            sub_workflows: vec![outer, inner],
            tasks: vec![core::CompiledTask { template: Some(add) }],
            ..Default::default()
        })
    }

    #[test]
    fn a_task_is_found_wherever_it_runs() {
        let expected = ["my-step", "n0-0-n0-0-n3", "n1-0-n1-n0", "n10"];
        assert_eq!(blueprint().nodes_of_task("add"), expected);
        assert_eq!(blueprint().nodes_of_task("never"), [""; 0]);
    }

    #[test]
    fn nodes_have_the_names_of_the_source_at_every_depth() {
        let blueprint = blueprint();
        for (node_id, name) in [
            ("n10", "name of n10"),
            ("n0", "name of n0"),
            ("n0-0-n0", "name of n0"),
            ("n0-1-n0-0-n3", "name of n3"),
            ("n1-0-n1-n1", "name of n1-n1"),
            ("my-step-0-7", "name of my-step"),
        ] {
            assert_eq!(blueprint.name_of(node_id), Some(name), "{node_id}");
        }
        for node_id in ["", "n2", "n0-0-n9", "n0-x-n0", "n10-0-n0", "-", "--"] {
            assert_eq!(blueprint.name_of(node_id), None, "{node_id}");
        }
    }

    #[test]
    fn nodes_declare_what_their_entity_does() {
        let blueprint = blueprint();
        let output = |interface: &Interface| interface.outputs.variables.keys().next().cloned();
        assert_eq!(output(blueprint.interface()).as_deref(), Some("result"));
        assert_eq!(blueprint.interface_of("n0").and_then(output).as_deref(), Some("o0"));
        assert_eq!(blueprint.interface_of("n10").and_then(output).as_deref(), Some("sum"));
        assert!(blueprint.interface_of("my-step").is_none() && blueprint.interface_of("n1").is_none());
    }

    #[test]
    fn branches_that_name_each_other_end() {
        let (a, b) = (node("a", task("add")), node("b", task("add")));
        let nodes =
            vec![node("a", branch(b, node("c", task("x")))), node("b", branch(a, node("d", task("x"))))];
        let primary = Some(compiled("main", "o0", nodes));
        let blueprint = Blueprint::new(CompiledWorkflowClosure { primary, ..Default::default() });
        assert!(blueprint.nodes_of_task("x").len() <= 2);
    }
}
