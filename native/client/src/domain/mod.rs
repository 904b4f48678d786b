//! What the runtime gives and takes: plain data in Flyte's own terms, without protobuf or gRPC.

mod data;
mod id;
mod page;
mod phase;
mod registration;
mod row;

pub use data::{Detail, ExecutionData, ServerInfo, ServerKind, ValueMap, ValueMapState};
pub use id::{EntityId, EntityKind, EntityName, ExecutionId, NodeExecutionId, Scope};
pub use page::{Page, PageRequest};
pub use phase::Phase;
pub use registration::{
    Bundle, CompileProblem, RegistrationItem, RegistrationPlan, RegistrationProgress, RegistrationReport,
    RegistrationResult, RegistrationStatus, RegistrationStep,
};
pub use row::{
    Domain, EntityRow, ExecutionFilter, ExecutionRow, LastExecution, NodeExecutionRow, Project, VersionRow,
};
