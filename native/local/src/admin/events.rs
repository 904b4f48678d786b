//! What the three kinds of events have in common.

use rusqlite::Transaction;
use tonic::{Code, Status};

use crate::failure::{Outcome, missing, with_detail};
use crate::idl::Timestamp;
use crate::idl::admin::{
    EventErrorAlreadyInTerminalState, EventErrorIncompatibleCluster, EventFailureReason,
    event_failure_reason::Reason,
};
use crate::idl::core::{LiteralMap, workflow_execution::Phase};
use crate::store::objects;

/// What engines that do not name their cluster report as producer.
const UNNAMED_PRODUCER: &str = "propeller";

/// The last parts of the addresses of data that arrived inside events.
pub const INPUTS: &str = "offloaded_inputs";
pub const OUTPUTS: &str = "offloaded_outputs";

/// Whether an execution of this phase is over.
pub fn has_ended(phase: Phase) -> bool {
    matches!(phase, Phase::Succeeded | Phase::Failed | Phase::TimedOut | Phase::Aborted)
}

/// FAILED_PRECONDITION with the detail by which an engine sees that what it reports on is over.
pub fn already_ended(message: String, phase: &str) -> Status {
    let reason =
        Reason::AlreadyInTerminalState(EventErrorAlreadyInTerminalState { current_phase: phase.into() });
    refused(message, reason)
}

/// Whether a producer may report on an execution that runs on `cluster`.
pub fn check_cluster(cluster: &str, producer: &str) -> Outcome<()> {
    if !names_cluster(producer) || producer == cluster {
        return Ok(());
    }
    let message = format!(
        "Cluster/producer from event [{producer}] does not match existing workflow execution clusterInDB: [{cluster}]"
    );
    Err(other_cluster(message, producer))
}

/// Whether a producer says which cluster it is.
pub fn names_cluster(producer: &str) -> bool {
    !producer.is_empty() && producer != UNNAMED_PRODUCER
}

/// FAILED_PRECONDITION with the detail by which an engine sees that another cluster has the execution.
pub fn other_cluster(message: String, cluster: &str) -> Status {
    refused(message, Reason::IncompatibleCluster(EventErrorIncompatibleCluster { cluster: cluster.into() }))
}

fn refused(message: String, reason: Reason) -> Status {
    let detail = EventFailureReason { reason: Some(reason) };
    with_detail(Code::FailedPrecondition, message, "flyteidl.admin.EventFailureReason", &detail)
}

/// When an event happened. Every event must say.
pub fn occurred_at(time: Option<&Timestamp>) -> Outcome<Timestamp> {
    time.copied().ok_or_else(|| missing("occurred_at"))
}

/// When an event was reported: when it happened, unless it says otherwise.
pub fn reported_at(reported: Option<&Timestamp>, occurred: Timestamp) -> Timestamp {
    reported.copied().filter(|time| *time != Timestamp::default()).unwrap_or(occurred)
}

/// The data that an event carries, as it came.
pub enum Carried {
    Nothing,
    Uri(String),
    Literals(LiteralMap),
}

/// The address of the data that an event carries: literals are stored at the address made from `parts`.
pub fn offload(transaction: &Transaction, carried: Carried, parts: &[&str]) -> Outcome<Option<String>> {
    match carried {
        Carried::Literals(literals) => objects::put_literals(transaction, parts, &literals).map(Some),
        Carried::Uri(uri) if !uri.is_empty() => Ok(Some(uri)),
        Carried::Uri(_) | Carried::Nothing => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unnamed_producers_may_report_on_everything() {
        assert!(check_cluster("", "propeller").is_ok());
        assert!(check_cluster("a", "").is_ok());
        assert!(check_cluster("a", "a").is_ok());
        assert_eq!(check_cluster("", "a").unwrap_err().code(), Code::FailedPrecondition);
    }
}
