//! How long nodes may take that run no task themselves.

use std::time::Duration;

use super::attempts::Tally;
use crate::idl;
use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::{ExecutionError, Node};
use crate::runner::seat::error;
use crate::times;

fn of(node: &Node) -> Option<idl::Duration> {
    let timeout = node.metadata.as_ref().and_then(|metadata| metadata.timeout);
    timeout.filter(|timeout| times::duration_nanos(timeout) > 0)
}

/// Completes when the node, which began at a time in nanoseconds, has taken too long; never when it may take any time.
pub async fn expired(node: &Node, began: i64) {
    match of(node) {
        Some(timeout) => until(began, &timeout).await,
        None => std::future::pending().await,
    }
}

/// The error of a node that has taken too long.
pub fn too_late(node: &Node) -> ExecutionError {
    let lasting = times::go_duration(&of(node).unwrap_or_default());
    let expired =
        error(ErrorKind::User, "TimeoutExpired", format!("task execution timeout [{lasting}] expired"));
    let mut tally = Tally::default();
    tally.failed(&expired);
    tally.exhausted(&expired, 0).unwrap_or(expired)
}

/// Waits until so long after `began`, in nanoseconds.
pub async fn until(began: i64, lasting: &idl::Duration) {
    let left = began.saturating_add(times::duration_nanos(lasting)).saturating_sub(times::now());
    tokio::time::sleep(Duration::from_nanos(u64::try_from(left).unwrap_or_default())).await;
}
