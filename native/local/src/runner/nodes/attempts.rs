//! The attempts at a node's task, as they are recorded.
#![allow(deprecated, reason = "FlyteAdmin fills these fields, and all clients read them")]

use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::task_execution::Phase;
use crate::idl::core::{ExecutionError, LiteralMap, Node, TaskLog, TaskTemplate};
use crate::idl::event::{TaskExecutionEvent, task_execution_event};
use crate::runner::Engine;
use crate::runner::journal::{Event, PRODUCER};
use crate::runner::seat::{Seat, system};
use crate::store::attempts;
use crate::times;

/// The code of the error of an attempt that a stop of the server ended. It does not count as one of the retries.
const INTERRUPTED: &str = "ServerRestarted";

/// How often a task is tried whose failures are not the user's.
const SYSTEM_ATTEMPTS: u32 = 3;

/// How many attempts there were, and how they failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// The number of the next attempt.
    pub next: u32,
    user: u32,
    system: u32,
}

impl Tally {
    /// Counts a failed attempt.
    pub fn failed(&mut self, error: &ExecutionError) {
        self.next += 1;
        if error.kind() != ErrorKind::System {
            self.user += 1;
        } else if error.code != INTERRUPTED {
            self.system += 1;
        }
    }

    /// Counts an attempt that ended for no fault of its own.
    pub fn interrupted(&mut self) {
        self.next += 1;
    }

    /// The error of the node when the task that has just failed is not tried again.
    pub fn exhausted(&self, error: &ExecutionError, retries: u32) -> Option<ExecutionError> {
        let (done, most) = match error.kind() {
            ErrorKind::System => (self.system, SYSTEM_ATTEMPTS),
            _ => (self.user, retries.saturating_add(1)),
        };
        if done < most {
            return None;
        }
        let kind = error.kind().as_str_name();
        Some(ExecutionError {
            code: format!("RetriesExhausted|{}", error.code),
            message: format!("[{done}/{most}] currentAttempt done. Last Error: {kind}::{}", error.message),
            kind: ErrorKind::User as i32,
            ..error.clone()
        })
    }
}

/// How often a node's task is tried again: as the node says, else as the task does.
pub fn retries(node: &Node, template: &TaskTemplate) -> u32 {
    let node = node.metadata.as_ref().and_then(|metadata| metadata.retries);
    let task = template.metadata.as_ref().and_then(|metadata| metadata.retries);
    node.map(|strategy| strategy.retries)
        .filter(|retries| *retries > 0)
        .or(task.map(|strategy| strategy.retries))
        .unwrap_or_default()
}

/// The attempts of earlier starts. One that was running then is recorded as failed, for no fault of its own.
pub async fn recorded(seat: &Seat<'_>, template: &TaskTemplate) -> Engine<Tally> {
    let id = seat.execution_id();
    let (tally, open) = seat
        .run
        .runner
        .read(move |view| {
            let mut tally = Tally::default();
            let mut open = None;
            while let Some(stored) = attempts::of_attempt(view, &id, tally.next)? {
                let closure = stored.message.closure.unwrap_or_default();
                match (closure.phase(), closure.output_result) {
                    (
                        Phase::Failed | Phase::Aborted,
                        Some(crate::idl::admin::task_execution_closure::OutputResult::Error(error)),
                    ) => tally.failed(&error),
                    (Phase::Failed | Phase::Aborted | Phase::Succeeded, _) => tally.next += 1,
                    _ => {
                        open = Some(tally.next);
                        break;
                    }
                }
            }
            Ok((tally, open))
        })
        .await?;
    let mut tally = tally;
    if let Some(attempt) = open {
        let error = system(
            INTERRUPTED,
            "the embedded Flyte was stopped while this attempt was running: it was tried again after the restart",
        );
        if seat.scope.cancel.is_cancelled() {
            seat.run.runner.record(vec![aborted(seat, template, attempt).await?]).await?;
        } else {
            seat.run.runner.record(vec![failed(seat, template, attempt, error.clone())]).await?;
        }
        tally.failed(&error);
    }
    Ok(tally)
}

/// An event of an attempt, of now.
pub fn event(seat: &Seat<'_>, template: &TaskTemplate, attempt: u32, phase: Phase) -> TaskExecutionEvent {
    let now = Some(times::timestamp(times::now()));
    TaskExecutionEvent {
        task_id: template.id.clone(),
        parent_node_execution_id: Some(seat.execution_id()),
        retry_attempt: attempt,
        phase: phase as i32,
        producer_id: PRODUCER.into(),
        occurred_at: now,
        reported_at: now,
        task_type: template.r#type.clone(),
        event_version: 1,
        ..Default::default()
    }
}

pub fn queued(seat: &Seat<'_>, template: &TaskTemplate, attempt: u32, inputs: &LiteralMap) -> Event {
    TaskExecutionEvent {
        input_value: Some(task_execution_event::InputValue::InputData(inputs.clone())),
        reason: "task submitted to the embedded Flyte".into(),
        ..event(seat, template, attempt, Phase::Queued)
    }
    .into()
}

pub fn running(seat: &Seat<'_>, template: &TaskTemplate, attempt: u32, log: String) -> Event {
    TaskExecutionEvent {
        logs: vec![TaskLog { uri: log, name: "Task log".into(), ..Default::default() }],
        reason: "the task's process has started".into(),
        ..event(seat, template, attempt, Phase::Running)
    }
    .into()
}

pub fn succeeded(
    seat: &Seat<'_>,
    template: &TaskTemplate,
    attempt: u32,
    outputs: Option<&LiteralMap>,
) -> Event {
    let outputs = outputs.map(|outputs| task_execution_event::OutputResult::OutputData(outputs.clone()));
    TaskExecutionEvent { output_result: outputs, ..event(seat, template, attempt, Phase::Succeeded) }.into()
}

pub fn failed(seat: &Seat<'_>, template: &TaskTemplate, attempt: u32, error: ExecutionError) -> Event {
    let error = task_execution_event::OutputResult::Error(error);
    TaskExecutionEvent { output_result: Some(error), ..event(seat, template, attempt, Phase::Failed) }.into()
}

pub async fn aborted(seat: &Seat<'_>, template: &TaskTemplate, attempt: u32) -> Engine<Event> {
    let reason = seat.run.abort_reason().await?;
    let error = ExecutionError { code: "Task Aborted".into(), message: reason, ..Default::default() };
    let error = task_execution_event::OutputResult::Error(error);
    let event = event(seat, template, attempt, Phase::Aborted);
    Ok(TaskExecutionEvent { output_result: Some(error), ..event }.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::seat::error;

    #[test]
    fn retries_of_the_user_are_counted_apart_from_those_of_the_system() {
        let user = error(ErrorKind::User, "Code", "no");
        let interrupted = system(INTERRUPTED, "stopped");
        let mut tally = Tally::default();
        tally.failed(&interrupted);
        assert_eq!(tally.exhausted(&interrupted, 0), None);
        tally.failed(&user);
        assert_eq!(tally.exhausted(&user, 1), None);
        let broken = system("Broken", "disk");
        tally.failed(&broken);
        assert_eq!(tally.exhausted(&broken, 0), None);
        tally.failed(&user);
        let exhausted = tally.exhausted(&user, 1).unwrap();
        assert_eq!(exhausted.code, "RetriesExhausted|Code");
        assert_eq!(exhausted.message, "[2/2] currentAttempt done. Last Error: USER::no");
        assert_eq!(tally.next, 4);
    }
}
