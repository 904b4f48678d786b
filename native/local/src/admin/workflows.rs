//! Workflows: compiled when they are registered, compared by what they compile to.

use rusqlite::{Connection, Transaction};
use tonic::{Code, Status};

use super::{descriptions, listing, versions};
use crate::compile;
use crate::failure::{Outcome, invalid, missing, with_detail};
use crate::filters::Table;
use crate::idl::admin::{
    CreateWorkflowFailureReason, NamedEntityIdentifierList, NamedEntityIdentifierListRequest,
    ObjectGetRequest, ResourceListRequest, Workflow, WorkflowClosure, WorkflowCreateRequest,
    WorkflowCreateResponse, WorkflowErrorExistsDifferentStructure, WorkflowErrorExistsIdenticalStructure,
    WorkflowSpec, create_workflow_failure_reason::Reason,
};
use crate::idl::core::{
    CompiledWorkflow, CompiledWorkflowClosure, Identifier, ResourceType, TypedInterface, WorkflowTemplate,
};
use crate::messages::text;
use crate::serve::Flyte;
use crate::store::{entities, list};
use crate::times;
use crate::validation;

/// Registers a workflow. The same again is ALREADY_EXISTS, another one under the same id INVALID_ARGUMENT with what
/// differs between the compiled closures.
pub fn create(flyte: &Flyte, request: WorkflowCreateRequest) -> Outcome<WorkflowCreateResponse> {
    flyte.store.write(|transaction| create_in(transaction, request))?;
    Ok(WorkflowCreateResponse {})
}

/// [`create`] as part of a larger change.
pub fn create_in(transaction: &Transaction, request: WorkflowCreateRequest) -> Outcome<()> {
    let id = validation::identifier(request.id.as_ref(), ResourceType::Workflow)?.clone();
    validation::project_and_domain(transaction, &id.project, &id.domain)?;
    let mut spec = request.spec.ok_or_else(|| missing("spec"))?;
    let template = spec.template.as_mut().ok_or_else(|| missing("spec"))?;
    template.id = Some(id.clone());
    let interface = template.interface.clone();
    let closure = compiled(transaction, &spec)
        .map_err(|why| invalid(format!("failed to compile workflow for [{}] with err: {why}", text(&id))))?;

    if let Some(existing) = versions::existing(entities::workflow(transaction, &id))? {
        let known = existing.message.closure.unwrap_or_default().compiled_workflow.unwrap_or_default();
        return Err(exists(&id, &known, &closure));
    }
    let created = times::now();
    let listed = Workflow {
        id: Some(id.clone()),
        closure: Some(WorkflowClosure {
            compiled_workflow: Some(interface_only(interface)),
            created_at: Some(times::timestamp(created)),
        }),
        short_description: descriptions::keep(transaction, &id, spec.description)?,
    };
    let workflow = Workflow {
        closure: Some(WorkflowClosure {
            compiled_workflow: Some(closure),
            created_at: Some(times::timestamp(created)),
        }),
        ..listed.clone()
    };
    entities::insert_workflow(transaction, &id, &workflow, &listed, created)
}

/// The compiled closure, or why there is none in the words that follow "with err".
fn compiled(connection: &Connection, spec: &WorkflowSpec) -> Result<CompiledWorkflowClosure, String> {
    let template = spec.template.as_ref().ok_or("there is no template")?;
    let needed = compile::requirements(template, &spec.sub_workflows)
        .map_err(|errors| format!("failed to get workflow requirements with err {errors}"))?;
    let said = |status: Status| status.message().to_owned();
    let mut tasks = Vec::with_capacity(needed.tasks.len());
    for id in &needed.tasks {
        let task = entities::task(connection, id).map_err(said)?;
        tasks.extend(task.message.closure.and_then(|closure| closure.compiled_task));
    }
    let mut plans = Vec::with_capacity(needed.launch_plans.len());
    for id in &needed.launch_plans {
        let mut plan = entities::launch_plan(connection, id).map_err(said)?.message;
        // Nodes find it by the id that they refer to it with.
        plan.id = Some(id.clone());
        plans.push(plan);
    }
    compile::workflow(template, &spec.sub_workflows, tasks, &plans).map_err(|errors| errors.to_string())
}

/// What lists show of a workflow's closure.
fn interface_only(interface: Option<TypedInterface>) -> CompiledWorkflowClosure {
    let template = WorkflowTemplate { interface: Some(interface.unwrap_or_default()), ..Default::default() };
    CompiledWorkflowClosure {
        primary: Some(CompiledWorkflow { template: Some(template), connections: None }),
        ..Default::default()
    }
}

/// The error for an id that is taken, with a detail by which clients tell the two cases apart.
fn exists(id: &Identifier, known: &CompiledWorkflowClosure, given: &CompiledWorkflowClosure) -> Status {
    let id_detail = Some(id.clone());
    let (code, message, reason) = if known == given {
        (
            Code::AlreadyExists,
            "workflow with identical structure already exists".to_owned(),
            Reason::ExistsIdenticalStructure(WorkflowErrorExistsIdenticalStructure { id: id_detail }),
        )
    } else {
        (
            Code::InvalidArgument,
            versions::difference("workflow", id, known, given),
            Reason::ExistsDifferentStructure(WorkflowErrorExistsDifferentStructure { id: id_detail }),
        )
    };
    let detail = CreateWorkflowFailureReason { reason: Some(reason) };
    with_detail(code, message, "flyteidl.admin.CreateWorkflowFailureReason", &detail)
}

/// The workflow of an id with its compiled closure, encoded.
pub fn get(flyte: &Flyte, request: ObjectGetRequest) -> Outcome<Vec<u8>> {
    let id = validation::identifier(request.id.as_ref(), ResourceType::Workflow)?;
    flyte.store.read(|connection| entities::workflow_bytes(connection, id))
}

/// A page of versions with their interfaces only, encoded.
pub fn list(flyte: &Flyte, request: ResourceListRequest) -> Outcome<Vec<u8>> {
    let listing = listing::versions(&request, Table::Workflow, "workflows.list_message", "ListWorkflows")?;
    flyte.store.read(|view| listing.encoded(view, list::message))
}

/// A page of names.
pub fn ids(flyte: &Flyte, request: NamedEntityIdentifierListRequest) -> Outcome<NamedEntityIdentifierList> {
    versions::names(flyte, &request, Table::Workflow, "ListWorkflowIdentifiers")
}
