//! The workflows that executions run, kept because they never change once registered.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use flyte_idl::flyteidl::admin::{ObjectGetRequest, WorkflowExecutionGetRequest};
use flyte_idl::flyteidl::core::{Identifier, ResourceType};

use super::blueprint::Blueprint;
use super::{FlyteClient, in_time};
use crate::call::{CallOptions, method};
use crate::domain::{ExecutionId, Scope};
use crate::error::FlyteError;
use crate::requests;
use crate::rows::{self, RanExecution};

/// Most that are kept; a person looks at a few at a time.
const KEPT: usize = 64;

/// Blueprints by the workflow's scope, name and version, and by the executions that were asked for.
#[derive(Default)]
pub(super) struct Workflows {
    by_id: Kept<Key>,
    by_execution: Kept<ExecutionId>,
}

type Key = (Scope, String, String);

struct Kept<K>(Mutex<HashMap<K, Arc<Blueprint>>>);

impl<K> Default for Kept<K> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + Hash> Kept<K> {
    fn get(&self, key: &K) -> Option<Arc<Blueprint>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: K, blueprint: Arc<Blueprint>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, blueprint);
    }
}

impl FlyteClient {
    /// The workflow of an execution; `None` when it cannot be had or not soon, because what it adds is never the point of
    /// a call.
    pub(super) async fn blueprint_of(
        &self,
        execution: &ExecutionId,
        action: &str,
        options: &CallOptions,
    ) -> Option<Arc<Blueprint>> {
        let kept = &self.0.workflows.by_execution;
        if let Some(blueprint) = kept.get(execution) {
            return Some(blueprint);
        }
        let found = async {
            let ran = self.ran_execution(execution, action, options).await.ok()?;
            self.blueprint(&ran, action, options).await.ok()
        };
        let blueprint = in_time(found, options).await?;
        kept.keep(execution.clone(), blueprint.clone());
        Some(blueprint)
    }

    /// An execution with the workflow that it runs.
    pub(super) async fn ran_execution(
        &self,
        execution: &ExecutionId,
        action: &str,
        options: &CallOptions,
    ) -> Result<RanExecution, FlyteError> {
        let request = WorkflowExecutionGetRequest { id: Some(requests::execution_id(execution)) };
        let answer = self.caller().unary_raw(&method::GET_EXECUTION, &request, action, options).await?;
        rows::ran_execution(&answer).map_err(|error| self.caller().unreadable(&error, action))
    }

    /// The workflow that an execution runs.
    pub(super) async fn blueprint(
        &self,
        ran: &RanExecution,
        action: &str,
        options: &CallOptions,
    ) -> Result<Arc<Blueprint>, FlyteError> {
        let key = (ran.workflow_scope.clone(), ran.workflow_name.clone(), ran.workflow_version.clone());
        if let Some(blueprint) = self.0.workflows.by_id.get(&key) {
            return Ok(blueprint);
        }
        let (scope, name, version) = key.clone();
        let id = Identifier {
            resource_type: ResourceType::Workflow.into(),
            project: scope.project,
            domain: scope.domain,
            name,
            version,
            org: scope.org,
        };
        let request = ObjectGetRequest { id: Some(id) };
        let workflow = self.caller().unary(&method::GET_WORKFLOW, &request, action, options).await?;
        let closure = workflow.closure.and_then(|closure| closure.compiled_workflow).unwrap_or_default();
        let blueprint = Arc::new(Blueprint::new(closure));
        self.0.workflows.by_id.keep(key, blueprint.clone());
        Ok(blueprint)
    }
}
