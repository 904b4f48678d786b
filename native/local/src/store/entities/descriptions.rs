use prost::Message;
use rusqlite::{Connection, OptionalExtension, params};

use crate::failure::{Outcome, corrupt, storage};
use crate::idl::admin::DescriptionEntity;
use crate::idl::core::Identifier;
use crate::times;

/// Adds the description of a version, with the version's id in it.
pub fn insert_description(connection: &Connection, description: &DescriptionEntity) -> Outcome<()> {
    let id = description.id.clone().unwrap_or_default();
    connection
        .prepare_cached(
            "INSERT INTO description_entities
               (created_at, updated_at, resource_type, project, domain, name, version, short_description, message)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                times::now(),
                id.resource_type,
                id.project,
                id.domain,
                id.name,
                id.version,
                description.short_description,
                description.encode_to_vec()
            ])
        })
        .map_err(storage)?;
    Ok(())
}

/// The description of a version.
pub fn description(connection: &Connection, id: &Identifier) -> Outcome<Option<DescriptionEntity>> {
    let found: Option<Vec<u8>> = connection
        .prepare_cached(
            "SELECT message FROM description_entities
             WHERE resource_type = ?1 AND project = ?2 AND domain = ?3 AND name = ?4 AND version = ?5",
        )
        .and_then(|mut statement| {
            let key = params![id.resource_type, id.project, id.domain, id.name, id.version];
            statement.query_row(key, |row| row.get(0)).optional()
        })
        .map_err(storage)?;
    found.map(|message| DescriptionEntity::decode(message.as_slice()).map_err(corrupt)).transpose()
}
