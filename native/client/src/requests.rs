//! The domain's identifiers, pages and filters as FlyteAdmin wants them.

use flyte_idl::flyteidl::admin::{self, NamedEntityIdentifier, ResourceListRequest, Sort, sort::Direction};
use flyte_idl::flyteidl::core::{self, ResourceType};

use crate::domain::{
    EntityId, EntityKind, EntityName, ExecutionFilter, ExecutionId, NodeExecutionId, PageRequest, Phase,
    Scope,
};
use crate::error::{FailureReason, FlyteError, GrpcCode};

/// What FlyteAdmin takes a filter apart by, with no way to escape it.
const FILTER_SYNTAX: [char; 5] = ['(', ')', ',', ';', '+'];

/// Whether a filter can look for this value.
pub(crate) fn fits_filter(value: &str) -> bool {
    !value.contains(FILTER_SYNTAX)
}

pub(crate) fn resource_type(kind: EntityKind) -> ResourceType {
    match kind {
        EntityKind::Task => ResourceType::Task,
        EntityKind::Workflow => ResourceType::Workflow,
        EntityKind::LaunchPlan => ResourceType::LaunchPlan,
    }
}

pub(crate) fn entity_id(id: &EntityId) -> core::Identifier {
    let EntityName { scope, kind, name } = &id.entity;
    core::Identifier {
        resource_type: resource_type(*kind).into(),
        project: scope.project.clone(),
        domain: scope.domain.clone(),
        name: name.clone(),
        version: id.version.clone(),
        org: scope.org.clone(),
    }
}

pub(crate) fn execution_id(id: &ExecutionId) -> core::WorkflowExecutionIdentifier {
    core::WorkflowExecutionIdentifier {
        project: id.scope.project.clone(),
        domain: id.scope.domain.clone(),
        name: id.name.clone(),
        org: id.scope.org.clone(),
    }
}

pub(crate) fn node_execution_id(id: &NodeExecutionId) -> core::NodeExecutionIdentifier {
    core::NodeExecutionIdentifier {
        node_id: id.node_id.clone(),
        execution_id: Some(execution_id(&id.execution)),
    }
}

/// A list of what has this name in this scope; with an empty name of all in it.
pub(crate) fn resource_list(
    scope: &Scope,
    name: &str,
    filters: String,
    page: &PageRequest,
) -> ResourceListRequest {
    ResourceListRequest {
        id: Some(NamedEntityIdentifier {
            project: scope.project.clone(),
            domain: scope.domain.clone(),
            name: name.to_owned(),
            org: scope.org.clone(),
        }),
        limit: page.limit,
        token: page.token.clone(),
        filters,
        sort_by: newest_first(),
    }
}

/// Without a sort FlyteAdmin's pages come in the database's order, which may differ from page to page.
pub(crate) fn newest_first() -> Option<Sort> {
    Some(Sort { key: "created_at".to_owned(), direction: Direction::Descending.into() })
}

pub(crate) fn ascending(key: &str) -> Option<Sort> {
    Some(Sort { key: key.to_owned(), direction: Direction::Ascending.into() })
}

/// The filter in FlyteAdmin's syntax: `eq(workflow.name,a)+value_in(phase,RUNNING;QUEUED)`; `None` when nothing can match it.
///
/// # Errors
/// A name that the syntax cannot hold.
pub(crate) fn execution_filters(filter: &ExecutionFilter) -> Result<Option<String>, FlyteError> {
    let mut parts = Vec::new();
    if let Some(entity) = &filter.entity {
        let table = match entity.kind {
            EntityKind::Task => "task",
            EntityKind::Workflow => "workflow",
            EntityKind::LaunchPlan => "launch_plan",
        };
        parts.push(format!("eq({table}.name,{})", filter_value(&entity.name)?));
    }
    if !filter.phases.is_empty() {
        let names: Vec<&str> = filter.phases.iter().copied().filter_map(Phase::workflow_name).collect();
        if names.is_empty() {
            return Ok(None);
        }
        parts.push(format!("value_in(phase,{})", names.join(";")));
    }
    Ok(Some(parts.join("+")))
}

fn filter_value(value: &str) -> Result<&str, FlyteError> {
    if !fits_filter(value) {
        let message = format!(
            "FlyteAdmin cannot look for \"{value}\": its filters give ( ) , ; and + a meaning of their own. Look \
             through the executions of the domain instead."
        );
        return Err(FlyteError::new(FailureReason::Status, message).with_code(GrpcCode::InvalidArgument));
    }
    Ok(value)
}

pub(crate) fn node_list(
    execution: &ExecutionId,
    parent: Option<&str>,
    page: &PageRequest,
) -> admin::NodeExecutionListRequest {
    admin::NodeExecutionListRequest {
        workflow_execution_id: Some(execution_id(execution)),
        limit: page.limit,
        token: page.token.clone(),
        filters: String::new(),
        sort_by: ascending("created_at"),
        unique_parent_id: parent.unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(kind: EntityKind, name: &str, phases: &[Phase]) -> ExecutionFilter {
        let entity = EntityName { scope: Scope::default(), kind, name: name.to_owned() };
        ExecutionFilter { entity: Some(entity), phases: phases.to_vec() }
    }

    #[test]
    fn filters_are_in_flyteadmins_syntax() {
        assert_eq!(execution_filters(&ExecutionFilter::default()), Ok(Some(String::new())));
        assert_eq!(
            execution_filters(&filter(
                EntityKind::Workflow,
                "sample.main",
                &[Phase::Running, Phase::TimedOut]
            )),
            Ok(Some("eq(workflow.name,sample.main)+value_in(phase,RUNNING;TIMED_OUT)".to_owned()))
        );
        assert_eq!(
            execution_filters(&filter(EntityKind::LaunchPlan, "ä b/c", &[])),
            Ok(Some("eq(launch_plan.name,ä b/c)".to_owned()))
        );
    }

    #[test]
    fn phases_that_no_workflow_has_match_nothing() {
        assert_eq!(execution_filters(&filter(EntityKind::Task, "t", &[Phase::Skipped])), Ok(None));
    }

    #[test]
    fn a_name_that_a_filter_cannot_hold_is_refused() {
        for name in ["a,b", "a+b", "f(x)", "a;b"] {
            let error = execution_filters(&filter(EntityKind::Task, name, &[])).unwrap_err();
            assert_eq!(error.code, GrpcCode::InvalidArgument);
            assert!(error.message.contains(name), "{}", error.message);
        }
    }
}
