//! A workflow: each node starts when those that it waits for have ended.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::FuturesUnordered;

use super::bindings::{self, Outputs};
use super::execution::Run;
use super::seat::{End, Scope, Seat, system};
use super::{Engine, nodes};
use crate::compile::{END, START};
use crate::idl::core::node_execution::Phase;
use crate::idl::core::workflow_metadata::OnFailurePolicy;
use crate::idl::core::{ExecutionError, LiteralMap, Node, NodeExecutionIdentifier, WorkflowTemplate};
use crate::idl::event::{NodeExecutionEvent, node_execution_event::OutputResult};
use crate::store::nodes::Stored;

/// Runs a workflow with these inputs to its end.
pub fn run<'a>(
    run: &'a Run,
    scope: &'a Scope,
    template: &'a WorkflowTemplate,
    inputs: LiteralMap,
) -> BoxFuture<'a, Engine<End>> {
    async move {
        let inputs = Arc::new(inputs);
        // The nodes can be told to end without those around the workflow.
        let inner = Scope { cancel: scope.cancel.child_token(), ..scope.clone() };
        let mut known = known(run, &inner, template).await?;
        if !known.contains_key(START) {
            start(run, &inner, &inputs).await?;
        }
        let mut walk = Walk::new(template, Arc::clone(&inputs));
        walk.heed(&known, &inner);
        let mut running = FuturesUnordered::new();
        loop {
            for node in walk.ready() {
                let known = known.remove(&node.id);
                // Once it has failed nothing new starts, but what was running must be told to end.
                if walk.is_over() && known.is_none() {
                    continue;
                }
                let skip = walk.is_skipped(node);
                let outputs = walk.outputs_for(node);
                let inner = &inner;
                running.push(async move {
                    let seat = Seat::new(run, inner, node, known.as_ref());
                    (node, nodes::run(&seat, known, outputs, skip).await)
                });
            }
            let Some((node, end)) = running.next().await else { break };
            walk.ended(node, end?, &inner);
        }
        drop(running);
        match walk.failure {
            Some(error) => failed(run, scope, template, &walk.outputs, error).await,
            None if inner.cancel.is_cancelled() || walk.was_aborted => Ok(End::Aborted),
            None => finish(run, &inner, template, &walk.outputs, known.get(END)).await,
        }
    }
    .boxed()
}

/// How far a workflow is.
struct Walk<'a> {
    waiting: Vec<(&'a Node, BTreeSet<&'a str>)>,
    outputs: Outputs,
    skipped: BTreeSet<&'a str>,
    failure: Option<ExecutionError>,
    was_aborted: bool,
    policy: OnFailurePolicy,
}

impl<'a> Walk<'a> {
    fn new(template: &'a WorkflowTemplate, inputs: Arc<LiteralMap>) -> Self {
        let own = template.nodes.iter().filter(|node| node.id != START && node.id != END);
        Self {
            waiting: own.map(|node| (node, bindings::upstream(node))).collect(),
            outputs: HashMap::from([(START.to_owned(), inputs)]),
            skipped: BTreeSet::new(),
            failure: None,
            was_aborted: false,
            policy: template.metadata.as_ref().map(|metadata| metadata.on_failure()).unwrap_or_default(),
        }
    }

    /// Takes over the failures of an earlier start, so that nothing is started in vain.
    fn heed(&mut self, known: &HashMap<String, Stored>, scope: &Scope) {
        let failed = self.waiting.iter().filter_map(|(node, _)| known.get(&node.id)).find_map(|stored| {
            match nodes::recorded_end(stored) {
                Some(nodes::Recorded::Failed(error)) => Some(error),
                _ => None,
            }
        });
        if let Some(error) = failed {
            self.fail(error, scope);
        }
    }

    /// Whether no node may start any more.
    fn is_over(&self) -> bool {
        self.failure.is_some() && self.policy == OnFailurePolicy::FailImmediately
    }

