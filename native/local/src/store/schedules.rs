//! Schedules of active launch plans, and when each has fired last.

use rusqlite::{Connection, params};

use super::entities;
use crate::failure::{Outcome, storage};
use crate::idl::admin::{LaunchPlanState, Schedule, schedule::ScheduleExpression};
use crate::idl::core::Identifier;

/// An active launch plan with a schedule. Times are nanoseconds since the epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled {
    /// The row of the launch plan.
    pub row: i64,
    pub id: Identifier,
    pub schedule: Schedule,
    /// When the launch plan was activated.
    pub activated: i64,
    /// The time that it fired for last.
    pub fired: Option<i64>,
}

impl Scheduled {
    /// Whether it has a fixed rate and no cron expression.
    pub fn is_rate(&self) -> bool {
        matches!(self.schedule.schedule_expression, Some(ScheduleExpression::Rate(_)))
    }
}

/// The schedules of all active launch plans.
pub fn active(connection: &Connection) -> Outcome<Vec<Scheduled>> {
    let sql = format!(
        "SELECT {}, launch_plans.id AS row, schedule_firings.fired_at FROM launch_plans
         LEFT JOIN schedule_firings ON launch_plan_id = launch_plans.id
         WHERE state = ?1 AND schedule_type <> 'NONE' ORDER BY launch_plans.id",
        entities::LAUNCH_PLAN
    );
    let mut statement = connection.prepare_cached(&sql).map_err(storage)?;
    let rows = statement
        .query_map([LaunchPlanState::Active as i32], |row| {
            let activated = row.get("updated_at")?;
            Ok((row.get("row")?, entities::parts(row)?, activated, row.get("fired_at")?))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(storage)?;
    let mut found = Vec::with_capacity(rows.len());
    for (row, parts, activated, fired) in rows {
        let message = entities::launch_plan_message(parts)?;
        let metadata = message.spec.and_then(|spec| spec.entity_metadata);
        if let Some(schedule) = metadata.and_then(|metadata| metadata.schedule) {
            found.push(Scheduled { row, id: message.id.unwrap_or_default(), schedule, activated, fired });
        }
    }
    Ok(found)
}

/// Notes that the schedule of the launch plan in row `launch_plan` has fired for the time `at`.
pub fn fired(connection: &Connection, launch_plan: i64, at: i64) -> Outcome<()> {
    connection
        .prepare_cached(
            "INSERT INTO schedule_firings (launch_plan_id, fired_at) VALUES (?1, ?2)
             ON CONFLICT (launch_plan_id) DO UPDATE SET fired_at = ?2",
        )
        .and_then(|mut statement| statement.execute(params![launch_plan, at]))
        .map_err(storage)?;
    Ok(())
}
