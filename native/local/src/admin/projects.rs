//! Projects, and the domains that all of them have.

use tonic::Status;

use super::listing;
use crate::failure::{Outcome, missing};
use crate::filters::{self, Condition, Table};
use crate::idl::admin::{
    GetDomainRequest, GetDomainsResponse, Project, ProjectGetRequest, ProjectListRequest,
    ProjectRegisterRequest, ProjectRegisterResponse, ProjectUpdateResponse, Projects, project::ProjectState,
};
use crate::serve::Flyte;
use crate::store::list::Listing;
use crate::store::projects;
use crate::validation;

/// Adds a project.
pub fn register(flyte: &Flyte, request: ProjectRegisterRequest) -> Outcome<ProjectRegisterResponse> {
    let project = request.project.ok_or_else(|| missing("project"))?;
    validation::given(&project.name, "project_name")?;
    validation::project(&project)?;
    flyte.store.write(|transaction| {
        if !projects::insert(transaction, &project)? {
            return Err(Status::already_exists(format!("project [{}] already exists", project.id)));
        }
        Ok(ProjectRegisterResponse {})
    })
}

/// Changes what a project says of itself, and whether it is archived. A name, description or labels that are not given
/// stay as they are.
pub fn update(flyte: &Flyte, change: Project) -> Outcome<ProjectUpdateResponse> {
    flyte.store.write(|transaction| {
        let mut project = projects::get(transaction, &change.id)?.ok_or_else(|| not_found(&change.id))?;
        validation::project(&change)?;
        if !change.name.is_empty() {
            project.name.clone_from(&change.name);
        }
        if !change.description.is_empty() {
            project.description.clone_from(&change.description);
        }
        if change.labels.is_some() {
            project.labels.clone_from(&change.labels);
        }
        project.state = change.state;
        projects::update(transaction, &project)?;
        Ok(ProjectUpdateResponse {})
    })
}

/// The project of an id.
pub fn get(flyte: &Flyte, request: ProjectGetRequest) -> Outcome<Project> {
    validation::given(&request.id, "project_id")?;
    let found = flyte.store.read(|connection| projects::get(connection, &request.id))?;
    found.ok_or_else(|| not_found(&request.id))
}

/// A page of projects, by their ids when the request does not say. Without a filter archived ones are left out. This is
/// the one list for which no limit means no limit.
pub fn list(flyte: &Flyte, request: ProjectListRequest) -> Outcome<Projects> {
    let mut conditions = filters::parse(&request.filters, Table::Project)?;
    if conditions.is_empty() {
        let archived = i64::from(ProjectState::Archived as i32);
        conditions.push(Condition {
            sql: "projects.state <> ?".into(),
            ..Condition::equals(Table::Project, "state", archived)
        });
    }
    let order = filters::order(request.sort_by.as_ref(), Table::Project, &["identifier"])?;
    let page = listing::page(request.limit, &request.token, "ListProjects")?;
    let listing = Listing { table: Table::Project, columns: projects::COLUMNS, conditions, order, page };
    let rows = flyte.store.read(|connection| listing.rows(connection, projects::project))?;
    let projects: Vec<Project> = rows.into_iter().map(projects::with_labels).collect::<Outcome<_>>()?;
    let token = filters::next_token(page, projects.len());
    Ok(Projects { projects, token })
}

/// The domains, which are the same for all projects.
pub fn domains(_: &Flyte, _: GetDomainRequest) -> Outcome<GetDomainsResponse> {
    Ok(GetDomainsResponse { domains: projects::domains() })
}

fn not_found(id: &str) -> Status {
    Status::not_found(format!("project [{id}] not found"))
}
