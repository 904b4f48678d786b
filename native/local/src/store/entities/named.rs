use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use crate::failure::{Outcome, storage};
use crate::filters::{Condition, Order, Page, Table};
use crate::idl::admin::{NamedEntity, NamedEntityIdentifier, NamedEntityMetadata};
use crate::idl::core::ResourceType;
use crate::store::list;
use crate::times;

/// Which names a list is of.
pub struct Names<'a> {
    pub resource_type: ResourceType,
    /// The table of their versions.
    pub table: Table,
    pub project: &'a str,
    pub domain: &'a str,
}

/// What was said of a name is in a row of its own, if anything was.
const JOIN: &str = "LEFT JOIN named_entity_metadata
    ON named_entity_metadata.resource_type = ? AND named_entity_metadata.project = entities.project
    AND named_entity_metadata.domain = entities.domain AND named_entity_metadata.name = entities.name";

const COLUMNS: &str = "entities.project, entities.domain, entities.name,
    COALESCE(named_entity_metadata.description, ''), COALESCE(named_entity_metadata.state, 0)";

/// A page of names with what was said of each.
pub fn named_entities(
    connection: &Connection,
    names: &Names<'_>,
    conditions: &[Condition],
    order: &Order,
    page: Page,
) -> Outcome<Vec<NamedEntity>> {
    let table = names.table.sql_name();
    let kind = names.resource_type as i32;
    // The type is a column of the list like the others, as filters may name it.
    let mut sql = format!(
        "SELECT {COLUMNS} FROM (
           SELECT ? AS resource_type, project, domain, name FROM {table} WHERE project = ? AND domain = ?
           GROUP BY project, domain, name
         ) AS entities {JOIN}"
    );
    let mut values = vec![
        Value::Integer(kind.into()),
        Value::Text(names.project.into()),
        Value::Text(names.domain.into()),
        Value::Integer(kind.into()),
    ];
    values.extend(list::push_conditions(&mut sql, conditions, "WHERE"));
    sql.push_str(" ORDER BY ");
    sql.push_str(&order.sql());
    list::push_page(&mut sql, &mut values, page);
    let found = list::rows(connection, &sql, values, entity)?;
    Ok(found.into_iter().map(|entity| NamedEntity { resource_type: kind, ..entity }).collect())
}

/// A name with what was said of it, none when there is no version of it.
pub fn named_entity(connection: &Connection, names: &Names<'_>, name: &str) -> Outcome<Option<NamedEntity>> {
    let kind = names.resource_type as i32;
    let sql = format!(
        "SELECT {COLUMNS} FROM {} AS entities {JOIN}
         WHERE entities.project = ? AND entities.domain = ? AND entities.name = ? LIMIT 1",
        names.table.sql_name()
    );
    let found = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            statement.query_row(params![kind, names.project, names.domain, name], entity).optional()
        })
        .map_err(storage)?;
    Ok(found.map(|entity| NamedEntity { resource_type: kind, ..entity }))
}

fn entity(row: &rusqlite::Row) -> rusqlite::Result<NamedEntity> {
    let id = NamedEntityIdentifier {
        project: row.get(0)?,
        domain: row.get(1)?,
        name: row.get(2)?,
        org: String::new(),
    };
    let metadata = NamedEntityMetadata { description: row.get(3)?, state: row.get(4)? };
    Ok(NamedEntity { resource_type: 0, id: Some(id), metadata: Some(metadata) })
}

/// Keeps what is said of a name. An empty description leaves the one there was.
pub fn set_named_entity(
    connection: &Connection,
    names: &Names<'_>,
    name: &str,
    metadata: &NamedEntityMetadata,
) -> Outcome<()> {
    connection
        .execute(
            "INSERT INTO named_entity_metadata
               (created_at, updated_at, resource_type, project, domain, name, description, state)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (resource_type, project, domain, name) DO UPDATE SET
               updated_at = ?1, state = ?7, description = CASE ?6 WHEN '' THEN description ELSE ?6 END",
            params![
                times::now(),
                names.resource_type as i32,
                names.project,
                names.domain,
                name,
                metadata.description,
                metadata.state
            ],
        )
        .map_err(storage)?;
    Ok(())
}
