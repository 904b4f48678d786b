use rusqlite::Connection;

use super::{inputs, labels};
use crate::failure::{Outcome, invalid, missing};
use crate::idl::admin::{LaunchPlanCreateRequest, LaunchPlanSpec, Schedule, schedule};
use crate::idl::core::{ParameterMap, ResourceType, SimpleType, TypedInterface, literal_type, parameter};
use crate::messages::text;
use crate::schedules::cron::Cron;

/// Checks a launch plan against its workflow's interface, and gives its spec with the workflow's required inputs
/// added to its defaults, as FlyteAdmin stores it.
pub fn check(
    connection: &Connection,
    request: &LaunchPlanCreateRequest,
    interface: &TypedInterface,
) -> Outcome<LaunchPlanSpec> {
    let id = super::identifier(request.id.as_ref(), ResourceType::LaunchPlan)?;
    super::project_and_domain(connection, &id.project, &id.domain)?;
    let mut spec = request.spec.clone().ok_or_else(|| missing("spec"))?;
    super::identifier(spec.workflow_id.as_ref(), ResourceType::Workflow)?;
    labels::check(spec.labels.as_ref())?;
    inputs::literals(spec.fixed_inputs.as_ref(), "fixed_inputs")?;
    inputs::parameters(spec.default_inputs.as_ref(), "default_inputs")?;
    let expected = inputs::expected(
        interface.inputs.as_ref(),
        spec.fixed_inputs.as_ref(),
        spec.default_inputs.as_ref(),
    )?;
    let metadata = spec.entity_metadata.as_ref();
    if let Some(schedule) = metadata.and_then(|metadata| metadata.schedule.as_ref()) {
        check_schedule(schedule, &expected)?;
    }
    if metadata.is_some_and(|metadata| metadata.launch_conditions.is_some()) {
        return Err(invalid("Launch condition must be empty"));
    }
    spec.default_inputs = Some(expected);
    Ok(spec)
}

fn check_schedule(schedule: &Schedule, expected: &ParameterMap) -> Outcome<()> {
    #[allow(deprecated, reason = "the older way to give a cron expression is still accepted")]
    let cron = match &schedule.schedule_expression {
        Some(schedule::ScheduleExpression::CronExpression(cron)) if !cron.is_empty() => Some(cron.as_str()),
        Some(schedule::ScheduleExpression::CronSchedule(cron)) => Some(cron.schedule.as_str()),
        Some(schedule::ScheduleExpression::Rate(_)) => None,
        _ => return Ok(()),
    };
    let kickoff = schedule.kickoff_time_input_arg.as_str();
    let mut names: Vec<&String> = expected.parameters.keys().collect();
    names.sort();
    for name in names {
        let required = expected.parameters[name].behavior == Some(parameter::Behavior::Required(true));
        if required && name != kickoff {
            return Err(invalid(format!(
                "Cannot create a launch plan with a schedule if there is an unbound required input. [{name}] is required"
            )));
        }
    }
    if !kickoff.is_empty() {
        let parameter = expected.parameters.get(kickoff).ok_or_else(|| {
            invalid(format!(
                "Cannot create a schedule with a KickoffTimeInputArg that does not point to a free input. \
                 [{kickoff}] is not free or does not exist."
            ))
        })?;
        let found = parameter.var.clone().unwrap_or_default().r#type.unwrap_or_default();
        if found.r#type != Some(literal_type::Type::Simple(SimpleType::Datetime as i32)) {
            return Err(invalid(format!(
                "KickoffTimeInputArg must reference a datetime input. [{kickoff}] is a [{}]",
                text(&found)
            )));
        }
    }
    if let Some(cron) = cron.filter(|cron| !cron.is_empty()) {
        Cron::parse(cron).map_err(|problem| invalid(format!("Invalid cron expression: {problem}")))?;
    }
    Ok(())
}
