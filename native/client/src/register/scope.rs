use flyte_idl::flyteidl::admin::{ProjectListRequest, project::ProjectState};

use crate::call::{CallOptions, Caller, method};
use crate::domain::Scope;
use crate::error::{FailureReason, FlyteError, GrpcCode};
use crate::requests::fits_filter;

/// Finds out that the server is there and that project and domain exist, before anything is stored: FlyteAdmin gives
/// upload locations for any project, and refuses each entity on its own.
///
/// # Errors
/// Those of any call; [`FailureReason::Status`] with NOT_FOUND for a project or domain that the server does not have,
/// and with FAILED_PRECONDITION for an archived project.
pub(super) async fn check(caller: &Caller, scope: &Scope, options: &CallOptions) -> Result<(), FlyteError> {
    let action = format!("look for the project {}", scope.project);
    let endpoint = caller.endpoint();
    let refuse = |code, message| {
        Err(FlyteError::new(FailureReason::Status, message).with_code(code).during(&action, endpoint))
    };
    let no_project = format!(
        "The project \"{}\" does not exist on {endpoint}. Choose one of its projects, or create this one first.",
        scope.project
    );
    // No project's id has what a filter cannot hold.
    if scope.project.is_empty() || !fits_filter(&scope.project) {
        return refuse(GrpcCode::NotFound, no_project);
    }
    let request = ProjectListRequest {
        limit: 1,
        filters: format!("eq(identifier,{})", scope.project),
        org: scope.org.clone(),
        ..Default::default()
    };
    let projects = match caller.unary(&method::LIST_PROJECTS, &request, &action, options).await {
        Ok(answer) => answer.projects,
        // Who may register need not be allowed to look around; the answers to the entities will say.
        Err(error) if error.is_answer() && unanswered(error.code) => return Ok(()),
        Err(error) => return Err(error),
    };
    let Some(project) = projects.iter().find(|project| project.id == scope.project) else {
        return refuse(GrpcCode::NotFound, no_project);
    };
    if project.state() != ProjectState::Active {
        return refuse(
            GrpcCode::FailedPrecondition,
            format!(
                "The project \"{}\" is archived on {endpoint}. Choose another, or activate it first.",
                project.id
            ),
        );
    }
    let mut domains = project.domains.iter().map(|domain| domain.id.as_str());
    if !project.domains.is_empty() && !domains.any(|domain| domain == scope.domain) {
        let domains: Vec<&str> = project.domains.iter().map(|domain| domain.id.as_str()).collect();
        return refuse(
            GrpcCode::NotFound,
            format!(
                "The domain \"{}\" does not exist on {endpoint}. Choose one of {}.",
                scope.domain,
                domains.join(", ")
            ),
        );
    }
    Ok(())
}

fn unanswered(code: GrpcCode) -> bool {
    matches!(code, GrpcCode::PermissionDenied | GrpcCode::Unimplemented)
}
