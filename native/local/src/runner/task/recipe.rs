//! What a task template says is to be run: a command with placeholders, variables and the CPUs it asks for. Container
//! images are not used here, so tasks that are made of one cannot be run.

use flyte_idl::google::protobuf::value::Kind;
use flyte_idl::google::protobuf::{Struct, Value};

use crate::idl::core::resources::{ResourceEntry, ResourceName};
use crate::idl::core::{Container, K8sPod, Resources, TaskTemplate, task_template};

/// How to run a task.
#[derive(Debug, PartialEq)]
pub struct Recipe {
    /// The program and its arguments, with placeholders.
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub resources: Resources,
}

/// The type of flytekit's `ContainerTask`: a command of any image.
const OF_AN_IMAGE: &str = "raw-container";

/// The key of a template's config that names the container of a pod that the task runs in.
const PRIMARY: &str = "primary_container_name";

/// How to run `template`, or why it cannot be run on this machine.
pub fn recipe(template: &TaskTemplate) -> Result<Recipe, String> {
    let recipe = match &template.target {
        Some(task_template::Target::Container(container)) => {
            if container.data_config.is_some() || template.r#type == OF_AN_IMAGE {
                return Err(format!(
                    "it is a command of the container image {}, with its inputs and outputs in files there",
                    container.image
                ));
            }
            of_container(container)
        }
        Some(task_template::Target::K8sPod(pod)) => of_pod(pod, template.config.get(PRIMARY))?,
        Some(task_template::Target::Sql(_)) => {
            return Err(format!("it is a query for a database engine ({})", template.r#type));
        }
        None => {
            return Err(format!(
                "tasks of type {} run in a service of the cluster, in no container",
                template.r#type
            ));
        }
    };
    if recipe.arguments.is_empty() {
        return Err("it has no command, so its container image says what runs".into());
    }
    Ok(recipe)
}

/// The last part of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn of_container(container: &Container) -> Recipe {
    Recipe {
        arguments: container.command.iter().chain(&container.args).cloned().collect(),
        environment: container.env.iter().map(|pair| (pair.key.clone(), pair.value.clone())).collect(),
        resources: container.resources.clone().unwrap_or_default(),
    }
}

fn of_pod(pod: &K8sPod, primary: Option<&String>) -> Result<Recipe, String> {
    if pod.data_config.is_some() {
        return Err("its inputs and outputs are files in a container".into());
    }
    let broken = || "its pod template has no containers".to_owned();
    let containers = pod.pod_spec.as_ref().and_then(|spec| list(spec, "containers")).ok_or_else(broken)?;
    let [Value { kind: Some(Kind::StructValue(container)) }] = containers else {
        return Err(match containers.len() {
            0 => broken(),
            count => format!("its pod has {count} containers, which would have to run side by side"),
        });
    };
    let name = string(container, "name").unwrap_or_default();
    if primary.is_some_and(|primary| primary != name) {
        return Err(format!("its pod has no container {}", primary.map_or("", String::as_str)));
    }
    Ok(Recipe {
        arguments: [strings(container, "command"), strings(container, "args")].concat(),
        environment: pod_environment(container)?,
        resources: pod_resources(container),
    })
}

fn pod_environment(container: &Struct) -> Result<Vec<(String, String)>, String> {
    let mut environment = Vec::new();
    for variable in structs(list(container, "env").unwrap_or_default()) {
        let name = string(variable, "name").unwrap_or_default();
        if variable.fields.contains_key("valueFrom") {
            return Err(format!("its variable {name} takes its value from the cluster (valueFrom)"));
        }
        environment.push((name.to_owned(), string(variable, "value").unwrap_or_default().to_owned()));
    }
    Ok(environment)
}

/// The CPUs of limits and requests; the rest is not looked at here.
fn pod_resources(container: &Struct) -> Resources {
    let resources = container.fields.get("resources").and_then(as_struct);
    let cpus = |part: &str| {
        let cpus = as_struct(resources?.fields.get(part)?)?.fields.get("cpu")?.kind.as_ref()?;
        let value = match cpus {
            Kind::StringValue(text) => text.clone(),
            Kind::NumberValue(number) => number.to_string(),
            _ => return None,
        };
        Some(ResourceEntry { name: ResourceName::Cpu as i32, value })
    };
    Resources {
        requests: cpus("requests").into_iter().collect(),
        limits: cpus("limits").into_iter().collect(),
    }
}

fn as_struct(value: &Value) -> Option<&Struct> {
    match &value.kind {
        Some(Kind::StructValue(fields)) => Some(fields),
        _ => None,
    }
}

fn list<'a>(fields: &'a Struct, name: &str) -> Option<&'a [Value]> {
    match &fields.fields.get(name)?.kind {
        Some(Kind::ListValue(list)) => Some(&list.values),
        _ => None,
    }
}

fn structs(values: &[Value]) -> impl Iterator<Item = &Struct> {
    values.iter().filter_map(as_struct)
}

