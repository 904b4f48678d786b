//! AdminService: one module per kind of thing it keeps, and per kind of event that advances an execution.

pub mod attributes;
pub mod descriptions;
pub mod events;
pub mod execution_data;
pub mod executions;
pub mod launch;
pub mod launch_plans;
mod listing;
pub mod metrics;
pub mod named_entities;
pub mod names;
pub mod node_events;
pub mod node_executions;
pub mod projects;
pub mod relaunch;
pub mod settings;
mod single_task;
pub mod task_events;
pub mod task_executions;
mod task_merge;
pub mod tasks;
#[cfg(test)]
pub mod tests;
pub mod version;
mod versions;
pub mod workflow_events;
pub mod workflows;
