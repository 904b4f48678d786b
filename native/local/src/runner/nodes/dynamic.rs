//! A task that makes a workflow while it runs, which then runs inside of the task's node.

use std::sync::Arc;

use super::attempts;
use crate::admin::names;
use crate::compile;
use crate::idl::admin::LaunchPlan;
use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::node_execution::Phase;
use crate::idl::core::{
    CompiledTask, CompiledWorkflowClosure, DynamicJobSpec, Identifier, LiteralMap, ResourceType,
    TaskTemplate, TypedInterface, WorkflowTemplate,
};
use crate::idl::event::node_execution_event::TargetMetadata;
use crate::idl::event::{DynamicWorkflowNodeMetadata, NodeExecutionEvent, TaskNodeMetadata};
use crate::runner::program::Program;
use crate::runner::seat::{End, Seat, error, system};
use crate::runner::{Engine, workflow};
use crate::store::{entities, nodes};

/// Runs the workflow that an attempt at the node's task has made.
pub async fn run(seat: &Seat<'_>, task: &TaskTemplate, spec: DynamicJobSpec, attempt: u32) -> Engine<End> {
    let runner = &seat.run.runner;
    let succeeded = attempts::succeeded(seat, task, attempt, None);
    let closure = match compiled(seat, task, spec).await? {
        Ok(closure) => closure,
        Err(why) => {
            runner.record(vec![succeeded]).await?;
            return Ok(End::Failed(error(ErrorKind::User, "DynamicWorkflowBuildFailed", why)));
        }
    };
    let template = closure.primary.as_ref().and_then(|primary| primary.template.as_ref());
    let metadata = TaskNodeMetadata {
        dynamic_workflow: Some(DynamicWorkflowNodeMetadata {
            id: template.and_then(|template| template.id.clone()),
            compiled_workflow: Some(closure.clone()),
            dynamic_job_spec_uri: String::new(),
        }),
        ..Default::default()
    };
    let running = NodeExecutionEvent {
        is_parent: true,
        is_dynamic: true,
        target_metadata: Some(TargetMetadata::TaskNodeMetadata(metadata)),
        ..seat.event(Phase::DynamicRunning)
    };
    runner.record(vec![succeeded, running.into()]).await?;
    inside(seat, closure, attempt).await
}

/// Goes on with the workflow that an attempt made before the server was stopped.
pub async fn resume(seat: &Seat<'_>, row: i64, attempt: u32) -> Engine<End> {
    let made = seat.run.runner.read(move |view| nodes::dynamic_workflow(view, row)).await?;
    match made {
        Some(closure) => inside(seat, closure, attempt).await,
        None => {
            Ok(End::Failed(system("DynamicWorkflowBuildFailed", "the workflow that the task made is lost")))
        }
    }
}

async fn inside(seat: &Seat<'_>, closure: CompiledWorkflowClosure, attempt: u32) -> Engine<End> {
    let scope = seat.inside(Arc::new(Program::new(closure)), attempt, true);
    workflow::run(seat.run, &scope, &scope.program.primary, LiteralMap::default()).await
}

/// The compiled workflow, or why it does not compile.
async fn compiled(
    seat: &Seat<'_>,
    task: &TaskTemplate,
    spec: DynamicJobSpec,
) -> Engine<Result<CompiledWorkflowClosure, String>> {
    let interface = task.interface.clone().unwrap_or_default();
    let template = WorkflowTemplate {
        id: Some(Identifier {
            resource_type: ResourceType::Workflow as i32,
            project: seat.run.id.project.clone(),
            domain: seat.run.id.domain.clone(),
            name: format!("dynamic_{}", seat.node.id),
            version: names::random(10)?,
            org: String::new(),
        }),
        interface: Some(TypedInterface { inputs: None, outputs: interface.outputs }),
        nodes: spec.nodes,
        outputs: spec.outputs,
        ..Default::default()
    };
    let tasks: Vec<_> = spec.tasks.into_iter().map(|task| CompiledTask { template: Some(task) }).collect();
    let sub_workflows = spec.subworkflows;
    let needed = match compile::requirements(&template, &sub_workflows) {
        Ok(needed) => needed,
        Err(errors) => return Ok(Err(errors.to_string())),
    };
    let plans: Vec<LaunchPlan> = {
        let read = seat.run.runner.read(move |view| {
            let plans = needed.launch_plans.iter().map(|id| {
                let plan = entities::launch_plan(view, id)?.message;
                Ok(LaunchPlan { id: Some(id.clone()), ..plan })
            });
            Ok(plans.collect::<Result<_, tonic::Status>>().map_err(|status| status.message().to_owned()))
        });
        match read.await? {
            Ok(plans) => plans,
            Err(why) => return Ok(Err(why)),
        }
    };
    Ok(compile::workflow(&template, &sub_workflows, tasks, &plans).map_err(|errors| errors.to_string()))
}
