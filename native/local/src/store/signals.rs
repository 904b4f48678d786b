//! Rows of signals: values that gate nodes wait for.

use prost::Message;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tonic::Status;

use crate::failure::{Outcome, corrupt, storage};
use crate::idl::admin::Signal;
use crate::idl::core::{Literal, LiteralType, SignalIdentifier, WorkflowExecutionIdentifier};
use crate::times;

/// The columns of a list: the bytes to send.
pub const LISTED: &str = "signals.message";

/// The signal of this id.
pub fn find(connection: &Connection, id: &SignalIdentifier) -> Outcome<Option<Signal>> {
    let execution = execution(id);
    let read = |row: &Row| row.get::<_, Vec<u8>>(0);
    let found = connection
        .prepare_cached(
            "SELECT message FROM signals
             WHERE execution_project = ?1 AND execution_domain = ?2 AND execution_name = ?3 AND signal_id = ?4",
        )
        .and_then(|mut statement| {
            let values = params![execution.project, execution.domain, execution.name, id.signal_id];
            statement.query_row(values, read).optional()
        })
        .map_err(storage)?;
    found.map(|message| Signal::decode(message.as_slice())).transpose().map_err(corrupt)
}

/// The signal of this id, which is made when there is none; ALREADY_EXISTS when it has another type.
pub fn get_or_create(
    connection: &Connection,
    id: &SignalIdentifier,
    value_type: &LiteralType,
) -> Outcome<Signal> {
    if let Some(signal) = find(connection, id)? {
        if signal.r#type.as_ref() == Some(value_type) {
            return Ok(signal);
        }
        let message =
            format!("value with matching already exists (the signal {} has another type)", id.signal_id);
        return Err(Status::already_exists(message));
    }
    let signal = Signal { id: Some(id.clone()), r#type: Some(value_type.clone()), value: None };
    let execution = execution(id);
    connection
        .prepare_cached(
            "INSERT INTO signals
               (created_at, updated_at, execution_project, execution_domain, execution_name, signal_id, message)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                times::now(),
                execution.project,
                execution.domain,
                execution.name,
                id.signal_id,
                signal.encode_to_vec()
            ])
        })
        .map_err(storage)?;
    Ok(signal)
}

/// The value of a signal; none when it has none yet, or is not there.
pub fn value(connection: &Connection, id: &SignalIdentifier) -> Outcome<Option<Literal>> {
    Ok(find(connection, id)?.and_then(|signal| signal.value))
}

/// Makes a signal unless it is there; ALREADY_EXISTS when it has another type.
pub fn ensure(connection: &Connection, id: &SignalIdentifier, value_type: &LiteralType) -> Outcome<()> {
    get_or_create(connection, id, value_type).map(|_| ())
}

/// Gives a signal that was found its value.
pub fn set(connection: &Connection, mut signal: Signal, value: Literal) -> Outcome<()> {
    signal.value = Some(value);
    let id = signal.id.clone().unwrap_or_default();
    let execution = execution(&id);
    connection
        .prepare_cached(
            "UPDATE signals SET updated_at = ?1, message = ?2
             WHERE execution_project = ?3 AND execution_domain = ?4 AND execution_name = ?5 AND signal_id = ?6",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                times::now(),
                signal.encode_to_vec(),
                execution.project,
                execution.domain,
                execution.name,
                id.signal_id
            ])
        })
        .map_err(storage)?;
    Ok(())
}

fn execution(id: &SignalIdentifier) -> WorkflowExecutionIdentifier {
    id.execution_id.clone().unwrap_or_default()
}
