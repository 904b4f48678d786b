use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::errors::{Code, Errors};
use crate::idl::core::{Alias, Node, TypedInterface, Variable};

/// What other nodes can know of a node.
#[derive(Debug, Default)]
pub struct Known {
    /// None when it could not be made out; then there is an error that says why.
    pub interface: Option<TypedInterface>,
    /// The name in its metadata, which errors show.
    pub name: Option<String>,
    pub aliases: Vec<Alias>,
}

/// The nodes that bindings can refer to, by id.
pub type Nodes = BTreeMap<String, Known>;

impl Known {
    /// What others can know of `node`, whose interface this is.
    pub fn new(node: &Node, interface: Option<TypedInterface>) -> Self {
        Self {
            interface,
            name: node.metadata.as_ref().map(|metadata| metadata.name.clone()),
            aliases: node.output_aliases.clone(),
        }
    }
}

/// Checks the names that a node gives to its outputs. False when something is wrong with them.
pub fn check_aliases(id: &str, known: &Known, errors: &mut Errors) -> bool {
    let before = errors.added();
    let mut seen = BTreeSet::new();
    for alias in &known.aliases {
        if !seen.insert(&alias.var) {
            errors.add(
                Code::DuplicateAlias,
                id,
                format_args!(
                    "Duplicate alias [{}] found. An output alias can only be used once in the Workflow.",
                    alias.alias
                ),
            );
        } else if known.interface.is_some() && outputs(known).is_none_or(|map| !map.contains_key(&alias.var))
        {
            errors.not_bound(id, &alias.alias);
        }
    }
    errors.added() == before
}

fn outputs(known: &Known) -> Option<&HashMap<String, Variable>> {
    Some(&known.interface.as_ref()?.outputs.as_ref()?.variables)
}

/// A node's output by the name that others use, which is its alias if it has one.
pub fn output<'a>(id: &str, known: &'a Known, name: &str, errors: &mut Errors) -> Option<&'a Variable> {
    if !check_aliases(id, known, errors) {
        return None;
    }
    let own = match known.aliases.iter().find(|alias| alias.alias == name) {
        Some(alias) => Some(alias.var.as_str()),
        None if known.aliases.iter().any(|alias| alias.var == name) => None,
        None => Some(name),
    };
    let found = own.and_then(|own| outputs(known)?.get(own));
    if found.is_none() {
        errors.no_variable(id, name);
    }
    found
}
