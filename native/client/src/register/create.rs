//! Creating one entity, and what the server's answer means.

use bytes::Bytes;
use flyte_idl::flyteidl::admin::{LaunchPlanState, LaunchPlanUpdateRequest};
use flyte_idl::flyteidl::core::Identifier;
use prost::Message;

use super::problems;
use crate::call::{CallOptions, Caller, method};
use crate::domain::{CompileProblem, EntityId, EntityKind, RegistrationResult, RegistrationStatus};
use crate::error::{FailureReason, FlyteError, GrpcCode};
use crate::requests::entity_id;

/// Most characters of FlyteAdmin's diff in a message: that of a workflow is its whole closure.
const DIFF: usize = 4000;

/// An entity ready to be sent.
pub(super) struct Entity<'a> {
    pub id: &'a EntityId,
    /// Its spec as it goes over the wire.
    pub spec: Bytes,
    /// Launch plans only.
    pub activate: bool,
}

/// How an attempt to create an entity ended.
pub(super) enum Attempt {
    /// The server has it now, or has refused it.
    Settled(RegistrationResult),
    /// The server was not reached or did not answer, so that others need not be tried.
    Lost(RegistrationResult, FlyteError),
    /// It was cancelled, by the caller or with the connection.
    Cancelled(RegistrationResult),
}

/// TaskCreateRequest, WorkflowCreateRequest and LaunchPlanCreateRequest alike, with the spec as bytes: what was
/// serialised goes out as it is.
#[derive(Clone, PartialEq, Message)]
struct CreateRequest {
    #[prost(message, optional, tag = "1")]
    id: Option<Identifier>,
    #[prost(bytes = "bytes", tag = "2")]
    spec: Bytes,
}

/// Creates the entity, and makes it the active version if that is asked for.
pub(super) async fn create(caller: &Caller, entity: &Entity<'_>, options: &CallOptions) -> Attempt {
    let id = entity.id;
    let request = CreateRequest { id: Some(entity_id(id)), spec: entity.spec.clone() }.encode_to_vec().into();
    let action = format!("register {}", id.entity);
    let created = match id.entity.kind {
        EntityKind::Task => {
            caller.unary_encoded(&method::CREATE_TASK, request, &action, options).await.map(drop)
        }
        EntityKind::Workflow => {
            caller.unary_encoded(&method::CREATE_WORKFLOW, request, &action, options).await.map(drop)
        }
        EntityKind::LaunchPlan => {
            caller.unary_encoded(&method::CREATE_LAUNCH_PLAN, request, &action, options).await.map(drop)
        }
    };
    let status = match created {
        Ok(()) => RegistrationStatus::Created,
        Err(error) if error.is_answer() && error.code == GrpcCode::AlreadyExists => {
            RegistrationStatus::Exists
        }
        Err(error) => return refused(id, error),
    };
    if entity.activate
        && let Err(error) = activate(caller, id, options).await
    {
        return not_activated(id, status, error);
    }
    Attempt::Settled(RegistrationResult {
        id: id.clone(),
        status,
        message: String::new(),
        problems: Vec::new(),
    })
}

/// Makes a launch plan's version the active one, which deactivates the one before.
async fn activate(caller: &Caller, id: &EntityId, options: &CallOptions) -> Result<(), FlyteError> {
    let mut request = LaunchPlanUpdateRequest { id: Some(entity_id(id)), ..Default::default() };
    request.set_state(LaunchPlanState::Active);
    let action = format!("activate {}", id.entity);
    caller.unary(&method::UPDATE_LAUNCH_PLAN, &request, &action, options).await.map(drop)
}

/// A result of an entity that did not get through.
pub(super) fn unsuccessful(id: &EntityId, status: RegistrationStatus, message: String) -> RegistrationResult {
    RegistrationResult { id: id.clone(), status, message, problems: Vec::new() }
}

fn refused(id: &EntityId, error: FlyteError) -> Attempt {
    let failed = |message| unsuccessful(id, RegistrationStatus::Failed, message);
    match error.reason {
        FailureReason::Status => {
            let (message, problems) = explained(id, &error);
            Attempt::Settled(RegistrationResult { problems, ..failed(message) })
        }
        FailureReason::Cancelled => Attempt::Cancelled(failed(format!(
            "Cancelled while the server was at it: it is not known whether {} is registered. Registering again is safe.",
            id.entity
        ))),
        FailureReason::ConnectionLost | FailureReason::Deadline => {
            let message = format!(
                "It is not known whether {} is registered: {} Registering again is safe.",
                id.entity, error.message
            );
            Attempt::Lost(failed(message), error)
        }
        _ => Attempt::Lost(failed(error.message.clone()), error),
    }
}

fn not_activated(id: &EntityId, status: RegistrationStatus, error: FlyteError) -> Attempt {
    let is_there = if status == RegistrationStatus::Exists { "exists" } else { "was created" };
    let message =
        format!("The {} {is_there}, but was not made the active version: {}", id.entity.kind, error.message);
    let failed = unsuccessful(id, RegistrationStatus::Failed, message);
    match error.reason {
        FailureReason::Status => Attempt::Settled(failed),
        FailureReason::Cancelled => Attempt::Cancelled(failed),
        _ => Attempt::Lost(failed, error),
    }
}

