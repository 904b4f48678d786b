//! Calls over real connections: deadlines, cancelling, retries, sizes, and what servers say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Answer, Server, client, failure, first, raw_server, soon, within};
use bytes::Bytes;
use flyte_client::domain::{
    EntityId, EntityKind, EntityName, ExecutionFilter, ExecutionId, NodeExecutionId, RegistrationPlan, Scope,
    ServerKind,
};
use flyte_client::values::ValueLimits;
use flyte_client::{CallOptions, FailureReason, GrpcCode};
use flyte_idl::flyteidl::admin;
use prost::Message;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const CANCELLED: i32 = 1;
const INVALID_ARGUMENT: i32 = 3;
const DEADLINE_EXCEEDED: i32 = 4;
const UNIMPLEMENTED: i32 = 12;
const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;

fn project(description: String) -> Vec<u8> {
    let project = admin::Project { id: "flytesnacks".to_owned(), description, ..Default::default() };
    admin::Projects { projects: vec![project], token: String::new() }.encode_to_vec()
}

async fn never(_: String, _: Bytes) -> Answer {
    std::future::pending().await
}

/// A server that never answers, and what tells that a call has arrived, and that the server has let go of it.
async fn silent() -> (Server, Arc<Notify>, Arc<Notify>) {
    let (arrived, let_go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrives, lets_go) = (arrived.clone(), let_go.clone());
    let server = Server::start(move |path, request| {
        arrives.notify_one();
        let end = Ending(lets_go.clone());
        async move {
            let _end = end;
            never(path, request).await
        }
    })
    .await;
    (server, arrived, let_go)
}

struct Ending(Arc<Notify>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

async fn soon_after(event: &Notify) {
    tokio::time::timeout(Duration::from_secs(5), event.notified()).await.expect("it to happen within 5 s");
}

async fn says(code: i32, text: &'static str) -> Server {
    Server::start(move |_, _| async move { Err((code, text.to_owned())) }).await
}

#[tokio::test]
async fn the_deadline_holds() {
    let server = Server::start(never).await;
    let started = Instant::now();
    let error = client(server.address)
        .list_projects(&first(1), &within(Duration::from_millis(200)))
        .await
        .unwrap_err();
    assert_eq!((error.reason, error.code), (FailureReason::Deadline, GrpcCode::DeadlineExceeded));
    assert!(error.message.contains("0.2 s"), "{}", error.message);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn the_servers_own_deadline_is_a_deadline_too() {
    let server = says(DEADLINE_EXCEEDED, "context deadline exceeded").await;
    assert_eq!(failure(&client(server.address)).await.reason, FailureReason::Deadline);
}

#[tokio::test]
async fn a_call_is_cancelled_at_once_and_the_server_is_told() {
    let (server, arrived, let_go) = silent().await;
    let client = client(server.address);
    let options = CallOptions { cancel: CancellationToken::new(), ..soon() };
    let cancel = options.cancel.clone();
    let same = client.clone();
    let call = tokio::spawn(async move { same.list_projects(&first(1), &options).await });
    soon_after(&arrived).await;
    let started = Instant::now();
    cancel.cancel();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!((error.reason, error.code), (FailureReason::Cancelled, GrpcCode::Cancelled));
    assert!(started.elapsed() < Duration::from_millis(500));
    // The connection, which is still open, carries the end of this one stream.
    soon_after(&let_go).await;
    drop(client);
}

#[tokio::test]
async fn a_call_that_is_cancelled_before_it_starts_sends_nothing() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let server = Server::start(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Ok(Vec::new()) }
    })
    .await;
    let options = soon();
    options.cancel.cancel();
    let error = client(server.address).list_projects(&first(1), &options).await.unwrap_err();
    assert_eq!((error.reason, calls.load(Ordering::SeqCst)), (FailureReason::Cancelled, 0));
}

#[tokio::test]
async fn a_server_that_says_cancelled_is_not_the_caller_who_did() {
    let server = says(CANCELLED, "context canceled").await;
    let error = failure(&client(server.address)).await;
    assert_eq!((error.reason, error.code), (FailureReason::Status, GrpcCode::Cancelled));
}

