use flyte_idl::flyteidl::core::{node_execution, workflow_execution};

/// The union of the workflow, node and task phases, which are three enums in flyteidl.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Not known yet, or one that this version does not know.
    #[default]
    Undefined,
    /// Waits to be started.
    Queued,
    /// A task prepares.
    Initializing,
    /// A task waits for the cluster.
    WaitingForResources,
    /// Runs.
    Running,
    /// A dynamic node runs the nodes that it made.
    DynamicRunning,
    /// Waits for a signal.
    Paused,
    /// An attempt failed and another will follow.
    Retryable,
    /// Taken over from the execution that was recovered.
    Recovered,
    /// Not needed, as a branch decided.
    Skipped,
    /// Ends well.
    Succeeding,
    /// Ended well.
    Succeeded,
    /// Ends with an error.
    Failing,
    /// Ended with an error.
    Failed,
    /// Is being terminated.
    Aborting,
    /// Was terminated.
    Aborted,
    /// Took longer than it may.
    TimedOut,
}

impl Phase {
    /// From a number of `flyteidl.core.WorkflowExecution.Phase`.
    pub(crate) fn of_workflow(number: u64) -> Self {
        use workflow_execution::Phase as P;
        match i32::try_from(number).ok().and_then(|number| P::try_from(number).ok()) {
            Some(P::Queued) => Self::Queued,
            Some(P::Running) => Self::Running,
            Some(P::Succeeding) => Self::Succeeding,
            Some(P::Succeeded) => Self::Succeeded,
            Some(P::Failing) => Self::Failing,
            Some(P::Failed) => Self::Failed,
            Some(P::Aborting) => Self::Aborting,
            Some(P::Aborted) => Self::Aborted,
            Some(P::TimedOut) => Self::TimedOut,
            Some(P::Undefined) | None => Self::Undefined,
        }
    }

    /// From a number of `flyteidl.core.NodeExecution.Phase`.
    pub(crate) fn of_node(number: u64) -> Self {
        use node_execution::Phase as P;
        match i32::try_from(number).ok().and_then(|number| P::try_from(number).ok()) {
            Some(P::Queued) => Self::Queued,
            Some(P::Running) => Self::Running,
            Some(P::Succeeded) => Self::Succeeded,
            Some(P::Failing) => Self::Failing,
            Some(P::Failed) => Self::Failed,
            Some(P::Aborted) => Self::Aborted,
            Some(P::Skipped) => Self::Skipped,
            Some(P::TimedOut) => Self::TimedOut,
            Some(P::DynamicRunning) => Self::DynamicRunning,
            Some(P::Recovered) => Self::Recovered,
            Some(P::Undefined) | None => Self::Undefined,
        }
    }

    /// The workflow phase by its name in flyteidl, as filters want it; `None` for phases that no workflow has.
    pub(crate) fn workflow_name(self) -> Option<&'static str> {
        Some(match self {
            Self::Undefined => "UNDEFINED",
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Succeeding => "SUCCEEDING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failing => "FAILING",
            Self::Failed => "FAILED",
            Self::Aborting => "ABORTING",
            Self::Aborted => "ABORTED",
            Self::TimedOut => "TIMED_OUT",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workflow_phase_has_its_name_in_flyteidl() {
        for number in 0..=9_i32 {
            let declared = workflow_execution::Phase::try_from(number).unwrap();
            let phase = Phase::of_workflow(u64::try_from(number).unwrap());
            assert_eq!(phase.workflow_name(), Some(declared.as_str_name()));
        }
    }

    #[test]
    fn every_node_phase_is_known_and_others_are_undefined() {
        for number in 1..=10_i32 {
            assert!(node_execution::Phase::try_from(number).is_ok());
            assert_ne!(Phase::of_node(u64::try_from(number).unwrap()), Phase::Undefined, "{number}");
        }
        assert_eq!(Phase::of_node(11), Phase::Undefined);
        assert_eq!(Phase::of_workflow(u64::MAX), Phase::Undefined);
    }
}
