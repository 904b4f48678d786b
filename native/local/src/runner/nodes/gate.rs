//! A node that waits: for a while, for an approval, or for a value.

use std::collections::HashMap;
use std::sync::Arc;

use super::deadline::{expired, too_late, until};
use super::unsupported;
use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::{
    GateNode, Literal, LiteralMap, LiteralType, SignalIdentifier, SimpleType, gate_node, literal,
    literal_type, primitive, scalar,
};
use crate::runner::Engine;
use crate::runner::seat::{End, Seat, error};
use crate::store::nodes::Stored;
use crate::store::signals;
use crate::times;

/// Waits for what the node says. A wait that a stop of the server cut short goes on from when it began.
pub async fn run(seat: &Seat<'_>, gate: &GateNode, inputs: LiteralMap, known: Option<Stored>) -> Engine<End> {
    seat.begin(&inputs).await?;
    let began = known
        .and_then(|stored| stored.message.closure?.started_at)
        .map_or_else(times::now, |started| times::nanos(&started));
    let end = tokio::select! {
        end = wait(seat, gate, &inputs, began) => end?,
        () = seat.scope.cancel.cancelled() => End::Aborted,
        () = expired(seat.node, began) => End::Failed(too_late(seat.node)),
    };
    seat.end(end, None).await
}

async fn wait(seat: &Seat<'_>, gate: &GateNode, inputs: &LiteralMap, began: i64) -> Engine<End> {
    match &gate.condition {
        Some(gate_node::Condition::Sleep(sleep)) => {
            until(began, &sleep.duration.unwrap_or_default()).await;
            Ok(End::Succeeded(Arc::default()))
        }
        Some(gate_node::Condition::Approve(approve)) => {
            let boolean = LiteralType {
                r#type: Some(literal_type::Type::Simple(SimpleType::Boolean as i32)),
                ..Default::default()
            };
            let value = signalled(seat, &approve.signal_id, &boolean).await?;
            Ok(match flag(&value) {
                Some(true) => End::Succeeded(Arc::new(inputs.clone())),
                Some(false) => {
                    let why = "received a reject signal to disapprove the node input values";
                    End::Failed(error(ErrorKind::User, "ReceivedRejectSignal", why))
                }
                None => {
                    let why = "received a non-boolean approve signal value";
                    End::Failed(error(ErrorKind::Unknown, "RuntimeExecutionError", why))
                }
            })
        }
        Some(gate_node::Condition::Signal(signal)) => {
            let value_type = signal.r#type.clone().unwrap_or_default();
            let value = signalled(seat, &signal.signal_id, &value_type).await?;
            let literals = HashMap::from([(signal.output_variable_name.clone(), value)]);
            Ok(End::Succeeded(Arc::new(LiteralMap { literals })))
        }
        None => unsupported(seat, "gate nodes without a condition").await,
    }
}

/// The value of a signal, once somebody has given it one.
async fn signalled(seat: &Seat<'_>, name: &str, value_type: &LiteralType) -> Engine<Literal> {
    let runner = &seat.run.runner;
    let id = SignalIdentifier { signal_id: name.into(), execution_id: Some(seat.run.id.clone()) };
    let (wanted, value_type) = (id.clone(), value_type.clone());
    runner.write(move |transaction| signals::ensure(transaction, &wanted, &value_type)).await?;
    let mut changes = seat.run.changes.clone();
    loop {
        // What changes from here on wakes this again.
        changes.mark_unchanged();
        let wanted = id.clone();
        if let Some(value) = runner.read(move |view| signals::value(view, &wanted)).await? {
            return Ok(value);
        }
        if changes.changed().await.is_err() {
            return Err(tonic::Status::cancelled("the server stops"));
        }
    }
}

fn flag(literal: &Literal) -> Option<bool> {
    let Some(literal::Value::Scalar(scalar)) = &literal.value else { return None };
    let Some(scalar::Value::Primitive(primitive)) = &scalar.value else { return None };
    match primitive.value {
        Some(primitive::Value::Boolean(flag)) => Some(flag),
        _ => None,
    }
}
