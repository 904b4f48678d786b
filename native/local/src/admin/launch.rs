//! What makes an execution: the launch plan (or single task), the inputs it gets, and the settings it runs with.
#![allow(deprecated, reason = "older clients still send these fields, and FlyteAdmin heeds them")]

use rusqlite::Transaction;
use tonic::Status;

use crate::admin::{names, settings, single_task};
use crate::failure::Outcome;
use crate::idl::Timestamp;
use crate::idl::admin::{
    AuthRole, Execution, ExecutionClosure, ExecutionCreateRequest, ExecutionSpec,
    ExecutionStateChangeDetails, LaunchPlan, LaunchPlanSpec, Notification, SystemMetadata,
    execution_spec::NotificationOverrides,
};
use crate::idl::core::{
    Identifier, Identity, LiteralMap, ResourceType, SecurityContext, WorkflowExecutionIdentifier,
};
use crate::messages::text;
use crate::store::executions::Origin;
use crate::store::{entities, executions, nodes, objects};
use crate::validation::{self, inputs};
use crate::{times, validation::executions::check};

/// What is launched.
#[derive(Clone)]
pub struct Target {
    pub launch_plan: LaunchPlan,
    /// The row of the launch plan, none for a single task.
    pub launch_plan_row: Option<i64>,
    pub workflow: Identifier,
    pub workflow_row: i64,
    /// The row of the task when it is one.
    pub task_row: Option<i64>,
}

/// Makes an execution. `source` is the row of the one that it repeats, none for a new one.
pub fn launch(
    transaction: &Transaction,
    mut request: ExecutionCreateRequest,
    source: Option<i64>,
) -> Outcome<WorkflowExecutionIdentifier> {
    use_inputs_of_old_clients(&mut request);
    let spec = check(transaction, &request)?.clone();
    let launched = spec.launch_plan.clone().unwrap_or_default();
    let is_task = launched.resource_type() == ResourceType::Task;
    let target = if is_task {
        single_task::target(transaction, &launched, &spec)?
    } else {
        plan(transaction, &launched)?
    };
    let made = Made::new(transaction, request, spec, target)?;
    insert(transaction, &made, source)?;
    Ok(made.id)
}

/// Before flyteidl 0.15 the inputs were in the spec.
fn use_inputs_of_old_clients(request: &mut ExecutionCreateRequest) {
    let given = request.inputs.as_ref().is_some_and(|inputs| !inputs.literals.is_empty());
    if !given && let Some(inputs) = request.spec.as_ref().and_then(|spec| spec.inputs.clone()) {
        request.inputs = Some(inputs);
    }
}

/// A launch plan, to be launched.
pub fn plan(transaction: &Transaction, id: &Identifier) -> Outcome<Target> {
    let stored = entities::launch_plan(transaction, id)?;
    let workflow = stored.message.spec.as_ref().and_then(|spec| spec.workflow_id.clone()).unwrap_or_default();
    Ok(Target {
        workflow_row: executions::workflow_of_plan(transaction, stored.row)?,
        workflow,
        launch_plan_row: Some(stored.row),
        launch_plan: stored.message,
        task_row: None,
    })
}

/// An execution that is about to be stored.
pub struct Made {
    pub id: WorkflowExecutionIdentifier,
    pub execution: Execution,
    target: Target,
    inputs: LiteralMap,
    given: LiteralMap,
    parents: Parents,
}

/// The execution that launched another, and its node that did.
#[derive(Default)]
struct Parents {
    execution: i64,
    node: i64,
}

impl Made {
    /// Puts an execution together from a request that was checked.
    pub fn new(
        transaction: &Transaction,
        request: ExecutionCreateRequest,
        mut spec: ExecutionSpec,
        target: Target,
    ) -> Outcome<Self> {
        let plan = target.launch_plan.spec.clone().unwrap_or_default();
        let expected =
            target.launch_plan.closure.as_ref().and_then(|closure| closure.expected_inputs.as_ref());
        let given = request.inputs.unwrap_or_default();
        let inputs = inputs::of_execution(Some(&given), plan.fixed_inputs.as_ref(), expected)?;
        let name = if request.name.is_empty() { names::execution()? } else { request.name };
        let parents = inherit(transaction, &mut spec)?;

        let metadata = spec.metadata.get_or_insert_default();
        metadata.system_metadata = Some(SystemMetadata {
            namespace: format!("{}-{}", request.project, request.domain),
            ..Default::default()
        });
        let principal = metadata.principal.clone();
        if target.task_row.is_none() {
            metadata.artifact_ids = Vec::new();
            let settings =
                settings::resolve(transaction, &request.project, &request.domain, &spec, Some(&plan))?;
            spec.max_parallelism = settings.max_parallelism;
        }
        let settings = if target.task_row.is_none() { Some(&plan) } else { None };
        spec.security_context = Some(security_context(&spec, settings));

        let id = WorkflowExecutionIdentifier {
            project: request.project,
            domain: request.domain,
            name,
            org: String::new(),
        };
        let now = times::timestamp(times::now());
        let closure = accepted(now, &target.workflow, principal, notifications(&spec, &plan));
        let execution = Execution { id: Some(id.clone()), spec: Some(spec), closure: Some(closure) };
        Ok(Self { id, execution, target, inputs, given, parents })
    }
}

