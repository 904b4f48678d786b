use std::collections::HashMap;

use super::bindings::{Bound, resolve};
use super::errors::{Code, Errors};
use super::graph::Direction;
use super::workflows::{Compiler, Draft};
use crate::idl::core::{
    GateNode, Identifier, Node, TypedInterface, Variable, VariableMap, gate_node, node, parameter, task_node,
    workflow_node,
};
use crate::messages::text;

/// A node's interface, none when it cannot be made out, and those of the nodes inside a branch node.
#[derive(Default)]
pub struct Shape {
    pub interface: Option<TypedInterface>,
    pub parts: Vec<Shape>,
}

/// The interface with both its maps present, and with a type required for each variable.
pub fn complete_interface(
    node: &str,
    interface: Option<TypedInterface>,
    errors: &mut Errors,
) -> TypedInterface {
    let mut interface = interface.unwrap_or_default();
    for map in [&mut interface.inputs, &mut interface.outputs] {
        for (name, variable) in &map.get_or_insert_default().variables {
            if name.is_empty() {
                errors.value_required(node, "paramName");
            }
            if variable.r#type.is_none() {
                errors.value_required(node, "param.Type");
            }
        }
    }
    interface
}

impl Compiler<'_> {
    /// Makes out a node's interface from what it refers to. The nodes inside a branch node get their final ids here.
    pub fn shape(&mut self, draft: &mut Draft, node: &mut Node) -> Shape {
        let before = self.errors.added();
        let mut parts = Vec::new();
        let id = node.id.clone();
        let found = match &mut node.target {
            Some(node::Target::TaskNode(task)) => match &task.reference {
                Some(task_node::Reference::ReferenceId(reference)) => self.task_interface(&id, reference),
                None => {
                    self.errors.value_required(&id, "TaskNode.ReferenceId");
                    None
                }
            },
            Some(node::Target::WorkflowNode(_)) => self.workflow_interface(draft, node),
            Some(node::Target::BranchNode(_)) => {
                let (interface, inner) = self.branch_interface(draft, node);
                parts = inner;
                interface
            }
            Some(node::Target::GateNode(gate)) => {
                let gate = gate.clone();
                self.gate_interface(draft, node, &gate)
            }
            // flytekit wraps an array node's values in lists itself, so it has the interface of what it repeats.
            Some(node::Target::ArrayNode(array)) => match &mut array.node {
                Some(inner) => self.shape(draft, inner).interface,
                None => {
                    self.errors.value_required(&id, "ArrayNode.Node");
                    None
                }
            },
            None => {
                self.errors.value_required(&id, "Target");
                None
            }
        };
        let interface = found.map(|found| complete_interface(&id, Some(found), &mut self.errors));
        Shape { interface: interface.filter(|_| self.errors.added() == before), parts }
    }

    fn task_interface(&mut self, node: &str, task: &Identifier) -> Option<TypedInterface> {
        let found = self.tasks.get(task).cloned();
        if found.is_none() {
            self.errors.add(
                Code::TaskReferenceNotFound,
                node,
                format_args!("Referenced Task [{}] not found.", text(task)),
            );
        }
        found
    }

    fn workflow_interface(&mut self, draft: &Draft, node: &Node) -> Option<TypedInterface> {
        let Some(node::Target::WorkflowNode(workflow)) = &node.target else { return None };
        match &workflow.reference {
            // A workflow that calls itself.
            Some(workflow_node::Reference::LaunchplanRef(id)) if Some(id) == draft.id.as_ref() => {
                Some(draft.interface.clone())
            }
            Some(workflow_node::Reference::LaunchplanRef(id)) => self.launch_plan_interface(node, id),
            Some(workflow_node::Reference::SubWorkflowRef(id)) => match self.interfaces.get(id) {
                Some(Some(interface)) => Some(interface.clone()),
                Some(None) => {
                    self.errors.value_required(&node.id, "WorkflowNode.Template.Interface");
                    None
                }
                None => {
                    self.errors.no_workflow(&node.id, &text(id));
                    None
                }
            },
            None => {
                self.errors.no_workflow(&node.id, "<nil>/<nil>");
                None
            }
        }
    }

    /// A launch plan's required inputs and those others that the node binds.
    fn launch_plan_interface(&mut self, node: &Node, id: &Identifier) -> Option<TypedInterface> {
        let Some(plan) = self.launch_plans.get(id) else {
            self.errors.no_workflow(&node.id, &text(id));
            return None;
        };
        let closure = plan.closure.clone().unwrap_or_default();
        let inputs = closure.expected_inputs.unwrap_or_default();
        let exposed = inputs.parameters.into_iter().filter(|(name, parameter)| {
            parameter.behavior == Some(parameter::Behavior::Required(true))
                || node.inputs.iter().any(|binding| binding.var == *name)
        });
        let variables = exposed.map(|(name, parameter)| (name, parameter.var.unwrap_or_default())).collect();
        Some(TypedInterface { inputs: Some(VariableMap { variables }), outputs: closure.expected_outputs })
    }

    fn gate_interface(
        &mut self,
        draft: &mut Draft,
        node: &mut Node,
        gate: &GateNode,
    ) -> Option<TypedInterface> {
        match &gate.condition {
            // What is approved passes through as it is.
            Some(gate_node::Condition::Approve(_)) => {
                let inputs = self.bound_inputs(draft, node);
                Some(TypedInterface { inputs: Some(inputs.clone()), outputs: Some(inputs) })
            }
            Some(gate_node::Condition::Signal(signal)) => {
                if signal.r#type.is_none() {
                    self.errors.value_required(&node.id, "GateNode.Signal.Type");
                    return None;
                }
                if signal.output_variable_name.is_empty() {
                    self.errors.value_required(&node.id, "GateNode.Signal.OutputVariableName");
                    return None;
                }
                let output = Variable { r#type: signal.r#type.clone(), ..Default::default() };
                let variables = HashMap::from([(signal.output_variable_name.clone(), output)]);
                Some(TypedInterface { inputs: None, outputs: Some(VariableMap { variables }) })
            }
            Some(gate_node::Condition::Sleep(_)) => Some(TypedInterface::default()),
            None => {
                self.errors.add(
                    Code::NoConditionFound,
                    &node.id,
                    format_args!("Can't find any condition in gate node [{}].", node.id),
                );
                None
            }
        }
    }

    /// The inputs of a node that takes whatever is bound to it.
    pub fn bound_inputs(&mut self, draft: &mut Draft, node: &mut Node) -> VariableMap {
        let name = node.metadata.as_ref().map(|metadata| metadata.name.as_str());
        let bound = Bound { id: &node.id, name };
        let inputs = resolve(&draft.nodes, bound, &mut node.inputs, None, &mut self.errors);
        for upstream in inputs.upstream {
            draft.graph.add(&upstream, &node.id, Direction::Upstream);
        }
        inputs.variables
    }
}
