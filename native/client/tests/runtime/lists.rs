//! What the lists ask FlyteAdmin for, and what they make of its answers.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Answer, Server, client, first, soon, within};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flyte_client::FailureReason;
use flyte_client::domain::{
    EntityKind, EntityName, ExecutionFilter, ExecutionId, NodeExecutionId, PageRequest, Phase, Scope,
    ValueMapState,
};
use flyte_client::values::ValueLimits;
use flyte_idl::flyteidl::{admin, core};
use prost::Message;
use serde_json::Value;

fn scope() -> Scope {
    Scope { org: String::new(), project: "flytesnacks".to_owned(), domain: "development".to_owned() }
}

fn entity(kind: EntityKind, name: &str) -> EntityName {
    EntityName { scope: scope(), kind, name: name.to_owned() }
}

fn execution(name: &str) -> ExecutionId {
    ExecutionId { scope: scope(), name: name.to_owned() }
}

/// A server that answers like this and keeps the requests.
async fn recording(
    answer: impl Fn(&str, &Bytes) -> Answer + Send + Sync + 'static,
) -> (Server, Arc<Mutex<Vec<(String, Bytes)>>>) {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = requests.clone();
    let server = Server::start(move |path, request| {
        let answered = answer(path.rsplit('/').next().unwrap(), &request);
        kept.lock().unwrap().push((path, request));
        async move { answered }
    })
    .await;
    (server, requests)
}

fn sort(key: &str, ascending: bool) -> Option<admin::Sort> {
    Some(admin::Sort { key: key.to_owned(), direction: i32::from(ascending) })
}

#[tokio::test]
async fn every_list_sends_its_sort_its_page_and_its_filter() {
    let (server, requests) = recording(|_, _| Ok(Vec::new())).await;
    let client = client(server.address);
    let page = PageRequest { limit: 7, token: "14".to_owned() };
    let filter = ExecutionFilter {
        entity: Some(entity(EntityKind::Workflow, "sample.main")),
        phases: vec![Phase::Running, Phase::Queued],
    };
    client.list_projects(&page, &soon()).await.unwrap();
    client.list_entities(EntityKind::LaunchPlan, &scope(), &page, &soon()).await.unwrap();
    client.list_versions(&entity(EntityKind::Task, "sample.add"), &page, &soon()).await.unwrap();
    client.list_executions(&scope(), &filter, &page, &soon()).await.unwrap();
    client.list_node_executions(&execution("a1"), Some("n0"), &page, &soon()).await.unwrap();
    let requests = requests.lock().unwrap();
    let request = |method: &str| {
        let found = requests.iter().find(|(path, _)| path.ends_with(&format!("/{method}")));
        found.unwrap_or_else(|| panic!("no call of {method}")).1.clone()
    };

    let sent = admin::ProjectListRequest::decode(request("ListProjects")).unwrap();
    assert_eq!((sent.limit, &*sent.token, sent.sort_by), (7, "14", sort("identifier", true)));
    let sent = admin::NamedEntityListRequest::decode(request("ListNamedEntities")).unwrap();
    assert_eq!(sent.resource_type, i32::from(core::ResourceType::LaunchPlan));
    assert_eq!((&*sent.project, &*sent.domain), ("flytesnacks", "development"));
    assert_eq!((sent.limit, &*sent.token, sent.sort_by), (7, "14", sort("name", true)));
    let sent = admin::ResourceListRequest::decode(request("ListTasks")).unwrap();
    assert_eq!(sent.id.unwrap().name, "sample.add");
    assert_eq!((sent.limit, &*sent.token, sent.sort_by), (7, "14", sort("created_at", false)));
    let sent = admin::ResourceListRequest::decode(request("ListExecutions")).unwrap();
    assert_eq!(sent.filters, "eq(workflow.name,sample.main)+value_in(phase,RUNNING;QUEUED)");
    assert_eq!((sent.limit, &*sent.token, sent.sort_by), (7, "14", sort("created_at", false)));
    let sent = admin::NodeExecutionListRequest::decode(request("ListNodeExecutions")).unwrap();
    assert_eq!((sent.workflow_execution_id.unwrap().name, &*sent.unique_parent_id), ("a1".to_owned(), "n0"));
    assert_eq!((sent.limit, &*sent.token, sent.sort_by), (7, "14", sort("created_at", true)));
}

