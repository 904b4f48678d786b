//! Rows of projects, and the domains that every project has.

use prost::Message;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::failure::{Outcome, corrupt, storage};
use crate::idl::admin::{Domain, Labels, Project};
use crate::times;

/// FlyteAdmin's default domains, which are set for the whole server.
pub const DOMAINS: [&str; 3] = ["development", "staging", "production"];

/// The columns that [`project`] reads.
pub const COLUMNS: &str =
    "projects.identifier, projects.name, projects.description, projects.labels, projects.state";

/// All domains, as messages.
pub fn domains() -> Vec<Domain> {
    DOMAINS.iter().map(|name| Domain { id: (*name).into(), name: (*name).into() }).collect()
}

/// The project in a row of [`COLUMNS`].
pub fn project(row: &Row) -> rusqlite::Result<(Project, Option<Vec<u8>>)> {
    let project = Project {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        domains: domains(),
        state: row.get(4)?,
        ..Default::default()
    };
    Ok((project, row.get(3)?))
}

/// The project with its labels decoded.
pub fn with_labels((mut project, labels): (Project, Option<Vec<u8>>)) -> Outcome<Project> {
    project.labels = labels.map(|labels| Labels::decode(labels.as_slice())).transpose().map_err(corrupt)?;
    Ok(project)
}

/// The project of this identifier.
pub fn get(connection: &Connection, identifier: &str) -> Outcome<Option<Project>> {
    let found = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM projects WHERE identifier = ?1"))
        .and_then(|mut statement| statement.query_row([identifier], project).optional())
        .map_err(storage)?;
    found.map(with_labels).transpose()
}

/// Adds a project; false when its identifier is taken.
pub fn insert(connection: &Connection, project: &Project) -> Outcome<bool> {
    let now = times::now();
    let labels = project.labels.as_ref().map(Message::encode_to_vec);
    let added = connection
        .execute(
            "INSERT INTO projects (created_at, updated_at, identifier, name, description, labels, state)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (identifier) DO NOTHING",
            params![now, project.id, project.name, project.description, labels, project.state],
        )
        .map_err(storage)?;
    Ok(added == 1)
}

/// Replaces what the given project says of itself.
pub fn update(connection: &Connection, project: &Project) -> Outcome<()> {
    let labels = project.labels.as_ref().map(Message::encode_to_vec);
    connection
        .execute(
            "UPDATE projects SET updated_at = ?1, name = ?3, description = ?4, labels = ?5, state = ?6
             WHERE identifier = ?2",
            params![times::now(), project.id, project.name, project.description, labels, project.state],
        )
        .map_err(storage)?;
    Ok(())
}
