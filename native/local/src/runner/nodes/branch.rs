//! A node that runs one of several, chosen by conditions on its inputs.

use std::sync::Arc;

use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::{BranchNode, IfElseBlock, LiteralMap, Node, if_else_block};
use crate::runner::Engine;
use crate::runner::bindings::Outputs;
use crate::runner::conditions;
use crate::runner::seat::{End, Seat, error};

/// Runs the node that is chosen. Nothing is recorded of the others, as on a cluster.
pub async fn run(seat: &Seat<'_>, branch: &BranchNode, outputs: &Outputs, inputs: LiteralMap) -> Engine<End> {
    seat.begin(&inputs).await?;
    let empty = IfElseBlock::default();
    let choice = branch.if_else.as_deref().unwrap_or(&empty);
    let chosen = match choose(choice, &inputs) {
        Ok(chosen) => chosen,
        Err((code, why)) => return seat.fail(error(ErrorKind::User, code, why)).await,
    };
    let inside = seat.inside(Arc::clone(&seat.scope.program), 0, false);
    let known = inside.known(seat.run, chosen).await?;
    let taken = Seat::new(seat.run, &inside, chosen, known.as_ref());
    let end = super::run(&taken, known, outputs.clone(), false).await?;
    seat.end(end, None).await
}

/// The node to run, or the code and the words of why there is none.
fn choose<'a>(choice: &'a IfElseBlock, inputs: &LiteralMap) -> Result<&'a Node, (&'static str, String)> {
    let malformed = |why: String| ("MalformedBranchUserError", why);
    for case in choice.case.as_deref().into_iter().chain(&choice.other) {
        let condition = case.condition.as_ref().ok_or_else(|| malformed("a case has no condition".into()))?;
        if conditions::holds(condition, inputs).map_err(malformed)? {
            return case.then_node.as_deref().ok_or_else(|| malformed("a case has no node".into()));
        }
    }
    match &choice.default {
        Some(if_else_block::Default::ElseNode(node)) => Ok(node),
        Some(if_else_block::Default::Error(error)) => Err(("UserProvidedError", error.message.clone())),
        None => Err(malformed("No branch satisfied".into())),
    }
}