#[tokio::test]
async fn pages_of_nothing_but_generated_entities_do_not_end_a_list() {
    let (server, requests) = recording(|_, request| {
        let request = admin::NamedEntityListRequest::decode(request.clone()).unwrap();
        let (names, token) = match request.token.as_str() {
            "" => ([".flytegen.a", ".flytegen.b"], "2"),
            "2" => ([".flytegen.c", ".flytegen.d"], "4"),
            _ => ([".flytegen.e", "sample.main"], "6"),
        };
        let entities = names
            .map(|name| admin::NamedEntity {
                id: Some(admin::NamedEntityIdentifier { name: name.to_owned(), ..Default::default() }),
                ..Default::default()
            })
            .to_vec();
        Ok(admin::NamedEntityList { entities, token: token.to_owned() }.encode_to_vec())
    })
    .await;
    let page = client(server.address)
        .list_entities(EntityKind::Workflow, &scope(), &first(2), &soon())
        .await
        .unwrap();
    assert_eq!(page.rows.iter().map(|row| &*row.name).collect::<Vec<_>>(), ["sample.main"]);
    assert_eq!(page.next_token.as_deref(), Some("6"));
    assert_eq!(requests.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_filter_that_nothing_can_match_asks_nobody_and_one_that_cannot_be_written_is_refused() {
    let (server, requests) = recording(|_, _| Ok(Vec::new())).await;
    let client = client(server.address);
    let filter = ExecutionFilter { entity: None, phases: vec![Phase::Skipped] };
    assert_eq!(client.list_executions(&scope(), &filter, &first(5), &soon()).await.unwrap().rows, []);
    let filter = ExecutionFilter { entity: Some(entity(EntityKind::Task, "a,b")), phases: Vec::new() };
    let error = client.list_executions(&scope(), &filter, &first(5), &soon()).await.unwrap_err();
    assert!(error.message.contains("a,b"), "{}", error.message);
    assert_eq!(error.endpoint, server.address.to_string());
    assert!(requests.lock().unwrap().is_empty());
}

/// The calls of these recordings.
fn recorded(files: &[&str]) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures/recordings");
    let texts = files.iter().map(|file| std::fs::read_to_string(folder.join(file)).unwrap());
    texts
        .flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>())
        .collect()
}

fn base64(json: &Value) -> Option<Vec<u8>> {
    Some(STANDARD.decode(json.as_str()?).unwrap())
}

/// What GetWorkflow answers for a workflow: as recorded, or else made of how it was created, of which the compiler keeps
/// all that is of interest here but the ids inside of branches.
fn compiled(calls: &[Value], name: &str) -> Answer {
    let got = calls.iter().find(|call| {
        call["method"] == "GetWorkflow"
            && call["request_json"]["id"]["name"] == name
            && call["status"].is_null()
    });
    if let Some(response) = got.and_then(|call| base64(&call["response_b64"])) {
        return Ok(response);
    }
    let created = calls.iter().find(|call| {
        call["method"] == "CreateWorkflow"
            && call["request_json"]["id"]["name"] == name
            && call["response_b64"].is_string()
    });
    let created = created.ok_or((5, format!("missing workflow {name}")))?;
    let request = admin::WorkflowCreateRequest::decode(&*base64(&created["request_b64"]).unwrap()).unwrap();
    let spec = request.spec.unwrap();
    let compiled = |template| core::CompiledWorkflow { template: Some(template), connections: None };
    let closure = core::CompiledWorkflowClosure {
        primary: spec.template.map(compiled),
        sub_workflows: spec.sub_workflows.into_iter().map(compiled).collect(),
        ..Default::default()
    };
    let closure = admin::WorkflowClosure { compiled_workflow: Some(closure), created_at: None };
    Ok(admin::Workflow { id: request.id, closure: Some(closure), ..Default::default() }.encode_to_vec())
}

