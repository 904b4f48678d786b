//! Stores executions of the sample workflow, each made by the events that an engine would send.

use std::ops::Range;

use rusqlite::Transaction;

use super::entities::{TASKS, task_of};
use super::sample::{Sample, literals, time};
use crate::admin::{launch, node_events, task_events, workflow_events};
use crate::failure::Outcome;
use crate::idl::admin::{AbortMetadata, execution_closure};
use crate::idl::core::primitive::Value;
use crate::idl::core::{
    Identifier, LiteralMap, NodeExecutionIdentifier, TaskLog, node_execution, task_execution,
    workflow_execution,
};
use crate::idl::event::{NodeExecutionEvent, TaskExecutionEvent, node_execution_event, task_execution_event};
use crate::store::executions::{self, Stored};

/// How many of the newest executions have nodes and tasks.
const WITH_NODES: u64 = 20;

/// Stores the executions of these numbers, the first being the oldest of `count`. Gives how many were added.
pub fn store(transaction: &Transaction, plan: &Identifier, numbers: Range<u64>, count: u64) -> Outcome<u64> {
    let target = launch::plan(transaction, plan)?;
    let mut added = 0;
    for number in numbers {
        let sample = Sample::new(plan, number, count);
        if executions::exists(transaction, &sample.id)? {
            continue;
        }
        let mut made = launch::Made::new(transaction, sample.request(), sample.spec(), target.clone())?;
        let created_at = Some(time(sample.created_at));
        let closure = made.execution.closure.get_or_insert_default();
        closure.created_at = created_at;
        closure.updated_at = created_at;
        if let Some(details) = &mut closure.state_change_details {
            details.occurred_at = created_at;
        }
        let mut stored = Stored::unsaved(std::mem::take(&mut made.execution));
        if sample.phase == workflow_execution::Phase::Aborted {
            let cause = AbortMetadata { cause: "superseded by a newer run".into(), ..Default::default() };
            let closure = stored.message.closure.get_or_insert_default();
            closure.output_result = Some(execution_closure::OutputResult::AbortMetadata(cause));
        }
        for event in sample.events() {
            workflow_events::record(transaction, &mut stored, &sample.id, event)?;
        }
        made.execution = stored.message;
        launch::insert(transaction, &made, None)?;
        added += 1;
        if count - number <= WITH_NODES {
            sample.store_nodes(transaction)?;
        }
    }
    Ok(added)
}

impl Sample {
    /// The nodes, each with an attempt at its task: all of them when the execution succeeded, else those up to `n1`,
    /// which is the one that failed or is still running.
    fn store_nodes(&self, transaction: &Transaction) -> Outcome<()> {
        use workflow_execution::Phase;
        if self.phase == Phase::Queued {
            return Ok(());
        }
        self.store_bare_node(transaction, "start-node", self.started_at())?;
        let last = if self.phase == Phase::Succeeded { 2 } else { 1 };
        let third = (self.ended_at() - self.started_at()) / 3;
        for (index, task) in TASKS.iter().enumerate().take(last + 1) {
            let start = self.started_at() + third * i64::try_from(index).unwrap_or_default();
            let phase = if index < last { Phase::Succeeded } else { self.phase };
            self.store_node(transaction, index, task, phase, start..start + third)?;
        }
        if self.phase == Phase::Succeeded {
            self.store_bare_node(transaction, "end-node", self.ended_at())?;
        }
        Ok(())
    }

    fn node_id(&self, node: &str) -> NodeExecutionIdentifier {
        NodeExecutionIdentifier { node_id: node.into(), execution_id: Some(self.id.clone()) }
    }

    fn node_event(&self, node: &str, phase: node_execution::Phase, at: i64) -> NodeExecutionEvent {
        NodeExecutionEvent {
            id: Some(self.node_id(node)),
            phase: phase as i32,
            occurred_at: Some(time(at)),
            spec_node_id: node.into(),
            node_name: node.into(),
            event_version: 1,
            ..Default::default()
        }
    }

    fn store_bare_node(&self, transaction: &Transaction, node: &str, at: i64) -> Outcome<()> {
        node_events::record(transaction, self.node_event(node, node_execution::Phase::Succeeded, at))
    }

    fn store_node(
        &self,
        transaction: &Transaction,
        index: usize,
        task: &str,
        phase: workflow_execution::Phase,
        when: Range<i64>,
    ) -> Outcome<()> {
        use workflow_execution::Phase;
        let node = format!("n{index}");
        let attempt = |phase: task_execution::Phase, at: i64| TaskExecutionEvent {
            task_id: Some(task_of(&self.plan, task)),
            parent_node_execution_id: Some(self.node_id(&node)),
            phase: phase as i32,
            occurred_at: Some(time(at)),
            task_type: "python-task".into(),
            ..Default::default()
        };
        let mut started = self.node_event(&node, node_execution::Phase::Running, when.start);
        started.input_value = Some(node_execution_event::InputValue::InputData(self.node_inputs(index)));
        node_events::record(transaction, started)?;
        let log = TaskLog {
            uri: format!("https://logs.example.com/{}/{node}/0", self.id.name),
            name: "Kubernetes Logs".into(),
            ..Default::default()
        };
        task_events::record(
            transaction,
            TaskExecutionEvent { logs: vec![log], ..attempt(task_execution::Phase::Running, when.start + 1) },
        )?;
        let (node_phase, task_phase, node_result, task_result) = match phase {
            Phase::Succeeded => {
                let outputs = self.node_outputs(index);
                (
                    node_execution::Phase::Succeeded,
                    task_execution::Phase::Succeeded,
                    Some(node_execution_event::OutputResult::OutputData(outputs.clone())),
                    Some(task_execution_event::OutputResult::OutputData(outputs)),
                )
            }
            Phase::Failed => (
                node_execution::Phase::Failed,
                task_execution::Phase::Failed,
                Some(node_execution_event::OutputResult::Error(self.error())),
                Some(task_execution_event::OutputResult::Error(self.error())),
            ),
            Phase::Aborted => (node_execution::Phase::Aborted, task_execution::Phase::Aborted, None, None),
            _ => return Ok(()),
        };
        let ended = TaskExecutionEvent { output_result: task_result, ..attempt(task_phase, when.end - 1) };
        task_events::record(transaction, ended)?;
        let mut ended = self.node_event(&node, node_phase, when.end);
        ended.output_result = node_result;
        node_events::record(transaction, ended)
    }

    fn node_inputs(&self, index: usize) -> LiteralMap {
        let data = ("data", Value::StringValue(self.data()));
        let inputs = match index {
            0 => vec![("source", self.source()), ("rows", self.rows())],
            1 => vec![data, ("learning_rate", Value::FloatValue(0.05))],
            _ => vec![data, ("model", Value::StringValue(self.model()))],
        };
        literals(inputs)
    }

    fn node_outputs(&self, index: usize) -> LiteralMap {
        let value = match index {
            0 => Value::StringValue(self.data()),
            1 => Value::StringValue(self.model()),
            _ => Value::FloatValue(self.accuracy()),
        };
        literals(vec![("o0", value)])
    }
}
