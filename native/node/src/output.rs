//! What JavaScript gets of small results, in the shapes of `src/flyte/types.ts`.

use flyte_client::domain;
use napi_derive::napi;

use crate::input::EntityId;
use crate::names::Named;

/// Everything that a document shows of an entity's version, an execution or a node execution.
#[napi(object, object_from_js = false)]
pub struct Detail {
    pub json: String,
    pub error: String,
}

impl From<domain::Detail> for Detail {
    fn from(domain::Detail { json, error }: domain::Detail) -> Self {
        Self { json, error }
    }
}

/// What answers at an endpoint.
#[napi(object, object_from_js = false)]
pub struct ServerInfo {
    #[napi(ts_type = "'flyteAdmin' | 'flyte2'")]
    pub kind: &'static str,
    pub version: String,
}

impl From<domain::ServerInfo> for ServerInfo {
    fn from(info: domain::ServerInfo) -> Self {
        Self { kind: info.kind.name(), version: info.version }
    }
}

impl From<domain::EntityId> for EntityId {
    fn from(id: domain::EntityId) -> Self {
        let domain::EntityName { scope, kind, name } = id.entity;
        Self {
            org: (!scope.org.is_empty()).then_some(scope.org),
            project: scope.project,
            domain: scope.domain,
            kind: kind.name().to_owned(),
            name,
            version: id.version,
        }
    }
}

/// One compile error of the server.
#[napi(object, object_from_js = false)]
pub struct CompileProblem {
    pub node: String,
    pub code: String,
    pub description: String,
}

impl From<domain::CompileProblem> for CompileProblem {
    fn from(domain::CompileProblem { node, code, description }: domain::CompileProblem) -> Self {
        Self { node, code, description }
    }
}

/// What became of one item of a plan.
#[napi(object, object_from_js = false)]
pub struct RegistrationResult {
    pub id: EntityId,
    #[napi(ts_type = "'created' | 'exists' | 'failed' | 'skipped'")]
    pub status: &'static str,
    pub message: String,
    pub problems: Vec<CompileProblem>,
}

impl From<domain::RegistrationResult> for RegistrationResult {
    fn from(result: domain::RegistrationResult) -> Self {
        Self {
            id: result.id.into(),
            status: result.status.name(),
            message: result.message,
            problems: result.problems.into_iter().map(Into::into).collect(),
        }
    }
}

/// A step of a registration, as it happens.
#[napi(object, object_from_js = false)]
pub struct RegistrationProgress {
    #[napi(ts_type = "'upload' | 'task' | 'workflow' | 'launchPlan'")]
    pub step: &'static str,
    pub done: f64,
    pub total: f64,
    pub result: Option<RegistrationResult>,
}

impl From<domain::RegistrationProgress> for RegistrationProgress {
    fn from(progress: domain::RegistrationProgress) -> Self {
        Self {
            step: progress.step.name(),
            done: progress.done as f64,
            total: progress.total as f64,
            result: progress.result.map(Into::into),
        }
    }
}

/// How a registration went.
#[napi(object, object_from_js = false)]
pub struct RegistrationReport {
    pub results: Vec<RegistrationResult>,
    pub cancelled: bool,
    pub bundle_uri: String,
}

impl From<domain::RegistrationReport> for RegistrationReport {
    fn from(report: domain::RegistrationReport) -> Self {
        Self {
            results: report.results.into_iter().map(Into::into).collect(),
            cancelled: report.cancelled,
            bundle_uri: report.bundle_uri,
        }
    }
}
