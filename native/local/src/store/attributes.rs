//! Rows of matchable attributes: settings of a project, of a domain of it, or of a workflow there.

use prost::Message;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::list;
use crate::failure::{Outcome, corrupt, storage};
use crate::idl::admin::{MatchableAttributesConfiguration, MatchingAttributes};
use crate::times;

/// What attributes are set for; a part that is empty stands for all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    pub project: String,
    pub domain: String,
    pub workflow: String,
}

impl Place {
    /// FlyteAdmin's order between places: the greater wins.
    fn priority(&self) -> i32 {
        match (self.domain.is_empty(), self.workflow.is_empty()) {
            (_, false) => 100,
            (false, true) => 10,
            (true, true) => 5,
        }
    }
}

/// The attributes of a kind, such as `TASK_RESOURCE`, that are set for exactly this place.
pub fn get(connection: &Connection, place: &Place, kind: &str) -> Outcome<Option<MatchingAttributes>> {
    let found: Option<Vec<u8>> = connection
        .prepare_cached(
            "SELECT attributes FROM matchable_attributes
             WHERE project = ?1 AND domain = ?2 AND workflow = ?3 AND resource_type = ?4",
        )
        .and_then(|mut statement| {
            let values = params![place.project, place.domain, place.workflow, kind];
            statement.query_row(values, |row| row.get(0)).optional()
        })
        .map_err(storage)?;
    found.map(|attributes| MatchingAttributes::decode(attributes.as_slice())).transpose().map_err(corrupt)
}

/// The attributes of a kind that hold for a place, with what they are set for: the closest that there are.
pub fn closest(
    connection: &Connection,
    place: &Place,
    kind: &str,
) -> Outcome<Option<MatchableAttributesConfiguration>> {
    let found = connection
        .prepare_cached(
            "SELECT project, domain, workflow, attributes FROM matchable_attributes
             WHERE project = ?1 AND domain IN ('', ?2) AND workflow IN ('', ?3) AND resource_type = ?4
             ORDER BY priority DESC LIMIT 1",
        )
        .and_then(|mut statement| {
            statement.query_row(params![place.project, place.domain, place.workflow, kind], row).optional()
        })
        .map_err(storage)?;
    found.map(configuration).transpose()
}

/// All attributes of a kind, those of the closest places first.
pub fn all(connection: &Connection, kind: &str) -> Outcome<Vec<MatchableAttributesConfiguration>> {
    let sql = "SELECT project, domain, workflow, attributes FROM matchable_attributes WHERE resource_type = ?
               ORDER BY priority DESC, id";
    let rows = list::rows(connection, sql, vec![kind.to_owned().into()], row)?;
    rows.into_iter().map(configuration).collect()
}

/// Sets attributes of a kind for a place, in place of those that were.
pub fn set(
    connection: &Connection,
    place: &Place,
    kind: &str,
    attributes: &MatchingAttributes,
) -> Outcome<()> {
    connection
        .prepare_cached(
            "INSERT INTO matchable_attributes
               (created_at, updated_at, project, domain, workflow, resource_type, priority, attributes)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (project, domain, workflow, resource_type) DO UPDATE SET updated_at = ?1, attributes = ?7",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                times::now(),
                place.project,
                place.domain,
                place.workflow,
                kind,
                place.priority(),
                attributes.encode_to_vec()
            ])
        })
        .map_err(storage)?;
    Ok(())
}

/// Removes the attributes of a kind that are set for exactly this place, if there are any.
pub fn remove(connection: &Connection, place: &Place, kind: &str) -> Outcome<()> {
    connection
        .prepare_cached(
            "DELETE FROM matchable_attributes
             WHERE project = ?1 AND domain = ?2 AND workflow = ?3 AND resource_type = ?4",
        )
        .and_then(|mut statement| {
            statement.execute(params![place.project, place.domain, place.workflow, kind])
        })
        .map_err(storage)?;
    Ok(())
}

fn row(row: &Row) -> rusqlite::Result<(Place, Vec<u8>)> {
    let place = Place { project: row.get(0)?, domain: row.get(1)?, workflow: row.get(2)? };
    Ok((place, row.get(3)?))
}

fn configuration((place, attributes): (Place, Vec<u8>)) -> Outcome<MatchableAttributesConfiguration> {
    Ok(MatchableAttributesConfiguration {
        attributes: Some(MatchingAttributes::decode(attributes.as_slice()).map_err(corrupt)?),
        project: place.project,
        domain: place.domain,
        workflow: place.workflow,
        ..Default::default()
    })
}
