//! Creating all entities of a plan: each as soon as those that it needs are there, many at once.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::create::{Attempt, Entity, create, unsuccessful};
use crate::call::{CallOptions, Caller};
use crate::domain::{
    EntityId, EntityKind, RegistrationProgress, RegistrationResult, RegistrationStatus, RegistrationStep,
};
use crate::graph::Graph;

/// Entities under way at once. FlyteAdmin compiles each workflow on its own, and its database has some tens of
/// connections.
const AT_ONCE: usize = 16;

/// How long those under way may go on after a cancel, so that what became of them is known.
const GRACE: Duration = Duration::from_secs(1);

/// How the creation ended.
pub(super) struct Applied {
    /// One for each entity, in their order.
    pub results: Vec<RegistrationResult>,
    pub cancelled: bool,
}

/// Creates the entities in the order that `graph` (over their positions) asks for. The options' timeout is for each
/// call. After a cancel or the loss of the server nothing more is started.
pub(super) async fn apply(
    caller: &Caller,
    entities: &[Entity<'_>],
    graph: &Graph,
    on_progress: &(dyn Fn(RegistrationProgress) + Send + Sync),
    options: &CallOptions,
) -> Applied {
    let mut state = State::new(entities, graph, on_progress);
    // Of their own, so that a cancel leaves them the time of grace.
    let calls = CallOptions { timeout: options.timeout, cancel: CancellationToken::new() };
    let mut cut = None;
    let mut under_way = FuturesUnordered::new();
    loop {
        if cut.is_none() && options.cancel.is_cancelled() {
            state.stop(Stop::Cancelled);
            cut = Some(Instant::now() + GRACE);
        }
        while under_way.len() < AT_ONCE
            && let Some(position) = state.next()
        {
            let calls = &calls;
            under_way.extend(
                entities
                    .get(position)
                    .map(|entity| async move { (position, create(caller, entity, calls).await) }),
            );
        }
        if under_way.is_empty() {
            if state.refuse_ring() {
                continue;
            }
            break;
        }
        tokio::select! {
            biased;
            () = options.cancel.cancelled(), if cut.is_none() => {}
            Some((position, attempt)) = under_way.next() => state.take(position, attempt),
            () = until(cut), if !calls.cancel.is_cancelled() => calls.cancel.cancel(),
        }
    }
    state.finish()
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Why nothing more is started.
enum Stop {
    Cancelled,
    /// The server was lost; in its words.
    Lost(String),
}

struct State<'a> {
    entities: &'a [Entity<'a>],
    graph: &'a Graph,
    on_progress: &'a (dyn Fn(RegistrationProgress) + Send + Sync),
    results: Vec<Option<RegistrationResult>>,
    /// How many of those that each entity needs are not there yet.
    missing: Vec<usize>,
    ready: BTreeSet<usize>,
    done: usize,
    stop: Option<Stop>,
}

