//! The real `flyte-local`, spawned: its command line, who can call it, what survives when it is killed, uploads by signed
//! URL, and the life of executions over its port.

#![allow(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked as tests for tests, not what they call"
)]

mod cli;
mod durability;
mod executions;
mod protocol;
mod requests;
mod seeding;
mod spawned;
mod uploads;
