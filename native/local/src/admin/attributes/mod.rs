//! Matchable attributes: what a project, a domain of it or a workflow there shall be run with. They are kept and given
//! back as FlyteAdmin does. What they say of executions is heeded (see `settings`); the rest is about things that are not
//! there on one machine, such as clusters, queues and limits of pods.

#[cfg(test)]
mod tests;

use rusqlite::Connection;
use tonic::Status;

use crate::admin::settings::MAX_PARALLELISM;
use crate::failure::{Outcome, invalid, invalid_value, missing};
use crate::idl::admin::matching_attributes::Target;
use crate::idl::admin::{
    ListMatchableAttributesRequest, ListMatchableAttributesResponse, MatchableResource, MatchingAttributes,
    PluginOverrides, ProjectAttributes, ProjectAttributesDeleteRequest, ProjectAttributesDeleteResponse,
    ProjectAttributesGetRequest, ProjectAttributesGetResponse, ProjectAttributesUpdateRequest,
    ProjectAttributesUpdateResponse, ProjectDomainAttributes, ProjectDomainAttributesDeleteRequest,
    ProjectDomainAttributesDeleteResponse, ProjectDomainAttributesGetRequest,
    ProjectDomainAttributesGetResponse, ProjectDomainAttributesUpdateRequest,
    ProjectDomainAttributesUpdateResponse, WorkflowAttributes, WorkflowAttributesDeleteRequest,
    WorkflowAttributesDeleteResponse, WorkflowAttributesGetRequest, WorkflowAttributesGetResponse,
    WorkflowAttributesUpdateRequest, WorkflowAttributesUpdateResponse, WorkflowExecutionConfig,
};
use crate::serve::Flyte;
use crate::store::attributes::{self, Place};
use crate::store::projects;
use crate::validation;

pub fn update_project(
    flyte: &Flyte,
    request: ProjectAttributesUpdateRequest,
) -> Outcome<ProjectAttributesUpdateResponse> {
    let given = request.attributes.ok_or_else(|| missing("attributes"))?;
    flyte.store.write(|transaction| {
        active_project(transaction, &given.project)?;
        let place = Place { project: given.project, ..Default::default() };
        set(transaction, &place, given.matching_attributes)
    })?;
    Ok(ProjectAttributesUpdateResponse {})
}

/// The attributes of a project, those of its domains aside. What it says of executions is completed by the defaults of
/// the server.
pub fn get_project(
    flyte: &Flyte,
    request: ProjectAttributesGetRequest,
) -> Outcome<ProjectAttributesGetResponse> {
    let place = Place { project: request.project, ..Default::default() };
    let found = flyte.store.read(|connection| {
        known_project(connection, &place.project, "exists")?;
        attributes::get(connection, &place, &kind(request.resource_type))
    })?;
    let config = match found {
        Some(MatchingAttributes { target: Some(Target::WorkflowExecutionConfig(config)) }) => config,
        Some(other) => return Ok(project_attributes(place, other)),
        None if request.resource_type == MatchableResource::WorkflowExecutionConfig as i32 => {
            WorkflowExecutionConfig::default()
        }
        None => return Err(not_found(&place, request.resource_type)),
    };
    let max_parallelism = if config.max_parallelism == 0 { MAX_PARALLELISM } else { config.max_parallelism };
    let config = WorkflowExecutionConfig { max_parallelism, ..config };
    let target = Some(Target::WorkflowExecutionConfig(config));
    Ok(project_attributes(place, MatchingAttributes { target }))
}

fn project_attributes(place: Place, attributes: MatchingAttributes) -> ProjectAttributesGetResponse {
    ProjectAttributesGetResponse {
        attributes: Some(ProjectAttributes {
            project: place.project,
            matching_attributes: Some(attributes),
            ..Default::default()
        }),
    }
}

pub fn delete_project(
    flyte: &Flyte,
    request: ProjectAttributesDeleteRequest,
) -> Outcome<ProjectAttributesDeleteResponse> {
    flyte.store.write(|transaction| {
        active_project(transaction, &request.project)?;
        let place = Place { project: request.project, ..Default::default() };
        attributes::remove(transaction, &place, &kind(request.resource_type))
    })?;
    Ok(ProjectAttributesDeleteResponse {})
}

