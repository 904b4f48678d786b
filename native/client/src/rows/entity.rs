use flyte_idl::flyteidl::admin::{LaunchPlanState, NamedEntityState};

use super::fields::{name_and_version, set, timestamp};
use super::signature::Signature;
use crate::domain::{EntityRow, VersionRow};
use crate::wire::{Fields, WireError, WireValue};

/// `flyteidl.admin.NamedEntity` (`admin/common.proto`: id 2 with name 3; metadata 3 with description 1, state 2).
pub(crate) fn entity(message: &[u8]) -> Result<EntityRow, WireError> {
    let mut row = EntityRow::default();
    for field in Fields::new(message) {
        match field? {
            (2, id) => {
                for field in Fields::new(id.bytes()?) {
                    if let (3, text) = field? {
                        set(&mut row.name, text)?;
                    }
                }
            }
            (3, metadata) => {
                for field in Fields::new(metadata.bytes()?) {
                    match field? {
                        (1, text) => set(&mut row.description, text)?,
                        (2, state) => row.archived = is(state, NamedEntityState::NamedEntityArchived as u64)?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(row)
}

/// `flyteidl.admin.Task` (`admin/task.proto`: id 1; closure 2 with compiled_task 1, created_at 2), whose interface is in
/// `CompiledTask.template` 1 (`core/compiler.proto`), `TaskTemplate.interface` 4 (`core/tasks.proto`).
pub(crate) fn task(message: &[u8]) -> Result<VersionRow, WireError> {
    compiled(message, 4)
}

/// `flyteidl.admin.Workflow` (`admin/workflow.proto`: id 1; closure 2 with compiled_workflow 1, created_at 2), whose
/// interface is in `CompiledWorkflowClosure.primary` 1, `CompiledWorkflow.template` 1 (`core/compiler.proto`) and
/// `WorkflowTemplate.interface` 3 (`core/workflow.proto`).
pub(crate) fn workflow(message: &[u8]) -> Result<VersionRow, WireError> {
    compiled_within(message, &[1, 1, 3])
}

fn compiled(message: &[u8], interface: u32) -> Result<VersionRow, WireError> {
    compiled_within(message, &[1, interface])
}

/// Id 1 and closure 2, with what was compiled in 1 and the time of creation in 2; `path` leads from what was compiled to
/// its interface.
fn compiled_within(message: &[u8], path: &[u32]) -> Result<VersionRow, WireError> {
    let mut row = VersionRow::default();
    let mut signature = Signature::default();
    for field in Fields::new(message) {
        match field? {
            (1, id) => version(id, &mut row)?,
            (2, closure) => {
                for field in Fields::new(closure.bytes()?) {
                    match field? {
                        (1, compiled) => interface_at(compiled, path, &mut signature)?,
                        (2, at) => row.created_at = timestamp(at)?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    row.signature = signature.line();
    Ok(row)
}

fn interface_at<'a>(
    value: WireValue<'a>,
    path: &[u32],
    signature: &mut Signature<'a>,
) -> Result<(), WireError> {
    let Some((next, rest)) = path.split_first() else { return signature.interface(value) };
    for field in Fields::new(value.bytes()?) {
        match field? {
            (number, part) if number == *next => interface_at(part, rest, signature)?,
            _ => {}
        }
    }
    Ok(())
}

/// `flyteidl.admin.LaunchPlan` (`admin/launch_plan.proto`: id 1; closure 3 with state 1, expected_inputs 2,
/// expected_outputs 3, created_at 4). Its inputs are those of the workflow that it does not fix.
pub(crate) fn launch_plan(message: &[u8]) -> Result<VersionRow, WireError> {
    let mut row = VersionRow { active: Some(false), ..VersionRow::default() };
    let mut signature = Signature::default();
    for field in Fields::new(message) {
        match field? {
            (1, id) => version(id, &mut row)?,
            (3, closure) => {
                for field in Fields::new(closure.bytes()?) {
                    match field? {
                        (1, state) => row.active = Some(is(state, LaunchPlanState::Active as u64)?),
                        (2, inputs) => signature.parameters(inputs)?,
                        (3, outputs) => signature.outputs(outputs)?,
                        (4, at) => row.created_at = timestamp(at)?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    row.signature = signature.line();
    Ok(row)
}

fn version(id: WireValue<'_>, row: &mut VersionRow) -> Result<(), WireError> {
    name_and_version(id, &mut String::new(), &mut row.version)
}

fn is(state: WireValue<'_>, wanted: u64) -> Result<bool, WireError> {
    Ok(state.varint()? == wanted)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use flyte_idl::flyteidl::{admin, core};
    use flyte_idl::google::protobuf::Timestamp;
    use prost::Message;

    use super::*;

    fn variable(simple: core::SimpleType) -> core::Variable {
        let r#type = Some(core::literal_type::Type::Simple(simple.into()));
        core::Variable {
            r#type: Some(core::LiteralType { r#type, ..Default::default() }),
            ..Default::default()
        }
    }

    fn variables(entries: &[(&str, core::SimpleType)]) -> core::VariableMap {
        let entries = entries.iter().map(|(name, simple)| ((*name).to_owned(), variable(*simple)));
        core::VariableMap { variables: entries.collect() }
    }

    fn interface() -> Option<core::TypedInterface> {
        use core::SimpleType::{Float, Integer, String};
        Some(core::TypedInterface {
            inputs: Some(variables(&[("a10", String), ("a9", Integer)])),
            outputs: Some(variables(&[("o0", Float)])),
        })
    }

    fn identifier() -> Option<core::Identifier> {
        let (name, version) = ("n".to_owned(), "v7".to_owned());
        Some(core::Identifier { name, version, ..Default::default() })
    }

    const AT: Option<Timestamp> = Some(Timestamp { seconds: 5, nanos: 0 });

    #[test]
    fn a_version_has_its_signature_in_one_line() {
        let task_template = core::TaskTemplate { interface: interface(), ..Default::default() };
        let wire_task = admin::Task {
            id: identifier(),
            closure: Some(admin::TaskClosure {
                compiled_task: Some(core::CompiledTask { template: Some(task_template) }),
                created_at: AT,
            }),
            ..Default::default()
        };
        let workflow_template = core::WorkflowTemplate { interface: interface(), ..Default::default() };
        let primary = core::CompiledWorkflow { template: Some(workflow_template), connections: None };
        let closure = core::CompiledWorkflowClosure { primary: Some(primary), ..Default::default() };
        let wire_workflow = admin::Workflow {
            id: identifier(),
            closure: Some(admin::WorkflowClosure { compiled_workflow: Some(closure), created_at: AT }),
            ..Default::default()
        };
        let expected = VersionRow {
            version: "v7".to_owned(),
            created_at: Some(5_000),
            signature: "(a9: integer, a10: string) -> (o0: float)".to_owned(),
            active: None,
        };
        assert_eq!(task(&wire_task.encode_to_vec()), Ok(expected.clone()));
        assert_eq!(workflow(&wire_workflow.encode_to_vec()), Ok(expected));
    }

    #[test]
    fn a_launch_plan_has_its_state_and_the_inputs_that_it_leaves_open() {
        let parameter =
            core::Parameter { var: Some(variable(core::SimpleType::Boolean)), ..Default::default() };
        let mut closure = admin::LaunchPlanClosure {
            state: LaunchPlanState::Active.into(),
            expected_inputs: Some(core::ParameterMap {
                parameters: HashMap::from([("b".to_owned(), parameter)]),
            }),
            expected_outputs: Some(core::VariableMap::default()),
            created_at: AT,
            ..Default::default()
        };
        let wire = |closure: &admin::LaunchPlanClosure| {
            let closure = Some(closure.clone());
            admin::LaunchPlan { id: identifier(), closure, ..Default::default() }.encode_to_vec()
        };
        let row = launch_plan(&wire(&closure)).unwrap();
        assert_eq!(
            (&*row.signature, row.active, row.created_at),
            ("(b: boolean) -> ()", Some(true), Some(5_000))
        );
        closure.state = LaunchPlanState::Inactive.into();
        assert_eq!(launch_plan(&wire(&closure)).unwrap().active, Some(false));
    }

    #[test]
    fn an_entity_has_its_description_and_whether_it_is_archived() {
        let message = admin::NamedEntity {
            id: Some(admin::NamedEntityIdentifier { name: "n".to_owned(), ..Default::default() }),
            metadata: Some(admin::NamedEntityMetadata {
                description: "for people".to_owned(),
                state: NamedEntityState::NamedEntityArchived.into(),
            }),
            ..Default::default()
        };
        let row = entity(&message.encode_to_vec()).unwrap();
        assert_eq!((&*row.name, &*row.description, row.archived), ("n", "for people", true));
    }
}
