//! One execution of the sample workflow: all that differs between them is drawn from their number, so that the same
//! ones come out each time.

use std::collections::HashMap;

use super::entities::primitive;
use crate::idl::Timestamp;
use crate::idl::admin::{
    Annotations, Envs, ExecutionCreateRequest, ExecutionMetadata, ExecutionSpec, Labels, RawOutputDataConfig,
};
use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::primitive::Value;
use crate::idl::core::{
    ExecutionError, Identifier, KeyValuePair, LiteralMap, WorkflowExecutionIdentifier, workflow_execution,
};
use crate::idl::event::{WorkflowExecutionEvent, workflow_execution_event};

/// When the newest execution was made: the start of 2026.
const NEWEST: i64 = 1_767_225_600;

/// Seconds between two executions.
const APART: i64 = 37;

/// How many of the newest executions have not ended.
const UNFINISHED: u64 = 5;

/// Who launches executions.
const TEAMS: [&str; 4] = ["forecasting", "pricing", "research", "vision"];

/// One execution of the sample.
pub struct Sample {
    pub id: WorkflowExecutionIdentifier,
    pub plan: Identifier,
    /// Numbers drawn from its own number.
    drawn: u64,
    pub phase: workflow_execution::Phase,
    pub created_at: i64,
}

impl Sample {
    /// The execution of this number, the first being the oldest of `count`.
    pub fn new(plan: &Identifier, number: u64, count: u64) -> Self {
        use workflow_execution::Phase;
        let drawn = mix(number);
        let age = count - number;
        let phase = match (age, drawn % 100) {
            (1, _) => Phase::Queued,
            (2..=UNFINISHED, _) => Phase::Running,
            (_, 0..=11) => Phase::Failed,
            (_, 12..=15) => Phase::Aborted,
            _ => Phase::Succeeded,
        };
        let id = WorkflowExecutionIdentifier {
            project: plan.project.clone(),
            domain: plan.domain.clone(),
            name: format!("a{drawn:016x}"),
            org: String::new(),
        };
        let created_at = NEWEST - (i64::try_from(age).unwrap_or(i64::MAX) - 1).saturating_mul(APART);
        Self { id, plan: plan.clone(), drawn, phase, created_at }
    }

    /// What would be sent to launch it, without its spec.
    pub fn request(&self) -> ExecutionCreateRequest {
        let inputs = literals(vec![("source", self.source()), ("rows", self.rows())]);
        ExecutionCreateRequest {
            project: self.id.project.clone(),
            domain: self.id.domain.clone(),
            name: self.id.name.clone(),
            inputs: Some(inputs),
            ..Default::default()
        }
    }

    /// The settings that a team would give: who it is, which code it ran, where raw data go.
    pub fn spec(&self) -> ExecutionSpec {
        let team = TEAMS[usize::try_from(self.drawn % 4).unwrap_or_default()];
        let entry = |key: &str, value: String| HashMap::from([(key.to_owned(), value)]);
        ExecutionSpec {
            launch_plan: Some(self.plan.clone()),
            metadata: Some(ExecutionMetadata::default()),
            labels: Some(Labels { values: entry("team", team.into()) }),
            annotations: Some(Annotations {
                values: entry("commit", format!("{:016x}", mix(self.drawn >> 20))),
            }),
            raw_output_data_config: Some(RawOutputDataConfig {
                output_location_prefix: format!("s3://{team}-raw-data"),
            }),
            envs: Some(Envs { values: vec![KeyValuePair { key: "LOG_LEVEL".into(), value: "info".into() }] }),
            ..Default::default()
        }
    }

    /// The input that says where the rows come from.
    pub fn source(&self) -> Value {
        Value::StringValue(format!("s3://measurements/{:03}.parquet", self.drawn % 200))
    }

    /// The input that says how many rows are wanted.
    pub fn rows(&self) -> Value {
        Value::Integer(1_000 + i64::try_from(self.drawn % 100_000).unwrap_or_default())
    }

    /// When it began to run, in seconds since the epoch.
    pub fn started_at(&self) -> i64 {
        self.created_at + 2
    }

    /// When it ended: from 10 seconds to half an hour later.
    pub fn ended_at(&self) -> i64 {
        self.started_at() + 10 + i64::try_from(self.drawn % 1_790).unwrap_or_default()
    }

    /// What its model was found to be worth.
    pub fn accuracy(&self) -> f64 {
        0.7 + (self.drawn % 3_000) as f64 / 10_000.0
    }

    /// The address of its model.
    pub fn model(&self) -> String {
        format!("s3://models/{}/model.bin", self.id.name)
    }

    /// The address of its rows.
    pub fn data(&self) -> String {
        format!("s3://measurements/{}/rows.parquet", self.id.name)
    }

    /// How its task failed, when it did.
    pub fn error(&self) -> ExecutionError {
        let row = self.drawn % 10_000;
        ExecutionError {
            code: "USER:ValueError".into(),
            message: format!(
                "Traceback (most recent call last):\n\n  File \"/root/training/pipeline.py\", line 42, in train\n    \
                 raise ValueError(f\"row {{row}} of {{data}} has no label\")\n\nValueError: row {row} of {} has no \
                 label\n",
                self.data()
            ),
            kind: ErrorKind::User as i32,
            ..Default::default()
        }
    }

    /// The events of the execution itself.
    pub fn events(&self) -> Vec<WorkflowExecutionEvent> {
        use workflow_execution::Phase;
        use workflow_execution_event::OutputResult;
        let event = |phase: Phase, at: i64, output_result| WorkflowExecutionEvent {
            execution_id: Some(self.id.clone()),
            phase: phase as i32,
            occurred_at: Some(time(at)),
            output_result,
            ..Default::default()
        };
        if self.phase == Phase::Queued {
            return vec![event(Phase::Queued, self.created_at, None)];
        }
        let mut events = vec![event(Phase::Running, self.started_at(), None)];
        let result = match self.phase {
            Phase::Running => return events,
            Phase::Succeeded => {
                let accuracy = ("accuracy", Value::FloatValue(self.accuracy()));
                let model = ("model", Value::StringValue(self.model()));
                Some(OutputResult::OutputData(literals(vec![accuracy, model])))
            }
            Phase::Failed => Some(OutputResult::Error(self.error())),
            _ => None,
        };
        events.push(event(self.phase, self.ended_at(), result));
        events
    }
}

/// A whole second as a message.
pub fn time(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanos: 0 }
}

/// Mixes a number's bits (SplitMix64), so that neighbours look unlike each other.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A map of primitives by name.
pub fn literals(values: Vec<(&str, Value)>) -> LiteralMap {
    LiteralMap {
        literals: values.into_iter().map(|(name, value)| (name.to_owned(), primitive(value))).collect(),
    }
}
