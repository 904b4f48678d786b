//! The kinds of nodes, and what is said of how they run.

use std::collections::HashMap;

use super::room::{COPY, Room, node, seed_literal, task_node, template};
use crate::admin::tests::id;
use crate::idl::admin::SignalSetRequest;
use crate::idl::core::node_execution::Phase as NodePhase;
use crate::idl::core::workflow_execution::Phase;
use crate::idl::core::{
    BooleanExpression, BranchNode, ComparisonExpression, Error, GateNode, IfBlock, IfElseBlock, LiteralType,
    Operand, ResourceType, SignalCondition, SignalIdentifier, SimpleType, SleepCondition, WorkflowNode,
    boolean_expression, comparison_expression::Operator, gate_node, if_else_block, literal, literal_type,
    node, operand, scalar, workflow_node,
};
use crate::signals;

/// Whether `x` equals this value.
#[allow(deprecated, reason = "flytekit writes primitive operands")]
fn x_is(value: i64) -> BooleanExpression {
    let literal = seed_literal(value).literals.remove("x").unwrap();
    let Some(literal::Value::Scalar(scalar)) = literal.value else { panic!() };
    let Some(scalar::Value::Primitive(primitive)) = scalar.value else { panic!() };
    let comparison = ComparisonExpression {
        operator: Operator::Eq as i32,
        left_value: Some(Operand { val: Some(operand::Val::Var("x".into())) }),
        right_value: Some(Operand { val: Some(operand::Val::Primitive(primitive)) }),
    };
    BooleanExpression { expr: Some(boolean_expression::Expr::Comparison(comparison)) }
}

fn branch(value: i64) -> node::Target {
    let then_node = Some(Box::new(task_node("n0", "", "copy")));
    let case = Some(Box::new(IfBlock { condition: Some(x_is(value)), then_node }));
    let error = Error { failed_node_id: "n0".into(), message: "x is another one".into() };
    let default = Some(if_else_block::Default::Error(error));
    let block = IfElseBlock { case, default, ..Default::default() };
    node::Target::BranchNode(Box::new(BranchNode { if_else: Some(Box::new(block)) }))
}

#[tokio::test]
async fn a_branch_runs_what_its_condition_chooses_or_fails_as_it_says() {
    let room = Room::new();
    room.task("copy", COPY, 0);
    room.workflow("taken", vec![node("n0", "", branch(7))], vec![]);
    room.workflow("refused", vec![node("n0", "", branch(8))], vec![]);
    let running = room.start();
    let taken = room.launch("taken");
    assert_eq!(room.ended(&taken).await, Phase::Succeeded);
    assert_eq!(room.node(&taken, "n0-0-n0-n0"), Some(NodePhase::Succeeded));
    let refused = room.launch("refused");
    assert_eq!(room.ended(&refused).await, Phase::Failed);
    assert_eq!(room.error(&refused).message, "x is another one");
    assert_eq!(room.node(&refused, "n0-0-n0-n0"), None);
    running.stop().await;
}

#[tokio::test]
async fn gates_wait_for_their_signal_or_time() {
    let room = Room::new();
    let integer = LiteralType {
        r#type: Some(literal_type::Type::Simple(SimpleType::Integer as i32)),
        ..Default::default()
    };
    let signal = SignalCondition {
        signal_id: "answer".into(),
        r#type: Some(integer),
        output_variable_name: "x".into(),
    };
    let gate = |condition| node::Target::GateNode(GateNode { condition: Some(condition) });
    let sleep = SleepCondition { duration: Some(crate::idl::Duration { seconds: 0, nanos: 1_000_000 }) };
    let mut slept = node("n0", "", gate(gate_node::Condition::Sleep(sleep)));
    slept.inputs.clear();
    let mut waits = node("n1", "", gate(gate_node::Condition::Signal(signal)));
    waits.inputs.clear();
    room.workflow("asks", vec![slept, waits], vec![]);
    let running = room.start();
    let execution = room.launch("asks");
    room.wait_for(|| room.node(&execution, "n1").filter(|phase| *phase == NodePhase::Running)).await;
    let id = SignalIdentifier { signal_id: "answer".into(), execution_id: Some(execution.clone()) };
    let value = seed_literal(42).literals.remove("x");
    room.wait_for(|| {
        // The gate makes its signal known when it begins to wait.
        signals::set(&room.flyte, SignalSetRequest { id: Some(id.clone()), value: value.clone() }).ok()
    })
    .await;
    assert_eq!(room.ended(&execution).await, Phase::Succeeded);
    assert_eq!(room.node(&execution, "n0"), Some(NodePhase::Succeeded));
    assert_eq!(room.outputs(&execution), seed_literal(42));
    running.stop().await;
}

