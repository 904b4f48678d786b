//! From a binding to the literal that a node gets.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::attributes;
use crate::compile::START;
use crate::idl::core::{
    Binding, BindingData, IfElseBlock, Literal, LiteralCollection, LiteralMap, Node, OutputReference, Scalar,
    Void, binding_data, if_else_block, literal, node, scalar,
};

/// What nodes gave, by their ids; the workflow's inputs are those of its start.
pub type Outputs = HashMap<String, Arc<LiteralMap>>;

/// The literals that bindings lead to, or why one leads nowhere.
pub fn resolve(bindings: &[Binding], outputs: &Outputs) -> Result<LiteralMap, String> {
    let mut literals = HashMap::with_capacity(bindings.len());
    for binding in bindings {
        let empty = BindingData::default();
        let literal = value(binding.binding.as_ref().unwrap_or(&empty), outputs)
            .map_err(|why| format!("Error binding Var [wf].[{}], caused by: {why}", binding.var))?;
        literals.insert(binding.var.clone(), literal);
    }
    Ok(LiteralMap { literals })
}

fn value(data: &BindingData, outputs: &Outputs) -> Result<Literal, String> {
    let value = match &data.value {
        None => return Ok(none()),
        Some(binding_data::Value::Promise(promise)) => return promised(promise, outputs),
        Some(binding_data::Value::Scalar(scalar)) => literal::Value::Scalar(Box::new(scalar.clone())),
        Some(binding_data::Value::OffloadedMetadata(offloaded)) => {
            literal::Value::OffloadedMetadata(offloaded.clone())
        }
        Some(binding_data::Value::Collection(items)) => {
            let literals = items.bindings.iter().map(|item| self::value(item, outputs));
            literal::Value::Collection(LiteralCollection { literals: literals.collect::<Result<_, _>>()? })
        }
        Some(binding_data::Value::Map(entries)) => {
            let literals =
                entries.bindings.iter().map(|(key, entry)| Ok((key.clone(), self::value(entry, outputs)?)));
            literal::Value::Map(LiteralMap { literals: literals.collect::<Result<_, String>>()? })
        }
    };
    Ok(Literal { value: Some(value), ..Default::default() })
}

/// The literal of nothing.
pub fn none() -> Literal {
    let scalar = Scalar { value: Some(scalar::Value::NoneType(Void {})) };
    Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
}

fn promised(promise: &OutputReference, outputs: &Outputs) -> Result<Literal, String> {
    let from = source(promise);
    let given = outputs.get(from).ok_or_else(|| format!("node [{from}] gave no outputs: it was skipped"))?;
    let (index, name) = indexed(&promise.var);
    let mut found = given
        .literals
        .get(name)
        .ok_or_else(|| format!("Outputs not found at [{from}]: there is no variable [{name}]"))?;
    if let Some(index) = index {
        found = match &found.value {
            Some(literal::Value::Collection(items)) => items
                .literals
                .get(index)
                .ok_or_else(|| format!("index [{index}] is out of range of [{from}.{name}]"))?,
            _ => return Err(format!("[{from}.{name}] is no collection, it has no item [{index}]")),
        };
    }
    attributes::follow(found, &promise.attr_path)
}

/// The node that a promise is about.
fn source(promise: &OutputReference) -> &str {
    if promise.node_id.is_empty() { START } else { &promise.node_id }
}

/// The parts of `[index].name`, in which old engines wrote an item of a collection.
fn indexed(variable: &str) -> (Option<usize>, &str) {
    let parts = variable.strip_prefix('[').and_then(|rest| rest.split_once("]."));
    match parts.and_then(|(index, name)| Some((index.parse().ok()?, name))) {
        Some((index, name)) => (Some(index), name),
        None => (None, variable),
    }
}

/// The nodes that a node waits for.
pub fn upstream(node: &Node) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    collect(node, &mut found);
    found.remove(START);
    found
}

fn collect<'a>(node: &'a Node, found: &mut BTreeSet<&'a str>) {
    found.extend(node.upstream_node_ids.iter().map(String::as_str));
    for binding in &node.inputs {
        collect_promises(binding.binding.as_ref(), found);
    }
    let Some(node::Target::BranchNode(branch)) = &node.target else { return };
    for inner in branch.if_else.iter().flat_map(|choice| alternatives(choice)) {
        let mut inside = BTreeSet::new();
        collect(inner, &mut inside);
        // The branch itself may be named as what its own nodes come after.
        inside.remove(node.id.as_str());
        found.extend(inside);
    }
}

/// The nodes that a branch chooses from.
pub fn alternatives(choice: &IfElseBlock) -> impl Iterator<Item = &Node> {
    let cases = choice.case.as_deref().into_iter().chain(&choice.other);
    let otherwise = match &choice.default {
        Some(if_else_block::Default::ElseNode(node)) => Some(node.as_ref()),
        _ => None,
    };
    cases.filter_map(|block| block.then_node.as_deref()).chain(otherwise)
}

fn collect_promises<'a>(data: Option<&'a BindingData>, found: &mut BTreeSet<&'a str>) {
    match data.and_then(|data| data.value.as_ref()) {
        Some(binding_data::Value::Promise(promise)) => _ = found.insert(source(promise)),
        Some(binding_data::Value::Collection(items)) => {
            items.bindings.iter().for_each(|item| collect_promises(Some(item), found));
        }
        Some(binding_data::Value::Map(entries)) => {
            entries.bindings.values().for_each(|entry| collect_promises(Some(entry), found));
        }
        Some(binding_data::Value::Scalar(_) | binding_data::Value::OffloadedMetadata(_)) | None => {}
    }
}
