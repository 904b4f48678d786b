use std::time::{Duration, Instant};

use flyte_client::domain::RegistrationStatus;
use flyte_client::{CallOptions, FailureReason};

use crate::flyte::{Flyte, Script};
use crate::plan::{Planned, task_node};
use crate::store::{Manner, Store};
use crate::{Told, client, register_with, result, statuses};

#[tokio::test]
async fn a_cancel_reports_what_is_registered_and_what_not() {
    // The server takes its time with `w`: less than the grace that a cancel gives.
    let flyte = Flyte::start(Script { delay: Duration::from_millis(100), ..Default::default() }).await;
    let planned =
        Planned::new().task("a").workflow("w", vec![task_node("a")]).launch_plan("w", "w").activated();
    let options = CallOptions::default();
    let cancel = async {
        flyte.has_come("workflow w").await;
        options.cancel.cancel();
    };
    let told = Told::default();
    let (report, ()) = tokio::join!(register_with(&flyte, &planned, &told, &options), cancel);
    let report = report.unwrap();
    assert!(report.cancelled);
    assert_eq!(
        statuses(&report),
        [
            ("task a".to_owned(), RegistrationStatus::Created),
            ("workflow w".to_owned(), RegistrationStatus::Created),
            ("launch plan w".to_owned(), RegistrationStatus::Skipped),
        ]
    );
    assert_eq!(
        result(&report, "launch plan w").message,
        "Not tried, because the registration was cancelled."
    );
    assert_eq!(told.all().len(), 3, "the skipped one is told of as well");
}

#[tokio::test]
async fn what_the_server_does_not_answer_after_a_cancel_is_said_to_be_unknown() {
    let flyte = Flyte::start(Script { hang: ["a".to_owned()].into(), ..Default::default() }).await;
    let planned = Planned::new().task("a").workflow("w", vec![task_node("a")]);
    let options = CallOptions::default();
    let cancel = async {
        flyte.has_come("task a").await;
        options.cancel.cancel();
    };
    let started = Instant::now();
    let told = Told::default();
    let (report, ()) = tokio::join!(register_with(&flyte, &planned, &told, &options), cancel);
    let report = report.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "the cancel does not wait for the deadline");
    assert!(report.cancelled);
    let a = result(&report, "task a");
    assert_eq!(a.status, RegistrationStatus::Failed);
    assert!(a.message.contains("not known whether task a is registered"), "{}", a.message);
    assert_eq!(result(&report, "workflow w").status, RegistrationStatus::Skipped);
}

#[tokio::test]
async fn a_cancel_during_the_upload_leaves_everything_untried() {
    let store = Store::start(Manner::Hangs).await;
    let flyte = Flyte::start(Script { store: store.url.clone(), ..Default::default() }).await;
    let planned = Planned::new().task("a").bundle(b"code", None);
    let options = CallOptions::default();
    let cancel = async {
        flyte.has_come("location fast1.tar.gz").await;
        options.cancel.cancel();
    };
    let told = Told::default();
    let (report, ()) = tokio::join!(register_with(&flyte, &planned, &told, &options), cancel);
    let report = report.unwrap();
    assert!(report.cancelled && report.bundle_uri.is_empty());
    assert_eq!(report.results[0].status, RegistrationStatus::Skipped);
    assert!(flyte.entities().is_empty());
}

#[tokio::test]
async fn a_cancel_before_the_start_sends_nothing() {
    let flyte = Flyte::start(Script::default()).await;
    let options = CallOptions::default();
    options.cancel.cancel();
    let report = register_with(&flyte, &Planned::new().task("a"), &Told::default(), &options).await.unwrap();
    assert!(report.cancelled);
    assert_eq!(report.results[0].status, RegistrationStatus::Skipped);
    assert!(flyte.log().is_empty());
}

#[tokio::test]
async fn closing_the_client_ends_a_registration() {
    let flyte = Flyte::start(Script { hang: ["a".to_owned()].into(), ..Default::default() }).await;
    let client = client(&flyte);
    let planned = Planned::new().task("a");
    let close = async {
        flyte.has_come("task a").await;
        client.close();
    };
    let options = CallOptions::default();
    let (report, ()) = tokio::join!(client.register(&planned.plan, &|_| {}, &options), close);
    let report = report.unwrap();
    assert!(report.cancelled);
    assert_eq!(report.results[0].status, RegistrationStatus::Failed);

    let error = client.register(&planned.plan, &|_| {}, &options).await.unwrap_err();
    assert_eq!(error.reason, FailureReason::Cancelled);
}
