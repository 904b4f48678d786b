//! A node that runs a task once for each item of its inputs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::items::{Change, Item, ItemEnd};
use super::{attempts, unsupported};
use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::task_execution::Phase;
use crate::idl::core::{
    ArrayNode, ExecutionError, Literal, LiteralCollection, LiteralMap, Node, TaskTemplate, array_node,
    literal, node, task_node,
};
use crate::idl::event::{
    ExternalResourceInfo, TaskExecutionEvent, TaskExecutionMetadata, task_execution_event,
};
use crate::messages::head;
use crate::runner::Engine;
use crate::runner::bindings::none;
use crate::runner::journal::Event;
use crate::runner::seat::{End, Seat, error};
use crate::store::nodes::Stored;

/// The longest message of the error of an array, in bytes.
const LONGEST_ERROR: usize = 8 << 10;

/// How many changes of items are recorded at once.
const BATCH: usize = 1_000;

/// What an array node is made of.
pub struct Array<'a> {
    pub seat: &'a Seat<'a>,
    pub array: &'a ArrayNode,
    /// What runs for each item.
    pub node: &'a Node,
    pub template: &'a TaskTemplate,
    pub inputs: LiteralMap,
    /// Cancelled when the items are to end.
    pub cancel: CancellationToken,
    /// How many items may run at once, none when the execution's limit is the only one.
    limit: Option<Semaphore>,
}

/// Runs all items to their end.
pub async fn run(
    seat: &Seat<'_>,
    target: &ArrayNode,
    inputs: LiteralMap,
    known: Option<Stored>,
) -> Engine<End> {
    let Some((node, template)) = task_of(seat, target) else {
        seat.begin(&inputs).await?;
        return unsupported(seat, "array nodes of anything but tasks").await;
    };
    let size = match size(target, &inputs) {
        Ok(size) => size,
        Err(why) => {
            seat.begin(&inputs).await?;
            return seat.fail(error(ErrorKind::User, "InvalidArrayLength", why)).await;
        }
    };
    let array = Array {
        seat,
        array: target,
        node,
        template,
        cancel: seat.scope.cancel.child_token(),
        limit: limit(target),
        inputs,
    };
    let is_known = known.is_some();
    let (mut version, recorded) = match is_known {
        true => super::items::recorded(seat).await?,
        false => Default::default(),
    };
    let (changes, mut changed) = mpsc::unbounded_channel();
    let items: Vec<_> =
        (0..size).map(|index| Item::new(&array, index, recorded.get(&index), changes.clone())).collect();
    drop(changes);
    let mut events = seat.begun(&array.inputs);
    if !is_known {
        events.push(array.event(Phase::Queued, 0, items.iter().map(Item::queued).collect()));
    }
    seat.run.runner.record(events).await?;

    let record = async {
        let mut batch = Vec::new();
        while changed.recv_many(&mut batch, BATCH).await > 0 {
            version += 1;
            let resources = batch.drain(..).map(Change::into_resource).collect();
            seat.run.runner.record(vec![array.event(Phase::Running, version, resources)]).await?;
        }
        Engine::Ok(())
    };
    let (ends, recorded) = tokio::join!(array.run_all(items), record);
    let ends = ends?;
    recorded?;
    array.finish(&ends).await
}

fn task_of<'a>(seat: &'a Seat<'_>, array: &'a ArrayNode) -> Option<(&'a Node, &'a TaskTemplate)> {
    let node = array.node.as_deref()?;
    let Some(node::Target::TaskNode(task)) = &node.target else { return None };
    let Some(task_node::Reference::ReferenceId(id)) = &task.reference else { return None };
    Some((node, seat.scope.program.task(id)?))
}

/// How many items there are: as many as the collections among the inputs have.
fn size(array: &ArrayNode, inputs: &LiteralMap) -> Result<usize, String> {
    let mut size = None;
    for (name, literal) in &inputs.literals {
        let Some(literal::Value::Collection(items)) = &literal.value else { continue };
        if array.bound_inputs.contains(name) {
            continue;
        }
        let found = items.literals.len();
        match size {
            Some(size) if size != found => {
                return Err(format!(
                    "input arrays have different lengths: expecting '{size}' found '{found}'"
                ));
            }
            _ => size = Some(found),
        }
    }
    match size {
        Some(size) => Ok(size),
        None if array.bound_inputs.len() == inputs.literals.len() => Ok(1),
        None => Err("no input array provided".into()),
    }
}

fn limit(array: &ArrayNode) -> Option<Semaphore> {
    let array_node::ParallelismOption::Parallelism(most) = array.parallelism_option?;
    let most = usize::try_from(most).ok().filter(|most| *most > 0).unwrap_or(Semaphore::MAX_PERMITS);
    Some(Semaphore::new(most.min(Semaphore::MAX_PERMITS)))
}

