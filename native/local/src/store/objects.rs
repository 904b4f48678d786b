//! Literal maps that FlyteAdmin would write to its object store: inputs and outputs, by address. They live in the
//! database, so that they are written in one transaction with the execution they belong to.

use prost::Message;
use rusqlite::{Connection, OptionalExtension, params};

use crate::failure::{Outcome, corrupt, storage};
use crate::idl::core::LiteralMap;

/// How the address of an object in the database begins.
const SCHEME: &str = "flyte-local://metadata";

/// The address of an object, made from the parts that FlyteAdmin makes its keys from.
pub fn address(parts: &[&str]) -> String {
    format!("{SCHEME}/{}", parts.join("/"))
}

/// Writes an object, in place of one that has this address.
pub fn put(connection: &Connection, uri: &str, data: &[u8]) -> Outcome<()> {
    connection
        .prepare_cached(
            "INSERT INTO objects (uri, data) VALUES (?1, ?2) ON CONFLICT (uri) DO UPDATE SET data = ?2",
        )
        .and_then(|mut statement| statement.execute(params![uri, data]))
        .map_err(storage)?;
    Ok(())
}

/// Writes a literal map below the address made from `parts`, and gives that address.
pub fn put_literals(connection: &Connection, parts: &[&str], literals: &LiteralMap) -> Outcome<String> {
    let uri = address(parts);
    put(connection, &uri, &literals.encode_to_vec())?;
    Ok(uri)
}

/// An object's bytes.
pub fn get(connection: &Connection, uri: &str) -> Outcome<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT data FROM objects WHERE uri = ?1")
        .and_then(|mut statement| statement.query_row([uri], |row| row.get(0)).optional())
        .map_err(storage)
}

/// A literal map that must be in the database, such as an execution's inputs; empty when it is not.
pub fn get_literals(connection: &Connection, uri: &str) -> Outcome<LiteralMap> {
    match get(connection, uri)? {
        Some(data) => LiteralMap::decode(data.as_slice()).map_err(corrupt),
        None => Ok(LiteralMap::default()),
    }
}
