//! Names of tasks, workflows and launch plans: their descriptions, and whether they are archived.

use rusqlite::Transaction;
use tonic::Status;

use super::listing;
use crate::failure::{Outcome, invalid, missing};
use crate::filters::{self, Table};
use crate::idl::admin::{
    NamedEntity, NamedEntityGetRequest, NamedEntityList, NamedEntityListRequest, NamedEntityMetadata,
    NamedEntityState, NamedEntityUpdateRequest, NamedEntityUpdateResponse,
};
use crate::idl::core::{Identifier, ResourceType};
use crate::serve::Flyte;
use crate::store::entities::{self, Names};
use crate::validation;

/// Leaves out the workflows and launch plans that were made to run a single task.
const NOT_GENERATED: &str = "not_like(name,.flytegen%)";

/// A page of names, by name when the request does not say. Without a filter generated ones are left out.
pub fn list(flyte: &Flyte, request: NamedEntityListRequest) -> Outcome<NamedEntityList> {
    validation::given(&request.project, "project")?;
    validation::given(&request.domain, "domain")?;
    let resource_type = validation::resource_type(request.resource_type)?;
    validation::limit(request.limit)?;
    let filters = if request.filters.is_empty() { NOT_GENERATED } else { &request.filters };
    let conditions = filters::parse(filters, Table::NamedEntity)?;
    let order = filters::order(request.sort_by.as_ref(), Table::NamedEntity, &["name"])?;
    let page = listing::page(request.limit, &request.token, "ListNamedEntities")?;
    let names = names(resource_type, &request.project, &request.domain, "list entity names")?;
    let entities = flyte
        .store
        .read(|connection| entities::named_entities(connection, &names, &conditions, &order, page))?;
    let token = filters::next_token(page, entities.len());
    Ok(NamedEntityList { entities, token })
}

/// What is said of a name.
pub fn get(flyte: &Flyte, request: NamedEntityGetRequest) -> Outcome<NamedEntity> {
    let resource_type = validation::resource_type(request.resource_type)?;
    let id = validation::entity_name(request.id.as_ref())?;
    let names = names(resource_type, &id.project, &id.domain, "get NamedEntityMetadata")?;
    let found = flyte.store.read(|connection| entities::named_entity(connection, &names, &id.name))?;
    found.ok_or_else(|| Status::not_found("entry not found"))
}

/// Changes what is said of a name, and whether it is archived. An empty description leaves the one there was.
pub fn update(flyte: &Flyte, request: NamedEntityUpdateRequest) -> Outcome<NamedEntityUpdateResponse> {
    let resource_type = validation::resource_type(request.resource_type)?;
    let id = validation::entity_name(request.id.as_ref())?;
    let metadata = request.metadata.as_ref().ok_or_else(|| missing("metadata"))?;
    let names = names(resource_type, &id.project, &id.domain, "get NamedEntityMetadata")?;
    flyte.store.write(|transaction| {
        entities::named_entity(transaction, &names, &id.name)?
            .ok_or_else(|| Status::not_found("entry not found"))?;
        entities::set_named_entity(transaction, &names, &id.name, metadata)?;
        Ok(NamedEntityUpdateResponse {})
    })
}

/// Sets the state of the name that `id` is a version of.
pub fn set_state(transaction: &Transaction, id: &Identifier, state: NamedEntityState) -> Outcome<()> {
    let names = names(id.resource_type(), &id.project, &id.domain, "get NamedEntityMetadata")?;
    let metadata = NamedEntityMetadata { description: String::new(), state: state as i32 };
    entities::set_named_entity(transaction, &names, &id.name, &metadata)
}

/// The names of a type that has some. `doing` is what the error says cannot be done with others.
fn names<'a>(
    resource_type: ResourceType,
    project: &'a str,
    domain: &'a str,
    doing: &str,
) -> Outcome<Names<'a>> {
    let table = match resource_type {
        ResourceType::Task => Table::Task,
        ResourceType::Workflow => Table::Workflow,
        ResourceType::LaunchPlan => Table::LaunchPlan,
        _ => {
            return Err(invalid(format!(
                "Cannot {doing} for resource type: {}",
                resource_type.as_str_name()
            )));
        }
    };
    Ok(Names { resource_type, table, project, domain })
}
