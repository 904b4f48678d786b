//! A node that runs a task: attempt after attempt, unless the cache has its outputs.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{SemaphorePermit, oneshot};

use super::attempts::{self, Tally};
use super::dynamic;
use crate::idl::core::node_execution::Phase;
use crate::idl::core::{
    CatalogCacheStatus, ExecutionError, LiteralMap, Node, TaskNodeOverrides, TaskTemplate,
};
use crate::idl::event::node_execution_event::TargetMetadata;
use crate::runner::Engine;
use crate::runner::cache::Entry;
use crate::runner::journal::Event;
use crate::runner::seat::{End, Seat};
use crate::runner::task::{Attempt, Place, TaskOutcome};
use crate::store::nodes::Stored;
use crate::times;

/// Runs the task to its end, all attempts of it.
pub async fn run(
    seat: &Seat<'_>,
    template: &TaskTemplate,
    overrides: Option<&TaskNodeOverrides>,
    inputs: LiteralMap,
    known: Option<Stored>,
) -> Engine<End> {
    let entry = Entry::of(seat.node, template, &inputs);
    let made =
        known.as_ref().filter(|stored| phase_of(stored) == Phase::DynamicRunning).map(|stored| stored.row);
    if let Some(row) = made {
        // Its task is done, only the nodes that it made are not.
        let tally = attempts::recorded(seat, template).await?;
        let end = dynamic::resume(seat, row, tally.next.saturating_sub(1)).boxed().await?;
        return finish(seat, entry.as_ref(), Vec::new(), end, None).await;
    }
    let _reservation = match &entry {
        Some(entry) if entry.is_serializable => tokio::select! {
            reserved = seat.run.runner.reservations.reserve(entry) => Some(reserved),
            () = seat.scope.cancel.cancelled() => None,
        },
        _ => None,
    };
    if let Some(entry) = entry.as_ref().filter(|_| !seat.run.overwrites_cache())
        && let Some(hit) = entry.look_up(&seat.run.runner).await?
    {
        let metadata = entry.metadata(CatalogCacheStatus::CacheHit, hit.source);
        let target = TargetMetadata::TaskNodeMetadata(metadata);
        let events = seat.queued(&inputs).into_iter().collect();
        return seat.end_with(events, End::Succeeded(Arc::new(hit.outputs)), Some(target), None).await;
    }
    let permit = tokio::select! {
        permit = seat.run.parallel.acquire() => permit.ok(),
        () = seat.scope.cancel.cancelled() => None,
    };
    attempts_at(seat, template, overrides, inputs, known.is_some(), entry.as_ref(), permit).boxed().await
}

fn phase_of(stored: &Stored) -> Phase {
    stored.message.closure.as_ref().map(|closure| closure.phase()).unwrap_or_default()
}

