//! Schedules of active launch plans: which there are is in the store, when they fire in [`timetable`].
//!
//! Cron expressions are in UTC unless they name a time zone. What was due while no server ran is not made up.

pub mod cron;
mod timetable;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tonic::Code;

use crate::admin::executions;
use crate::idl::admin::{ExecutionCreateRequest, ExecutionMetadata, ExecutionSpec, execution_metadata};
use crate::idl::core::{
    Identifier, Literal, LiteralMap, Primitive, ResourceType, Scalar, literal, primitive, scalar,
};
use crate::serve::Flyte;
use crate::store::schedules::{self, Scheduled};
use crate::times;
use timetable::{Firing, Timetable};

/// The longest sleep: the clock may be set meanwhile, or the machine be suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Fires the schedules of active launch plans, and never ends. `flyte.schedules` tells it that one was activated.
pub async fn run(flyte: Arc<Flyte>) {
    let mut table = Timetable::new(times::now());
    loop {
        let work = {
            let flyte = Arc::clone(&flyte);
            tokio::task::spawn_blocking(move || {
                let next = fire_due(&flyte, &mut table);
                (table, next)
            })
        };
        let next = match work.await {
            Ok((kept, next)) => {
                table = kept;
                next
            }
            Err(failure) => {
                tracing::error!("schedules failed and begin anew: {failure}");
                table = Timetable::new(times::now());
                None
            }
        };
        let sleep = next.map(|next| u64::try_from(next.saturating_sub(times::now())).unwrap_or_default());
        let sleep = sleep.map_or(LONGEST_SLEEP, Duration::from_nanos).min(LONGEST_SLEEP);
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            () = flyte.schedules.notified() => {}
        }
    }
}

/// Fires what is due, and gives the time of what is next. May block.
fn fire_due(flyte: &Flyte, table: &mut Timetable) -> Option<i64> {
    let active = match flyte.store.read(|connection| schedules::active(connection)) {
        Ok(active) => active,
        Err(status) => {
            tracing::error!("cannot read the schedules: {}", status.message());
            return None;
        }
    };
    let due = table.due(active, times::now());
    for firing in &due.firings {
        fire(flyte, firing);
    }
    due.next
}

/// Launches the execution of a schedule. One that was launched for the same time before is not launched again.
fn fire(flyte: &Flyte, firing: &Firing) {
    let Firing { scheduled, at } = firing;
    match executions::create(flyte, request(scheduled, *at)) {
        Ok(_) => {}
        Err(status) if status.code() == Code::AlreadyExists => {}
        Err(status) => {
            tracing::warn!("the schedule of {} cannot fire: {}", printed(&scheduled.id), status.message());
        }
    }
    if let Err(status) = flyte.store.write(|transaction| schedules::fired(transaction, scheduled.row, *at)) {
        tracing::error!("cannot note that {} fired: {}", printed(&scheduled.id), status.message());
    }
}

/// What FlyteAdmin's scheduler asks for when a schedule fires for the time `at`. The time is passed to an input only by
/// cron schedules.
fn request(scheduled: &Scheduled, at: i64) -> ExecutionCreateRequest {
    let Scheduled { id, schedule, .. } = scheduled;
    let time = times::timestamp(at);
    let mut inputs = HashMap::new();
    if schedule.kickoff_time_input_arg.as_str() != "" && !scheduled.is_rate() {
        let value = primitive::Value::Datetime(time);
        let value = scalar::Value::Primitive(Primitive { value: Some(value) });
        let value = literal::Value::Scalar(Box::new(Scalar { value: Some(value) }));
        inputs.insert(
            schedule.kickoff_time_input_arg.clone(),
            Literal { value: Some(value), ..Default::default() },
        );
    }
    let metadata = ExecutionMetadata {
        mode: execution_metadata::ExecutionMode::Scheduled as i32,
        scheduled_at: Some(time),
        ..Default::default()
    };
    let spec = ExecutionSpec {
        launch_plan: Some(Identifier { resource_type: ResourceType::LaunchPlan as i32, ..id.clone() }),
        metadata: Some(metadata),
        ..Default::default()
    };
    ExecutionCreateRequest {
        project: id.project.clone(),
        domain: id.domain.clone(),
        name: name(id, time.seconds),
        spec: Some(spec),
        inputs: Some(LiteralMap { literals: inputs }),
        org: String::new(),
    }
}

/// The name of an execution by schedule, which FlyteAdmin makes from the launch plan and the time so that there can be
/// only one: 64 bits of FNV-1, and zeros up to the usual length.
fn name(id: &Identifier, seconds: i64) -> String {
    let Identifier { project, domain, name, version, .. } = id;
    let text = format!("{project}:{domain}:{name}:{version}:{seconds}");
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        hash.wrapping_mul(0x0000_0100_0000_01b3) ^ u64::from(byte)
    });
    format!("f{:016x}000", hash.swap_bytes())
}

