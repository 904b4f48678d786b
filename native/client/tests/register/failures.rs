use flyte_client::domain::{EntityKind, RegistrationStatus};
use flyte_client::{ConnectionConfig, FailureReason, FlyteClient, GrpcCode};
use prost::Message;
use tonic::Code;

use crate::flyte::{Flyte, Script};
use crate::plan::{Planned, id, task_node, task_spec, workflow_node};
use crate::{register, result};

fn refusing(name: &str, code: Code, message: &str) -> Script {
    Script { refuse: [(name.to_owned(), (code, message.to_owned()))].into(), ..Default::default() }
}

#[tokio::test]
async fn what_needs_a_failed_one_is_skipped_by_name_and_the_rest_goes_on() {
    let flyte = Flyte::start(refusing("bad", Code::InvalidArgument, "missing image")).await;
    let planned = Planned::new()
        .task("bad")
        .task("good")
        .workflow("direct", vec![task_node("bad"), task_node("good")])
        .workflow("above", vec![workflow_node("direct")])
        .launch_plan("above", "above")
        .workflow("beside", vec![task_node("good")]);
    let report = register(&flyte, &planned).await.unwrap();
    let bad = result(&report, "task bad");
    assert_eq!((bad.status, bad.message.as_str()), (RegistrationStatus::Failed, "missing image"));
    for (name, message) in [
        ("workflow direct", "Not tried, because it needs task bad, which failed."),
        (
            "workflow above",
            "Not tried, because it needs workflow direct, which needs task bad, which failed.",
        ),
        (
            "launch plan above",
            "Not tried, because it needs workflow above, which needs task bad, which failed.",
        ),
    ] {
        let result = result(&report, name);
        assert_eq!((result.status, result.message.as_str()), (RegistrationStatus::Skipped, message));
    }
    assert_eq!(result(&report, "workflow beside").status, RegistrationStatus::Created);
    assert!(!report.cancelled);
    assert!(!flyte.log().contains(&"workflow direct".to_owned()));
}

#[tokio::test]
async fn compile_errors_are_taken_apart() {
    // As recorded from FlyteAdmin.
    let message = "failed to compile workflow for [resource_type:WORKFLOW  project:\"flytesnacks\"  \
                   domain:\"development\"  name:\"w\"  version:\"v1\"] with err: Collected Errors: 2\n\tError 0: Code: \
                   NodeReferenceNotFound, Node Id: n99, Description: Referenced node [n99] not found.\n\tError 1: \
                   Code: ParameterNotBound, Node Id: n0, Description: Parameter not bound [a].\n";
    let flyte = Flyte::start(refusing("w", Code::InvalidArgument, message)).await;
    let report = register(&flyte, &Planned::new().workflow("w", Vec::new())).await.unwrap();
    let [result] = &report.results[..] else { panic!("one result") };
    assert_eq!(result.status, RegistrationStatus::Failed);
    let problems: Vec<_> =
        result.problems.iter().map(|problem| (problem.node.as_str(), problem.code.as_str())).collect();
    assert_eq!(problems, [("n99", "NodeReferenceNotFound"), ("n0", "ParameterNotBound")]);
    assert!(
        result.message.starts_with("The workflow w does not compile.\nn99: Referenced"),
        "{}",
        result.message
    );
}

#[tokio::test]
async fn another_structure_under_the_same_version_fails_and_says_what_to_do() {
    let flyte = Flyte::start(Script::default()).await;
    register(&flyte, &Planned::new().task("a")).await.unwrap();
    let changed = task_spec("a", &["something", "else"]).encode_to_vec();
    let report = register(&flyte, &Planned::new().item(id(EntityKind::Task, "a"), &changed)).await.unwrap();
    let [result] = &report.results[..] else { panic!("one result") };
    assert_eq!(result.status, RegistrationStatus::Failed);
    let message = "Version v1 of task a is registered already, with another structure. Register under another \
                   version.\n/template/metadata/retries/retries:\n\t- 2 \n\t+ 9";
    assert_eq!(result.message, message);
}

#[tokio::test]
async fn a_launch_plan_that_cannot_be_activated_says_that_it_exists() {
    let flyte = Flyte::start(Script { refuse_activation: true, ..Default::default() }).await;
    let planned = Planned::new().workflow("w", Vec::new()).launch_plan("w", "w").activated();
    let report = register(&flyte, &planned).await.unwrap();
    let result = result(&report, "launch plan w");
    assert_eq!(result.status, RegistrationStatus::Failed);
    assert_eq!(
        result.message,
        "The launch plan was created, but was not made the active version: the schedule is impossible"
    );
}

