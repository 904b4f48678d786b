//! The decoders on what a real FlyteAdmin sent (`test/fixtures/recordings`), against the JSON that was recorded beside it.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flyte_idl::flyteidl::{admin, core};
use prost::Message;
use serde_json::Value;
use time::{Date, Month, Time, UtcDateTime};

use super::*;
use crate::domain::Phase;
use crate::values::{natural, type_name};

/// Every recorded answer of a method, as bytes and as JSON.
fn answers(method: &str) -> Vec<(Vec<u8>, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures/recordings");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut answers = Vec::new();
    for file in files {
        for line in fs::read_to_string(file).unwrap().lines() {
            let call: Value = serde_json::from_str(line).unwrap();
            if call["method"] == method && call["response_b64"].is_string() {
                let bytes = STANDARD.decode(call["response_b64"].as_str().unwrap()).unwrap();
                answers.push((bytes, call["response_json"].clone()));
            }
        }
    }
    assert!(!answers.is_empty(), "no recording of {method}");
    answers
}

/// Compares every row of every answer, and the tokens; gives how many rows that were.
fn compare<Row>(
    method: &str,
    items: &str,
    decode: impl Fn(&[u8]) -> Result<Row, WireError>,
    same: impl Fn(&Row, &Value),
) -> usize {
    let mut compared = 0;
    for (bytes, json) in answers(method) {
        let (rows, token) = list(&bytes, &decode).unwrap();
        assert_eq!(token, text(&json["token"]));
        let expected = json[items].as_array().cloned().unwrap_or_default();
        assert_eq!(rows.len(), expected.len());
        for (row, json) in rows.iter().zip(&expected) {
            same(row, json);
        }
        compared += rows.len();
    }
    compared
}

fn text(json: &Value) -> &str {
    json.as_str().unwrap_or_default()
}

/// A protobuf JSON timestamp in milliseconds.
fn timestamp(json: &Value) -> Option<i64> {
    let text = json.as_str()?;
    let number = |from: usize, to: usize| text[from..to].parse::<u16>().unwrap();
    let month = Month::try_from(number(5, 7) as u8).unwrap();
    let date = Date::from_calendar_date(i32::from(number(0, 4)), month, number(8, 10) as u8).unwrap();
    let time = Time::from_hms(number(11, 13) as u8, number(14, 16) as u8, number(17, 19) as u8).unwrap();
    let fraction: f64 = text[19..text.len() - 1].parse().unwrap_or(0.0);
    Some(UtcDateTime::new(date, time).unix_timestamp() * 1000 + (fraction * 1000.0).floor() as i64)
}

/// A protobuf JSON duration in milliseconds.
fn duration(json: &Value) -> Option<i64> {
    let seconds: f64 = json.as_str()?.strip_suffix('s')?.parse().unwrap();
    Some((seconds * 1000.0).floor() as i64)
}

