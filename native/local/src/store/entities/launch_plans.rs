use prost::Message;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::failure::{Outcome, corrupt, storage};
use crate::idl::admin::{
    LaunchPlan, LaunchPlanClosure, LaunchPlanSpec, LaunchPlanState, schedule::ScheduleExpression,
};
use crate::idl::core::{Identifier, ResourceType};
use crate::times;

/// The columns that [`parts`] reads.
pub const LAUNCH_PLAN: &str = "launch_plans.project, launch_plans.domain, launch_plans.name, launch_plans.version, \
     launch_plans.spec, launch_plans.closure, launch_plans.state, launch_plans.created_at, launch_plans.updated_at";

/// A row of [`LAUNCH_PLAN`], not decoded yet.
pub struct Parts {
    id: Identifier,
    spec: Vec<u8>,
    closure: Vec<u8>,
    state: i32,
    created: i64,
    updated: i64,
}

/// Reads the columns of [`LAUNCH_PLAN`] by their names.
pub fn parts(row: &Row) -> rusqlite::Result<Parts> {
    let id = Identifier {
        resource_type: ResourceType::LaunchPlan as i32,
        project: row.get("project")?,
        domain: row.get("domain")?,
        name: row.get("name")?,
        version: row.get("version")?,
        org: String::new(),
    };
    Ok(Parts {
        id,
        spec: row.get("spec")?,
        closure: row.get("closure")?,
        state: row.get("state")?,
        created: row.get("created_at")?,
        updated: row.get("updated_at")?,
    })
}

/// The launch plan that a row holds.
pub fn launch_plan_message(parts: Parts) -> Outcome<LaunchPlan> {
    let mut closure = LaunchPlanClosure::decode(parts.closure.as_slice()).map_err(corrupt)?;
    closure.state = parts.state;
    closure.created_at = Some(times::timestamp(parts.created));
    closure.updated_at = Some(times::timestamp(parts.updated));
    let spec = LaunchPlanSpec::decode(parts.spec.as_slice()).map_err(corrupt)?;
    Ok(LaunchPlan { id: Some(parts.id), spec: Some(spec), closure: Some(closure) })
}

/// Adds an inactive launch plan of the workflow in row `workflow`. Its id must be new.
pub fn insert_launch_plan(
    connection: &Connection,
    id: &Identifier,
    spec: &LaunchPlanSpec,
    closure: &LaunchPlanClosure,
    workflow: i64,
) -> Outcome<()> {
    let schedule_type = schedule_type(spec);
    let condition_type = (schedule_type != "NONE").then_some("SCHED");
    connection
        .prepare_cached(
            "INSERT INTO launch_plans
               (created_at, updated_at, project, domain, name, version, workflow_id, state, schedule_type,
                launch_condition_type, spec, closure)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                times::now(),
                id.project,
                id.domain,
                id.name,
                id.version,
                workflow,
                LaunchPlanState::Inactive as i32,
                schedule_type,
                condition_type,
                spec.encode_to_vec(),
                closure.encode_to_vec()
            ])
        })
        .map_err(storage)?;
    Ok(())
}

/// What FlyteAdmin keeps of a schedule for filters.
fn schedule_type(spec: &LaunchPlanSpec) -> &'static str {
    let schedule = spec.entity_metadata.as_ref().and_then(|metadata| metadata.schedule.as_ref());
    #[allow(deprecated, reason = "the older way to give a cron expression is still accepted")]
    match schedule.and_then(|schedule| schedule.schedule_expression.as_ref()) {
        Some(ScheduleExpression::CronExpression(cron)) if cron.is_empty() => "NONE",
        Some(ScheduleExpression::CronExpression(_) | ScheduleExpression::CronSchedule(_)) => "CRON",
        Some(ScheduleExpression::Rate(_)) => "RATE",
        None => "NONE",
    }
}

/// The active version of a launch plan.
pub fn active_launch_plan(
    connection: &Connection,
    project: &str,
    domain: &str,
    name: &str,
) -> Outcome<Option<LaunchPlan>> {
    let sql = format!(
        "SELECT {LAUNCH_PLAN} FROM launch_plans
         WHERE project = ?1 AND domain = ?2 AND state = ?3 AND name = ?4"
    );
    let active = LaunchPlanState::Active as i32;
    let found = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            statement.query_row(params![project, domain, active, name], parts).optional()
        })
        .map_err(storage)?;
    found.map(launch_plan_message).transpose()
}

/// Makes the launch plan in row `row` the only active one of its name.
pub fn activate(transaction: &Transaction, id: &Identifier, row: i64) -> Outcome<()> {
    transaction
        .execute(
            "UPDATE launch_plans SET state = ?1, updated_at = ?2
             WHERE project = ?3 AND domain = ?4 AND name = ?5 AND state = ?6 AND id <> ?7",
            params![
                LaunchPlanState::Inactive as i32,
                times::now(),
                id.project,
                id.domain,
                id.name,
                LaunchPlanState::Active as i32,
                row
            ],
        )
        .map_err(storage)?;
    set_state(transaction, row, LaunchPlanState::Active)
}

/// Makes the launch plan in row `row` inactive.
pub fn deactivate(transaction: &Transaction, row: i64) -> Outcome<()> {
    set_state(transaction, row, LaunchPlanState::Inactive)
}

fn set_state(transaction: &Transaction, row: i64, state: LaunchPlanState) -> Outcome<()> {
    transaction
        .execute(
            "UPDATE launch_plans SET state = ?1, updated_at = ?2 WHERE id = ?3",
            params![state as i32, times::now(), row],
        )
        .map_err(storage)?;
    Ok(())
}