#[tokio::test]
async fn close_ends_calls_under_way_and_refuses_later_ones() {
    let (server, arrived, let_go) = silent().await;
    let client = client(server.address);
    let other_handle = client.clone();
    let call = tokio::spawn(async move { other_handle.list_projects(&first(1), &soon()).await });
    soon_after(&arrived).await;
    client.close();
    assert_eq!(call.await.unwrap().unwrap_err().reason, FailureReason::Cancelled);
    soon_after(&let_go).await;
    let error = failure(&client).await;
    assert_eq!(error.reason, FailureReason::Cancelled);
    assert!(error.message.contains("closed"), "{}", error.message);
}

#[tokio::test]
async fn calls_go_on_after_the_server_was_away() {
    let answer = |_, _| async { Ok(project(String::new())) };
    let server = Server::start(answer).await;
    let address = server.address;
    let client = client(address);
    assert_eq!(client.list_projects(&first(1), &soon()).await.unwrap().rows.len(), 1);
    server.stop().await;
    assert_eq!(failure(&client).await.reason, FailureReason::ConnectionRefused);
    let _server = Server::start_at(address, None, answer).await;
    assert_eq!(client.list_projects(&first(1), &soon()).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn a_server_that_dies_during_a_call_is_a_lost_connection_or_none() {
    let (server, arrived, _) = silent().await;
    let client = client(server.address);
    let call = tokio::spawn(async move { client.list_projects(&first(1), &soon()).await });
    soon_after(&arrived).await;
    server.stop().await;
    // The call is repeated, and by then nobody listens.
    assert_eq!(call.await.unwrap().unwrap_err().reason, FailureReason::ConnectionRefused);
}

#[tokio::test]
async fn what_is_unavailable_is_asked_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let server = Server::start(move |_, _| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            if call < 2 { Err((UNAVAILABLE, "starting".to_owned())) } else { Ok(project(String::new())) }
        }
    })
    .await;
    assert_eq!(client(server.address).list_projects(&first(1), &soon()).await.unwrap().rows.len(), 1);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn other_answers_are_not_asked_for_again_and_come_word_for_word() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let server = Server::start(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err((INVALID_ARGUMENT, "invalid value for limit".to_owned())) }
    })
    .await;
    let error = failure(&client(server.address)).await;
    assert_eq!((error.reason, error.code), (FailureReason::Status, GrpcCode::InvalidArgument));
    assert_eq!((&*error.message, &*error.details), ("invalid value for limit", ""));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_sign_in_is_asked_for() {
    let server = says(UNAUTHENTICATED, "token is invalid").await;
    let error = failure(&client(server.address)).await;
    assert_eq!((error.reason, error.code), (FailureReason::SignInRequired, GrpcCode::Unauthenticated));
    assert!(error.message.contains("sign-in"), "{}", error.message);
    assert_eq!(error.details, "token is invalid");
}

#[tokio::test]
async fn messages_far_over_20_mib_come_through() {
    let server = Server::start(|_, _| async { Ok(project("x".repeat(40 * 1024 * 1024))) }).await;
    let page = client(server.address).list_projects(&first(1), &soon()).await.unwrap();
    assert_eq!(page.rows[0].description.len(), 40 * 1024 * 1024);
}

#[tokio::test]
async fn errors_of_any_length_come_in_the_trailers() {
    let server = Server::start(|_, _| async { Err((INVALID_ARGUMENT, "d".repeat(300_000))) }).await;
    let error = failure(&client(server.address)).await;
    assert_eq!((error.code, error.message.len()), (GrpcCode::InvalidArgument, 300_000));
}

#[tokio::test]
async fn an_answer_that_is_no_message_says_so() {
    let server = Server::start(|_, _| async { Ok(vec![0x0a, 0xff]) }).await;
    let error = failure(&client(server.address)).await;
    assert_eq!(error.reason, FailureReason::NotGrpc);
    assert!(error.message.contains("not the message asked for"), "{}", error.message);
}

#[tokio::test]
async fn many_calls_share_one_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let server = Server::start(|_, _| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(project(String::new()))
    })
    .await;
    let (counted, target) = (connections.clone(), server.address);
    let relay = raw_server(move |mut inbound| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let mut outbound = tokio::net::TcpStream::connect(target).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut inbound, &mut outbound).await;
        }
    })
    .await;
    let client = client(relay);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.list_projects(&first(1), &soon()).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().rows.len(), 1);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_probe_knows_flyteadmin_its_version_and_whether_it_wants_a_sign_in() {
    let answer = |sign_in: bool| {
        move |path: String, _| async move {
            match path.as_str() {
                "/flyteidl.service.AdminService/GetVersion" => {
                    let version = admin::Version { version: "v1.16.8".to_owned(), ..Default::default() };
                    Ok(admin::GetVersionResponse { control_plane_version: Some(version) }.encode_to_vec())
                }
                _ if sign_in => Ok(Vec::new()),
                _ => Err((UNIMPLEMENTED, "unknown service flyteidl.service.AuthMetadataService".to_owned())),
            }
        }
    };
    let server = Server::start(answer(false)).await;
    let info = client(server.address).probe(&soon()).await.unwrap();
    assert_eq!((info.kind, &*info.version), (ServerKind::FlyteAdmin, "v1.16.8"));
    let server = Server::start(answer(true)).await;
    let error = client(server.address).probe(&soon()).await.unwrap_err();
    assert_eq!(error.reason, FailureReason::SignInRequired);
}

