//! Launch plans: registered inactive, at most one version of a name active.

use rusqlite::Transaction;
use tonic::Status;

use super::{listing, versions};
use crate::failure::{Outcome, invalid};
use crate::filters::{self, Condition, Table};
use crate::idl::admin::{
    ActiveLaunchPlanListRequest, ActiveLaunchPlanRequest, LaunchPlan, LaunchPlanClosure,
    LaunchPlanCreateRequest, LaunchPlanCreateResponse, LaunchPlanList, LaunchPlanState,
    LaunchPlanUpdateRequest, LaunchPlanUpdateResponse, NamedEntityIdentifierList,
    NamedEntityIdentifierListRequest, ObjectGetRequest, ResourceListRequest,
};
use crate::idl::core::{ResourceType, TypedInterface};
use crate::serve::Flyte;
use crate::store::entities;
use crate::store::list::Listing;
use crate::validation;

/// Registers a launch plan, inactive. The same again is ALREADY_EXISTS, another one under the same id INVALID_ARGUMENT
/// with what differs.
pub fn create(flyte: &Flyte, request: LaunchPlanCreateRequest) -> Outcome<LaunchPlanCreateResponse> {
    flyte.store.write(|transaction| create_in(transaction, request))?;
    Ok(LaunchPlanCreateResponse {})
}

/// [`create`] as part of a larger change.
pub fn create_in(transaction: &Transaction, request: LaunchPlanCreateRequest) -> Outcome<()> {
    let workflow_id = request.spec.as_ref().and_then(|spec| spec.workflow_id.as_ref());
    let workflow_id = validation::identifier(workflow_id, ResourceType::Workflow)?;
    let workflow = entities::listed_workflow(transaction, workflow_id)?;
    let compiled = workflow.message.closure.unwrap_or_default().compiled_workflow.unwrap_or_default();
    let template = compiled.primary.unwrap_or_default().template.unwrap_or_default();
    let interface: TypedInterface = template.interface.unwrap_or_default();
    let spec = validation::launch_plans::check(transaction, &request, &interface)?;
    let closure = LaunchPlanClosure {
        expected_inputs: spec.default_inputs.clone(),
        expected_outputs: interface.outputs,
        ..Default::default()
    };
    let id = request.id.unwrap_or_default();

    if let Some(existing) = versions::existing(entities::launch_plan(transaction, &id))? {
        let known = existing.message.spec.unwrap_or_default();
        let outputs = existing.message.closure.unwrap_or_default().expected_outputs;
        return Err(if known == spec && outputs == closure.expected_outputs {
            Status::already_exists("launch plan with identical structure already exists")
        } else {
            versions::different("launch plan", &id, &known, &spec)
        });
    }
    entities::insert_launch_plan(transaction, &id, &spec, &closure, workflow.row)
}

/// Activates a launch plan, and with that deactivates the version that was active; or deactivates it.
pub fn update(flyte: &Flyte, request: LaunchPlanUpdateRequest) -> Outcome<LaunchPlanUpdateResponse> {
    let id = validation::identifier(request.id.as_ref(), ResourceType::LaunchPlan)?;
    let state = LaunchPlanState::try_from(request.state)
        .map_err(|_| invalid(format!("Unrecognized launch plan state {} for update", request.state)))?;
    flyte.store.write(|transaction| {
        let found = entities::launch_plan(transaction, id)?;
        match state {
            LaunchPlanState::Active => entities::activate(transaction, id, found.row)?,
            LaunchPlanState::Inactive => entities::deactivate(transaction, found.row)?,
        }
        Ok(())
    })?;
    flyte.schedules.notify_one();
    Ok(LaunchPlanUpdateResponse {})
}

/// The launch plan of an id.
pub fn get(flyte: &Flyte, request: ObjectGetRequest) -> Outcome<LaunchPlan> {
    let id = validation::identifier(request.id.as_ref(), ResourceType::LaunchPlan)?;
    Ok(flyte.store.read(|connection| entities::launch_plan(connection, id))?.message)
}

/// The active version of a name.
pub fn get_active(flyte: &Flyte, request: ActiveLaunchPlanRequest) -> Outcome<LaunchPlan> {
    let id = request.id.unwrap_or_default();
    validation::entity_name(Some(&id))?;
    let found = flyte
        .store
        .read(|connection| entities::active_launch_plan(connection, &id.project, &id.domain, &id.name))?;
    found.ok_or_else(|| {
        Status::not_found(format!(
            "No active launch plan could be found: {}:{}:{}",
            id.project, id.domain, id.name
        ))
    })
}

/// A page of versions.
pub fn list(flyte: &Flyte, request: ResourceListRequest) -> Outcome<LaunchPlanList> {
    let listing = listing::versions(&request, Table::LaunchPlan, entities::LAUNCH_PLAN, "ListLaunchPlans")?;
    rows(flyte, &listing)
}

/// A page of those versions that are active.
pub fn list_active(flyte: &Flyte, request: ActiveLaunchPlanListRequest) -> Outcome<LaunchPlanList> {
    validation::given(&request.project, "project")?;
    validation::given(&request.domain, "domain")?;
    validation::limit(request.limit)?;
    let table = Table::LaunchPlan;
    let conditions = vec![
        Condition::equals(table, "project", request.project),
        Condition::equals(table, "domain", request.domain),
        Condition::equals(table, "state", i64::from(LaunchPlanState::Active as i32)),
    ];
    let order = filters::order(request.sort_by.as_ref(), table, listing::BY_NAME)?;
    let page = listing::page(request.limit, &request.token, "ListActiveLaunchPlans")?;
    rows(flyte, &Listing { table, columns: entities::LAUNCH_PLAN, conditions, order, page })
}

fn rows(flyte: &Flyte, listing: &Listing<'_>) -> Outcome<LaunchPlanList> {
    let rows = flyte.store.read(|connection| listing.rows(connection, entities::parts))?;
    let token = filters::next_token(listing.page, rows.len());
    let launch_plans = rows.into_iter().map(entities::launch_plan_message).collect::<Outcome<_>>()?;
    Ok(LaunchPlanList { launch_plans, token })
}

/// A page of names.
pub fn ids(flyte: &Flyte, request: NamedEntityIdentifierListRequest) -> Outcome<NamedEntityIdentifierList> {
    versions::names(flyte, &request, Table::LaunchPlan, "ListLaunchPlanIds")
}
