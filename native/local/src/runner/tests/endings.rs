//! How executions end.

use super::room::{COPY, Room, node, seed_literal, task_node, template};
use crate::admin::tests::id;
use crate::idl::core::node_execution::Phase as NodePhase;
use crate::idl::core::task_execution::Phase as TaskPhase;
use crate::idl::core::workflow_execution::Phase;
use crate::idl::core::{ResourceType, WorkflowNode, node, workflow_node};

fn target(reference: workflow_node::Reference) -> node::Target {
    node::Target::WorkflowNode(WorkflowNode { reference: Some(reference) })
}

#[tokio::test]
async fn outputs_go_from_node_to_node_into_workflows_and_executions() {
    let room = Room::new();
    room.task("copy", COPY, 0);
    room.workflow("inner", vec![task_node("n0", "", "copy")], vec![]);
    let sub = workflow_node::Reference::SubWorkflowRef(id(ResourceType::Workflow, "inner", "1"));
    let plan = workflow_node::Reference::LaunchplanRef(id(ResourceType::LaunchPlan, "inner", "1"));
    let nodes =
        vec![task_node("n0", "", "copy"), node("n1", "n0", target(sub)), node("n2", "n1", target(plan))];
    room.workflow("outer", nodes, vec![template("inner", vec![task_node("n0", "", "copy")])]);
    let running = room.start();
    let execution = room.launch("outer");
    assert_eq!(room.ended(&execution).await, Phase::Succeeded);
    assert_eq!(room.outputs(&execution), seed_literal(7));
    for node in ["start-node", "n0", "n1", "n1-0-start-node", "n1-0-n0", "n1-0-end-node", "n2", "end-node"] {
        assert_eq!(room.node(&execution, node), Some(NodePhase::Succeeded), "{node}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_task_that_may_succeed_later_is_tried_again() {
    let room = Room::new();
    let marker = room.folder.path().join("marker").display().to_string();
    room.task("second", &format!("if [ -e {marker} ]; then {COPY}; else touch {marker}; exit 3; fi"), 1);
    room.task("never", "exit 3", 1);
    room.workflow("recovered", vec![task_node("n0", "", "second")], vec![]);
    room.workflow("exhausted", vec![task_node("n0", "", "never"), task_node("n1", "n0", "never")], vec![]);
    let running = room.start();
    let recovered = room.launch("recovered");
    assert_eq!(room.ended(&recovered).await, Phase::Succeeded);
    let phase = |attempt| room.attempt(&recovered, "n0", attempt).map(|task| task.closure.unwrap().phase());
    assert_eq!([phase(0), phase(1), phase(2)], [Some(TaskPhase::Failed), Some(TaskPhase::Succeeded), None]);
    let exhausted = room.launch("exhausted");
    assert_eq!(room.ended(&exhausted).await, Phase::Failed);
    let error = room.error(&exhausted);
    assert!(error.message.starts_with("[2/2] currentAttempt done. Last Error: USER::"), "{}", error.message);
    assert_eq!(room.node(&exhausted, "n0"), Some(NodePhase::Failed));
    assert_eq!(room.node(&exhausted, "n1"), None);
    running.stop().await;
}

#[tokio::test]
async fn a_failure_ends_what_runs_beside_it() {
    let room = Room::new();
    room.task("fails", "exit 3", 0);
    room.task("sleeps", "sleep 600", 0);
    room.workflow("both", vec![task_node("n0", "", "sleeps"), task_node("n1", "", "fails")], vec![]);
    let running = room.start();
    let execution = room.launch("both");
    assert_eq!(room.ended(&execution).await, Phase::Failed);
    assert_eq!(room.node(&execution, "n1"), Some(NodePhase::Failed));
    // It may not even have begun.
    let beside = room.node(&execution, "n0");
    assert!(matches!(beside, None | Some(NodePhase::Aborted)), "{beside:?}");
    running.stop().await;
}

#[tokio::test]
async fn what_is_terminated_is_aborted_with_its_nodes() {
    let room = Room::new();
    room.task("sleeps", "sleep 600", 0);
    room.workflow("long", vec![task_node("n0", "", "sleeps")], vec![]);
    let running = room.start();
    let execution = room.launch("long");
    let phase = || room.attempt(&execution, "n0", 0).map(|task| task.closure.unwrap().phase());
    room.wait_for(|| phase().filter(|phase| *phase == TaskPhase::Running)).await;
    room.terminate(&execution);
    assert_eq!(room.ended(&execution).await, Phase::Aborted);
    assert_eq!(room.node(&execution, "n0"), Some(NodePhase::Aborted));
    assert_eq!(phase(), Some(TaskPhase::Aborted));
    running.stop().await;
}

#[tokio::test]
async fn what_was_running_goes_on_after_a_restart() {
    let room = Room::new();
    let marker = room.folder.path().join("marker").display().to_string();
    room.task("copy", COPY, 0);
    room.task("slow", &format!("if [ -e {marker} ]; then {COPY}; else touch {marker}; sleep 600; fi"), 0);
    room.workflow("two", vec![task_node("n0", "", "copy"), task_node("n1", "n0", "slow")], vec![]);
    let running = room.start();
    let execution = room.launch("two");
    room.wait_for(|| std::path::Path::new(&marker).exists().then_some(())).await;
    running.stop().await;
    let room = room.restarted();
    let running = room.start();
    assert_eq!(room.ended(&execution).await, Phase::Succeeded);
    let attempt =
        |node, number| room.attempt(&execution, node, number).map(|task| task.closure.unwrap().phase());
    assert_eq!([attempt("n0", 0), attempt("n0", 1)], [Some(TaskPhase::Succeeded), None]);
    assert_eq!([attempt("n1", 0), attempt("n1", 1)], [Some(TaskPhase::Failed), Some(TaskPhase::Succeeded)]);
    running.stop().await;
}
