//! The items of an array node: each a task of its own, with attempts of its own.

use std::collections::HashMap;

use futures_util::FutureExt;
use tokio::sync::mpsc::UnboundedSender;

use super::array::Array;
use super::attempts::{self, Tally};
use super::task::{last_error, timeout};
use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::task_execution::Phase;
use crate::idl::core::{CatalogCacheStatus, ExecutionError, LiteralMap, TaskLog, array_node, node};
use crate::idl::event::ExternalResourceInfo;
use crate::runner::Engine;
use crate::runner::cache::Entry;
use crate::runner::seat::{Seat, error, system};
use crate::runner::task::{Attempt, Place, TaskOutcome};
use crate::store::{attempts as rows, objects};

/// How an item ended.
pub enum ItemEnd {
    Succeeded(LiteralMap),
    Failed(ExecutionError),
    Aborted,
}

/// What is recorded of an item: its attempts, by their numbers.
pub type Recorded = Vec<(u32, Phase)>;

/// What was recorded of an array by an earlier start: the version of its phase, and its items by their indices.
pub async fn recorded(seat: &Seat<'_>) -> Engine<(u32, HashMap<usize, Recorded>)> {
    let id = seat.execution_id();
    seat.run
        .runner
        .read(move |view| {
            let Some(stored) = rows::of_attempt(view, &id, 0)? else { return Ok(Default::default()) };
            let metadata = stored.message.closure.and_then(|closure| closure.metadata).unwrap_or_default();
            let mut items: HashMap<usize, Recorded> = HashMap::new();
            for resource in metadata.external_resources {
                let index = usize::try_from(resource.index).unwrap_or(usize::MAX);
                items.entry(index).or_default().push((resource.retry_attempt, resource.phase()));
            }
            Ok((stored.phase_version, items))
        })
        .await
}

/// An item in another phase.
pub struct Change(ExternalResourceInfo);

impl Change {
    pub fn into_resource(self) -> ExternalResourceInfo {
        self.0
    }
}

/// One item, and what is known of it.
pub struct Item<'a> {
    array: &'a Array<'a>,
    index: usize,
    tally: Tally,
    has_succeeded: bool,
    changes: UnboundedSender<Change>,
}

impl<'a> Item<'a> {
    pub fn new(
        array: &'a Array<'a>,
        index: usize,
        recorded: Option<&Recorded>,
        changes: UnboundedSender<Change>,
    ) -> Self {
        let mut item = Self { array, index, tally: Tally::default(), has_succeeded: false, changes };
        for (attempt, phase) in recorded.into_iter().flatten() {
            match phase {
                Phase::Succeeded => item.has_succeeded = true,
                Phase::Failed => item.tally.failed(&ExecutionError::default()),
                Phase::Queued => {}
                Phase::Aborted => item.tally.interrupted(),
                _ => {
                    // It was running when the server stopped, for which no failure of its own is counted.
                    item.change(*attempt, Phase::Aborted, CatalogCacheStatus::CacheDisabled);
                    item.tally.interrupted();
                }
            }
        }
        item
    }

    /// What is told of the item before it runs.
    pub fn queued(&self) -> ExternalResourceInfo {
        self.resource(self.tally.next, Phase::Queued, CatalogCacheStatus::CacheDisabled)
    }

    fn resource(&self, attempt: u32, phase: Phase, cache: CatalogCacheStatus) -> ExternalResourceInfo {
        let place = self.place(attempt);
        let id = &self.array.seat.id;
        let logs = match phase {
            Phase::Running | Phase::Succeeded | Phase::Failed if cache != CatalogCacheStatus::CacheHit => {
                vec![TaskLog {
                    uri: self.array.seat.run.runner.tasks.log_uri(&place),
                    name: format!("Task log-{}", self.index),
                    ..Default::default()
                }]
            }
            _ => Vec::new(),
        };
        ExternalResourceInfo {
            external_id: format!("{}-{id}-0-n{}-{attempt}", self.array.seat.run.id.name, self.index),
            index: u32::try_from(self.index).unwrap_or(u32::MAX),
            retry_attempt: attempt,
            phase: phase as i32,
            cache_status: cache as i32,
            logs,
            ..Default::default()
        }
    }

    fn change(&self, attempt: u32, phase: Phase, cache: CatalogCacheStatus) {
        // Nobody listens any more when the records have failed, of which the array tells.
        _ = self.changes.send(Change(self.resource(attempt, phase, cache)));
    }

    fn place(&self, attempt: u32) -> Place {
        Place {
            execution: self.array.seat.run.id.clone(),
            node_id: self.array.seat.id.clone(),
            attempt,
            item: u32::try_from(self.index).ok(),
        }
    }

