use super::{EntityName, ExecutionId, NodeExecutionId, Phase};

/// A part of a project, such as `development`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Domain {
    /// What identifiers use.
    pub id: String,
    /// For people.
    pub name: String,
}

/// A project with its domains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// What identifiers use.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its domains, in the server's order.
    pub domains: Vec<Domain>,
}

/// A named entity as a list shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityRow {
    /// The name that all versions share.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it was put away.
    pub archived: bool,
}

/// A version of an entity as a list shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionRow {
    /// The version.
    pub version: String,
    /// Milliseconds since the epoch.
    pub created_at: Option<i64>,
    /// One line: `(a: integer, b: string) -> (o0: float)`; of the workflow for a launch plan.
    pub signature: String,
    /// Launch plans only: whether this version is the active one.
    pub active: Option<bool>,
}

/// An execution as a list shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionRow {
    /// Which execution.
    pub id: ExecutionId,
    /// How far it is.
    pub phase: Phase,
    /// The launch plan, or the task for an execution of a single task.
    pub launched_name: String,
    /// Its version.
    pub launched_version: String,
    /// Milliseconds since the epoch.
    pub created_at: Option<i64>,
    /// Milliseconds since the epoch; `None` before it starts.
    pub started_at: Option<i64>,
    /// Milliseconds; `None` while it has not ended.
    pub duration: Option<i64>,
    /// Who or what started it; empty when the server does not say.
    pub principal: String,
    /// The first bytes of the error (FlyteAdmin cuts it to 100 in lists); empty when there is none.
    pub error: String,
}

/// A node of an execution as a list shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeExecutionRow {
    /// Which node.
    pub id: NodeExecutionId,
    /// The node's name in the source, for people; its id where it has none.
    pub display_name: String,
    /// How far it is.
    pub phase: Phase,
    /// Milliseconds since the epoch.
    pub created_at: Option<i64>,
    /// Milliseconds since the epoch; `None` before it starts.
    pub started_at: Option<i64>,
    /// Milliseconds; `None` while it has not ended.
    pub duration: Option<i64>,
    /// Whether its outputs came from the cache.
    pub cached: bool,
    /// Whether it holds nodes of its own (sub-workflow, dynamic task, array node).
    pub is_parent: bool,
    /// The execution that it launched, for a launch plan node.
    pub launched_execution: Option<ExecutionId>,
    /// The first bytes of the error; empty when there is none.
    pub error: String,
}

/// Which executions are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionFilter {
    /// Only those of this workflow, task or launch plan, in all its versions.
    pub entity: Option<EntityName>,
    /// Only these phases; all when empty.
    pub phases: Vec<Phase>,
}

/// The last execution of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastExecution {
    /// The execution.
    pub execution: ExecutionRow,
    /// The node that ran the task, when the task ran as part of a workflow.
    pub node: Option<NodeExecutionRow>,
}
