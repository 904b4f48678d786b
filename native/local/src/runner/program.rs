//! What runs: a compiled closure, by the ids that its nodes refer to.

use std::collections::HashMap;

use crate::idl::core::{CompiledWorkflowClosure, Identifier, TaskTemplate, WorkflowTemplate};

/// A compiled workflow with what comes with it.
pub struct Program {
    pub primary: WorkflowTemplate,
    tasks: HashMap<Identifier, TaskTemplate>,
    workflows: HashMap<Identifier, WorkflowTemplate>,
}

impl Program {
    pub fn new(closure: CompiledWorkflowClosure) -> Self {
        let tasks = closure.tasks.into_iter().filter_map(|task| task.template);
        let workflows = closure.sub_workflows.into_iter().filter_map(|workflow| workflow.template);
        Self {
            primary: closure.primary.and_then(|primary| primary.template).unwrap_or_default(),
            tasks: tasks.map(|task| (key(task.id.as_ref()), task)).collect(),
            workflows: workflows.map(|workflow| (key(workflow.id.as_ref()), workflow)).collect(),
        }
    }

    pub fn task(&self, id: &Identifier) -> Option<&TaskTemplate> {
        self.tasks.get(&key(Some(id)))
    }

    pub fn workflow(&self, id: &Identifier) -> Option<&WorkflowTemplate> {
        self.workflows.get(&key(Some(id)))
    }
}

/// An id as those who refer to it and those who have it agree on.
fn key(id: Option<&Identifier>) -> Identifier {
    Identifier { resource_type: 0, org: String::new(), ..id.cloned().unwrap_or_default() }
}