/// What the server's refusal means, and the compile errors in it.
fn explained(id: &EntityId, error: &FlyteError) -> (String, Vec<CompileProblem>) {
    if error.code == GrpcCode::InvalidArgument
        && error.message.contains("with different structure already exists")
    {
        return (different(id, &error.message), Vec::new());
    }
    let problems = problems::parse(&error.message);
    if problems.is_empty() {
        return (error.message.clone(), problems);
    }
    let mut message = format!("The {} {} does not compile.", id.entity.kind, id.entity.name);
    for problem in &problems {
        message.push_str(&format!("\n{}: {} ({})", problem.node, problem.description, problem.code));
    }
    (message, problems)
}

/// FlyteAdmin's message is one line, then the JSON paths that differ with what it has (`-`) and what it was sent (`+`).
fn different(id: &EntityId, message: &str) -> String {
    let advice = format!(
        "Version {} of {} is registered already, with another structure. Register under another version.",
        id.version, id.entity
    );
    let diff = message.split_once('\n').map_or("", |(_, diff)| diff.trim_end());
    if diff.is_empty() {
        return advice;
    }
    let shown: String = diff.chars().take(DIFF).collect();
    let cut = if shown.len() < diff.len() { "\n…" } else { "" };
    format!("{advice}\n{shown}{cut}")
}

#[cfg(test)]
mod tests {
    use flyte_idl::flyteidl::admin::{TaskCreateRequest, TaskSpec};
    use flyte_idl::flyteidl::core::TaskTemplate;

    use super::*;
    use crate::domain::{EntityName, Scope};

    fn id(kind: EntityKind) -> EntityId {
        let scope = Scope { org: String::new(), project: "p".into(), domain: "d".into() };
        EntityId { entity: EntityName { scope, kind, name: "sample.add".into() }, version: "v1".into() }
    }

    fn answer(code: GrpcCode, message: &str) -> FlyteError {
        FlyteError::new(FailureReason::Status, message).with_code(code)
    }

    #[test]
    fn a_request_holds_the_spec_as_flyteidl_declares_it() {
        let template = TaskTemplate { r#type: "python-task".into(), ..Default::default() };
        let spec = TaskSpec { template: Some(template), description: None };
        let id = Some(entity_id(&id(EntityKind::Task)));
        let sent = CreateRequest { id: id.clone(), spec: spec.encode_to_vec().into() }.encode_to_vec();
        assert_eq!(sent, TaskCreateRequest { id, spec: Some(spec) }.encode_to_vec());
    }

    #[test]
    fn another_structure_says_what_to_do_and_keeps_what_differs() {
        let message = "sample.add task with different structure already exists. (Please register a new version of the \
                       task):\n/template/metadata/retries/retries:\n\t- 2 \n\t+ 9\n";
        let (message, problems) =
            explained(&id(EntityKind::Task), &answer(GrpcCode::InvalidArgument, message));
        assert_eq!(
            message,
            "Version v1 of task sample.add is registered already, with another structure. Register under another \
             version.\n/template/metadata/retries/retries:\n\t- 2 \n\t+ 9"
        );
        assert!(problems.is_empty());

        let long = format!("x with different structure already exists.\n{}", "ü".repeat(DIFF + 1));
        let (message, _) = explained(&id(EntityKind::Task), &answer(GrpcCode::InvalidArgument, &long));
        assert!(message.ends_with("üü\n…"), "{message}");
    }

    #[test]
    fn compile_errors_are_told_one_by_one() {
        let message = "failed to compile workflow for [name:\"w\"] with err: Collected Errors: 1\n\tError 0: Code: \
                       ParameterNotBound, Node Id: n0, Description: Parameter not bound [a].\n";
        let (message, problems) =
            explained(&id(EntityKind::Workflow), &answer(GrpcCode::InvalidArgument, message));
        assert_eq!(
            message,
            "The workflow sample.add does not compile.\nn0: Parameter not bound [a]. (ParameterNotBound)"
        );
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn other_refusals_are_told_in_the_servers_words() {
        let error = answer(GrpcCode::InvalidArgument, "missing version");
        assert_eq!(explained(&id(EntityKind::Task), &error), ("missing version".to_owned(), Vec::new()));
    }

    #[test]
    fn what_cut_a_call_short_leaves_its_outcome_open() {
        for reason in [FailureReason::ConnectionLost, FailureReason::Deadline] {
            let Attempt::Lost(result, _) =
                refused(&id(EntityKind::Task), FlyteError::new(reason, "It broke."))
            else {
                panic!("{reason:?} is no loss");
            };
            assert!(result.message.contains("not known whether task sample.add is registered: It broke."));
        }
        let error = FlyteError::new(FailureReason::Cancelled, "Cancelled.");
        let Attempt::Cancelled(result) = refused(&id(EntityKind::Task), error) else { panic!("no cancel") };
        assert!(result.message.contains("not known"));
        let error = FlyteError::new(FailureReason::ConnectionRefused, "Nothing listens.");
        let Attempt::Lost(result, _) = refused(&id(EntityKind::Task), error) else { panic!("no loss") };
        assert_eq!(result.message, "Nothing listens.");
    }
}
