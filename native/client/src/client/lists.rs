use bytes::Bytes;
use flyte_idl::flyteidl::admin::{NamedEntityListRequest, ProjectListRequest};

use super::FlyteClient;
use crate::call::{CallOptions, method};
use crate::domain::{
    EntityKind, EntityName, EntityRow, ExecutionFilter, ExecutionId, ExecutionRow, NodeExecutionRow, Page,
    PageRequest, Project, Scope, VersionRow,
};
use crate::error::FlyteError;
use crate::wire::WireError;
use crate::{requests, rows};

/// What the names of the entities begin with that Flyte makes around single tasks.
const GENERATED: &str = ".flytegen";

/// The ends of a workflow's graph, which run nothing.
const END_NODES: [&str; 2] = ["start-node", "end-node"];

impl FlyteClient {
    /// Projects that are not archived, by id, with their domains.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn list_projects(
        &self,
        page: &PageRequest,
        options: &CallOptions,
    ) -> Result<Page<Project>, FlyteError> {
        let action = "list projects";
        let request = ProjectListRequest {
            limit: page.limit,
            token: page.token.clone(),
            sort_by: requests::ascending("identifier"),
            ..Default::default()
        };
        let answer = self.caller().unary_raw(&method::LIST_PROJECTS, &request, action, options).await?;
        self.page(&answer, rows::project, action)
    }

    /// Named entities by name, without those that Flyte generates for single-task executions.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn list_entities(
        &self,
        kind: EntityKind,
        scope: &Scope,
        page: &PageRequest,
        options: &CallOptions,
    ) -> Result<Page<EntityRow>, FlyteError> {
        let action = format!("list {kind}s of {scope}");
        let mut request = NamedEntityListRequest {
            resource_type: requests::resource_type(kind).into(),
            project: scope.project.clone(),
            domain: scope.domain.clone(),
            limit: page.limit,
            token: page.token.clone(),
            sort_by: requests::ascending("name"),
            filters: String::new(),
            org: scope.org.clone(),
        };
        let pages = async {
            loop {
                let answer =
                    self.caller().unary_raw(&method::LIST_NAMED_ENTITIES, &request, &action, options).await?;
                let mut page = self.page(&answer, rows::entity, &action)?;
                page.rows.retain(|row| !row.name.starts_with(GENERATED));
                // A page of nothing but generated ones is no end, nor worth showing.
                match page.next_token {
                    Some(token) if page.rows.is_empty() => request.token = token,
                    _ => return Ok(page),
                }
            }
        };
        self.caller().within(pages, &action, options).await
    }

    /// Versions, newest first.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn list_versions(
        &self,
        entity: &EntityName,
        page: &PageRequest,
        options: &CallOptions,
    ) -> Result<Page<VersionRow>, FlyteError> {
        let action = format!("list versions of {entity} of {}", entity.scope);
        let request = requests::resource_list(&entity.scope, &entity.name, String::new(), page);
        let caller = self.caller();
        match entity.kind {
            EntityKind::Task => {
                let answer = caller.unary_raw(&method::LIST_TASKS, &request, &action, options).await?;
                self.page(&answer, rows::task, &action)
            }
            EntityKind::Workflow => {
                let answer = caller.unary_raw(&method::LIST_WORKFLOWS, &request, &action, options).await?;
                self.page(&answer, rows::workflow, &action)
            }
            EntityKind::LaunchPlan => {
                let answer = caller.unary_raw(&method::LIST_LAUNCH_PLANS, &request, &action, options).await?;
                self.page(&answer, rows::launch_plan, &action)
            }
        }
    }

    /// Executions, newest first.
    ///
    /// # Errors
    /// Those of any call; INVALID_ARGUMENT for a filter by a name that FlyteAdmin's filters cannot hold.
    pub async fn list_executions(
        &self,
        scope: &Scope,
        filter: &ExecutionFilter,
        page: &PageRequest,
        options: &CallOptions,
    ) -> Result<Page<ExecutionRow>, FlyteError> {
        let action = match &filter.entity {
            Some(entity) => format!("list executions of {entity} of {scope}"),
            None => format!("list executions of {scope}"),
        };
        self.executions(scope, filter, page, rows::execution, &action, options).await
    }

    /// Executions, of which `row` keeps what is needed.
    pub(super) async fn executions<Row>(
        &self,
        scope: &Scope,
        filter: &ExecutionFilter,
        page: &PageRequest,
        row: impl Fn(&[u8]) -> Result<Row, WireError>,
        action: &str,
        options: &CallOptions,
    ) -> Result<Page<Row>, FlyteError> {
        let filters =
            requests::execution_filters(filter).map_err(|error| error.during(action, self.endpoint()))?;
        let Some(filters) = filters else { return Ok(Page { rows: Vec::new(), next_token: None }) };
        let request = requests::resource_list(scope, "", filters, page);
        let answer = self.caller().unary_raw(&method::LIST_EXECUTIONS, &request, action, options).await?;
        self.page(&answer, row, action)
    }

    /// Nodes of an execution, or of its node `parent`, in the order in which they were created. Nodes are named as in the
    /// workflow, as far as it can be read.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn list_node_executions(
        &self,
        execution: &ExecutionId,
        parent: Option<&str>,
        page: &PageRequest,
        options: &CallOptions,
    ) -> Result<Page<NodeExecutionRow>, FlyteError> {
        let action = match parent {
            Some(parent) => format!("list nodes of {parent} of {execution}"),
            None => format!("list nodes of {execution}"),
        };
        let mut request = requests::node_list(execution, parent, page);
        let pages = async {
            loop {
                let answer = self
                    .caller()
                    .unary_raw(&method::LIST_NODE_EXECUTIONS, &request, &action, options)
                    .await?;
                let page = self.page(&answer, rows::node_execution, &action)?;
                let rows: Vec<_> = page
                    .rows
                    .into_iter()
                    .filter(|node| !END_NODES.contains(&node.spec_node_id.as_str()))
                    .map(|node| node.row)
                    .collect();
                match page.next_token {
                    Some(token) if rows.is_empty() => request.token = token,
                    next_token => return Ok(Page { rows, next_token }),
                }
            }
        };
        let named = async {
            let (page, blueprint) = tokio::join!(pages, self.blueprint_of(execution, &action, options));
            let mut page: Page<NodeExecutionRow> = page?;
            for row in &mut page.rows {
                if let Some(name) =
                    blueprint.as_ref().and_then(|blueprint| blueprint.name_of(&row.id.node_id))
                {
                    name.clone_into(&mut row.display_name);
                }
            }
            Ok(page)
        };
        self.caller().within(named, &action, options).await
    }

    /// The rows of a list as it came.
    fn page<Row>(
        &self,
        answer: &Bytes,
        row: impl Fn(&[u8]) -> Result<Row, WireError>,
        action: &str,
    ) -> Result<Page<Row>, FlyteError> {
        let (rows, token) =
            rows::list(answer, row).map_err(|error| self.caller().unreadable(&error, action))?;
        Ok(Page { rows, next_token: Some(token).filter(|token| !token.is_empty()) })
    }
}
