//! What an execution runs with besides its inputs: what it says itself, else its launch plan, else the attributes of the
//! workflow, of the domain or of the project, else the server's defaults.

use rusqlite::Connection;

use crate::failure::Outcome;
use crate::idl::admin::matching_attributes::Target;
use crate::idl::admin::{
    Envs, Execution, ExecutionSpec, LaunchPlanSpec, MatchableResource, MatchingAttributes,
    RawOutputDataConfig, WorkflowExecutionConfig,
};
use crate::idl::core::{KeyValuePair, ResourceType};
use crate::store::attributes::{self, Place};
use crate::store::entities;

/// How many nodes run at once when nothing else is said: FlyteAdmin's default.
pub const MAX_PARALLELISM: i32 = 25;

/// The settings that matter on one machine.
#[derive(Debug, PartialEq)]
pub struct Settings {
    /// How many nodes may run at once.
    pub max_parallelism: i32,
    /// Whether what is cached is computed anew.
    pub overwrite_cache: bool,
    /// Environment variables of all tasks.
    pub environment: Vec<KeyValuePair>,
    /// Where tasks write files and folders; none for a folder in the data directory.
    pub raw_output_prefix: Option<String>,
}

/// The settings of an execution that is stored.
pub fn of(connection: &Connection, execution: &Execution) -> Outcome<Settings> {
    let id = execution.id.clone().unwrap_or_default();
    let spec = execution.spec.clone().unwrap_or_default();
    let plan = match &spec.launch_plan {
        Some(launched) if launched.resource_type() == ResourceType::LaunchPlan => {
            entities::launch_plan(connection, launched)?.message.spec
        }
        _ => None,
    };
    resolve(connection, &id.project, &id.domain, &spec, plan.as_ref())
}

/// The settings of an execution in a project's domain. `plan` is none for a single task.
pub fn resolve(
    connection: &Connection,
    project: &str,
    domain: &str,
    spec: &ExecutionSpec,
    plan: Option<&LaunchPlanSpec>,
) -> Outcome<Settings> {
    let workflow = plan.and_then(|plan| plan.workflow_id.clone()).unwrap_or_default().name;
    let place = Place { project: project.into(), domain: domain.into(), workflow };
    let kind = MatchableResource::WorkflowExecutionConfig.as_str_name();
    let closest = attributes::closest(connection, &place, kind)?.and_then(|found| found.attributes);
    let of_project = Place { project: project.into(), ..Default::default() };
    let of_project = attributes::get(connection, &of_project, kind)?;

    let mut settings = Settings {
        max_parallelism: spec.max_parallelism.max(0),
        overwrite_cache: spec.overwrite_cache,
        environment: variables(spec.envs.as_ref()),
        raw_output_prefix: prefix(spec.raw_output_data_config.as_ref()),
    };
    if let Some(plan) = plan {
        settings.complete(plan.max_parallelism, plan.overwrite_cache, plan.envs.as_ref());
        settings.write_to(plan.raw_output_data_config.as_ref());
    }
    for config in [closest, of_project].into_iter().flatten().filter_map(config) {
        settings.complete(config.max_parallelism, config.overwrite_cache, config.envs.as_ref());
        settings.write_to(config.raw_output_data_config.as_ref());
    }
    settings.complete(MAX_PARALLELISM, false, None);
    Ok(settings)
}

impl Settings {
    /// Fills in what nothing was said of yet.
    fn complete(&mut self, max_parallelism: i32, overwrite_cache: bool, environment: Option<&Envs>) {
        if self.max_parallelism == 0 {
            self.max_parallelism = max_parallelism.max(0);
        }
        self.overwrite_cache |= overwrite_cache;
        if self.environment.is_empty() {
            self.environment = variables(environment);
        }
    }

    /// Takes this place for raw outputs, unless there is one already.
    fn write_to(&mut self, raw_outputs: Option<&RawOutputDataConfig>) {
        if self.raw_output_prefix.is_none() {
            self.raw_output_prefix = prefix(raw_outputs);
        }
    }
}

fn prefix(raw_outputs: Option<&RawOutputDataConfig>) -> Option<String> {
    raw_outputs.map(|config| config.output_location_prefix.clone()).filter(|prefix| !prefix.is_empty())
}

fn variables(environment: Option<&Envs>) -> Vec<KeyValuePair> {
    environment.map(|environment| environment.values.clone()).unwrap_or_default()
}

fn config(attributes: MatchingAttributes) -> Option<WorkflowExecutionConfig> {
    match attributes.target? {
        Target::WorkflowExecutionConfig(config) => Some(config),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::tests::{Fresh, fresh, id};

    #[test]
    fn the_closest_that_says_something_wins() {
        let Fresh { flyte, _folder } = fresh();
        let envs = |value: &str| Envs { values: vec![KeyValuePair { key: "K".into(), value: value.into() }] };
        let set = |domain: &str, workflow: &str, config| {
            let place = Place { project: "p".into(), domain: domain.into(), workflow: workflow.into() };
            let attributes = MatchingAttributes { target: Some(Target::WorkflowExecutionConfig(config)) };
            let kind = MatchableResource::WorkflowExecutionConfig.as_str_name();
            flyte.store.write(|transaction| attributes::set(transaction, &place, kind, &attributes)).unwrap();
        };
        let resolved = |spec: &ExecutionSpec, plan: &LaunchPlanSpec| {
            flyte.store.read(|view| resolve(view, "p", "staging", spec, Some(plan))).unwrap()
        };
        let workflow_id = Some(id(ResourceType::Workflow, "w", "1"));
        let mut plan = LaunchPlanSpec { workflow_id, ..Default::default() };
        let mut spec = ExecutionSpec::default();
        let default = Settings {
            max_parallelism: 25,
            overwrite_cache: false,
            environment: Vec::new(),
            raw_output_prefix: None,
        };
        assert_eq!(resolved(&spec, &plan), default);

        let raw = |prefix: &str| Some(RawOutputDataConfig { output_location_prefix: prefix.into() });
        set(
            "",
            "",
            WorkflowExecutionConfig {
                envs: Some(envs("project")),
                raw_output_data_config: raw("s3://project"),
                ..Default::default()
            },
        );
        set("staging", "", WorkflowExecutionConfig { max_parallelism: 1, ..Default::default() });
        let expected = Settings {
            max_parallelism: 1,
            overwrite_cache: false,
            environment: envs("project").values,
            raw_output_prefix: Some("s3://project".into()),
        };
        assert_eq!(resolved(&spec, &plan), expected);

        set("staging", "w", WorkflowExecutionConfig { max_parallelism: 2, ..Default::default() });
        plan.envs = Some(envs("plan"));
        plan.overwrite_cache = true;
        plan.raw_output_data_config = raw("s3://plan");
        let expected = Settings {
            max_parallelism: 2,
            overwrite_cache: true,
            environment: envs("plan").values,
            raw_output_prefix: Some("s3://plan".into()),
        };
        assert_eq!(resolved(&spec, &plan), expected);

        plan.max_parallelism = 3;
        spec.max_parallelism = 4;
        spec.envs = Some(envs("execution"));
        spec.raw_output_data_config = raw("s3://execution");
        let found = resolved(&spec, &plan);
        assert_eq!((found.max_parallelism, found.environment), (4, envs("execution").values));
        assert_eq!(found.raw_output_prefix.as_deref(), Some("s3://execution"));
    }
}
