use std::collections::HashMap;

use super::errors::{Code, Errors};
use super::interfaces::Shape;
use super::types::{primitive_type, printed};
use super::workflows::{Compiler, Draft};
use crate::idl::core::{
    BooleanExpression, IfBlock, IfElseBlock, LiteralType, Node, Operand, TypedInterface, Variable,
    VariableMap, boolean_expression, if_else_block, node, operand,
};

impl Compiler<'_> {
    /// A branch node's interface: the inputs bound to it, and the outputs that all its cases have. Gives the shapes of
    /// the cases' nodes too.
    pub fn branch_interface(
        &mut self,
        draft: &mut Draft,
        node: &mut Node,
    ) -> (Option<TypedInterface>, Vec<Shape>) {
        let before = self.errors.added();
        let id = node.id.clone();
        let Some(block) = if_else(node) else {
            self.errors.value_required(&id, "Branch.IfElse");
            return (None, Vec::new());
        };
        match &block.case {
            None => {
                self.errors.value_required(&id, "Branch.IfElse.Case");
                return (None, Vec::new());
            }
            Some(case) if case.then_node.is_none() => {
                self.errors.value_required(&id, "Branch.IfElse.Case.ThenNode");
                return (None, Vec::new());
            }
            Some(_) => {}
        }
        if block.other.iter().any(|case| case.then_node.is_none()) {
            self.errors.value_required(&id, "IfElse.Case.ThenNode");
        }

        let mut outputs: Option<HashMap<String, Variable>> = None;
        let mut parts = Vec::new();
        for inner in inner_nodes(block) {
            inner.id = format!("{id}-{}", inner.id);
            let shape = self.shape(draft, inner);
            if let Some(interface) = &shape.interface {
                let found = interface.outputs.clone().unwrap_or_default().variables;
                match &mut outputs {
                    None => outputs = Some(found),
                    Some(common) => keep_common(&inner.id, common, &found, &mut self.errors),
                }
            }
            parts.push(shape);
        }
        // They include the variables of the conditions.
        let inputs = self.bound_inputs(draft, node);
        let interface = outputs.filter(|_| self.errors.added() == before).map(|variables| TypedInterface {
            inputs: Some(inputs),
            outputs: Some(VariableMap { variables }),
        });
        (interface, parts)
    }

    /// Checks a branch node's conditions and the nodes of its cases.
    pub fn check_branch(&mut self, draft: &mut Draft, node: &mut Node, shape: &Shape) {
        let before = self.errors.added();
        let id = node.id.clone();
        let bound: Vec<String> = node.inputs.iter().map(|binding| binding.var.clone()).collect();
        let no_block = IfElseBlock::default();
        let block = if_else(node).map_or(&no_block, |block| block);
        if block.case.is_none() {
            self.errors.add(
                Code::BranchNodeHasNoCondition,
                &id,
                "One of the branches on the node doesn't have a condition.",
            );
        }
        let conditions = Conditions { node: &id, bound: &bound, interface: shape.interface.as_ref() };
        for case in cases(block) {
            conditions.check(case.condition.as_ref(), &mut self.errors);
            if case.then_node.is_none() {
                self.errors.add(Code::BranchNodeIdNotFound, &id, "BranchNode not assigned");
            }
        }
        if block.default.is_none() {
            self.errors.add(
                Code::BranchNodeHasNoDefault,
                &id,
                "Branch Node must have either the else case set or a default error.",
            );
        }
        let Some(block) = if_else(node) else { return };
        let mut inner: Vec<&mut Node> = inner_nodes(block);
        for (inner, shape) in inner.iter_mut().zip(&shape.parts) {
            self.check(draft, inner, shape);
        }
        if self.errors.added() == before {
            for (inner, shape) in inner.iter_mut().zip(&shape.parts) {
                self.inner_edges(draft, inner, shape);
            }
        }
    }
}

fn if_else(node: &mut Node) -> Option<&mut IfElseBlock> {
    match &mut node.target {
        Some(node::Target::BranchNode(branch)) => branch.if_else.as_deref_mut(),
        _ => None,
    }
}

fn cases(block: &IfElseBlock) -> impl Iterator<Item = &IfBlock> {
    block.case.iter().map(AsRef::as_ref).chain(&block.other)
}

/// The nodes of all cases, in order, the one for all other cases last.
fn inner_nodes(block: &mut IfElseBlock) -> Vec<&mut Node> {
    let cases = block.case.iter_mut().map(AsMut::as_mut).chain(&mut block.other);
    let mut nodes: Vec<&mut Node> = cases.filter_map(|case| case.then_node.as_deref_mut()).collect();
    if let Some(if_else_block::Default::ElseNode(node)) = &mut block.default {
        nodes.push(node);
    }
    nodes
}

/// Leaves the outputs that both have, which must be of the same type.
fn keep_common(
    node: &str,
    common: &mut HashMap<String, Variable>,
    found: &HashMap<String, Variable>,
    errors: &mut Errors,
) {
    common.retain(|name, _| found.contains_key(name));
    for (name, variable) in common {
        let (first, second) = (variable.r#type.clone().unwrap_or_default(), found[name].r#type.clone());
        let second = second.unwrap_or_default();
        if first != second {
            errors.mismatching_types(node, name, &printed(&first), &printed(&second));
        }
    }
}

/// What the conditions of a branch node may look at.
struct Conditions<'a> {
    node: &'a str,
    bound: &'a [String],
    interface: Option<&'a TypedInterface>,
}

impl Conditions<'_> {
    fn check(&self, expression: Option<&BooleanExpression>, errors: &mut Errors) {
        let Some(expression) = expression else {
            errors.add(
                Code::BranchNodeHasNoCondition,
                self.node,
                "One of the branches on the node doesn't have a condition.",
            );
            return;
        };
        match &expression.expr {
            Some(boolean_expression::Expr::Comparison(comparison)) => {
                let right = self.operand(comparison.right_value.as_ref(), "RightValue", errors);
                let left = self.operand(comparison.left_value.as_ref(), "LeftValue", errors);
                if let (Some(right), Some(left)) = (right, left)
                    && right != left
                {
                    errors.mismatching_types(self.node, "RightValue", &printed(&right), &printed(&left));
                }
            }
            Some(boolean_expression::Expr::Conjunction(conjunction)) => {
                self.check(conjunction.left_expression.as_deref(), errors);
                self.check(conjunction.right_expression.as_deref(), errors);
            }
            None => errors.value_required(self.node, "Expr"),
        }
    }

    /// The type of one side of a comparison, none when it is not known or wrong.
    fn operand(&self, operand: Option<&Operand>, side: &str, errors: &mut Errors) -> Option<LiteralType> {
        let Some(operand) = operand else {
            errors.value_required(self.node, side);
            return None;
        };
        match &operand.val {
            #[allow(deprecated, reason = "flytekit still compares with primitives")]
            Some(operand::Val::Primitive(value)) => Some(primitive_type(value)),
            Some(operand::Val::Var(name)) if !name.is_empty() => {
                let Some(interface) = self.interface else {
                    errors.value_required(self.node, name);
                    return None;
                };
                let inputs = interface.inputs.as_ref();
                match inputs.and_then(|inputs| inputs.variables.get(name)) {
                    Some(variable) => variable.r#type.clone(),
                    None => {
                        if !self.bound.contains(name) {
                            errors.no_variable(self.node, name);
                        }
                        None
                    }
                }
            }
            _ => {
                errors.value_required(self.node, &format!("{side}.Val"));
                None
            }
        }
    }
}
