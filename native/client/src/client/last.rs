use std::sync::Arc;

use flyte_idl::flyteidl::admin::NodeExecutionGetRequest;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;

use super::FlyteClient;
use super::blueprint::Blueprint;
use crate::call::{CallOptions, method};
use crate::domain::{
    EntityKind, EntityName, ExecutionFilter, LastExecution, NodeExecutionId, NodeExecutionRow, PageRequest,
};
use crate::error::{FlyteError, GrpcCode};
use crate::requests;
use crate::rows::{self, RanExecution};

/// How far back a task is looked for in workflows: FlyteAdmin has no way to ask for the executions that ran a task, so
/// the newest of its domain are gone through.
const LOOKED_THROUGH: u32 = 100;

/// Most different workflows that are read for it.
const MOST_WORKFLOWS: usize = 20;

/// Most nodes of one execution that are asked for.
const MOST_NODES: usize = 8;

/// How many executions are asked for the task's node at once: first the newest alone, which has it more often than not.
const ASKED_AT_ONCE: [usize; 4] = [1, 8, 8, 8];

impl FlyteClient {
    /// The newest execution in which the entity ran; `None` when there is none. A task counts as run where it was started on
    /// its own, and as a node of one of the newest 100 executions of its domain whose workflow holds it as registered
    /// (not where a dynamic task made the node).
    ///
    /// # Errors
    /// Those of any call.
    pub async fn last_execution(
        &self,
        entity: &EntityName,
        options: &CallOptions,
    ) -> Result<Option<LastExecution>, FlyteError> {
        let action = format!("find the last execution of {entity} of {}", entity.scope);
        let own = self.newest_of(entity, &action, options);
        let work = async {
            if entity.kind != EntityKind::Task {
                return Ok(own.await?.map(|ran| LastExecution { execution: ran.row, node: None }));
            }
            let page = PageRequest { limit: LOOKED_THROUGH, token: String::new() };
            let everything = ExecutionFilter::default();
            let (own, newest) = tokio::try_join!(
                own,
                self.executions(&entity.scope, &everything, &page, rows::ran_execution, &action, options),
            )?;
            let own_created = own.as_ref().and_then(|ran| ran.row.created_at);
            let newer = newest.rows.into_iter().take_while(|ran| ran.row.created_at > own_created);
            // One that waits to start has no nodes.
            let newer = newer.filter(|ran| ran.row.started_at.is_some());
            if let Some(found) = self.in_workflows(&entity.name, newer, &action, options).await? {
                return Ok(Some(found));
            }
            Ok(own.map(|ran| LastExecution { execution: ran.row, node: None }))
        };
        self.caller().within(work, &action, options).await
    }

    /// The newest execution that was started for the entity itself.
    async fn newest_of(
        &self,
        entity: &EntityName,
        action: &str,
        options: &CallOptions,
    ) -> Result<Option<RanExecution>, FlyteError> {
        let filter = ExecutionFilter { entity: Some(entity.clone()), phases: Vec::new() };
        let page = PageRequest { limit: 1, token: String::new() };
        let newest =
            self.executions(&entity.scope, &filter, &page, rows::ran_execution, action, options).await?;
        Ok(newest.rows.into_iter().next())
    }

    /// The first of the executions that ran the task as a node.
    async fn in_workflows(
        &self,
        task: &str,
        mut executions: impl Iterator<Item = RanExecution>,
        action: &str,
        options: &CallOptions,
    ) -> Result<Option<LastExecution>, FlyteError> {
        let mut read = Vec::new();
        for at_once in ASKED_AT_ONCE {
            let mut asked = FuturesOrdered::new();
            while asked.len() < at_once {
                let Some(ran) = executions.next() else { break };
                let workflow = (ran.workflow_name.clone(), ran.workflow_version.clone());
                if !read.contains(&workflow) {
                    if read.len() == MOST_WORKFLOWS {
                        continue;
                    }
                    read.push(workflow);
                }
                match self.blueprint(&ran, action, options).await {
                    Ok(blueprint) if blueprint.nodes_of_task(task).is_empty() => {}
                    Ok(blueprint) => {
                        asked.push_back(self.latest_node(task, ran, blueprint, action, options));
                    }
                    // A workflow that may not be read hides its own executions only.
                    Err(error) if error.is_answer() => {}
                    Err(error) => return Err(error),
                }
            }
            while let Some(found) = asked.next().await {
                if let Some(found) = found? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// The newest node of an execution that ran the task; `None` when it has not come to any.
    async fn latest_node(
        &self,
        task: &str,
        ran: RanExecution,
        blueprint: Arc<Blueprint>,
        action: &str,
        options: &CallOptions,
    ) -> Result<Option<LastExecution>, FlyteError> {
        let mut latest: Option<NodeExecutionRow> = None;
        for node_id in blueprint.nodes_of_task(task).into_iter().take(MOST_NODES) {
            let id = NodeExecutionId { execution: ran.row.id.clone(), node_id };
            if let Some(mut node) = self.node_if_any(&id, action, options).await? {
                if let Some(name) = blueprint.name_of(&node.id.node_id) {
                    name.clone_into(&mut node.display_name);
                }
                if latest.as_ref().is_none_or(|latest| node.created_at > latest.created_at) {
                    latest = Some(node);
                }
            }
        }
        Ok(latest.map(|node| LastExecution { execution: ran.row, node: Some(node) }))
    }

    /// A node of an execution, or none when the execution has not come to it.
    async fn node_if_any(
        &self,
        id: &NodeExecutionId,
        action: &str,
        options: &CallOptions,
    ) -> Result<Option<NodeExecutionRow>, FlyteError> {
        let request = NodeExecutionGetRequest { id: Some(requests::node_execution_id(id)) };
        match self.caller().unary_raw(&method::GET_NODE_EXECUTION, &request, action, options).await {
            Ok(answer) => {
                let node = rows::node_execution(&answer);
                node.map(|node| Some(node.row)).map_err(|error| self.caller().unreadable(&error, action))
            }
            Err(error) if error.is_answer() && error.code == GrpcCode::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
