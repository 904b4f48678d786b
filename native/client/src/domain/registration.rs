use std::path::PathBuf;

use super::{EntityId, Scope};

/// One serialised entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationItem {
    /// What it is to be called.
    pub id: EntityId,
    /// File with the message: TaskSpec, WorkflowSpec or LaunchPlanSpec of `flyteidl.admin`.
    pub spec_file: PathBuf,
    /// Launch plans only: make this version the active one once it is created.
    pub activate: bool,
}

/// The user's code, packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The archive; the server keeps it under this file's name.
    pub file: PathBuf,
    /// Where it is unpacked in the container; replaces `{{ .dest_dir }}`.
    pub destination: String,
    /// The address it was serialised for ([`crate::FlyteClient::bundle_address`]): the upload must end there.
    pub address: Option<String>,
}

/// What to register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationPlan {
    /// Where to.
    pub scope: Scope,
    /// The version that the entities share.
    pub version: String,
    /// The entities, in any order.
    pub items: Vec<RegistrationItem>,
    /// The code bundle; its address replaces `{{ .remote_package_path }}` in every task's arguments.
    pub bundle: Option<Bundle>,
}

/// What became of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationStatus {
    /// It is new on the server.
    Created,
    /// The server has the identical entity already, which is a success.
    Exists,
    /// The server refused it, or did not answer.
    Failed,
    /// Not tried, after a failure or a cancel.
    Skipped,
}

/// One compile error of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileProblem {
    /// The node that it is about.
    pub node: String,
    /// FlyteAdmin's code, such as `MismatchingTypes`.
    pub code: String,
    /// What is wrong.
    pub description: String,
}

/// What became of one item of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationResult {
    /// Which entity.
    pub id: EntityId,
    /// How it went.
    pub status: RegistrationStatus,
    /// What went wrong, for `Failed`; why it was not tried, for `Skipped`.
    pub message: String,
    /// Compile errors of the server, taken apart; empty when it gave none.
    pub problems: Vec<CompileProblem>,
}

/// What a registration is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationStep {
    /// Storing the code bundle.
    Upload,
    /// A task.
    Task,
    /// A workflow.
    Workflow,
    /// A launch plan.
    LaunchPlan,
}

/// A step of a registration, as it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationProgress {
    /// What was settled, or [`RegistrationStep::Upload`] when the upload starts and when it is done.
    pub step: RegistrationStep,
    /// Entities settled so far.
    pub done: usize,
    /// Entities in all.
    pub total: usize,
    /// The entity just settled; `None` for the upload.
    pub result: Option<RegistrationResult>,
}

/// How a registration went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationReport {
    /// One result for each item of the plan, in the plan's order.
    pub results: Vec<RegistrationResult>,
    /// Whether it was cancelled before the end.
    pub cancelled: bool,
    /// Address of the uploaded bundle; empty when there was none.
    pub bundle_uri: String,
}
