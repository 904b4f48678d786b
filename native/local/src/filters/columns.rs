//! Which columns of which tables may be filtered and sorted by, and what kind of value each holds.

/// What a column holds, and so how the text of a filter becomes a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Text,
    Integer,
    /// A point in time, written in RFC 3339.
    Time,
    /// A duration, written in seconds or in Go's form.
    Duration,
}

pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether it may be empty. PostgreSQL sorts empty values after all others.
    pub nullable: bool,
}

/// A table as filters name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    Project,
    Task,
    Workflow,
    LaunchPlan,
    NamedEntity,
    NamedEntityMetadata,
    DescriptionEntity,
    Execution,
    /// The older name of [`Table::ExecutionTag`]: its `name` is the tag's key.
    AdminTag,
    ExecutionAdminTag,
    ExecutionTag,
    NodeExecution,
    TaskExecution,
    Signal,
}

use Kind::{Duration, Integer, Text, Time};

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: false }
}

const fn nullable(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: true }
}

const PROJECT: &[Column] = &[
    column("identifier", Text),
    column("name", Text),
    column("description", Text),
    column("state", Integer),
];

const TASK: &[Column] = &[
    column("project", Text),
    column("domain", Text),
    column("name", Text),
    column("version", Text),
    column("type", Text),
    column("short_description", Text),
];

const WORKFLOW: &[Column] = &[
    column("project", Text),
    column("domain", Text),
    column("name", Text),
    column("version", Text),
    column("short_description", Text),
];

const LAUNCH_PLAN: &[Column] = &[
    column("project", Text),
    column("domain", Text),
    column("name", Text),
    column("version", Text),
    column("workflow_id", Integer),
    column("state", Integer),
    column("schedule_type", Text),
    nullable("launch_condition_type", Text),
];

const NAMED_ENTITY: &[Column] = &[
    column("resource_type", Integer),
    column("project", Text),
    column("domain", Text),
    column("name", Text),
    column("description", Text),
    column("state", Integer),
];

const DESCRIPTION_ENTITY: &[Column] = &[
    column("resource_type", Integer),
    column("project", Text),
    column("domain", Text),
    column("name", Text),
    column("version", Text),
    column("short_description", Text),
];

const EXECUTION: &[Column] = &[
    column("execution_project", Text),
    column("execution_domain", Text),
    column("execution_name", Text),
    nullable("launch_plan_id", Integer),
    column("workflow_id", Integer),
    nullable("task_id", Integer),
    column("phase", Text),
    nullable("started_at", Time),
    column("execution_created_at", Time),
    column("execution_updated_at", Time),
    column("duration", Duration),
    column("abort_cause", Text),
    column("mode", Integer),
    column("source_execution_id", Integer),
    column("parent_node_execution_id", Integer),
    column("cluster", Text),
    column("inputs_uri", Text),
    column("user_inputs_uri", Text),
    nullable("error_kind", Text),
    nullable("error_code", Text),
    column("user", Text),
    column("state", Integer),
    column("launch_entity", Text),
];

const ADMIN_TAG: &[Column] = &[column("name", Text)];

const EXECUTION_TAG: &[Column] = &[
    column("execution_project", Text),
    column("execution_domain", Text),
    column("execution_name", Text),
    column("key", Text),
    column("value", Text),
];

const NODE_EXECUTION: &[Column] = &[
    column("execution_project", Text),
    column("execution_domain", Text),
    column("execution_name", Text),
    column("node_id", Text),
    column("phase", Text),
    column("input_uri", Text),
    nullable("started_at", Time),
    column("node_execution_created_at", Time),
    column("node_execution_updated_at", Time),
    column("duration", Duration),
    nullable("parent_id", Integer),
    nullable("parent_task_execution_id", Integer),
    nullable("error_kind", Text),
    nullable("error_code", Text),
    nullable("cache_status", Text),
];

const TASK_EXECUTION: &[Column] = &[
    column("project", Text),
    column("domain", Text),
    column("name", Text),
    column("version", Text),
    column("execution_project", Text),
    column("execution_domain", Text),
    column("execution_name", Text),
    column("node_id", Text),
    column("retry_attempt", Integer),
    column("phase", Text),
    column("phase_version", Integer),
    column("input_uri", Text),
    nullable("started_at", Time),
    column("task_execution_created_at", Time),
    column("task_execution_updated_at", Time),
    column("duration", Duration),
];

