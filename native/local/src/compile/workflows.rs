use std::collections::{BTreeSet, HashMap};

use super::bindings::{Bound, resolve};
use super::errors::{Code, Errors};
use super::graph::{Direction, Graph};
use super::interfaces::{Shape, complete_interface};
use super::nodes::{Known, Nodes, check_aliases};
use super::requirements::index;
use super::{END, START};
use crate::idl::admin::LaunchPlan;
use crate::idl::core::{
    CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, Identifier, Node, TypedInterface,
    WorkflowTemplate, node, workflow_node,
};
use crate::messages::text;

/// How deep sub-workflows and branches may be nested; the compiler calls itself for each.
const DEEPEST: usize = 50;

/// Compiles a workflow with the sub-workflows that come with it. `tasks` and `launch_plans` are what
/// [`requirements`](super::requirements) asked for.
pub fn workflow(
    template: &WorkflowTemplate,
    sub_workflows: &[WorkflowTemplate],
    tasks: Vec<CompiledTask>,
    launch_plans: &[LaunchPlan],
) -> Result<CompiledWorkflowClosure, Errors> {
    let interfaces = index(sub_workflows)?.into_iter().map(|(id, sub)| (id, sub.interface.clone())).collect();
    let own = |id: &Option<Identifier>| id.clone().unwrap_or_default();
    let mut compiler = Compiler {
        tasks: tasks
            .iter()
            .filter_map(|task| task.template.as_ref())
            .map(|template| (own(&template.id), template.interface.clone().unwrap_or_default()))
            .collect(),
        launch_plans: launch_plans.iter().map(|plan| (own(&plan.id), plan)).collect(),
        interfaces,
        sub_workflows: sub_workflows
            .iter()
            .map(|template| CompiledWorkflow { template: Some(template.clone()), connections: None })
            .collect(),
        compiled: BTreeSet::new(),
        way: Vec::new(),
        depth: 0,
        errors: Errors::default(),
    };
    let primary = compiler.compile(template.clone());
    if compiler.errors.is_empty() {
        let sub_workflows = compiler.sub_workflows;
        Ok(CompiledWorkflowClosure { primary: Some(primary), sub_workflows, tasks, launch_plans: Vec::new() })
    } else {
        Err(compiler.errors)
    }
}

/// What is common to a workflow and its sub-workflows.
pub struct Compiler<'a> {
    pub tasks: HashMap<Identifier, TypedInterface>,
    pub launch_plans: HashMap<Identifier, &'a LaunchPlan>,
    /// Those of the sub-workflows, none for one without.
    pub interfaces: HashMap<Identifier, Option<TypedInterface>>,
    sub_workflows: Vec<CompiledWorkflow>,
    /// The positions of the sub-workflows that are compiled.
    compiled: BTreeSet<usize>,
    /// The workflows being compiled, each for a node of the one before.
    way: Vec<String>,
    /// How many nodes are being checked, each for one of a workflow or branch around it.
    depth: usize,
    pub errors: Errors,
}

/// What is being made of one workflow.
pub struct Draft {
    /// Its id, by which a node may refer to it.
    pub id: Option<Identifier>,
    pub interface: TypedInterface,
    pub nodes: Nodes,
    pub graph: Graph,
}

