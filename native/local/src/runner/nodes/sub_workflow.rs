//! A node that is a workflow.

use std::sync::Arc;

use super::deadline::{expired, too_late};
use crate::idl::core::{Identifier, LiteralMap};
use crate::runner::seat::{End, Scope, Seat, system};
use crate::runner::{Engine, workflow};
use crate::times;

/// Runs the workflow's nodes inside of this one.
pub async fn run(seat: &Seat<'_>, id: &Identifier, inputs: LiteralMap) -> Engine<End> {
    seat.begin(&inputs).await?;
    let Some(template) = seat.scope.program.workflow(id) else {
        return seat.fail(system("BadSpecification", format!("workflow {} is not known", id.name))).await;
    };
    let inside = seat.inside(Arc::clone(&seat.scope.program), 0, false);
    let inside = Scope { cancel: seat.scope.cancel.child_token(), ..inside };
    let mut running = workflow::run(seat.run, &inside, template, inputs);
    let end = tokio::select! {
        end = &mut running => end?,
        () = expired(seat.node, times::now()) => {
            inside.cancel.cancel();
            match running.await? {
                End::Aborted if !seat.scope.cancel.is_cancelled() => End::Failed(too_late(seat.node)),
                end => end,
            }
        }
    };
    seat.end(end, None).await
}