/// A launch plan as the log names it.
fn printed(id: &Identifier) -> String {
    format!("{}/{}/{} {}", id.project, id.domain, id.name, id.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::launch_plans;
    use crate::admin::tests::{Fresh, id, launch_plan, registered, set_state};
    use crate::idl::admin::{
        CronSchedule, Execution, LaunchPlanMetadata, LaunchPlanState, NamedEntityIdentifier,
        ResourceListRequest, Schedule, schedule::ScheduleExpression,
    };

    fn cron(expression: &str, kickoff: &str) -> Schedule {
        let schedule = CronSchedule { schedule: expression.into(), offset: String::new() };
        Schedule {
            kickoff_time_input_arg: kickoff.into(),
            schedule_expression: Some(ScheduleExpression::CronSchedule(schedule)),
        }
    }

    /// A state with version `3` of the launch plan, which has a schedule.
    fn scheduled(expression: &str) -> Fresh {
        let fresh = registered();
        let mut request = launch_plan("3");
        if let Some(spec) = &mut request.spec {
            let schedule = Some(cron(expression, ""));
            spec.entity_metadata = Some(LaunchPlanMetadata { schedule, ..Default::default() });
        }
        launch_plans::create(&fresh.flyte, request).unwrap();
        fresh
    }

    fn active(flyte: &Flyte) -> Vec<Scheduled> {
        flyte.store.read(|connection| schedules::active(connection)).unwrap()
    }

    fn launched(flyte: &Flyte) -> Vec<Execution> {
        use prost::Message;
        let scope =
            NamedEntityIdentifier { project: "p".into(), domain: "development".into(), ..Default::default() };
        let request = ResourceListRequest { id: Some(scope), limit: 100, ..Default::default() };
        let list = executions::list(flyte, request).unwrap();
        crate::idl::admin::ExecutionList::decode(list.as_slice()).unwrap().executions
    }

    #[test]
    fn active_launch_plans_with_a_schedule_are_listed() {
        let Fresh { flyte, _folder } = scheduled("@daily");
        assert_eq!(active(&flyte), []);
        set_state(&flyte, "3", LaunchPlanState::Active);
        let listed = active(&flyte);
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].id.version.as_str(), listed[0].fired), ("3", None));
        assert_eq!(listed[0].schedule, cron("@daily", ""));
        // Another version takes its place, without a schedule.
        set_state(&flyte, "1", LaunchPlanState::Active);
        assert_eq!(active(&flyte), []);
    }

    #[test]
    fn a_firing_launches_one_execution() {
        let Fresh { flyte, _folder } = scheduled("@daily");
        set_state(&flyte, "3", LaunchPlanState::Active);
        let at = 1_767_225_600_000_000_000;
        for _ in 0..2 {
            fire(&flyte, &Firing { scheduled: active(&flyte).remove(0), at });
        }
        let launched = launched(&flyte);
        assert_eq!(launched.len(), 1);
        let spec = launched[0].spec.clone().unwrap();
        let metadata = spec.metadata.unwrap();
        assert_eq!(metadata.mode(), execution_metadata::ExecutionMode::Scheduled);
        assert_eq!(metadata.scheduled_at, Some(times::timestamp(at)));
        assert_eq!(spec.launch_plan, Some(id(ResourceType::LaunchPlan, "l", "3")));
        assert_eq!(active(&flyte)[0].fired, Some(at));
    }

    #[test]
    fn a_firing_that_cannot_launch_is_noted() {
        let Fresh { flyte, _folder } = scheduled("@daily");
        set_state(&flyte, "3", LaunchPlanState::Active);
        let mut gone = active(&flyte).remove(0);
        gone.id.version = "gone".into();
        fire(&flyte, &Firing { scheduled: gone, at: 5 });
        assert!(launched(&flyte).is_empty());
        assert_eq!(active(&flyte)[0].fired, Some(5));
    }

    #[test]
    fn cron_schedules_pass_their_time_on() {
        let Fresh { flyte, _folder } = scheduled("@daily");
        set_state(&flyte, "3", LaunchPlanState::Active);
        let mut scheduled = active(&flyte).remove(0);
        scheduled.schedule = cron("@daily", "at");
        let literals = request(&scheduled, 7_000_000_000).inputs.unwrap().literals;
        let Some(literal::Value::Scalar(value)) = &literals["at"].value else { panic!("{literals:?}") };
        let time = primitive::Value::Datetime(times::timestamp(7_000_000_000));
        assert_eq!(value.value, Some(scalar::Value::Primitive(Primitive { value: Some(time) })));
        scheduled.schedule.schedule_expression = Some(ScheduleExpression::Rate(Default::default()));
        assert!(request(&scheduled, 7).inputs.unwrap().literals.is_empty());
    }

    #[test]
    fn names_are_those_of_flyteadmin() {
        let id = Identifier {
            name: "nightly".into(),
            version: "v1".into(),
            ..id(ResourceType::LaunchPlan, "", "")
        };
        assert_eq!(name(&id, 1_767_225_600), "fee3a6a0f438c449c000");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_schedule_fires_from_its_activation_on() {
        let Fresh { flyte, _folder } = scheduled("@every 1s");
        let flyte = Arc::new(flyte);
        let running = tokio::spawn(run(Arc::clone(&flyte)));
        set_state(&flyte, "3", LaunchPlanState::Active);
        let fired = async {
            while launched(&flyte).len() < 2 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LONGEST_SLEEP, fired).await.unwrap();
        running.abort();
    }
}
