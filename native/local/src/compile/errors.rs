use std::collections::BTreeSet;
use std::fmt;

/// What is wrong with a workflow: each error once, sorted by code and then by text.
///
/// Its text is what FlyteAdmin puts into its answer: a line with the number of errors, then one line for each.
#[derive(Debug, Default)]
pub struct Errors {
    found: BTreeSet<(Code, String)>,
    added: usize,
}

/// The compiler's codes for errors, which clients read out of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    // In alphabetical order, which is the order of the text.
    AmbiguousBindingUnionValue,
    BranchNodeHasNoCondition,
    BranchNodeHasNoDefault,
    BranchNodeIdNotFound,
    CycleDetected,
    DuplicateAlias,
    DuplicateId,
    FieldNotFound,
    IllegalEnumValue,
    IncompatibleBindingUnionValue,
    InvalidValue,
    MismatchingBindings,
    MismatchingTypes,
    NoConditionFound,
    NoNodesFound,
    NodeReferenceNotFound,
    ParameterBoundMoreThanOnce,
    ParameterNotBound,
    SyntaxError,
    TaskReferenceNotFound,
    UnreachableNodes,
    UnrecognizedValue,
    ValueRequired,
    VariableNameNotFound,
    WorkflowReferenceNotFound,
}

impl Errors {
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many errors were added so far, the same one counted each time: a part that added some has failed.
    pub fn added(&self) -> usize {
        self.added
    }

    /// Adds an error of `node`, unless the same one is there already.
    pub fn add(&mut self, code: Code, node: &str, description: impl fmt::Display) {
        self.added += 1;
        self.found.insert((code, format!("Code: {code:?}, Node Id: {node}, Description: {description}")));
    }

    pub fn value_required(&mut self, node: &str, what: &str) {
        self.add(Code::ValueRequired, node, format_args!("Value required [{what}]."));
    }

    pub fn not_bound(&mut self, node: &str, input: &str) {
        self.add(Code::ParameterNotBound, node, format_args!("Parameter not bound [{input}]."));
    }

    pub fn no_variable(&mut self, node: &str, variable: &str) {
        self.add(
            Code::VariableNameNotFound,
            node,
            format_args!("Variable [{variable}] not found on node [{node}]."),
        );
    }

    pub fn no_workflow(&mut self, node: &str, reference: &str) {
        self.add(
            Code::WorkflowReferenceNotFound,
            node,
            format_args!("Referenced Workflow [{reference}] not found."),
        );
    }

    pub fn mismatching_types(&mut self, node: &str, variable: &str, found: &str, expected: &str) {
        self.add(
            Code::MismatchingTypes,
            node,
            format_args!("Variable [{variable}] (type [{found}]) doesn't match expected type [{expected}]."),
        );
    }

    pub fn mismatching_bindings(&mut self, node: &str, input: &str, expected: &str, found: &str) {
        self.add(
            Code::MismatchingBindings,
            node,
            format_args!(
                "Input [{input}] on node [{node}] expects bindings of type [{expected}].  Received [{found}]"
            ),
        );
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "Collected Errors: {}", self.found.len())?;
        for (index, (_, error)) in self.found.iter().enumerate() {
            writeln!(formatter, "\tError {index}: {error}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_flyteadmins() {
        let mut errors = Errors::default();
        errors.not_bound("n1", "a");
        errors.not_bound("n0", "b");
        errors.not_bound("n1", "a");
        errors.add(Code::NodeReferenceNotFound, "n9", "Referenced node [n9] not found.");
        assert_eq!(
            errors.to_string(),
            "Collected Errors: 3\n\
             \tError 0: Code: NodeReferenceNotFound, Node Id: n9, Description: Referenced node [n9] not found.\n\
             \tError 1: Code: ParameterNotBound, Node Id: n0, Description: Parameter not bound [b].\n\
             \tError 2: Code: ParameterNotBound, Node Id: n1, Description: Parameter not bound [a].\n"
        );
    }
}