    /// Where the outputs of the item are kept until the array has ended.
    fn address(&self) -> String {
        let execution = &self.array.seat.run.id;
        let index = self.index.to_string();
        let node = &self.array.seat.id;
        objects::address(&[&execution.project, &execution.domain, &execution.name, node, "items", &index])
    }

    /// Runs the item to its end, and gives its index with that.
    pub async fn run(mut self) -> Engine<(usize, ItemEnd)> {
        let end = self.end().await?;
        Ok((self.index, end))
    }

    async fn end(&mut self) -> Engine<ItemEnd> {
        let array = self.array;
        let runner = &array.seat.run.runner;
        let address = self.address();
        if self.has_succeeded {
            let outputs = runner.read(move |view| objects::get_literals(view, &address)).await?;
            return Ok(ItemEnd::Succeeded(outputs));
        }
        // Those that had failed for good before a restart stay so.
        let error = error(ErrorKind::User, "", "the item failed before the embedded Flyte was restarted");
        if let Some(error) = self.tally.exhausted(&error, self.retries()) {
            return Ok(ItemEnd::Failed(error));
        }
        let entry = Entry::of(array.node, array.template, &array.inputs_of(self.index));
        if let Some(entry) = entry.as_ref().filter(|_| !array.seat.run.overwrites_cache())
            && let Some(hit) = entry.look_up(runner).await?
        {
            self.keep(&hit.outputs).await?;
            self.change(self.tally.next, Phase::Succeeded, CatalogCacheStatus::CacheHit);
            return Ok(ItemEnd::Succeeded(hit.outputs));
        }
        let turn = tokio::select! {
            biased;
            () = array.cancel.cancelled() => return Ok(ItemEnd::Aborted),
            turn = array.turns().acquire() => turn,
        };
        let end = self.attempts(entry.as_ref()).await;
        drop(turn);
        end
    }

    async fn attempts(&mut self, entry: Option<&Entry>) -> Engine<ItemEnd> {
        let array = self.array;
        let runner = &array.seat.run.runner;
        let cache = match entry {
            Some(_) => CatalogCacheStatus::CacheMiss,
            None => CatalogCacheStatus::CacheDisabled,
        };
        let retries = self.retries();
        loop {
            let number = self.tally.next;
            let running = Change(self.resource(number, Phase::Running, cache));
            let changes = self.changes.clone();
            let outcome = runner
                .tasks
                .run(
                    self.attempt(number),
                    // As with other changes.
                    move || _ = changes.send(running),
                    array.cancel.clone(),
                )
                .boxed()
                .await;
            let (error, is_recoverable) = match outcome {
                TaskOutcome::Succeeded { outputs, .. } => {
                    self.keep(&outputs).await?;
                    let mut cache = cache;
                    if let Some(entry) = entry {
                        entry.put(array.seat, &outputs).await?;
                        cache = CatalogCacheStatus::CachePopulated;
                    }
                    self.change(number, Phase::Succeeded, cache);
                    return Ok(ItemEnd::Succeeded(outputs));
                }
                TaskOutcome::Dynamic { .. } => {
                    (system("Unsupported", "the embedded Flyte does not map over dynamic tasks"), false)
                }
                TaskOutcome::Cancelled => {
                    self.change(number, Phase::Aborted, cache);
                    return Ok(ItemEnd::Aborted);
                }
                TaskOutcome::Failed { error, recoverable } => (error, recoverable),
                TaskOutcome::TimedOut(error) => (error, true),
            };
            self.change(number, Phase::Failed, cache);
            self.tally.failed(&error);
            if let Some(last) = last_error(&self.tally, error, is_recoverable, retries) {
                return Ok(ItemEnd::Failed(last));
            }
        }
    }

    fn retries(&self) -> u32 {
        let retries = |node| attempts::retries(node, self.array.template);
        retries(self.array.node).max(retries(self.array.seat.node))
    }

    fn attempt(&self, number: u32) -> Attempt {
        let array = self.array;
        let overrides = match &array.node.target {
            Some(node::Target::TaskNode(task)) => task.overrides.clone(),
            _ => None,
        };
        let inputs = match array.array.data_mode() {
            array_node::DataMode::SingleInputFile => array.inputs.clone(),
            array_node::DataMode::IndividualInputFiles => array.inputs_of(self.index),
        };
        Attempt {
            template: array.template.clone(),
            inputs,
            place: self.place(number),
            overrides,
            environment: array.seat.run.environment(),
            raw_output_prefix: array.seat.run.raw_output_prefix(),
            timeout: timeout(array.node, array.template),
        }
    }

    async fn keep(&self, outputs: &LiteralMap) -> Engine<()> {
        let (address, data) = (self.address(), prost::Message::encode_to_vec(outputs));
        let runner = &self.array.seat.run.runner;
        runner.write(move |transaction| objects::put(transaction, &address, &data)).await
    }
}