#[tokio::test]
async fn when_the_server_dies_the_one_under_way_fails_and_the_rest_is_skipped() {
    let flyte = Flyte::start(Script { die_at: Some("w".into()), ..Default::default() }).await;
    let planned = Planned::new()
        .task("a")
        .workflow("w", vec![task_node("a")])
        .workflow("after", vec![workflow_node("w")]);
    let report = register(&flyte, &planned).await.unwrap();
    assert_eq!(result(&report, "task a").status, RegistrationStatus::Created);
    let cut = result(&report, "workflow w");
    assert_eq!(cut.status, RegistrationStatus::Failed);
    assert!(cut.message.starts_with("It is not known whether workflow w is registered: "), "{}", cut.message);
    let after = result(&report, "workflow after");
    assert_eq!(after.status, RegistrationStatus::Skipped);
    assert!(
        after.message.starts_with("Not tried, because the registration could not go on: "),
        "{}",
        after.message
    );
    assert!(!report.cancelled);
}

#[tokio::test]
async fn a_server_that_is_down_is_an_error_of_the_whole() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = listener.local_addr().unwrap().to_string();
    drop(listener);
    let client =
        FlyteClient::new(ConnectionConfig { endpoint, insecure: true, ..Default::default() }).unwrap();
    let planned = Planned::new().task("a");
    let error = client.register(&planned.plan, &|_| {}, &Default::default()).await.unwrap_err();
    assert_eq!(error.reason, FailureReason::ConnectionRefused);
}

#[tokio::test]
async fn an_unknown_project_or_domain_is_refused_before_anything_is_stored() {
    let flyte = Flyte::start(Script::default()).await;
    for (project, domain, code, named) in [
        ("none", "development", GrpcCode::NotFound, "project \"none\" does not exist"),
        ("a,b", "development", GrpcCode::NotFound, "project \"a,b\" does not exist"),
        ("", "development", GrpcCode::NotFound, "project \"\" does not exist"),
        ("old", "development", GrpcCode::FailedPrecondition, "project \"old\" is archived"),
        ("flytesnacks", "none", GrpcCode::NotFound, "Choose one of development, production."),
    ] {
        let mut planned = Planned::new().task("a").bundle(b"code", None);
        planned.plan.scope.project = project.into();
        planned.plan.scope.domain = domain.into();
        let error = register(&flyte, &planned).await.unwrap_err();
        assert_eq!((error.reason, error.code), (FailureReason::Status, code), "{}", error.message);
        assert!(error.message.contains(named), "{}", error.message);
        assert_eq!(error.endpoint, flyte.endpoint);
    }
    assert!(flyte.log().is_empty(), "nothing was asked for or created");
}

#[tokio::test]
async fn who_may_not_see_projects_may_still_register() {
    let flyte = Flyte::start(Script { hide_projects: true, ..Default::default() }).await;
    let report = register(&flyte, &Planned::new().task("a")).await.unwrap();
    assert_eq!(report.results[0].status, RegistrationStatus::Created);
}

#[tokio::test]
async fn a_spec_that_cannot_be_used_is_an_error_of_the_whole_and_named() {
    let flyte = Flyte::start(Script::default()).await;
    let task = task_spec("a", &[]).encode_to_vec();
    let waiting = task_spec("a", &["{{ .remote_package_path }}"]).encode_to_vec();
    for (kind, content, named) in [
        (EntityKind::Task, &b"not protobuf"[..], "is not a serialised task"),
        (EntityKind::Task, b"", "is not a serialised task: it holds no template"),
        (EntityKind::Workflow, b"", "is not a serialised workflow: it holds no template"),
        (EntityKind::LaunchPlan, b"", "is not a serialised launch plan: it names no workflow"),
        (EntityKind::LaunchPlan, &task, "is not a serialised launch plan"),
        (EntityKind::Task, &waiting, "was serialised for a code bundle, but there is none"),
    ] {
        let planned = Planned::new().task("good").item(id(kind, "bad"), content);
        let error = register(&flyte, &planned).await.unwrap_err();
        assert_eq!(error.reason, FailureReason::File, "{}", error.message);
        assert!(error.message.contains(named) && error.message.contains("001.pb"), "{}", error.message);
        assert_eq!(error.action, "register version v1");
    }
    let mut planned = Planned::new().task("a");
    planned.plan.items[0].spec_file = "/nowhere/a.pb".into();
    let error = register(&flyte, &planned).await.unwrap_err();
    assert_eq!(error.reason, FailureReason::File);
    assert!(error.message.contains("/nowhere/a.pb of task a cannot be read"), "{}", error.message);
    assert!(flyte.log().is_empty(), "nothing was created");
}
