//! Registration: everything is read and checked here first, then the code bundle is stored, then the entities are
//! created, each as soon as those that it needs are there.
//!
//! Creating is safe to repeat: FlyteAdmin answers ALREADY_EXISTS to what it has already, which counts as success.

mod apply;
mod create;
mod problems;
mod references;
mod scope;
mod spec;
mod substitute;
pub(crate) mod upload;

use std::collections::HashMap;

use crate::call::{CallOptions, Caller};
use crate::domain::{
    Bundle, EntityId, EntityKind, RegistrationItem, RegistrationPlan, RegistrationProgress,
    RegistrationReport, RegistrationStatus, RegistrationStep,
};
use crate::error::{FailureReason, FlyteError};
use crate::graph::Graph;
use apply::{Applied, apply};
use create::{Entity, unsuccessful};
use spec::Spec;

/// Uploads the bundle and creates the entities of the plan. `on_progress` is told when the upload starts and ends, and
/// of each entity that is settled. The options' timeout is for each call, not for the whole. A cancel ends it with a
/// report of what is and what is not registered.
///
/// # Errors
/// Before anything is created: [`FailureReason::File`] for a spec or bundle that cannot be used, what keeps the server
/// from being reached, [`FailureReason::Status`] for a project or domain that it does not have, and
/// [`FailureReason::Upload`]. What happens to single entities is in the report.
pub(crate) async fn register(
    caller: &Caller,
    plan: &RegistrationPlan,
    on_progress: &(dyn Fn(RegistrationProgress) + Send + Sync),
    options: &CallOptions,
) -> Result<RegistrationReport, FlyteError> {
    let prepared = match prepare(caller, plan, on_progress, options).await {
        Ok(prepared) => prepared,
        Err(error) if error.reason == FailureReason::Cancelled && options.cancel.is_cancelled() => {
            return Ok(nothing_tried(plan));
        }
        Err(error) if error.action.is_empty() => {
            return Err(error.during(&format!("register version {}", plan.version), caller.endpoint()));
        }
        Err(error) => return Err(error),
    };
    let Applied { results, cancelled } =
        apply(caller, &prepared.entities, &prepared.graph, on_progress, options).await;
    Ok(RegistrationReport { results, cancelled, bundle_uri: prepared.bundle_uri })
}

/// A plan of which everything but the entities is done.
struct Prepared<'a> {
    entities: Vec<Entity<'a>>,
    /// Over the positions of the entities.
    graph: Graph,
    bundle_uri: String,
}

async fn prepare<'a>(
    caller: &Caller,
    plan: &'a RegistrationPlan,
    on_progress: &(dyn Fn(RegistrationProgress) + Send + Sync),
    options: &CallOptions,
) -> Result<Prepared<'a>, FlyteError> {
    let specs = spec::read_all(plan).await?;
    let archive = match &plan.bundle {
        Some(bundle) => Some((bundle, upload::measure(bundle).await?)),
        None => None,
    };
    scope::check(caller, &plan.scope, options).await?;
    let bundle = match archive {
        Some((bundle, archive)) => {
            let uploading = || on_progress(uploading(plan));
            Some((bundle, store(caller, plan, bundle, &archive, uploading, options).await?))
        }
        None => None,
    };
    let graph = graph(&plan.items, &specs);
    let entities = plan.items.iter().zip(specs).map(|(item, spec)| entity(item, spec, bundle.as_ref()));
    let entities = entities.collect::<Result<Vec<_>, _>>()?;
    Ok(Prepared { entities, graph, bundle_uri: bundle.map_or_else(String::new, |(_, address)| address) })
}

fn uploading(plan: &RegistrationPlan) -> RegistrationProgress {
    RegistrationProgress { step: RegistrationStep::Upload, done: 0, total: plan.items.len(), result: None }
}

/// Uploads the bundle and gives its address in the store.
async fn store(
    caller: &Caller,
    plan: &RegistrationPlan,
    bundle: &Bundle,
    archive: &upload::Archive<'_>,
    uploading: impl Fn(),
    options: &CallOptions,
) -> Result<String, FlyteError> {
    uploading();
    let location = upload::location(caller, &plan.scope, &archive.name, archive.md5, options).await?;
    match &bundle.address {
        Some(address) if *address != location.native_url => {
            return Err(FlyteError::new(
                FailureReason::Upload,
                format!(
                    "The server would keep the code bundle at {}, but the entities were serialised for {address}. \
                     Serialise them again.",
                    location.native_url
                ),
            ));
        }
        _ => {}
    }
    upload::put(caller, &location, archive, options).await?;
    uploading();
    Ok(location.native_url)
}

/// The entity as it is sent: with the bundle's address and destination where a task waits for them.
fn entity<'a>(
    item: &'a RegistrationItem,
    spec: Spec,
    bundle: Option<&(&Bundle, String)>,
) -> Result<Entity<'a>, FlyteError> {
    let mut bytes = spec.bytes;
    if item.id.entity.kind == EntityKind::Task
        && let Some((bundle, address)) = bundle
    {
        let substituted = substitute::substitute(&bytes, address, &bundle.destination);
        if let Some(substituted) = substituted.map_err(|error| spec::damaged(item, &error.to_string()))? {
            bytes = substituted.into();
        }
    }
    Ok(Entity {
        id: &item.id,
        spec: bytes,
        activate: item.activate && item.id.entity.kind == EntityKind::LaunchPlan,
    })
}

/// Which items need which. What they need beside the plan is taken to be on the server.
fn graph(items: &[RegistrationItem], specs: &[Spec]) -> Graph {
    let mut positions: HashMap<EntityId, usize> = HashMap::new();
    for (position, item) in items.iter().enumerate() {
        positions.entry(references::key(&item.id)).or_insert(position);
    }
    Graph::new(
        specs.iter().map(|spec| spec.needs.iter().filter_map(|id| positions.get(id).copied()).collect()),
    )
}

/// The report of a registration that was cancelled before the first entity.
fn nothing_tried(plan: &RegistrationPlan) -> RegistrationReport {
    let why = "Not tried, because the registration was cancelled.";
    let results = plan.items.iter();
    let results =
        results.map(|item| unsuccessful(&item.id, RegistrationStatus::Skipped, why.to_owned())).collect();
    RegistrationReport { results, cancelled: true, bundle_uri: String::new() }
}
