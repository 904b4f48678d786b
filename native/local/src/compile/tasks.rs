use super::Errors;
use super::errors::Code;
use crate::idl::core::resources::ResourceEntry;
use crate::idl::core::{TaskTemplate, task_template};
use crate::validation::labels::dns_label_problem;
use crate::validation::tasks::nano_units;
use flyte_idl::google::protobuf::{Struct, value::Kind};

/// Checks what the compiler wants of a task: a command for a container that has something to read or write,
/// quantities that are some, and names for a pod's containers.
pub fn task(template: &TaskTemplate) -> Result<(), Errors> {
    let mut errors = Errors::default();
    match &template.target {
        Some(task_template::Target::Container(container)) => {
            let interface = template.interface.clone().unwrap_or_default();
            let maps = [&interface.inputs, &interface.outputs];
            let has_values = maps.into_iter().flatten().any(|map| !map.variables.is_empty());
            if has_values && container.command.is_empty() && container.args.is_empty() {
                errors.value_required("container", "command");
            }
            if container.image.is_empty() {
                errors.value_required("container", "image");
            }
            let resources = container.resources.iter();
            for entry in resources.flat_map(|resources| resources.requests.iter().chain(&resources.limits)) {
                quantity(entry, &mut errors);
            }
        }
        Some(task_template::Target::K8sPod(pod)) => {
            let unnamed = pod.pod_spec.iter().flat_map(container_names).any(|name| {
                let name = name.unwrap_or_default();
                name.is_empty() || dns_label_problem(&name).is_some()
            });
            if unnamed {
                errors.add(Code::InvalidValue, "root", "Invalid value [k8s pod spec container name].");
            }
        }
        _ => {}
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn quantity(entry: &ResourceEntry, errors: &mut Errors) {
    if nano_units(&entry.value).is_none() {
        let node = format!("resources.{}", entry.name().as_str_name());
        errors.add(Code::UnrecognizedValue, &node, format_args!("Unrecognized value [{}].", entry.value));
    }
}

/// The names of a pod's containers, none for one without.
fn container_names(pod: &Struct) -> Vec<Option<String>> {
    let Some(Kind::ListValue(containers)) =
        pod.fields.get("containers").and_then(|value| value.kind.as_ref())
    else {
        return Vec::new();
    };
    let name = |fields: &Struct| match fields.fields.get("name").and_then(|name| name.kind.as_ref()) {
        Some(Kind::StringValue(name)) => Some(name.clone()),
        _ => None,
    };
    containers
        .values
        .iter()
        .filter_map(|container| match &container.kind {
            Some(Kind::StructValue(fields)) => Some(name(fields)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idl::core::{Container, TypedInterface, Variable, VariableMap};

    fn container(args: &[&str]) -> TaskTemplate {
        let container = Container {
            image: "image".into(),
            args: args.iter().map(|arg| (*arg).into()).collect(),
            ..Default::default()
        };
        let variables = [("a".to_owned(), Variable::default())].into();
        TaskTemplate {
            interface: Some(TypedInterface { inputs: Some(VariableMap { variables }), outputs: None }),
            target: Some(task_template::Target::Container(container)),
            ..Default::default()
        }
    }

    #[test]
    fn a_container_with_inputs_needs_a_command() {
        assert!(task(&container(&["run"])).is_ok());
        assert_eq!(
            task(&container(&[])).unwrap_err().to_string(),
            "Collected Errors: 1\n\
             \tError 0: Code: ValueRequired, Node Id: container, Description: Value required [command].\n"
        );
    }
}
