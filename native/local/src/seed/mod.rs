//! Filling a data directory: the projects that a new one begins with, and executions to measure lists with.

mod entities;
mod runs;
mod sample;

use crate::failure::Outcome;
use crate::idl::admin::{Project, project::ProjectState};
use crate::serve::Flyte;
use crate::store::{Store, projects as rows};

/// How many executions are stored in one transaction: few enough for the write-ahead log to stay small.
const BATCH: u64 = 5_000;

/// Adds the projects that are not there yet, described as FlyteAdmin describes those that it begins with.
pub fn projects(store: &Store, names: &[&str]) -> Outcome<()> {
    store.write(|transaction| {
        for name in names {
            let project = Project {
                id: (*name).to_owned(),
                name: (*name).to_owned(),
                description: format!("{name} description"),
                state: ProjectState::Active as i32,
                ..Default::default()
            };
            rows::insert(transaction, &project)?;
        }
        Ok(())
    })
}

/// Registers a sample workflow in `project` and `domain`, and makes `count` executions of it: the same ones each time
/// for the same arguments. Gives how many were added; those that are there already stay as they are.
pub fn executions(flyte: &Flyte, project: &str, domain: &str, count: u64) -> Outcome<u64> {
    projects(&flyte.store, &[project])?;
    let plan = entities::register(flyte, project, domain)?;
    let mut added = 0;
    let mut first = 0;
    while first < count {
        let batch = first..count.min(first + BATCH);
        first = batch.end;
        added += flyte.store.write(|transaction| runs::store(transaction, &plan, batch, count))?;
    }
    Ok(added)
}
