//! What registering and naming tasks, workflows and launch plans have in common.

use tonic::{Code, Status};

use super::listing;
use crate::failure::{Outcome, invalid};
use crate::filters::{self, Table};
use crate::idl::admin::{NamedEntityIdentifierList, NamedEntityIdentifierListRequest};
use crate::idl::core::Identifier;
use crate::messages::{Described, describe_difference};
use crate::serve::Flyte;
use crate::store::entities;
use crate::validation;

/// What is stored already under an id, none for a new one.
pub fn existing<T>(found: Outcome<T>) -> Outcome<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status),
    }
}

/// The text that tells what differs between a version and what was to be registered under its id.
pub fn difference<M: Described>(kind: &str, id: &Identifier, known: &M, given: &M) -> String {
    format!(
        "{} {kind} with different structure already exists. (Please register a new version of the {kind}):\n{}",
        id.name,
        describe_difference(known, given)
    )
}

/// The error that tells what differs.
pub fn different<M: Described>(kind: &str, id: &Identifier, known: &M, given: &M) -> Status {
    invalid(difference(kind, id, known, given))
}

/// A page of the names that there are versions of. FlyteAdmin takes no notice of filters here.
pub fn names(
    flyte: &Flyte,
    request: &NamedEntityIdentifierListRequest,
    table: Table,
    list: &str,
) -> Outcome<NamedEntityIdentifierList> {
    validation::given(&request.project, "project")?;
    validation::given(&request.domain, "domain")?;
    validation::limit(request.limit)?;
    let order = listing::name_order(request.sort_by.as_ref(), table)?;
    let page = listing::page(request.limit, &request.token, list)?;
    let entities = flyte.store.read(|connection| {
        entities::names(connection, table, (&request.project, &request.domain), &order, page)
    })?;
    let token = filters::next_token(page, entities.len());
    Ok(NamedEntityIdentifierList { entities, token })
}