/// The recorded calls of one execution of a real FlyteAdmin, answered by request: the last that was recorded of each.
async fn replay() -> Server {
    let calls = recorded(&["2-registration.jsonl", "5-executions.jsonl"]);
    recording(move |method, request| {
        let wanted = name_of(method, request);
        if method == "GetWorkflow" {
            return compiled(&calls, &wanted[0].1);
        }
        let found = calls.iter().rev().find(|call| {
            let is_wanted = |(pointer, text): &(&str, String)| {
                call["request_json"].pointer(pointer).is_some_and(|is| is == text)
            };
            call["method"] == method && call["response_b64"].is_string() && wanted.iter().all(is_wanted)
        });
        found.and_then(|call| base64(&call["response_b64"])).ok_or_else(|| (5, format!("missing {method}")))
    })
    .await
    .0
}

/// What of a request decides its answer, as pointers into its JSON.
fn name_of(method: &str, request: &Bytes) -> Vec<(&'static str, String)> {
    let request = request.clone();
    match method {
        "GetExecution" | "GetExecutionData" => {
            let id = admin::WorkflowExecutionGetRequest::decode(request).unwrap().id.unwrap();
            vec![("/id/name", id.name)]
        }
        "GetWorkflow" => {
            let id = admin::ObjectGetRequest::decode(request).unwrap().id.unwrap();
            vec![("/id/name", id.name)]
        }
        "GetNodeExecution" | "GetNodeExecutionData" => {
            let id = admin::NodeExecutionGetRequest::decode(request).unwrap().id.unwrap();
            vec![("/id/node_id", id.node_id), ("/id/execution_id/name", id.execution_id.unwrap().name)]
        }
        "ListNodeExecutions" => {
            let request = admin::NodeExecutionListRequest::decode(request).unwrap();
            let key = ("/sort_by/key", request.sort_by.unwrap().key);
            let parent = ("/unique_parent_id", request.unique_parent_id);
            if parent.1.is_empty() { vec![key] } else { vec![parent] }
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn nodes_have_their_names_and_the_ends_of_the_graph_are_left_out() {
    let server = replay().await;
    let client = client(server.address);
    let nodes = client.list_node_executions(&execution("rec-a"), None, &first(10), &soon()).await.unwrap();
    let shown: Vec<_> = nodes
        .rows
        .iter()
        .map(|row| (&*row.id.node_id, &*row.display_name, row.phase, row.is_parent))
        .collect();
    assert_eq!(
        shown,
        [
            ("n0", "sub", Phase::Succeeded, true),
            ("n2", "sample.map_upper_6b3bd0353da5de6e84d7982921ead2b3-arraynode", Phase::Succeeded, false),
            ("n1", "names", Phase::Running, false),
        ]
    );
    let inner =
        client.list_node_executions(&execution("rec-a"), Some("n0"), &first(10), &soon()).await.unwrap();
    let shown: Vec<_> = inner.rows.iter().map(|row| (&*row.id.node_id, &*row.display_name)).collect();
    assert_eq!(shown, [("n0-0-n0", "add")]);
}

#[tokio::test]
async fn what_only_adds_to_an_answer_does_not_hold_it_up() {
    let node = |name: &str| admin::NodeExecution {
        id: Some(core::NodeExecutionIdentifier { node_id: name.to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let nodes = admin::NodeExecutionList { node_executions: vec![node("n0")], token: String::new() };
    let server = Server::start(move |path, _| {
        let answer = path.ends_with("/ListNodeExecutions").then(|| nodes.encode_to_vec());
        let answer = answer.or_else(|| path.ends_with("ExecutionData").then(Vec::new));
        async {
            match answer {
                Some(answer) => Ok(answer),
                None => std::future::pending().await,
            }
        }
    })
    .await;
    let client = client(server.address);
    let options = within(Duration::from_secs(1));
    let (limits, id) = (ValueLimits::unlimited(), execution("a"));
    let node = NodeExecutionId { execution: id.clone(), node_id: "n0".to_owned() };
    let page = first(10);
    let (nodes, data, node_data) = tokio::join!(
        client.list_node_executions(&id, None, &page, &options),
        client.get_execution_data(&id, &limits, &options),
        client.get_node_execution_data(&node, &limits, &options),
    );
    assert_eq!(nodes.unwrap().rows[0].display_name, "n0");
    assert_eq!(data.unwrap().outputs.state, ValueMapState::None);
    assert_eq!(node_data.unwrap().outputs.state, ValueMapState::None);
}

#[tokio::test]
async fn recorded_data_are_decoded_or_said_to_be_too_large() {
    let server = replay().await;
    let client = client(server.address);
    let unlimited = ValueLimits::unlimited();
    let data = client.get_execution_data(&execution("rec-a"), &unlimited, &soon()).await.unwrap();
    let texts: Vec<_> = data.inputs.values.iter().map(|named| (&*named.key, &*named.value.text)).collect();
    assert_eq!((data.inputs.state, texts), (ValueMapState::Inline, vec![("a", "6"), ("n", "3")]));
    assert_eq!(data.outputs.values.iter().map(|named| &*named.key).collect::<Vec<_>>(), ["o0", "o1", "o2"]);

    let large = client.get_execution_data(&execution("rec-p10"), &unlimited, &soon()).await.unwrap();
    assert_eq!(
        (large.outputs.state, &*large.outputs.uri),
        (ValueMapState::TooLarge, "s3://my-s3-bucket/o/large.pb")
    );
    let failed = client.get_execution_data(&execution("rec-p02"), &unlimited, &soon()).await.unwrap();
    assert_eq!((failed.inputs.state, failed.outputs.state), (ValueMapState::Inline, ValueMapState::None));

    let id = NodeExecutionId { execution: execution("rec-a"), node_id: "n0".to_owned() };
    let node = client.get_node_execution_data(&id, &unlimited, &soon()).await.unwrap();
    assert_eq!((node.inputs.state, node.outputs.state), (ValueMapState::None, ValueMapState::Inline));
    assert_eq!(node.outputs.values[0].value.text, "8");
    assert_eq!(
        node.outputs.uri,
        "s3://my-s3-bucket/metadata/flytesnacks/development/rec-a/n0/offloaded_outputs"
    );
}

#[tokio::test]
async fn details_have_the_whole_error() {
    let server = replay().await;
    let client = client(server.address);
    let detail = client.get_execution(&execution("rec-p02"), &soon()).await.unwrap();
    assert!(detail.error.starts_with("Traceback") && detail.error.len() > 200, "{}", detail.error);
    assert!(detail.json.contains("\"created_at\": \"2026-"), "{}", detail.json);
    let id = NodeExecutionId { execution: execution("rec-a"), node_id: "nope".to_owned() };
    let error = client.get_node_execution(&id, &soon()).await.unwrap_err();
    assert_eq!((error.reason, &*error.message), (FailureReason::Status, "missing GetNodeExecution"));
    assert_eq!(error.action, "get node nope of execution rec-a of flytesnacks/development");
}

/// Executions for `last_execution`, newest first: of sample.choose (which holds sample.add in branches), of sample.main
/// (which holds it in a sub-workflow), and of the task itself.
fn listed(filters: &str) -> admin::ExecutionList {
    let ran = |name: &str, workflow: &str, seconds: i64| admin::Execution {
        id: Some(core::WorkflowExecutionIdentifier {
            project: "flytesnacks".to_owned(),
            domain: "development".to_owned(),
            name: name.to_owned(),
            ..Default::default()
        }),
        closure: Some(admin::ExecutionClosure {
            created_at: Some(flyte_idl::google::protobuf::Timestamp { seconds, nanos: 0 }),
            started_at: Some(flyte_idl::google::protobuf::Timestamp { seconds, nanos: 0 }),
            workflow_id: Some(core::Identifier {
                project: "flytesnacks".to_owned(),
                domain: "development".to_owned(),
                name: workflow.to_owned(),
                version: "v1".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let executions = match filters {
        "" => vec![
            ran("other", "sample.failing", 40),
            ran("branchy", "sample.choose", 30),
            ran("nested", "sample.main", 20),
            ran("own", ".flytegen.sample.add", 10),
        ],
        "eq(task.name,sample.add)" => vec![ran("own", ".flytegen.sample.add", 10)],
        "eq(workflow.name,sample.main)" => vec![ran("nested", "sample.main", 20)],
        _ => Vec::new(),
    };
    admin::ExecutionList { executions, token: String::new() }
}

/// Answers those executions, the recorded workflows, and these nodes (execution, id) and no others.
async fn with_nodes(nodes: &'static [(&'static str, &'static str)]) -> Server {
    let calls = recorded(&["2-registration.jsonl"]);
    recording(move |method, request| match method {
        "ListExecutions" => {
            let request = admin::ResourceListRequest::decode(request.clone()).unwrap();
            Ok(listed(&request.filters).encode_to_vec())
        }
        "GetWorkflow" => {
            let id = admin::ObjectGetRequest::decode(request.clone()).unwrap().id.unwrap();
            compiled(&calls, &id.name)
        }
        _ => {
            let id = admin::NodeExecutionGetRequest::decode(request.clone()).unwrap().id.unwrap();
            let execution = &id.execution_id.as_ref().unwrap().name;
            if nodes.contains(&(execution, &id.node_id)) {
                Ok(admin::NodeExecution { id: Some(id), ..Default::default() }.encode_to_vec())
            } else {
                Err((5, "missing entity of type node execution".to_owned()))
            }
        }
    })
    .await
    .0
}

async fn last(server: &Server, kind: EntityKind, name: &str) -> Option<(String, Option<(String, String)>)> {
    let found = client(server.address).last_execution(&entity(kind, name), &soon()).await.unwrap()?;
    Some((found.execution.id.name, found.node.map(|node| (node.id.node_id, node.display_name))))
}

fn found(execution: &str, node: Option<(&str, &str)>) -> Option<(String, Option<(String, String)>)> {
    Some((execution.to_owned(), node.map(|(id, name)| (id.to_owned(), name.to_owned()))))
}

#[tokio::test]
async fn the_last_execution_of_a_workflow_is_its_newest() {
    let server = with_nodes(&[]).await;
    assert_eq!(last(&server, EntityKind::Workflow, "sample.main").await, found("nested", None));
    assert_eq!(last(&server, EntityKind::LaunchPlan, "sample.never").await, None);
}

#[tokio::test]
async fn the_last_execution_of_a_task_may_be_a_node_of_a_workflow() {
    let task = EntityKind::Task;
    let server = with_nodes(&[("branchy", "n0-0-n0-n1"), ("nested", "n0-0-n0")]).await;
    assert_eq!(last(&server, task, "sample.add").await, found("branchy", Some(("n0-0-n0-n1", "add"))));
    let server = with_nodes(&[("nested", "n0-0-n0")]).await;
    assert_eq!(last(&server, task, "sample.add").await, found("nested", Some(("n0-0-n0", "add"))));
    let server = with_nodes(&[]).await;
    assert_eq!(last(&server, task, "sample.add").await, found("own", None));
    assert_eq!(last(&server, task, "sample.never").await, None);
}