const SIGNAL: &[Column] = &[
    column("execution_project", Text),
    column("execution_domain", Text),
    column("execution_name", Text),
    column("signal_id", Text),
];

/// Columns that every table has.
const COMMON: &[Column] = &[
    column("id", Integer),
    column("created_at", Time),
    column("updated_at", Time),
    nullable("deleted_at", Time),
];

impl Table {
    /// The prefixes by which a filter's field names another table than the one listed.
    pub const PREFIXES: [(&'static str, Self); 13] = [
        ("task.", Self::Task),
        ("workflow.", Self::Workflow),
        ("launch_plan.", Self::LaunchPlan),
        ("execution.", Self::Execution),
        ("node_execution.", Self::NodeExecution),
        ("task_execution.", Self::TaskExecution),
        ("entities.", Self::NamedEntity),
        ("named_entity_metadata.", Self::NamedEntityMetadata),
        ("project.", Self::Project),
        ("signal.", Self::Signal),
        ("admin_tag.", Self::AdminTag),
        ("execution_admin_tag.", Self::ExecutionAdminTag),
        ("execution_tag.", Self::ExecutionTag),
    ];

    /// FlyteAdmin's short name, which its errors show.
    pub fn alias(self) -> &'static str {
        match self {
            Self::Project => "p",
            Self::Task => "t",
            Self::Workflow => "w",
            Self::LaunchPlan => "l",
            Self::NamedEntity => "nen",
            Self::NamedEntityMetadata => "nem",
            Self::DescriptionEntity => "d",
            Self::Execution => "e",
            Self::AdminTag => "at",
            Self::ExecutionAdminTag => "eat",
            Self::ExecutionTag => "et",
            Self::NodeExecution => "ne",
            Self::TaskExecution => "te",
            Self::Signal => "s",
        }
    }

    /// The table's name in SQL. `entities` is the grouped list of names that a named entity list selects from.
    pub fn sql_name(self) -> &'static str {
        match self {
            Self::Project => "projects",
            Self::Task => "tasks",
            Self::Workflow => "workflows",
            Self::LaunchPlan => "launch_plans",
            Self::NamedEntity => "entities",
            Self::NamedEntityMetadata => "named_entity_metadata",
            Self::DescriptionEntity => "description_entities",
            Self::Execution => "executions",
            Self::AdminTag | Self::ExecutionAdminTag | Self::ExecutionTag => "execution_tags",
            Self::NodeExecution => "node_executions",
            Self::TaskExecution => "task_executions",
            Self::Signal => "signals",
        }
    }

    /// The tables whose columns a list of this one may filter by.
    pub fn joins(self) -> &'static [Self] {
        match self {
            Self::Execution => &[
                Self::Execution,
                Self::LaunchPlan,
                Self::Workflow,
                Self::Task,
                Self::AdminTag,
                Self::ExecutionTag,
            ],
            Self::LaunchPlan => &[Self::LaunchPlan, Self::Workflow],
            Self::NodeExecution => &[Self::NodeExecution, Self::Execution],
            Self::TaskExecution => &[Self::TaskExecution, Self::Task, Self::Execution, Self::NodeExecution],
            Self::NamedEntity => &[Self::NamedEntity, Self::NamedEntityMetadata],
            Self::DescriptionEntity => &[Self::DescriptionEntity],
            Self::Project => &[Self::Project],
            Self::Task => &[Self::Task],
            Self::Workflow => &[Self::Workflow],
            Self::Signal => &[Self::Signal],
            _ => &[],
        }
    }

    /// The column of this name, if lists may use it.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        let own = match self {
            Self::Project => PROJECT,
            Self::Task => TASK,
            Self::Workflow => WORKFLOW,
            Self::LaunchPlan => LAUNCH_PLAN,
            Self::NamedEntity | Self::NamedEntityMetadata => NAMED_ENTITY,
            Self::DescriptionEntity => DESCRIPTION_ENTITY,
            Self::Execution => EXECUTION,
            Self::AdminTag => ADMIN_TAG,
            Self::ExecutionTag => EXECUTION_TAG,
            Self::NodeExecution => NODE_EXECUTION,
            Self::TaskExecution => TASK_EXECUTION,
            Self::Signal => SIGNAL,
            Self::ExecutionAdminTag => return None,
        };
        // A named entity is a group of rows, so it has neither an id nor times of its own.
        let common = if self == Self::NamedEntity { &[] } else { COMMON };
        own.iter().chain(common).find(|column| column.name == name)
    }
}