fn string<'a>(fields: &'a Struct, name: &str) -> Option<&'a str> {
    text(fields.fields.get(name)?)
}

fn text(value: &Value) -> Option<&str> {
    match &value.kind {
        Some(Kind::StringValue(text)) => Some(text),
        _ => None,
    }
}

fn strings(fields: &Struct, name: &str) -> Vec<String> {
    list(fields, name).unwrap_or_default().iter().filter_map(text).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idl::core::{DataLoadingConfig, KeyValuePair, Sql};
    use flyte_idl::google::protobuf::ListValue;

    fn container(args: &[&str]) -> Container {
        Container { args: args.iter().map(|arg| (*arg).to_owned()).collect(), ..Default::default() }
    }

    fn of(target: task_template::Target) -> Result<Recipe, String> {
        recipe(&TaskTemplate { target: Some(target), r#type: "python-task".into(), ..Default::default() })
    }

    fn cpu(value: &str) -> ResourceEntry {
        ResourceEntry { name: ResourceName::Cpu as i32, value: value.into() }
    }

    #[test]
    fn a_container_that_runs_flytekit() {
        let mut container = container(&["pyflyte-execute", "--inputs", "{{.input}}"]);
        container.env = vec![KeyValuePair { key: "A".into(), value: "b".into() }];
        container.resources = Some(Resources { requests: vec![cpu("1")], limits: vec![cpu("2")] });
        let recipe = of(task_template::Target::Container(container)).unwrap();
        assert_eq!(recipe.arguments[0], "pyflyte-execute");
        assert_eq!(recipe.environment, [("A".to_owned(), "b".to_owned())]);
        assert_eq!(recipe.resources, Resources { requests: vec![cpu("1")], limits: vec![cpu("2")] });
    }

    #[test]
    fn what_needs_an_image_or_a_service_is_refused() {
        let refused = |target| of(target).unwrap_err();
        let foreign = Container { image: "perl".into(), ..container(&["perl"]) };
        let foreign = task_template::Target::Container(foreign);
        let foreign =
            TaskTemplate { r#type: OF_AN_IMAGE.into(), target: Some(foreign), ..Default::default() };
        assert!(recipe(&foreign).unwrap_err().contains("container image perl"));
        assert!(refused(task_template::Target::Container(container(&[]))).contains("no command"));
        let copied = Container {
            image: "alpine".into(),
            data_config: Some(DataLoadingConfig::default()),
            ..container(&["pyflyte-execute"])
        };
        assert!(refused(task_template::Target::Container(copied)).contains("alpine"));
        assert!(refused(task_template::Target::Sql(Sql::default())).contains("query"));
        let agent = TaskTemplate { r#type: "bigquery_query_job_task".into(), ..Default::default() };
        assert!(recipe(&agent).unwrap_err().contains("bigquery_query_job_task"));
    }

    fn value(json: &serde_json::Value) -> Value {
        let kind = match json {
            serde_json::Value::String(text) => Kind::StringValue(text.clone()),
            serde_json::Value::Array(items) => {
                Kind::ListValue(ListValue { values: items.iter().map(value).collect() })
            }
            serde_json::Value::Object(fields) => Kind::StructValue(Struct {
                fields: fields.iter().map(|(name, field)| (name.clone(), value(field))).collect(),
            }),
            other => Kind::NumberValue(other.as_f64().unwrap()),
        };
        Value { kind: Some(kind) }
    }

    fn pod(containers: &serde_json::Value) -> Result<Recipe, String> {
        let spec = Struct { fields: [("containers".to_owned(), value(containers))].into() };
        of(task_template::Target::K8sPod(K8sPod { pod_spec: Some(spec), ..Default::default() }))
    }

    #[test]
    fn a_pod_of_one_container_that_runs_flytekit() {
        let recipe = pod(&serde_json::json!([{
            "name": "primary",
            "args": ["pyflyte-execute"],
            "env": [{"name": "A", "value": "b"}],
            "resources": {"requests": {"cpu": 2, "memory": "1Gi"}, "limits": {"cpu": "3"}},
        }]))
        .unwrap();
        assert_eq!(recipe.arguments, ["pyflyte-execute"]);
        assert_eq!(recipe.environment, [("A".to_owned(), "b".to_owned())]);
        assert_eq!(recipe.resources, Resources { requests: vec![cpu("2")], limits: vec![cpu("3")] });
    }

    #[test]
    fn pods_that_need_a_cluster_are_refused() {
        let flytekit = serde_json::json!({"name": "a", "args": ["pyflyte-execute"]});
        let error = pod(&serde_json::json!([flytekit, {"name": "sidecar"}])).unwrap_err();
        assert!(error.contains("2 containers"), "{error}");
        assert!(pod(&serde_json::json!([])).is_err());
        let secret =
            serde_json::json!([{"args": ["pyflyte-execute"], "env": [{"name": "S", "valueFrom": {}}]}]);
        assert!(pod(&secret).unwrap_err().contains("S takes its value"));
    }
}
