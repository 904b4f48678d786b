use std::time::Duration;

use flyte_client::CallOptions;
use flyte_client::domain::{EntityKind, RegistrationStatus, RegistrationStep};

use crate::flyte::{Flyte, Script};
use crate::plan::{Planned, id, launch_plan_node, task_node, workflow_node};
use crate::{Told, register, register_with, result, statuses};

#[tokio::test]
async fn entities_are_created_after_what_they_need_whatever_their_order_in_the_plan() {
    let flyte = Flyte::start(Script::default()).await;
    // The server refuses what comes before what it needs.
    let planned = Planned::new()
        .launch_plan("outer", "outer")
        .workflow("outer", vec![workflow_node("inner"), launch_plan_node("scheduled"), task_node("a")])
        .launch_plan("scheduled", "leaf")
        .activated()
        .workflow("inner", vec![task_node("b")])
        .workflow("leaf", vec![task_node("a")])
        .task("a")
        .task("b");
    let told = Told::default();
    let report = register_with(&flyte, &planned, &told, &CallOptions::default()).await.unwrap();

    let expected = [
        "launch plan outer",
        "workflow outer",
        "launch plan scheduled",
        "workflow inner",
        "workflow leaf",
        "task a",
        "task b",
    ];
    let expected = expected.map(|name| (name.to_owned(), RegistrationStatus::Created));
    assert_eq!(statuses(&report), expected, "one result each, in the plan's order");
    assert!(!report.cancelled && report.bundle_uri.is_empty());
    let log = flyte.log();
    let at = |what: &str| log.iter().position(|entry| entry == what).unwrap();
    assert!(at("activate scheduled") > at("launch plan scheduled"));
    assert!(at("activate scheduled") < at("workflow outer"));
    assert_eq!(log.iter().filter(|entry| entry.starts_with("activate")).count(), 1);

    let told = told.all();
    assert_eq!(told.iter().map(|progress| progress.done).collect::<Vec<_>>(), (1..=7).collect::<Vec<_>>());
    assert!(told.iter().all(|progress| progress.total == 7));
    let last = told.last().unwrap();
    assert_eq!(last.step, RegistrationStep::LaunchPlan);
    assert_eq!(last.result.as_ref(), report.results.first());
}

#[tokio::test]
async fn tasks_are_created_at_once_but_never_more_than_sixteen() {
    let flyte = Flyte::start(Script { delay: Duration::from_millis(50), ..Default::default() }).await;
    let planned = (0..40).fold(Planned::new(), |planned, number| planned.task(&format!("t{number}")));
    let report = register(&flyte, &planned).await.unwrap();
    assert!(report.results.iter().all(|result| result.status == RegistrationStatus::Created));
    assert_eq!(flyte.most_under_way(), 16);
}

#[tokio::test]
async fn a_workflow_does_not_wait_for_tasks_that_it_does_not_need() {
    let hang = ["slow".to_owned()].into();
    let flyte = Flyte::start(Script { hang, ..Default::default() }).await;
    let planned = Planned::new().task("slow").task("fast").workflow("w", vec![task_node("fast")]);
    let options = CallOptions { timeout: Duration::from_secs(2), ..Default::default() };
    let report = register_with(&flyte, &planned, &Told::default(), &options).await.unwrap();
    assert_eq!(result(&report, "workflow w").status, RegistrationStatus::Created);
    let slow = result(&report, "task slow");
    assert_eq!(slow.status, RegistrationStatus::Failed);
    assert!(slow.message.contains("not known whether task slow is registered"), "{}", slow.message);
}

#[tokio::test]
async fn what_is_needed_beside_the_plan_is_the_servers_to_judge() {
    let flyte = Flyte::start(Script::default()).await;
    let planned = Planned::new().workflow("w", vec![task_node("elsewhere")]);
    let report = register(&flyte, &planned).await.unwrap();
    assert_eq!(report.results[0].message, "missing entity task elsewhere");

    assert_eq!(register(&flyte, &Planned::new().task("elsewhere")).await.unwrap().results.len(), 1);
    let report = register(&flyte, &planned).await.unwrap();
    assert_eq!(report.results[0].status, RegistrationStatus::Created);
}

#[tokio::test]
async fn those_that_need_each_other_fail_and_the_rest_goes_on() {
    let flyte = Flyte::start(Script::default()).await;
    let planned = Planned::new()
        .task("a")
        .workflow("w", vec![launch_plan_node("again"), task_node("a")])
        .launch_plan("again", "w")
        .workflow("above", vec![workflow_node("w")]);
    let report = register(&flyte, &planned).await.unwrap();
    assert_eq!(result(&report, "task a").status, RegistrationStatus::Created);
    for name in ["workflow w", "launch plan again"] {
        let result = result(&report, name);
        assert_eq!(result.status, RegistrationStatus::Failed);
        assert!(result.message.contains("workflow w → launch plan again → workflow w"), "{}", result.message);
    }
    let above = result(&report, "workflow above");
    assert_eq!(above.status, RegistrationStatus::Skipped);
    assert_eq!(above.message, "Not tried, because it needs workflow w, which failed.");
    assert_eq!(flyte.log(), ["task a"], "nothing else was sent");
}

#[tokio::test]
async fn registering_again_changes_nothing_and_succeeds() {
    let flyte = Flyte::start(Script::default()).await;
    let planned =
        Planned::new().task("a").workflow("w", vec![task_node("a")]).launch_plan("w", "w").activated();
    register(&flyte, &planned).await.unwrap();
    let again = register(&flyte, &planned).await.unwrap();
    assert!(
        again
            .results
            .iter()
            .all(|result| result.status == RegistrationStatus::Exists && result.message.is_empty())
    );
    // Whoever activated another version in between gets this one back.
    assert_eq!(flyte.log().iter().filter(|entry| *entry == "activate w").count(), 2);
}

#[tokio::test]
async fn an_empty_plan_gives_an_empty_report() {
    let flyte = Flyte::start(Script::default()).await;
    let report = register(&flyte, &Planned::new()).await.unwrap();
    assert!(report.results.is_empty() && !report.cancelled);
}

#[tokio::test]
async fn an_entity_that_is_twice_in_the_plan_has_two_results() {
    let flyte = Flyte::start(Script::default()).await;
    let planned = Planned::new().task("a").task("a").workflow("w", vec![task_node("a")]);
    let report = register(&flyte, &planned).await.unwrap();
    let ids: Vec<_> = report.results.iter().map(|result| result.id.clone()).collect();
    let task = id(EntityKind::Task, "a");
    assert_eq!(ids, [task.clone(), task, id(EntityKind::Workflow, "w")]);
    assert!(report.results.iter().all(|result| result.message.is_empty()), "{report:?}");
}
