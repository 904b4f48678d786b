//! The names that TypeScript has for what are enumerations in Rust.

use flyte_client::domain::{
    EntityKind, Phase, RegistrationStatus, RegistrationStep, ServerKind, ValueMapState,
};
use flyte_client::values::ValueKind;

/// An enumeration with names.
pub(crate) trait Named: Sized + Copy + 'static {
    /// All of its values.
    const ALL: &'static [Self];

    /// The name of this one.
    fn name(self) -> &'static str;

    /// The value of this name.
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.name() == name)
    }
}

macro_rules! named {
    ($kind:ident: $($value:ident = $name:literal),+ $(,)?) => {
        impl Named for $kind {
            const ALL: &'static [Self] = &[$(Self::$value),+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name),+
                }
            }
        }
    };
}

named!(EntityKind: Task = "task", Workflow = "workflow", LaunchPlan = "launchPlan");

named!(Phase:
    Undefined = "undefined",
    Queued = "queued",
    Initializing = "initializing",
    WaitingForResources = "waitingForResources",
    Running = "running",
    DynamicRunning = "dynamicRunning",
    Paused = "paused",
    Retryable = "retryable",
    Recovered = "recovered",
    Skipped = "skipped",
    Succeeding = "succeeding",
    Succeeded = "succeeded",
    Failing = "failing",
    Failed = "failed",
    Aborting = "aborting",
    Aborted = "aborted",
    TimedOut = "timedOut",
);

named!(ServerKind: FlyteAdmin = "flyteAdmin", Flyte2 = "flyte2");

named!(ValueMapState: Inline = "inline", TooLarge = "tooLarge", None = "none");

named!(ValueKind:
    None = "none",
    Integer = "integer",
    Float = "float",
    String = "string",
    Boolean = "boolean",
    Datetime = "datetime",
    Duration = "duration",
    Enum = "enum",
    Binary = "binary",
    Blob = "blob",
    Schema = "schema",
    StructuredDataset = "structuredDataset",
    Error = "error",
    Union = "union",
    Collection = "collection",
    Map = "map",
    Record = "record",
    Offloaded = "offloaded",
    Truncated = "truncated",
    Unknown = "unknown",
);

named!(RegistrationStatus: Created = "created", Exists = "exists", Failed = "failed", Skipped = "skipped");

named!(RegistrationStep: Upload = "upload", Task = "task", Workflow = "workflow", LaunchPlan = "launchPlan");
