use std::fmt;

/// Where entities live.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Empty on Flyte 1, required on Flyte 2.
    pub org: String,
    /// The project's id.
    pub project: String,
    /// The domain's id.
    pub domain: String,
}

/// `project/domain`, with the organisation before it where there is one.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.org.is_empty() {
            write!(f, "{}/", self.org)?;
        }
        write!(f, "{}/{}", self.project, self.domain)
    }
}

/// What can be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntityKind {
    /// A task.
    Task,
    /// A workflow.
    Workflow,
    /// A launch plan.
    LaunchPlan,
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Task => "task",
            Self::Workflow => "workflow",
            Self::LaunchPlan => "launch plan",
        })
    }
}

/// A named entity: all versions of one task, workflow or launch plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityName {
    /// Project and domain.
    pub scope: Scope,
    /// Task, workflow or launch plan.
    pub kind: EntityKind,
    /// The name that all versions share.
    pub name: String,
}

/// `task sample.add`.
impl fmt::Display for EntityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// One version of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityId {
    /// The entity.
    pub entity: EntityName,
    /// Its version.
    pub version: String,
}

/// `task sample.add, version v1`.
impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, version {}", self.entity, self.version)
    }
}

/// One execution of a launch plan or a single task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ExecutionId {
    /// Project and domain.
    pub scope: Scope,
    /// Unique in its scope.
    pub name: String,
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "execution {} of {}", self.name, self.scope)
    }
}

/// One node of an execution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct NodeExecutionId {
    /// The execution that the node is part of.
    pub execution: ExecutionId,
    /// Unique in its execution, such as `n0` or, inside of another node, `n0-0-n1`.
    pub node_id: String,
}

impl fmt::Display for NodeExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} of {}", self.node_id, self.execution)
    }
}