impl Array<'_> {
    /// Where an item waits for its turn.
    pub fn turns(&self) -> &Semaphore {
        self.limit.as_ref().unwrap_or(&self.seat.run.parallel)
    }

    /// What the task of an item gets.
    pub fn inputs_of(&self, index: usize) -> LiteralMap {
        let literals = self.inputs.literals.iter().map(|(name, literal)| {
            let literal = match &literal.value {
                Some(literal::Value::Collection(items)) if !self.array.bound_inputs.contains(name) => {
                    items.literals.get(index).cloned().unwrap_or_else(none)
                }
                _ => literal.clone(),
            };
            (name.clone(), literal)
        });
        LiteralMap { literals: literals.collect() }
    }

    fn most_failures(&self, size: usize) -> usize {
        let successes = match self.array.success_criteria {
            Some(array_node::SuccessCriteria::MinSuccesses(successes)) => {
                usize::try_from(successes).unwrap_or(usize::MAX)
            }
            Some(array_node::SuccessCriteria::MinSuccessRatio(ratio)) => {
                (f64::from(ratio) * size as f64).ceil() as usize
            }
            None => size,
        };
        size.saturating_sub(successes)
    }

    /// Runs the items, as many at once as may; ends the rest once too many have failed.
    async fn run_all(&self, items: Vec<Item<'_>>) -> Engine<Vec<ItemEnd>> {
        let most = self.most_failures(items.len());
        let mut ends: Vec<ItemEnd> = items.iter().map(|_| ItemEnd::Aborted).collect();
        let mut running: FuturesUnordered<_> = items.into_iter().map(Item::run).collect();
        let mut failures = 0;
        while let Some(ended) = running.next().await {
            let (index, end) = ended?;
            failures += usize::from(matches!(end, ItemEnd::Failed(_)));
            if let Some(slot) = ends.get_mut(index) {
                *slot = end;
            }
            if failures > most {
                self.cancel.cancel();
            }
        }
        Ok(ends)
    }

    fn event(&self, phase: Phase, version: u32, external_resources: Vec<ExternalResourceInfo>) -> Event {
        let first = attempts::event(self.seat, self.template, 0, phase);
        let input_value = (phase == Phase::Queued)
            .then(|| task_execution_event::InputValue::InputData(self.inputs.clone()));
        TaskExecutionEvent {
            phase_version: version,
            task_type: "container_array".into(),
            metadata: Some(TaskExecutionMetadata {
                external_resources,
                plugin_identifier: "k8s-array".into(),
                ..Default::default()
            }),
            input_value,
            ..first
        }
        .into()
    }

    /// Records how the array has ended, and gives that.
    async fn finish(&self, ends: &[ItemEnd]) -> Engine<End> {
        let seat = self.seat;
        let failures = ends.iter().filter(|end| matches!(end, ItemEnd::Failed(_))).count();
        if failures > self.most_failures(ends.len()) {
            let error = failure(ends);
            let failed = attempts::failed(seat, self.template, 0, error.clone());
            return seat.end_with(vec![failed], End::Failed(error), None, None).await;
        }
        if ends.iter().any(|end| matches!(end, ItemEnd::Aborted)) {
            let aborted = attempts::aborted(seat, self.template, 0).await?;
            return seat.end_with(vec![aborted], End::Aborted, None, None).await;
        }
        let outputs = self.outputs(ends);
        let succeeded = attempts::succeeded(seat, self.template, 0, Some(&outputs));
        seat.end_with(vec![succeeded], End::Succeeded(Arc::new(outputs)), None, None).await
    }

    /// The outputs of all items, variable by variable; nothing for items that failed.
    fn outputs(&self, ends: &[ItemEnd]) -> LiteralMap {
        let interface = self.template.interface.as_ref();
        let variables = interface.and_then(|interface| interface.outputs.as_ref());
        let names = variables.iter().flat_map(|variables| variables.variables.keys());
        let literals: HashMap<_, _> = names
            .map(|name| {
                let literals = ends.iter().map(|end| match end {
                    ItemEnd::Succeeded(outputs) => outputs.literals.get(name).cloned().unwrap_or_else(none),
                    ItemEnd::Failed(_) | ItemEnd::Aborted => none(),
                });
                let collection = LiteralCollection { literals: literals.collect() };
                let value = Some(literal::Value::Collection(collection));
                (name.clone(), Literal { value, ..Default::default() })
            })
            .collect();
        LiteralMap { literals }
    }
}

/// The error of an array of which too many items have failed: each different message with the items that have it.
fn failure(ends: &[ItemEnd]) -> ExecutionError {
    let mut by_message: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut first = None;
    for (index, end) in ends.iter().enumerate() {
        if let ItemEnd::Failed(error) = end {
            by_message.entry(&error.message).or_default().push(index.to_string());
            first.get_or_insert(error);
        }
    }
    let lines = by_message.iter().map(|(message, indices)| format!("[{}]: {message}\n", indices.join(",")));
    let message: String = lines.collect();
    ExecutionError { message: head(&message, LONGEST_ERROR).to_owned(), ..first.cloned().unwrap_or_default() }
}