#[tokio::test]
async fn a_flyte_2_is_recognised() {
    let server = Server::start(|path: String, _| async move {
        match path.as_str() {
            "/flyteidl2.project.ProjectService/ListProjects" => {
                Err((INVALID_ARGUMENT, "organization is required".to_owned()))
            }
            _ => Err((UNIMPLEMENTED, "unknown service".to_owned())),
        }
    })
    .await;
    let client = client(server.address);
    assert_eq!(client.probe(&soon()).await.unwrap().kind, ServerKind::Flyte2);
    let error = failure(&client).await;
    assert_eq!((error.reason, error.code), (FailureReason::Flyte2, GrpcCode::Unimplemented));
}

#[tokio::test]
async fn what_a_flyte_1_does_not_implement_stays_that() {
    let server = says(UNIMPLEMENTED, "unknown method").await;
    let error = failure(&client(server.address)).await;
    assert_eq!((error.reason, error.code), (FailureReason::Status, GrpcCode::Unimplemented));
}

#[tokio::test]
async fn a_message_is_shown_as_json_with_its_own_field_names() {
    let server = Server::start(|path: String, request: Bytes| async move {
        assert_eq!(path, "/flyteidl.service.AdminService/GetTask");
        let id = admin::ObjectGetRequest::decode(request).unwrap().id;
        Ok(admin::Task { id, short_description: "ä".to_owned(), ..Default::default() }.encode_to_vec())
    })
    .await;
    let scope = Scope { org: String::new(), project: "p".to_owned(), domain: "d".to_owned() };
    let entity = EntityName { scope, kind: EntityKind::Task, name: "sample.add".to_owned() };
    let id = EntityId { entity, version: "v1".to_owned() };
    let detail = client(server.address).get_entity(&id, &soon()).await.unwrap();
    assert_eq!(
        detail.json,
        "{\n  \"id\": {\n    \"resource_type\": \"TASK\",\n    \"project\": \"p\",\n    \"domain\": \"d\",\n    \
         \"name\": \"sample.add\",\n    \"version\": \"v1\"\n  },\n  \"short_description\": \"ä\"\n}"
    );
}

/// What bindings need: every future can be moved to another thread.
#[test]
fn all_calls_can_be_spawned() {
    fn spawnable<T: Send>(_: impl Future<Output = T> + Send) {}
    let client = client("localhost:1");
    let (options, page, limits) = (soon(), first(1), ValueLimits::unlimited());
    let scope = Scope::default();
    let entity = EntityName { scope: scope.clone(), kind: EntityKind::Task, name: String::new() };
    let version = EntityId { entity: entity.clone(), version: String::new() };
    let (execution, node) = (ExecutionId::default(), NodeExecutionId::default());
    let plan =
        RegistrationPlan { scope: scope.clone(), version: String::new(), items: Vec::new(), bundle: None };
    spawnable(client.probe(&options));
    spawnable(client.list_projects(&page, &options));
    spawnable(client.list_entities(EntityKind::Task, &scope, &page, &options));
    spawnable(client.list_versions(&entity, &page, &options));
    spawnable(client.list_executions(&scope, &ExecutionFilter::default(), &page, &options));
    spawnable(client.list_node_executions(&execution, None, &page, &options));
    spawnable(client.get_entity(&version, &options));
    spawnable(client.get_execution(&execution, &options));
    spawnable(client.get_node_execution(&node, &options));
    spawnable(client.get_execution_data(&execution, &limits, &options));
    spawnable(client.get_node_execution_data(&node, &limits, &options));
    spawnable(client.last_execution(&entity, &options));
    spawnable(client.bundle_address(&scope, "a.tgz", "", &options));
    spawnable(client.register(&plan, &|_| (), &options));
}