/// The closure of an execution that nothing is known of yet.
fn accepted(
    now: Timestamp,
    workflow: &Identifier,
    principal: String,
    notifications: Vec<Notification>,
) -> ExecutionClosure {
    ExecutionClosure {
        created_at: Some(now),
        updated_at: Some(now),
        notifications,
        workflow_id: Some(workflow.clone()),
        state_change_details: Some(ExecutionStateChangeDetails {
            state: 0,
            occurred_at: Some(now),
            principal,
        }),
        ..Default::default()
    }
}

/// Stores an execution with its inputs, or fails with ALREADY_EXISTS, and then nothing of it is stored: FlyteAdmin
/// would have replaced the inputs of the execution that has the name.
pub fn insert(transaction: &Transaction, made: &Made, source: Option<i64>) -> Outcome<()> {
    let Made { id, target, .. } = made;
    let parts = |last: &'static str| [id.project.as_str(), &id.domain, &id.name, last];
    let origin = Origin {
        launch_plan: target.launch_plan_row,
        workflow: target.workflow_row,
        task: target.task_row,
        launch_entity: if target.task_row.is_some() { "task" } else { "launch_plan" },
        source_execution: source.unwrap_or(made.parents.execution),
        parent_node_execution: made.parents.node,
        inputs_uri: objects::address(&parts("inputs")),
        user_inputs_uri: objects::address(&parts("user_inputs")),
    };
    if !executions::insert(transaction, &made.execution, &origin)? {
        return Err(Status::already_exists(format!(
            "value with matching already exists (an execution has the name {})",
            text(id)
        )));
    }
    objects::put_literals(transaction, &parts("inputs"), &made.inputs)?;
    objects::put_literals(transaction, &parts("user_inputs"), &made.given)?;
    // As with FlyteAdmin, executions of single tasks cannot be found by tag.
    if target.task_row.is_none()
        && let Some(spec) = &made.execution.spec
    {
        for (key, value) in spec.labels.iter().flat_map(|labels| &labels.values) {
            executions::insert_tag(transaction, id, key, value)?;
        }
        for tag in &spec.tags {
            executions::insert_tag(transaction, id, tag, "")?;
        }
    }
    Ok(())
}

/// Takes over what an execution has from the one whose node launched it.
fn inherit(transaction: &Transaction, spec: &mut ExecutionSpec) -> Outcome<Parents> {
    let metadata = spec.metadata.get_or_insert_default();
    // Without sign-in, nobody is known to have asked.
    metadata.principal = String::new();
    let Some(parent) = metadata.parent_node_execution.clone() else { return Ok(Parents::default()) };
    let id = validation::node_id(Some(&parent))?;
    let node = nodes::get(transaction, id)?;
    let source = executions::get(transaction, validation::execution_id(id.execution_id.as_ref())?)?;
    metadata.principal = source.user;
    let parent_spec = source.message.spec.unwrap_or_default();
    metadata.nesting = parent_spec.metadata.unwrap_or_default().nesting.saturating_add(1);
    if parent_spec.execution_cluster_label.is_some() {
        spec.execution_cluster_label = parent_spec.execution_cluster_label;
    }
    Ok(Parents { execution: source.row, node: node.row })
}

/// The identity that an execution runs as: its own, else its launch plan's, else what the older fields of either say.
fn security_context(spec: &ExecutionSpec, plan: Option<&LaunchPlanSpec>) -> SecurityContext {
    let own = spec.security_context.iter().chain(plan.and_then(|plan| plan.security_context.as_ref()));
    for context in own {
        let names_identity = context.run_as.as_ref().is_some_and(|run_as| {
            !run_as.k8s_service_account.is_empty()
                || !run_as.iam_role.is_empty()
                || !run_as.execution_identity.is_empty()
        });
        if names_identity {
            return context.clone();
        }
    }
    let role = spec.auth_role.clone().or_else(|| plan.and_then(role_of_plan)).unwrap_or_default();
    let run_as = Identity {
        iam_role: role.assumable_iam_role,
        k8s_service_account: role.kubernetes_service_account,
        ..Default::default()
    };
    SecurityContext { run_as: Some(run_as), ..Default::default() }
}

fn role_of_plan(plan: &LaunchPlanSpec) -> Option<AuthRole> {
    if plan.auth_role.is_some() {
        return plan.auth_role.clone();
    }
    if let Some(auth) = &plan.auth {
        return Some(AuthRole {
            assumable_iam_role: auth.assumable_iam_role.clone(),
            kubernetes_service_account: auth.kubernetes_service_account.clone(),
        });
    }
    Some(AuthRole { assumable_iam_role: plan.role.clone(), ..Default::default() })
}

fn notifications(spec: &ExecutionSpec, plan: &LaunchPlanSpec) -> Vec<Notification> {
    match &spec.notification_overrides {
        Some(NotificationOverrides::Notifications(list)) if !list.notifications.is_empty() => {
            list.notifications.clone()
        }
        Some(NotificationOverrides::DisableAll(true)) => Vec::new(),
        _ => plan.entity_metadata.clone().unwrap_or_default().notifications,
    }
}