pub fn update_project_domain(
    flyte: &Flyte,
    request: ProjectDomainAttributesUpdateRequest,
) -> Outcome<ProjectDomainAttributesUpdateResponse> {
    let given = request.attributes.ok_or_else(|| missing("attributes"))?;
    flyte.store.write(|transaction| {
        validation::project_and_domain(transaction, &given.project, &given.domain)?;
        let place = Place { project: given.project, domain: given.domain, ..Default::default() };
        set(transaction, &place, given.matching_attributes)
    })?;
    Ok(ProjectDomainAttributesUpdateResponse {})
}

/// The attributes that hold in a domain of a project: its own, else the project's.
pub fn get_project_domain(
    flyte: &Flyte,
    request: ProjectDomainAttributesGetRequest,
) -> Outcome<ProjectDomainAttributesGetResponse> {
    let place = Place { project: request.project, domain: request.domain, ..Default::default() };
    let found = flyte.store.read(|connection| {
        validation::project_and_domain(connection, &place.project, &place.domain)?;
        attributes::closest(connection, &place, &kind(request.resource_type))
    })?;
    let found = found.ok_or_else(|| not_found(&place, request.resource_type))?;
    let attributes = ProjectDomainAttributes {
        project: found.project,
        domain: found.domain,
        matching_attributes: found.attributes,
        ..Default::default()
    };
    Ok(ProjectDomainAttributesGetResponse { attributes: Some(attributes) })
}

pub fn delete_project_domain(
    flyte: &Flyte,
    request: ProjectDomainAttributesDeleteRequest,
) -> Outcome<ProjectDomainAttributesDeleteResponse> {
    flyte.store.write(|transaction| {
        validation::project_and_domain(transaction, &request.project, &request.domain)?;
        let place = Place { project: request.project, domain: request.domain, ..Default::default() };
        attributes::remove(transaction, &place, &kind(request.resource_type))
    })?;
    Ok(ProjectDomainAttributesDeleteResponse {})
}

pub fn update_workflow(
    flyte: &Flyte,
    request: WorkflowAttributesUpdateRequest,
) -> Outcome<WorkflowAttributesUpdateResponse> {
    let given = request.attributes.ok_or_else(|| missing("attributes"))?;
    let place = Place { project: given.project, domain: given.domain, workflow: given.workflow };
    flyte.store.write(|transaction| {
        workflow_place(transaction, &place)?;
        set(transaction, &place, given.matching_attributes)
    })?;
    Ok(WorkflowAttributesUpdateResponse {})
}

/// The attributes that hold for a workflow: its own, else those of the domain or project that it is in.
pub fn get_workflow(
    flyte: &Flyte,
    request: WorkflowAttributesGetRequest,
) -> Outcome<WorkflowAttributesGetResponse> {
    let place = Place { project: request.project, domain: request.domain, workflow: request.workflow };
    let found = flyte.store.read(|connection| {
        workflow_place(connection, &place)?;
        attributes::closest(connection, &place, &kind(request.resource_type))
    })?;
    let found = found.ok_or_else(|| not_found(&place, request.resource_type))?;
    let attributes = WorkflowAttributes {
        project: found.project,
        domain: found.domain,
        workflow: found.workflow,
        matching_attributes: found.attributes,
        ..Default::default()
    };
    Ok(WorkflowAttributesGetResponse { attributes: Some(attributes) })
}

pub fn delete_workflow(
    flyte: &Flyte,
    request: WorkflowAttributesDeleteRequest,
) -> Outcome<WorkflowAttributesDeleteResponse> {
    let place = Place { project: request.project, domain: request.domain, workflow: request.workflow };
    flyte.store.write(|transaction| {
        workflow_place(transaction, &place)?;
        attributes::remove(transaction, &place, &kind(request.resource_type))
    })?;
    Ok(WorkflowAttributesDeleteResponse {})
}