async fn attempts_at(
    seat: &Seat<'_>,
    template: &TaskTemplate,
    overrides: Option<&TaskNodeOverrides>,
    inputs: LiteralMap,
    is_known: bool,
    entry: Option<&Entry>,
    permit: Option<SemaphorePermit<'_>>,
) -> Engine<End> {
    let runner = &seat.run.runner;
    let mut tally = match is_known {
        true => attempts::recorded(seat, template).await?,
        false => Tally::default(),
    };
    if seat.scope.cancel.is_cancelled() {
        return match is_known {
            true => seat.end(End::Aborted, None).await,
            false => Ok(End::Aborted),
        };
    }
    let retries = attempts::retries(seat.node, template);
    let mut events = seat.begun(&inputs);
    loop {
        let number = tally.next;
        events.push(attempts::queued(seat, template, number, &inputs));
        runner.record(std::mem::take(&mut events)).await?;
        let place =
            Place { execution: seat.run.id.clone(), node_id: seat.id.clone(), attempt: number, item: None };
        let attempt = Attempt {
            template: template.clone(),
            inputs: inputs.clone(),
            place: place.clone(),
            overrides: overrides.cloned(),
            environment: seat.run.environment(),
            raw_output_prefix: seat.run.raw_output_prefix(),
            timeout: timeout(seat.node, template),
        };
        let log = runner.tasks.log_uri(&place);
        let running = attempts::running(seat, template, number, log);
        let (error, is_recoverable) = match observed(seat, attempt, running).await? {
            TaskOutcome::Succeeded { outputs, deck_uri } => {
                let events = vec![attempts::succeeded(seat, template, number, Some(&outputs))];
                let end = End::Succeeded(Arc::new(outputs));
                return finish(seat, entry, events, end, deck_uri).await;
            }
            TaskOutcome::Dynamic { spec, deck_uri } => {
                // The tasks that it made need their turns.
                drop(permit);
                let end = dynamic::run(seat, template, spec, number).boxed().await?;
                return finish(seat, entry, Vec::new(), end, deck_uri).await;
            }
            TaskOutcome::Cancelled => {
                let aborted = attempts::aborted(seat, template, number).await?;
                return seat.end_with(vec![aborted], End::Aborted, None, None).await;
            }
            TaskOutcome::Failed { error, recoverable } => (error, recoverable),
            TaskOutcome::TimedOut(error) => (error, true),
        };
        tally.failed(&error);
        events.push(attempts::failed(seat, template, number, error.clone()));
        if let Some(last) = last_error(&tally, error, is_recoverable, retries) {
            let deck = runner.tasks.deck_uri(&place);
            return finish(seat, entry, events, End::Failed(last), deck).await;
        }
    }
}

/// The node's error, when the task is not tried again.
pub fn last_error(
    tally: &Tally,
    error: ExecutionError,
    is_recoverable: bool,
    retries: u32,
) -> Option<ExecutionError> {
    if is_recoverable { tally.exhausted(&error, retries) } else { Some(error) }
}

/// How long an attempt may take: as the node says, else as the task does.
pub fn timeout(node: &Node, template: &TaskTemplate) -> Option<Duration> {
    let node = node.metadata.as_ref().and_then(|metadata| metadata.timeout);
    let task = template.metadata.as_ref().and_then(|metadata| metadata.timeout);
    let nanos = [node, task].into_iter().flatten().map(|timeout| times::duration_nanos(&timeout));
    nanos.filter_map(|nanos| u64::try_from(nanos).ok()).find(|nanos| *nanos > 0).map(Duration::from_nanos)
}

/// Runs an attempt, and records when its process has started.
pub async fn observed(seat: &Seat<'_>, attempt: Attempt, running: Event) -> Engine<TaskOutcome> {
    let runner = &seat.run.runner;
    let (started, start) = oneshot::channel();
    let process = runner
        .tasks
        .run(
            attempt,
            // Nobody waits any more when the record of the start has failed.
            move || _ = started.send(()),
            seat.scope.cancel.clone(),
        )
        .boxed();
    let record = async {
        match start.await {
            Ok(()) => runner.record(vec![running]).await,
            Err(_) => Ok(()),
        }
    };
    let (outcome, recorded) = tokio::join!(process, record);
    recorded?;
    Ok(outcome)
}

/// Records how the node has ended. Outputs go into the cache first, when they are for it.
async fn finish(
    seat: &Seat<'_>,
    entry: Option<&Entry>,
    events: Vec<Event>,
    end: End,
    deck: Option<String>,
) -> Engine<End> {
    let target = match (entry, &end) {
        (Some(entry), End::Succeeded(outputs)) => {
            let source = entry.put(seat, outputs).await?;
            Some(entry.metadata(CatalogCacheStatus::CachePopulated, source))
        }
        (Some(entry), End::Failed(_)) => {
            let status = match seat.run.overwrites_cache() {
                true => CatalogCacheStatus::CacheSkipped,
                false => CatalogCacheStatus::CacheMiss,
            };
            Some(entry.metadata(status, None))
        }
        _ => None,
    };
    seat.end_with(events, end, target.map(TargetMetadata::TaskNodeMetadata), deck).await
}