#[tokio::test]
async fn what_is_cached_does_not_run_again() {
    let room = Room::new();
    let count = room.folder.path().join("count").display().to_string();
    room.cached_task("counted", &format!("echo >> {count}; {COPY}"));
    room.workflow("counts", vec![task_node("n0", "", "counted")], vec![]);
    let running = room.start();
    let mut phases = HashMap::new();
    for number in 0..2 {
        let execution = room.launch("counts");
        assert_eq!(room.ended(&execution).await, Phase::Succeeded);
        assert_eq!(room.outputs(&execution), seed_literal(7));
        phases.insert(number, room.attempt(&execution, "n0", 0).is_some());
    }
    assert_eq!(phases, HashMap::from([(0, true), (1, false)]));
    assert_eq!(std::fs::read_to_string(&count).unwrap().len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn a_workflow_in_a_node_may_take_no_longer_than_the_node_says() {
    let room = Room::new();
    room.task("sleeps", "sleep 600", 0);
    let inner = template("inner", vec![task_node("n0", "", "sleeps")]);
    let reference = Some(workflow_node::Reference::SubWorkflowRef(id(ResourceType::Workflow, "inner", "1")));
    let mut late = node("n0", "", node::Target::WorkflowNode(WorkflowNode { reference }));
    late.metadata.as_mut().unwrap().timeout = Some(crate::idl::Duration { seconds: 1, nanos: 0 });
    room.workflow("late", vec![late], vec![inner]);
    let running = room.start();
    let execution = room.launch("late");
    assert_eq!(room.ended(&execution).await, Phase::Failed);
    assert_eq!(
        room.error(&execution).message,
        "[1/1] currentAttempt done. Last Error: USER::task execution timeout [1s] expired"
    );
    assert_eq!(room.node(&execution, "n0-0-n0"), Some(NodePhase::Aborted));
    running.stop().await;
}

#[test]
fn deep_workflows_fit_on_the_stack() {
    // About as deep as the compiler allows, on a quarter of the stack that a thread of the server has.
    let deep = || {
        let room = Room::new();
        room.task("copy", COPY, 0);
        let reference = |depth: usize| {
            let id = id(ResourceType::Workflow, &format!("w{depth}"), "1");
            node::Target::WorkflowNode(WorkflowNode {
                reference: Some(workflow_node::Reference::SubWorkflowRef(id)),
            })
        };
        let mut inner = vec![template("w0", vec![task_node("n0", "", "copy")])];
        inner.extend(
            (1..45).map(|depth| template(&format!("w{depth}"), vec![node("n0", "", reference(depth - 1))])),
        );
        room.workflow("deep", vec![node("n0", "", reference(44))], inner);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let running = room.start();
            let execution = room.launch("deep");
            assert_eq!(room.ended(&execution).await, Phase::Succeeded);
            assert_eq!(room.outputs(&execution), seed_literal(7));
            running.stop().await;
        });
    };
    std::thread::Builder::new().stack_size(16 << 20).spawn(deep).unwrap().join().unwrap();
}
