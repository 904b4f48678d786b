use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flyte_client::domain::{EntityId, EntityKind, EntityName, RegistrationStatus, Scope};
use flyte_client::wire::Fields;
use flyte_idl::flyteidl::core::Identifier;
use prost::Message;
use serde_json::Value;

use crate::flyte::{Flyte, Script};
use crate::plan::Planned;
use crate::register;

/// The requests by which flytekit registered the sample project on a real FlyteAdmin.
fn recorded() -> Vec<(EntityId, Bytes)> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/fixtures/recordings/2-registration.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    let calls = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let created = calls.filter_map(|call| {
        let (kind, case) = match call["method"].as_str()? {
            "CreateTask" => (EntityKind::Task, "task sample."),
            "CreateWorkflow" => (EntityKind::Workflow, "workflow sample."),
            "CreateLaunchPlan" => (EntityKind::LaunchPlan, "launch plan "),
            _ => return None,
        };
        let is_one = call["case"].as_str()?.starts_with(case) && call.get("response_b64").is_some();
        let request = Bytes::from(STANDARD.decode(call["request_b64"].as_str()?).unwrap());
        let id = Identifier::decode(field(&request, 1)?).unwrap();
        let scope = Scope { org: id.org, project: id.project, domain: id.domain };
        let id = EntityId { entity: EntityName { scope, kind, name: id.name }, version: id.version };
        is_one.then_some((id, request))
    });
    created.collect()
}

fn field(message: &[u8], number: u32) -> Option<&[u8]> {
    let field = Fields::new(message).map(Result::unwrap).find(|(found, _)| *found == number);
    field.map(|(_, value)| value.bytes().unwrap())
}

#[tokio::test]
async fn the_sample_project_goes_out_byte_for_byte_as_flytekit_sent_it() {
    let recorded = recorded();
    let count = |kind| recorded.iter().filter(|(id, _)| id.entity.kind == kind).count();
    assert_eq!((count(EntityKind::Task), count(EntityKind::Workflow)), (8, 6));
    assert!(count(EntityKind::LaunchPlan) >= 8);

    let flyte = Flyte::start(Script::default()).await;
    // Backwards: launch plans first, tasks last.
    let planned = recorded
        .iter()
        .rev()
        .fold(Planned::new(), |planned, (id, request)| planned.item(id.clone(), field(request, 2).unwrap()));
    let report = register(&flyte, &planned).await.unwrap();
    for result in &report.results {
        assert_eq!(result.status, RegistrationStatus::Created, "{result:?}");
    }
    for (id, request) in &recorded {
        assert_eq!(flyte.request(&id.entity.to_string()).as_ref(), Some(request), "{id}");
    }
}