impl Compiler<'_> {
    fn compile(&mut self, mut template: WorkflowTemplate) -> CompiledWorkflow {
        let id = text(&template.id.clone().unwrap_or_default());
        if template.nodes.is_empty() {
            let description = format!("Can't find any nodes in workflow [{id}].");
            self.errors.add(Code::NoNodesFound, &id, description);
            return CompiledWorkflow { template: Some(template), connections: None };
        }
        let before = self.errors.added();
        let interface = complete_interface(START, template.interface.take(), &mut self.errors);
        template.interface = Some(interface.clone());
        if self.errors.added() > before {
            return CompiledWorkflow { template: Some(template), connections: None };
        }
        let mut draft = Draft {
            id: template.id.clone(),
            interface: interface.clone(),
            nodes: Nodes::new(),
            graph: Graph::default(),
        };
        let start = TypedInterface { inputs: None, outputs: interface.inputs };
        let end = TypedInterface { inputs: interface.outputs, outputs: None };
        for (id, interface) in [(START, start), (END, end)] {
            draft.nodes.insert(id.into(), Known { interface: Some(interface), ..Default::default() });
        }

        self.way.push(id);
        let mut top_level = Vec::with_capacity(template.nodes.len());
        for node in std::mem::take(&mut template.nodes) {
            top_level.extend(self.top_level(&mut draft, node));
        }
        let mut end =
            Node { id: END.into(), inputs: std::mem::take(&mut template.outputs), ..Default::default() };
        self.edges(&mut draft, &mut end);
        for node in &mut top_level {
            self.edges(&mut draft, node);
        }
        if let Some(failure) = &mut template.failure_node {
            let shape = self.shape(&mut draft, failure);
            self.check(&mut draft, failure, &shape);
            self.inner_edges(&mut draft, failure, &shape);
        }
        for node in &top_level {
            draft.graph.connect(&node.id);
        }
        draft.graph.check(draft.nodes.keys(), &mut self.errors);
        self.way.pop();

        template.outputs = end.inputs.clone();
        template.nodes = vec![Node { id: START.into(), ..Default::default() }, end];
        template.nodes.extend(top_level);
        CompiledWorkflow { template: Some(template), connections: Some(draft.graph.into()) }
    }

    /// Takes in one of a workflow's own nodes. Of nodes with the same id the first counts, as it does with FlyteAdmin.
    fn top_level(&mut self, draft: &mut Draft, mut node: Node) -> Option<Node> {
        let is_new = !draft.nodes.contains_key(&node.id);
        if is_new {
            draft.nodes.insert(node.id.clone(), Known::new(&node, None));
        }
        if node.id == START || node.id == END {
            return None;
        }
        let shape = self.shape(draft, &mut node);
        self.check(draft, &mut node, &shape);
        if !is_new {
            return None;
        }
        draft.nodes.insert(node.id.clone(), Known::new(&node, shape.interface));
        Some(node)
    }

    /// Checks a node and what is inside it, once its interface is known.
    pub fn check(&mut self, draft: &mut Draft, node: &mut Node, shape: &Shape) {
        if node.id.is_empty() {
            self.errors.value_required("<node>", "Id");
        }
        if shape.interface.is_some() {
            check_aliases(&node.id, &Known::new(node, shape.interface.clone()), &mut self.errors);
        }
        // Clients send them in any order; sorted, the same workflow compiles to the same closure.
        node.upstream_node_ids.sort_unstable();
        if self.depth == DEEPEST {
            let description = format!("Nodes are nested deeper than {DEEPEST} levels.");
            self.errors.add(Code::InvalidValue, &node.id, description);
            return;
        }
        self.depth += 1;
        if matches!(node.target, Some(node::Target::BranchNode(_))) {
            self.check_branch(draft, node, shape);
        } else if let Some(node::Target::WorkflowNode(workflow)) = &node.target
            && let Some(workflow_node::Reference::SubWorkflowRef(id)) = &workflow.reference
        {
            self.sub_workflow(&node.id, id);
        }
        self.depth -= 1;
    }

    /// Compiles a sub-workflow, unless another node had it compiled before.
    fn sub_workflow(&mut self, node: &str, id: &Identifier) {
        let is_it = |workflow: &CompiledWorkflow| {
            workflow.template.as_ref().and_then(|template| template.id.as_ref()) == Some(id)
        };
        let name = text(id);
        let Some(position) = self.sub_workflows.iter().position(is_it) else {
            self.errors.no_workflow(node, &name);
            return;
        };
        if self.way.contains(&name) {
            self.errors.add(
                Code::CycleDetected,
                node,
                format_args!(
                    "A cycle has been detected while traversing the Workflow [{}>{name}].",
                    self.way.join(">")
                ),
            );
        } else if self.compiled.insert(position) {
            let template = self.sub_workflows[position].template.clone().unwrap_or_default();
            self.sub_workflows[position] = self.compile(template);
        }
    }

    /// Writes down what one of a workflow's own nodes waits for. Does nothing for a node without an interface: what
    /// is wrong with it was told.
    fn edges(&mut self, draft: &mut Draft, node: &mut Node) {
        let Some(interface) = draft.nodes.get(&node.id).and_then(|known| known.interface.clone()) else {
            return;
        };
        self.bind(draft, node, &interface, Direction::Both);
        for upstream in &node.upstream_node_ids {
            draft.graph.add(upstream, &node.id, Direction::Both);
        }
    }

    /// Writes down what a node inside another waits for.
    pub fn inner_edges(&mut self, draft: &mut Draft, node: &mut Node, shape: &Shape) {
        if let Some(interface) = &shape.interface {
            self.bind(draft, node, interface, Direction::Upstream);
        }
    }

    fn bind(&mut self, draft: &mut Draft, node: &mut Node, interface: &TypedInterface, direction: Direction) {
        let none = HashMap::new();
        let parameters = interface.inputs.as_ref().map_or(&none, |inputs| &inputs.variables);
        let name = node.metadata.as_ref().map(|metadata| metadata.name.as_str());
        let bound = Bound { id: &node.id, name };
        let inputs = resolve(&draft.nodes, bound, &mut node.inputs, Some(parameters), &mut self.errors);
        for upstream in inputs.upstream {
            draft.graph.add(&upstream, &node.id, direction);
        }
    }
}