/// All attributes of a kind, wherever they are set.
pub fn list(
    flyte: &Flyte,
    request: ListMatchableAttributesRequest,
) -> Outcome<ListMatchableAttributesResponse> {
    let kind =
        MatchableResource::try_from(request.resource_type).map_err(|_| invalid_value("resource_type"))?;
    let configurations = flyte.store.read(|connection| attributes::all(connection, kind.as_str_name()))?;
    Ok(ListMatchableAttributesResponse { configurations })
}

/// Sets attributes for a place that was checked. Plugin overrides of other task types stay.
fn set(connection: &Connection, place: &Place, given: Option<MatchingAttributes>) -> Outcome<()> {
    let given = given.ok_or_else(|| missing("matching_attributes"))?;
    let (kind, target) = match given.target {
        Some(Target::TaskResourceAttributes(_)) => (MatchableResource::TaskResource, given.target),
        Some(Target::ClusterResourceAttributes(_)) => (MatchableResource::ClusterResource, given.target),
        Some(Target::ExecutionQueueAttributes(_)) => (MatchableResource::ExecutionQueue, given.target),
        Some(Target::ExecutionClusterLabel(_)) => (MatchableResource::ExecutionClusterLabel, given.target),
        Some(Target::WorkflowExecutionConfig(_)) => {
            (MatchableResource::WorkflowExecutionConfig, given.target)
        }
        Some(Target::ClusterAssignment(_)) => (MatchableResource::ClusterAssignment, given.target),
        Some(Target::PluginOverrides(overrides)) => {
            let kind = MatchableResource::PluginOverride;
            let known = attributes::get(connection, place, kind.as_str_name())?;
            (kind, Some(Target::PluginOverrides(merged(known, overrides))))
        }
        Some(Target::QualityOfService(_)) | None => {
            let Place { project, domain, workflow } = place;
            let parts = [project, domain, workflow].map(String::as_str);
            let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            let request = parts.join("-");
            return Err(invalid(format!("Unrecognized matching attributes type for request {request}")));
        }
    };
    attributes::set(connection, place, kind.as_str_name(), &MatchingAttributes { target })
}

/// The overrides that were, with those of the same task types replaced by the given ones.
fn merged(known: Option<MatchingAttributes>, given: PluginOverrides) -> PluginOverrides {
    let mut overrides = match known.and_then(|known| known.target) {
        Some(Target::PluginOverrides(known)) => known.overrides,
        _ => Vec::new(),
    };
    for override_ in given.overrides {
        match overrides.iter_mut().find(|known| known.task_type == override_.task_type) {
            Some(known) => *known = override_,
            None => overrides.push(override_),
        }
    }
    PluginOverrides { overrides }
}

fn workflow_place(connection: &Connection, place: &Place) -> Outcome<()> {
    validation::project_and_domain(connection, &place.project, &place.domain)?;
    validation::given(&place.workflow, "name")
}

fn active_project(connection: &Connection, project: &str) -> Outcome<()> {
    if known_project(connection, project, "is registered")? {
        return Ok(());
    }
    Err(invalid(format!("project [{project}] is not active")))
}

/// Whether a project, which must be there, is active.
fn known_project(connection: &Connection, project: &str, wanted: &str) -> Outcome<bool> {
    let found = projects::get(connection, project)?.ok_or_else(|| {
        invalid(format!(
            "failed to validate that project [{project}] {wanted}, err: [project [{project}] not found]"
        ))
    })?;
    Ok(found.state == crate::idl::admin::project::ProjectState::Active as i32)
}

/// The name of a kind of attributes; a number that is none finds nothing.
fn kind(number: i32) -> String {
    MatchableResource::try_from(number).map_or_else(|_| number.to_string(), |kind| kind.as_str_name().into())
}

fn not_found(place: &Place, number: i32) -> Status {
    let Place { project, domain, workflow } = place;
    Status::not_found(format!(
        "Resource [{{Project:{project} Domain:{domain} Workflow:{workflow} LaunchPlan: ResourceType:{}}}] not found",
        kind(number)
    ))
}
