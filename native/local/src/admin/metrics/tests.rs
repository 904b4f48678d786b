use super::*;
use crate::admin::tests::{Fresh, fresh};
use crate::idl::admin::{NodeExecutionClosure, NodeExecutionMetaData, TaskExecutionClosure};
use crate::idl::core::{
    ConnectionSet, GateNode, IfBlock, IfElseBlock, NodeExecutionIdentifier, TaskExecutionIdentifier,
    TaskNode, WorkflowExecutionIdentifier, WorkflowNode, WorkflowTemplate, connection_set::IdList,
};
use crate::store::nodes::Relations;

fn at(second: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: second, nanos: 0 })
}

fn node_id(id: &str) -> Option<NodeExecutionIdentifier> {
    let execution_id = Some(WorkflowExecutionIdentifier { name: "e".into(), ..Default::default() });
    Some(NodeExecutionIdentifier { node_id: id.into(), execution_id })
}

/// A node that was first heard of at `created` and last at `updated`. Its name ends in that of the workflow's node.
fn ran(id: &str, created: i64, updated: i64) -> NodeExecution {
    let spec_node_id = id.rsplit('.').next().unwrap().to_owned();
    NodeExecution {
        id: node_id(id),
        metadata: Some(NodeExecutionMetaData { spec_node_id, ..Default::default() }),
        closure: Some(NodeExecutionClosure {
            created_at: at(created),
            updated_at: at(updated),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn store(
    flyte: &Flyte,
    node: &NodeExecution,
    parent: Option<i64>,
    made: Option<&CompiledWorkflowClosure>,
) -> i64 {
    let relations = Relations { parent, parent_task: None };
    let stored = flyte.store.write(|transaction| {
        nodes::insert(transaction, node, &relations, made)?;
        nodes::get(transaction, node.id.as_ref().unwrap())
    });
    stored.unwrap().row
}

fn task(id: &str) -> Node {
    let target = Some(Target::TaskNode(TaskNode::default()));
    Node { id: id.into(), target, ..Default::default() }
}

/// A workflow of two tasks, one after the other.
fn two() -> CompiledWorkflowClosure {
    let after = |id: &str| IdList { ids: vec![id.into()] };
    let upstream = [("n1".to_owned(), after("n0")), (END.to_owned(), after("n1"))].into();
    let nodes = vec![task("n0"), task("n1")];
    let primary = CompiledWorkflow {
        template: Some(WorkflowTemplate { nodes, ..Default::default() }),
        connections: Some(ConnectionSet { upstream, ..Default::default() }),
    };
    CompiledWorkflowClosure { primary: Some(primary), ..Default::default() }
}

/// What a node's span says, such as `n0 1-5 [NODE_SETUP 1-2, …]`.
fn spans(flyte: &Flyte, node: &Node, id: &str, depth: i32) -> String {
    let closure = two();
    let span = flyte.store.read(|connection| {
        let stored = nodes::get(connection, &node_id(id).unwrap())?;
        Reader { connection }.node(&stored, node, Workflow::of(&closure).unwrap(), depth)
    });
    text(&span.unwrap())
}

fn text(span: &Span) -> String {
    let name = match span.id.as_ref().unwrap() {
        span::Id::OperationId(name) => name.clone(),
        span::Id::NodeId(id) => id.node_id.clone(),
        span::Id::TaskId(id) => format!("attempt {}", id.retry_attempt),
        span::Id::WorkflowId(id) => id.name.clone(),
    };
    let seconds = |time: Option<Timestamp>| time.map_or("?".to_owned(), |time| time.seconds.to_string());
    let own = format!("{name} {}-{}", seconds(span.start_time), seconds(span.end_time));
    if span.spans.is_empty() {
        return own;
    }
    format!("{own} [{}]", span.spans.iter().map(text).collect::<Vec<_>>().join(", "))
}

#[test]
fn a_gate_waits() {
    let Fresh { flyte, _folder } = fresh();
    let gate = Node { target: Some(Target::GateNode(GateNode::default())), ..Default::default() };
    let mut node = ran("g", 1, 9);
    let row = store(&flyte, &node, None, None);
    assert_eq!(spans(&flyte, &gate, "g", 0), "g 1-9");
    assert_eq!(spans(&flyte, &gate, "g", 1), "g 1-9 [NODE_SETUP 1-9]");
    let mut change = |closure: NodeExecutionClosure| {
        node.closure = Some(closure);
        let stored = Stored { row, message: node.clone(), is_dynamic: false };
        flyte.store.write(|transaction| nodes::update(transaction, &stored, None)).unwrap();
        node.closure.clone().unwrap()
    };
    let started = at(2);
    let waiting = change(NodeExecutionClosure {
        created_at: at(1),
        updated_at: at(9),
        started_at: started,
        ..Default::default()
    });
    assert_eq!(spans(&flyte, &gate, "g", 1), "g 1-9 [NODE_SETUP 1-2, NODE_IDLE 2-9]");
    change(NodeExecutionClosure { duration: Some(Duration { seconds: 5, nanos: 0 }), ..waiting });
    assert_eq!(spans(&flyte, &gate, "g", 1), "g 1-9 [NODE_SETUP 1-2, NODE_IDLE 2-7, NODE_TEARDOWN 7-9]");
}

#[test]
fn a_branch_has_the_node_that_it_took() {
    let Fresh { flyte, _folder } = fresh();
    let case = |id: &str| IfBlock { then_node: Some(Box::new(task(id))), ..Default::default() };
    let if_else = IfElseBlock { case: Some(Box::new(case("x"))), other: vec![case("y")], default: None };
    let branch = BranchNode { if_else: Some(Box::new(if_else)) };
    let branch = Node { target: Some(Target::BranchNode(Box::new(branch))), ..Default::default() };
    let row = store(&flyte, &ran("b", 1, 9), None, None);
    assert_eq!(spans(&flyte, &branch, "b", 5), "b 1-9 [NODE_SETUP 1-9]");
    let mut skipped = ran("b.x", 2, 2);
    skipped.closure.as_mut().unwrap().set_phase(node_execution::Phase::Skipped);
    store(&flyte, &skipped, Some(row), None);
    store(&flyte, &ran("b.y", 3, 8), Some(row), None);
    let expected = "b 1-9 [NODE_SETUP 1-3, b.y 3-8 [NODE_SETUP 3-8], NODE_TEARDOWN 8-9]";
    assert_eq!(spans(&flyte, &branch, "b", 5), expected);
    assert_eq!(spans(&flyte, &branch, "b", 1), "b 1-9 [NODE_SETUP 1-3, b.y 3-8, NODE_TEARDOWN 8-9]");
}

#[test]
fn a_dynamic_node_has_its_attempts_and_what_they_made() {
    let Fresh { flyte, _folder } = fresh();
    let mut dynamic = ran("d", 1, 20);
    dynamic.metadata.as_mut().unwrap().is_parent_node = true;
    let row = store(&flyte, &dynamic, None, Some(&two()));
    assert_eq!(spans(&flyte, &task("d"), "d", -1), "d 1-20 [NODE_SETUP 1-20]");
    for (retry_attempt, created, updated) in [(0, 2, 4), (1, 5, 7)] {
        let id = TaskExecutionIdentifier { node_execution_id: node_id("d"), retry_attempt, task_id: None };
        let closure =
            TaskExecutionClosure { created_at: at(created), updated_at: at(updated), ..Default::default() };
        let attempt = TaskExecution { id: Some(id), closure: Some(closure), ..Default::default() };
        flyte.store.write(|transaction| attempts::insert(transaction, &attempt, 0)).unwrap();
    }
    for (id, created, updated) in [("d.start-node", 8, 8), ("d.n0", 9, 12), ("d.n1", 13, 18)] {
        store(&flyte, &ran(id, created, updated), Some(row), None);
    }
    assert_eq!(
        spans(&flyte, &task("d"), "d", -1),
        "d 1-20 [NODE_SETUP 1-2, attempt 0 2-4 [TASK_SETUP 2-4], NODE_RESET 4-5, attempt 1 5-7 [TASK_SETUP 5-7], \
         NODE_RESET 7-8, d.n0 9-12 [NODE_SETUP 9-12], d.n1 13-18 [NODE_TRANSITION 12-13, NODE_SETUP 13-18], \
         NODE_TEARDOWN 18-20]"
    );
}

#[test]
fn a_launch_plan_that_was_not_launched_yet_is_being_set_up() {
    let Fresh { flyte, _folder } = fresh();
    let reference = Some(workflow_node::Reference::LaunchplanRef(Identifier::default()));
    let target = Some(Target::WorkflowNode(WorkflowNode { reference }));
    store(&flyte, &ran("l", 1, 4), None, None);
    let node = Node { target, ..Default::default() };
    assert_eq!(spans(&flyte, &node, "l", 2), "l 1-4 [NODE_SETUP 1-4]");
}