    /// The nodes that wait for nothing any more; they are given once.
    fn ready(&mut self) -> Vec<&'a Node> {
        let has_ended = |id: &str| self.outputs.contains_key(id) || self.skipped.contains(id);
        let (ready, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|(_, upstream)| upstream.iter().all(|id| has_ended(id)));
        self.waiting = waiting;
        ready.into_iter().map(|(node, _)| node).collect()
    }

    /// Whether a node has to be skipped as one that it waits for was.
    fn is_skipped(&self, node: &Node) -> bool {
        bindings::upstream(node).into_iter().any(|id| self.skipped.contains(id))
    }

    /// What a node may take its inputs from.
    fn outputs_for(&self, node: &Node) -> Outputs {
        let upstream = bindings::upstream(node);
        let needed = upstream.into_iter().chain([START]);
        needed.filter_map(|id| Some((id.to_owned(), Arc::clone(self.outputs.get(id)?)))).collect()
    }

    fn ended(&mut self, node: &'a Node, end: End, scope: &Scope) {
        match end {
            End::Succeeded(outputs) => _ = self.outputs.insert(node.id.clone(), outputs),
            End::Skipped => _ = self.skipped.insert(&node.id),
            End::Aborted => self.was_aborted = true,
            End::Failed(error) => self.fail(error, scope),
        }
    }

    fn fail(&mut self, error: ExecutionError, scope: &Scope) {
        self.failure.get_or_insert(error);
        if self.policy == OnFailurePolicy::FailImmediately {
            scope.cancel.cancel();
        }
    }
}

/// What was recorded of a workflow's nodes by an earlier start, by their ids.
async fn known(run: &Run, scope: &Scope, template: &WorkflowTemplate) -> Engine<HashMap<String, Stored>> {
    if run.is_new {
        return Ok(HashMap::new());
    }
    let ids = template.nodes.iter().map(|node| &node.id);
    let wanted: Vec<_> = ids
        .map(|id| {
            let execution_id = Some(run.id.clone());
            (id.clone(), NodeExecutionIdentifier { node_id: scope.id(id), execution_id })
        })
        .collect();
    run.runner
        .read(move |view| {
            let mut found = HashMap::new();
            for (id, unique) in wanted {
                if let Some(stored) = crate::store::nodes::find(view, &unique)? {
                    found.insert(id, stored);
                }
            }
            Ok(found)
        })
        .await
}

/// Records the node that stands for the workflow's inputs.
async fn start(run: &Run, scope: &Scope, inputs: &Arc<LiteralMap>) -> Engine<()> {
    let node = Node { id: START.into(), ..Default::default() };
    let seat = Seat::new(run, scope, &node, None);
    seat.end(End::Succeeded(Arc::clone(inputs)), None).await.map(|_| ())
}

/// Records the node that stands for the workflow's outputs, and gives these.
async fn finish(
    run: &Run,
    scope: &Scope,
    template: &WorkflowTemplate,
    outputs: &Outputs,
    known: Option<&Stored>,
) -> Engine<End> {
    let node = Node { id: END.into(), ..Default::default() };
    let seat = Seat::new(run, scope, &node, known);
    match bindings::resolve(&template.outputs, outputs) {
        Ok(outputs) => {
            let outputs = Arc::new(outputs);
            let succeeded = NodeExecutionEvent {
                output_result: Some(OutputResult::OutputData(LiteralMap::clone(&outputs))),
                ..seat.event(Phase::Succeeded)
            };
            let mut events = seat.begun(&outputs);
            events.push(succeeded.into());
            run.runner.record(events).await?;
            Ok(End::Succeeded(outputs))
        }
        Err(why) => seat.fail(system("BindingResolutionFailure", why)).await,
    }
}

/// What becomes of a workflow with a failed node: its failure node runs, if it has one.
async fn failed(
    run: &Run,
    scope: &Scope,
    template: &WorkflowTemplate,
    outputs: &Outputs,
    error: ExecutionError,
) -> Engine<End> {
    if scope.cancel.is_cancelled() {
        return Ok(End::Aborted);
    }
    if scope.parent.is_none() {
        run.runner.record(vec![run.failing(&error)]).await?;
    }
    let Some(node) = &template.failure_node else { return Ok(End::Failed(error)) };
    let known = scope.known(run, node).await?;
    let seat = Seat::new(run, scope, node, known.as_ref());
    Ok(match nodes::on_failure(&seat, known, outputs, &error).await? {
        // When what cleans up fails too, its failure is what is seen.
        End::Failed(later) => End::Failed(later),
        End::Aborted => End::Aborted,
        End::Succeeded(_) | End::Skipped => End::Failed(error),
    })
}
