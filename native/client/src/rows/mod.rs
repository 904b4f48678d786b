//! Rows of lists, straight off the wire: of each message only what a row shows is read, and the rest is passed over.
//!
//! Decoding 10,000 executions into prost's structs takes several times as long as reaching for these fields. Field numbers
//! are those of flyteidl's `.proto` files, named at each decoder; the tests hold every decoder to prost's own.

mod entity;
mod execution;
mod fields;
mod node;
mod project;
mod signature;

#[cfg(test)]
mod recorded;

pub(crate) use entity::{entity, launch_plan, task, workflow};
pub(crate) use execution::{RanExecution, execution, ran_execution};
pub(crate) use node::node_execution;
pub(crate) use project::project;

use crate::wire::{Fields, WireError};

/// The rows of a list message and its token. All of flyteidl's lists have their items in field 1 and the token in 2.
pub(crate) fn list<Row>(
    message: &[u8],
    row: impl Fn(&[u8]) -> Result<Row, WireError>,
) -> Result<(Vec<Row>, String), WireError> {
    let mut rows = Vec::new();
    let mut token = "";
    for field in Fields::new(message) {
        match field? {
            (1, item) => rows.push(row(item.bytes()?)?),
            (2, text) => token = text.text()?,
            _ => {}
        }
    }
    Ok((rows, token.to_owned()))
}