/// `SUCCEEDED` of `"SUCCEEDED"`, and of nothing `UNDEFINED`.
fn phase(phase: Phase) -> String {
    let camel = format!("{phase:?}");
    let mut name = String::new();
    for (index, letter) in camel.char_indices() {
        if letter.is_uppercase() && index > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[test]
fn projects() {
    let rows = compare("ListProjects", "projects", project, |row, json| {
        assert_eq!(
            (&*row.id, &*row.name, &*row.description),
            (text(&json["id"]), text(&json["name"]), text(&json["description"]))
        );
        let domains = json["domains"].as_array().unwrap();
        assert_eq!(row.domains.len(), domains.len());
        for (domain, json) in row.domains.iter().zip(domains) {
            assert_eq!((&*domain.id, &*domain.name), (text(&json["id"]), text(&json["name"])));
        }
    });
    assert!(rows > 20);
}

#[test]
fn named_entities() {
    let rows = compare("ListNamedEntities", "entities", entity, |row, json| {
        assert_eq!(row.name, text(&json["id"]["name"]));
        assert_eq!(row.description, text(&json["metadata"]["description"]));
        assert_eq!(row.archived, json["metadata"]["state"] == "NAMED_ENTITY_ARCHIVED");
    });
    assert!(rows > 20);
}

#[test]
fn executions() {
    let rows = compare("ListExecutions", "executions", ran_execution, same_execution);
    assert!(rows > 50);
    for (bytes, json) in answers("GetExecution") {
        same_execution(&ran_execution(&bytes).unwrap(), &json);
    }
}

fn same_execution(ran: &RanExecution, json: &Value) {
    let (row, spec, closure) = (&ran.row, &json["spec"], &json["closure"]);
    assert_eq!(row.id.name, text(&json["id"]["name"]));
    assert_eq!(row.id.scope.project, text(&json["id"]["project"]));
    assert_eq!(row.id.scope.domain, text(&json["id"]["domain"]));
    assert_eq!(row.launched_name, text(&spec["launch_plan"]["name"]));
    assert_eq!(row.launched_version, text(&spec["launch_plan"]["version"]));
    assert_eq!(row.principal, text(&spec["metadata"]["principal"]));
    assert_eq!(phase(row.phase), closure["phase"].as_str().unwrap_or("UNDEFINED"));
    assert_eq!(row.created_at, timestamp(&closure["created_at"]));
    assert_eq!(row.started_at, timestamp(&closure["started_at"]));
    assert_eq!(row.duration, duration(&closure["duration"]));
    let error = match text(&closure["error"]["message"]) {
        "" => text(&closure["abort_metadata"]["cause"]),
        message => message,
    };
    assert_eq!(row.error, error);
    assert_eq!(ran.workflow_name, text(&closure["workflow_id"]["name"]));
    assert_eq!(ran.workflow_version, text(&closure["workflow_id"]["version"]));
    assert_eq!(ran.workflow_scope.project, text(&closure["workflow_id"]["project"]));
    assert_eq!(ran.outputs_uri, text(&closure["outputs"]["uri"]));
}

#[test]
fn node_executions() {
    let rows = compare("ListNodeExecutions", "node_executions", node_execution, |ran, json| {
        let (row, closure) = (&ran.row, &json["closure"]);
        assert_eq!(row.id.node_id, text(&json["id"]["node_id"]));
        assert_eq!(row.id.execution.name, text(&json["id"]["execution_id"]["name"]));
        assert_eq!(ran.spec_node_id, text(&json["metadata"]["spec_node_id"]));
        assert_eq!(ran.outputs_uri, text(&closure["output_uri"]));
        assert_eq!(ran.inputs_uri, text(&json["input_uri"]));
        assert_eq!(phase(row.phase), closure["phase"].as_str().unwrap_or("UNDEFINED"));
        assert_eq!(row.created_at, timestamp(&closure["created_at"]));
        assert_eq!(row.started_at, timestamp(&closure["started_at"]));
        assert_eq!(row.duration, duration(&closure["duration"]));
        assert_eq!(row.is_parent, json["metadata"]["is_parent_node"].as_bool().unwrap_or(false));
        assert_eq!(row.error, text(&closure["error"]["message"]));
        assert_eq!(row.cached, closure["task_node_metadata"]["cache_status"] == "CACHE_HIT");
    });
    assert!(rows > 10);
}

/// A side of a signature by way of prost's structs.
fn side<'v>(variables: impl Iterator<Item = (&'v String, Option<&'v core::Variable>)>) -> String {
    let mut parts: Vec<_> = variables
        .map(|(name, variable)| {
            let of_type = variable.and_then(|variable| variable.r#type.clone()).unwrap_or_default();
            (name, type_name(&of_type))
        })
        .collect();
    parts.sort_by(|(left, _), (right, _)| natural(left, right));
    let parts: Vec<_> = parts.into_iter().map(|(name, of_type)| format!("{name}: {of_type}")).collect();
    format!("({})", parts.join(", "))
}

fn variables(map: Option<&core::VariableMap>) -> String {
    let empty = core::VariableMap::default();
    side(map.unwrap_or(&empty).variables.iter().map(|(name, variable)| (name, Some(variable))))
}

fn interface(declared: Option<&core::TypedInterface>) -> String {
    let inputs = declared.and_then(|declared| declared.inputs.as_ref());
    let outputs = declared.and_then(|declared| declared.outputs.as_ref());
    format!("{} -> {}", variables(inputs), variables(outputs))
}

fn same_version(row: &crate::domain::VersionRow, json: &Value) {
    assert_eq!(row.version, text(&json["id"]["version"]));
    assert_eq!(row.created_at, timestamp(&json["closure"]["created_at"]));
}

#[test]
fn task_versions() {
    assert!(compare("ListTasks", "tasks", task, same_version) > 100);
    for (bytes, _) in answers("ListTasks") {
        let lines = admin::TaskList::decode(&*bytes).unwrap().tasks.into_iter().map(|task| {
            let template = task.closure?.compiled_task?.template?;
            Some(interface(template.interface.as_ref()))
        });
        let rows = list(&bytes, task).unwrap().0;
        assert!(rows.iter().map(|row| Some(row.signature.clone())).eq(lines));
    }
}

#[test]
fn workflow_versions() {
    assert!(compare("ListWorkflows", "workflows", workflow, same_version) > 10);
    for (bytes, _) in answers("ListWorkflows") {
        let lines = admin::WorkflowList::decode(&*bytes).unwrap().workflows.into_iter().map(|workflow| {
            let template = workflow.closure?.compiled_workflow?.primary?.template?;
            Some(interface(template.interface.as_ref()))
        });
        let rows = list(&bytes, workflow).unwrap().0;
        assert!(rows.iter().map(|row| Some(row.signature.clone())).eq(lines));
    }
}

#[test]
fn launch_plan_versions() {
    let rows = compare("ListLaunchPlans", "launch_plans", launch_plan, |row, json| {
        same_version(row, json);
        assert_eq!(row.active, Some(json["closure"]["state"] == "ACTIVE"));
    });
    assert!(rows > 10);
    for (bytes, _) in answers("ListLaunchPlans") {
        let plans = admin::LaunchPlanList::decode(&*bytes).unwrap().launch_plans;
        let lines = plans.into_iter().map(|plan| {
            let closure = plan.closure?;
            let inputs = closure.expected_inputs.unwrap_or_default().parameters;
            let inputs = side(inputs.iter().map(|(name, parameter)| (name, parameter.var.as_ref())));
            Some(format!("{inputs} -> {}", variables(closure.expected_outputs.as_ref())))
        });
        let rows = list(&bytes, launch_plan).unwrap().0;
        assert!(rows.iter().map(|row| Some(row.signature.clone())).eq(lines));
    }
}

#[test]
fn lists_cut_or_changed_anywhere_never_panic() {
    // A small linear congruential generator: the same bytes on every run.
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for method in
        ["ListExecutions", "ListNodeExecutions", "ListLaunchPlans", "ListNamedEntities", "ListProjects"]
    {
        let seeds: Vec<_> =
            answers(method).into_iter().map(|(bytes, _)| bytes).filter(|bytes| !bytes.is_empty()).collect();
        for _ in 0..2_000 {
            let mut bytes = seeds[next() % seeds.len()].clone();
            for _ in 0..=next() % 4 {
                let at = next() % bytes.len();
                bytes[at] = next() as u8;
            }
            bytes.truncate(next() % (bytes.len() + 1));
            let _ = list(&bytes, ran_execution);
            let _ = list(&bytes, node_execution);
            let _ = list(&bytes, launch_plan);
            let _ = list(&bytes, workflow);
            let _ = list(&bytes, entity);
            let _ = list(&bytes, project);
        }
    }
}
