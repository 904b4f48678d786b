//! Descriptions of tasks and workflows, one per version.

use rusqlite::Transaction;
use tonic::Status;

use super::listing;
use crate::failure::Outcome;
use crate::filters::{Condition, Table};
use crate::idl::admin::{
    DescriptionEntity, DescriptionEntityListRequest, ObjectGetRequest, ResourceListRequest,
};
use crate::idl::core::Identifier;
use crate::serve::Flyte;
use crate::store::{entities, list};
use crate::validation;

/// Keeps the description of a version, if it has one, and gives its short form.
pub fn keep(transaction: &Transaction, id: &Identifier, given: Option<DescriptionEntity>) -> Outcome<String> {
    let Some(description) = given else { return Ok(String::new()) };
    // All parts are there when it is read, and the tags never are, as with FlyteAdmin.
    let kept = DescriptionEntity {
        id: Some(id.clone()),
        short_description: description.short_description,
        long_description: Some(description.long_description.unwrap_or_default()),
        source_code: Some(description.source_code.unwrap_or_default()),
        tags: Vec::new(),
    };
    entities::insert_description(transaction, &kept)?;
    Ok(kept.short_description)
}

/// The description of a version.
pub fn get(flyte: &Flyte, request: ObjectGetRequest) -> Outcome<DescriptionEntity> {
    let id = request.id.unwrap_or_default();
    validation::resource_type(id.resource_type)?;
    validation::identifier_fields(Some(&id))?;
    let found = flyte.store.read(|connection| entities::description(connection, &id))?;
    found.ok_or_else(|| Status::not_found("entry not found"))
}

/// A page of the descriptions of a name's versions, encoded.
pub fn list(flyte: &Flyte, request: DescriptionEntityListRequest) -> Outcome<Vec<u8>> {
    validation::entity_name(request.id.as_ref())?;
    validation::limit(request.limit)?;
    let versions = ResourceListRequest {
        id: request.id,
        limit: request.limit,
        token: request.token,
        filters: request.filters,
        sort_by: request.sort_by,
    };
    let table = Table::DescriptionEntity;
    // FlyteAdmin names another list here.
    let mut listing = listing::versions(&versions, table, "description_entities.message", "ListWorkflows")?;
    listing.conditions.push(Condition::equals(table, "resource_type", i64::from(request.resource_type)));
    flyte.store.read(|view| listing.encoded(view, list::message))
}