impl<'a> State<'a> {
    fn new(
        entities: &'a [Entity<'a>],
        graph: &'a Graph,
        on_progress: &'a (dyn Fn(RegistrationProgress) + Send + Sync),
    ) -> Self {
        let missing = graph.need_counts();
        let ready = (0..entities.len()).filter(|&position| missing.get(position) == Some(&0)).collect();
        let results = vec![None; entities.len()];
        Self { entities, graph, on_progress, results, missing, ready, done: 0, stop: None }
    }

    /// The next to start, if any may be.
    fn next(&mut self) -> Option<usize> {
        if self.stop.is_some() { None } else { self.ready.pop_first() }
    }

    fn is_cancelled(&self) -> bool {
        matches!(self.stop, Some(Stop::Cancelled))
    }

    /// A cancel says more than a loss after it, and the first loss more than those that follow from it.
    fn stop(&mut self, stop: Stop) {
        if self.stop.is_none() || matches!(stop, Stop::Cancelled) {
            self.stop = Some(stop);
        }
    }

    fn take(&mut self, position: usize, attempt: Attempt) {
        match attempt {
            Attempt::Settled(result) => {
                let there = matches!(result.status, RegistrationStatus::Created | RegistrationStatus::Exists);
                self.settle(position, result);
                if there {
                    self.release(position);
                } else {
                    self.skip_dependants(position);
                }
            }
            Attempt::Lost(result, error) => {
                self.stop(Stop::Lost(error.message));
                self.settle(position, result);
            }
            Attempt::Cancelled(result) => {
                self.stop(Stop::Cancelled);
                self.settle(position, result);
            }
        }
    }

    fn settle(&mut self, position: usize, result: RegistrationResult) {
        let Some(slot @ None) = self.results.get_mut(position) else { return };
        self.done += 1;
        let step = match result.id.entity.kind {
            EntityKind::Task => RegistrationStep::Task,
            EntityKind::Workflow => RegistrationStep::Workflow,
            EntityKind::LaunchPlan => RegistrationStep::LaunchPlan,
        };
        *slot = Some(result.clone());
        let total = self.entities.len();
        (self.on_progress)(RegistrationProgress { step, done: self.done, total, result: Some(result) });
    }

    /// Lets those start that needed nothing else than this one any more.
    fn release(&mut self, position: usize) {
        for &dependant in self.graph.dependants(position) {
            let Some(missing) = self.missing.get_mut(dependant) else { continue };
            *missing = missing.saturating_sub(1);
            if *missing == 0 && self.is_open(dependant) {
                self.ready.insert(dependant);
            }
        }
    }

    /// Skips all that need this one, which failed, directly or through others.
    fn skip_dependants(&mut self, failed: usize) {
        let mut left = vec![failed];
        while let Some(position) = left.pop() {
            for &dependant in self.graph.dependants(position) {
                if !self.is_open(dependant) {
                    continue;
                }
                let (Some(entity), Some(needed), Some(cause)) =
                    (self.entities.get(dependant), self.entities.get(position), self.entities.get(failed))
                else {
                    continue;
                };
                let through = if position == failed {
                    String::new()
                } else {
                    format!("{}, which needs ", needed.id.entity)
                };
                let message =
                    format!("Not tried, because it needs {through}{}, which failed.", cause.id.entity);
                self.settle(dependant, unsuccessful(entity.id, RegistrationStatus::Skipped, message));
                left.push(dependant);
            }
        }
    }

    fn is_open(&self, position: usize) -> bool {
        matches!(self.results.get(position), Some(None))
    }

    /// With nothing under way and nothing ready, what is left needs itself. Fails one ring of it; false when there is
    /// none, or when it would not have been tried any more.
    fn refuse_ring(&mut self) -> bool {
        if self.stop.is_some() {
            return false;
        }
        let open: BTreeSet<usize> =
            (0..self.entities.len()).filter(|&position| self.is_open(position)).collect();
        let Some(ring) = self.graph.ring(&open) else { return false };
        let ids: Vec<&EntityId> = ring.iter().filter_map(|&one| Some(self.entities.get(one)?.id)).collect();
        let mut names: Vec<String> = ids.iter().map(|id| id.entity.to_string()).collect();
        names.extend(names.first().cloned());
        let message = format!(
            "Not sent, because these need each other, so that none can be registered first: {}. Take one of the \
             references out.",
            names.join(" → ")
        );
        for (&position, id) in ring.iter().zip(ids) {
            self.settle(position, unsuccessful(id, RegistrationStatus::Failed, message.clone()));
        }
        for position in ring {
            self.skip_dependants(position);
        }
        true
    }

    fn finish(mut self) -> Applied {
        let why = match &self.stop {
            Some(Stop::Lost(message)) => {
                format!("Not tried, because the registration could not go on: {message}")
            }
            Some(Stop::Cancelled) | None => "Not tried, because the registration was cancelled.".to_owned(),
        };
        for (position, entity) in self.entities.iter().enumerate() {
            self.settle(position, unsuccessful(entity.id, RegistrationStatus::Skipped, why.clone()));
        }
        Applied { cancelled: self.is_cancelled(), results: self.results.into_iter().flatten().collect() }
    }
}
