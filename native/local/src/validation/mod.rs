//! What FlyteAdmin checks in a request before it does anything, in its order and with its words.

pub mod executions;
pub mod inputs;
pub mod labels;
pub mod launch_plans;
pub mod tasks;

use rusqlite::Connection;
use tonic::{Code, Status};

use crate::failure::{Outcome, invalid, invalid_value, missing, with_detail};
use crate::idl::admin::{InactiveProject, NamedEntityIdentifier, Project, ResourceListRequest, project};
use crate::idl::core::{
    Identifier, LiteralMap, NodeExecutionIdentifier, ResourceType, TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
};
use crate::messages::text;
use crate::store::projects;

/// The largest inputs or outputs that travel inside messages: FlyteAdmin's default, 2 MiB.
pub const MAX_INLINE: usize = 2 << 20;

/// Fails when a text that must be given is empty.
pub fn given(value: &str, field: &str) -> Outcome<()> {
    if value.is_empty() { Err(missing(field)) } else { Ok(()) }
}

/// A list's limit must be at least 1.
pub fn limit(limit: u32) -> Outcome<()> {
    if limit == 0 { Err(invalid_value("limit")) } else { Ok(()) }
}

/// The parts of an identifier, its type aside.
pub fn identifier_fields(id: Option<&Identifier>) -> Outcome<&Identifier> {
    let id = id.ok_or_else(|| missing("id"))?;
    given(&id.project, "project")?;
    given(&id.domain, "domain")?;
    given(&id.name, "name")?;
    given(&id.version, "version")?;
    Ok(id)
}

/// A complete identifier of the given type.
pub fn identifier(id: Option<&Identifier>, expected: ResourceType) -> Outcome<&Identifier> {
    let known = id.ok_or_else(|| missing("id"))?;
    if known.resource_type != expected as i32 {
        let found = known.resource_type().as_str_name().to_lowercase();
        let expected = expected.as_str_name().to_lowercase();
        let id = text(known);
        return Err(invalid(format!(
            "unexpected resource type {found} for identifier [{id}], expected {expected} instead"
        )));
    }
    identifier_fields(id)
}

/// A complete name of all versions of an entity.
pub fn entity_name(id: Option<&NamedEntityIdentifier>) -> Outcome<&NamedEntityIdentifier> {
    let id = id.ok_or_else(|| missing("id"))?;
    given(&id.project, "project")?;
    given(&id.domain, "domain")?;
    given(&id.name, "name")?;
    Ok(id)
}

/// A resource type that is one.
pub fn resource_type(number: i32) -> Outcome<ResourceType> {
    match ResourceType::try_from(number) {
        Ok(known) if known != ResourceType::Unspecified => Ok(known),
        _ => Err(invalid_value("resource_type")),
    }
}

/// A list of versions or executions: its scope and limit.
pub fn resource_list(request: &ResourceListRequest) -> Outcome<&NamedEntityIdentifier> {
    let id = request.id.as_ref().ok_or_else(|| missing("id"))?;
    given(&id.project, "project")?;
    given(&id.domain, "domain")?;
    limit(request.limit)?;
    Ok(id)
}

pub fn execution_id(id: Option<&WorkflowExecutionIdentifier>) -> Outcome<&WorkflowExecutionIdentifier> {
    let id = id.ok_or_else(|| missing("id"))?;
    given(&id.project, "project")?;
    given(&id.domain, "domain")?;
    given(&id.name, "name")?;
    Ok(id)
}

pub fn node_id(id: Option<&NodeExecutionIdentifier>) -> Outcome<&NodeExecutionIdentifier> {
    let id = id.ok_or_else(|| missing("id"))?;
    given(&id.node_id, "node_id")?;
    execution_id(id.execution_id.as_ref())?;
    Ok(id)
}

pub fn task_execution_id(id: Option<&TaskExecutionIdentifier>) -> Outcome<&TaskExecutionIdentifier> {
    let id = id.ok_or_else(|| missing("id"))?;
    let node = id.node_execution_id.as_ref().ok_or_else(|| missing("node_execution_id"))?;
    node_id(Some(node))?;
    let task = id.task_id.as_ref().ok_or_else(|| missing("task_id"))?;
    identifier(Some(task), ResourceType::Task)?;
    Ok(id)
}

/// A project that exists and is not archived, and a domain that exists.
pub fn project_and_domain(connection: &Connection, project: &str, domain: &str) -> Outcome<()> {
    let found = projects::get(connection, project)?.ok_or_else(|| {
        invalid(format!(
            "failed to validate that project [{project}] and domain [{domain}] are registered, \
             err: [project [{project}] not found]"
        ))
    })?;
    if found.state != project::ProjectState::Active as i32 {
        let detail = InactiveProject { id: project.into(), org: String::new() };
        let message = format!("project [{project}] is not active");
        return Err(with_detail(Code::InvalidArgument, message, "flyteidl.admin.InactiveProject", &detail));
    }
    if !projects::DOMAINS.contains(&domain) {
        return Err(invalid(format!("domain [{domain}] is unrecognized by system")));
    }
    Ok(())
}

/// What a project says of itself.
pub fn project(project: &Project) -> Outcome<()> {
    given(&project.id, "project_id")?;
    labels::check(project.labels.as_ref())?;
    if let Some(problem) = labels::dns_label_problem(&project.id) {
        return Err(invalid(format!("invalid project id [{}]: [{problem}]", project.id)));
    }
    at_most(&project.name, "project_name", 64)?;
    at_most(&project.description, "project_description", 300)?;
    if !project.domains.is_empty() {
        return Err(invalid(
            "Domains are currently only set system wide. Please retry without domains included in your request.",
        ));
    }
    Ok(())
}

fn at_most(value: &str, field: &str, most: usize) -> Outcome<()> {
    if value.len() > most {
        return Err(invalid(format!("{field} cannot exceed {most} characters")));
    }
    Ok(())
}

/// Outputs inside an event must not be larger than what is returned inline.
pub fn output_size(outputs: &LiteralMap) -> Outcome<()> {
    let size = prost::Message::encoded_len(outputs);
    if size > MAX_INLINE {
        return Err(Status::resource_exhausted(format!(
            "Output data size exceeds platform configured threshold ({size} > {MAX_INLINE})"
        )));
    }
    Ok(())
}
