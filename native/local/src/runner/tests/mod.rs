//! Executions with real processes: shell scripts in the place of flytekit's entry points.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test fail as a test does")]

mod endings;
mod kinds;
mod room;
