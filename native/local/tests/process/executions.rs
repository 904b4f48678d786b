use flyte_idl::flyteidl::admin::{
    ExecutionRelaunchRequest, ExecutionState, ExecutionTerminateRequest, ExecutionUpdateRequest,
    GetDynamicNodeWorkflowRequest, NamedEntityIdentifierListRequest, NodeExecutionGetDataRequest,
    NodeExecutionGetRequest, NodeExecutionListRequest, WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetRequest, execution_closure::OutputResult, execution_metadata::ExecutionMode,
};
use flyte_idl::flyteidl::core::{
    CompiledWorkflow, CompiledWorkflowClosure, ExecutionError, LiteralMap, ResourceType, WorkflowTemplate,
    node_execution, workflow_execution::Phase,
};
use flyte_idl::flyteidl::event::node_execution_event::{self, InputValue, TargetMetadata};
use flyte_idl::flyteidl::event::{DynamicWorkflowNodeMetadata, TaskNodeMetadata, workflow_execution_event};
use flyte_idl::flyteidl::service::{GetDataRequest, get_data_response::Data};
use tonic::Code;

use crate::requests::{
    execution_id, failed, identifier, integer, launch, literals, newest, node_event, register_workflow, task,
    workflow_event,
};
use crate::spawned::Spawned;

#[tokio::test]
async fn a_single_task_runs_in_a_generated_workflow() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let mut admin = server.admin().await;
    admin.create_task(task()).await.unwrap();
    for name in ["first", "second"] {
        admin.create_execution(launch(ResourceType::Task, "t", name, literals("a", 1))).await.unwrap();
    }
    let get = WorkflowExecutionGetRequest { id: Some(execution_id("second")) };
    let closure = admin.get_execution(get).await.unwrap().into_inner().closure.unwrap();
    assert_eq!(closure.workflow_id.unwrap().name, ".flytegen.t");
    let request = NamedEntityIdentifierListRequest {
        project: crate::requests::PROJECT.into(),
        domain: crate::requests::DOMAIN.into(),
        limit: 10,
        ..Default::default()
    };
    let made = admin.list_launch_plan_ids(request).await.unwrap().into_inner().entities;
    assert_eq!(made.iter().map(|id| id.name.as_str()).collect::<Vec<_>>(), [".flytegen.t"]);

    let missing =
        admin.create_execution(launch(ResourceType::Task, "t", "third", LiteralMap::default())).await;
    assert_eq!(missing.unwrap_err().message(), "expected_inputs a missing");
}

#[tokio::test]
async fn a_taken_name_keeps_its_first_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let mut admin = server.admin().await;
    admin.create_task(task()).await.unwrap();
    admin.create_execution(launch(ResourceType::Task, "t", "taken", literals("a", 1))).await.unwrap();
    let again = admin.create_execution(launch(ResourceType::Task, "t", "taken", literals("a", 2))).await;
    let refused = again.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert!(refused.message().starts_with("value with matching already exists"), "{}", refused.message());
    let request = WorkflowExecutionGetDataRequest { id: Some(execution_id("taken")) };
    let data = admin.get_execution_data(request).await.unwrap().into_inner();
    assert_eq!(data.full_inputs, Some(literals("a", 1)));
}

#[tokio::test]
async fn a_long_error_is_cut_in_lists_only() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let mut admin = server.admin().await;
    register_workflow(&mut admin, "w").await;
    admin
        .create_execution(launch(ResourceType::LaunchPlan, "w", "fails", LiteralMap::default()))
        .await
        .unwrap();
    admin.create_workflow_event(workflow_event("fails", Phase::Running, 10)).await.unwrap();
    let error = ExecutionError {
        code: "USER:E".into(),
        message: format!("{}€ and more", "x".repeat(98)),
        ..Default::default()
    };
    admin.create_workflow_event(failed("fails", 15, error.clone())).await.unwrap();

    let listed =
        admin.list_executions(newest(10, "eq(phase,FAILED)+eq(error_code,USER:E)", "")).await.unwrap();
    let closure = listed.into_inner().executions.remove(0).closure.unwrap();
    assert_eq!(closure.duration.unwrap().seconds, 5);
    let Some(OutputResult::Error(cut)) = closure.output_result else { panic!("no error in the list") };
    assert_eq!(cut.message, "x".repeat(98), "the whole character goes");
    let get = WorkflowExecutionGetRequest { id: Some(execution_id("fails")) };
    let closure = admin.get_execution(get).await.unwrap().into_inner().closure.unwrap();
    assert_eq!(closure.output_result, Some(OutputResult::Error(error)));
}

#[tokio::test]
async fn relaunched_terminated_and_archived() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let mut admin = server.admin().await;
    admin.create_task(task()).await.unwrap();
    admin.create_execution(launch(ResourceType::Task, "t", "first", literals("a", 7))).await.unwrap();
    let again = ExecutionRelaunchRequest {
        id: Some(execution_id("first")),
        name: "second".into(),
        overwrite_cache: true,
    };
    admin.relaunch_execution(again).await.unwrap();

    let id = Some(execution_id("second"));
    let execution =
        admin.get_execution(WorkflowExecutionGetRequest { id: id.clone() }).await.unwrap().into_inner();
    let spec = execution.spec.unwrap();
    assert!(spec.overwrite_cache);
    let metadata = spec.metadata.unwrap();
    assert_eq!(metadata.mode(), ExecutionMode::Relaunch);
    assert_eq!(metadata.reference_execution, Some(execution_id("first")));
    let data = admin.get_execution_data(WorkflowExecutionGetDataRequest { id: id.clone() }).await.unwrap();
    assert_eq!(data.into_inner().full_inputs, Some(literals("a", 7)));

    let terminate = ExecutionTerminateRequest { id: id.clone(), cause: "enough".into() };
    admin.terminate_execution(terminate.clone()).await.unwrap();
    let running = admin.create_workflow_event(workflow_event("second", Phase::Running, 1)).await.unwrap_err();
    assert_eq!(running.code(), Code::FailedPrecondition);
    admin.create_workflow_event(workflow_event("second", Phase::Aborted, 2)).await.unwrap();
    assert_eq!(admin.terminate_execution(terminate).await.unwrap_err().code(), Code::FailedPrecondition);
    let execution =
        admin.get_execution(WorkflowExecutionGetRequest { id: id.clone() }).await.unwrap().into_inner();
    let Some(OutputResult::AbortMetadata(aborted)) = execution.closure.unwrap().output_result else {
        panic!("it does not say why it was aborted")
    };
    assert_eq!(aborted.cause, "enough");

    let archive = ExecutionUpdateRequest { id, state: ExecutionState::ExecutionArchived as i32 };
    admin.update_execution(archive).await.unwrap();
    let names = |list: flyte_idl::flyteidl::admin::ExecutionList| {
        list.executions.into_iter().map(|execution| execution.id.unwrap().name).collect::<Vec<_>>()
    };
    assert_eq!(names(admin.list_executions(newest(10, "", "")).await.unwrap().into_inner()), ["first"]);
    let archived = admin.list_executions(newest(10, "eq(state,1)+eq(abort_cause,enough)", "")).await.unwrap();
    assert_eq!(names(archived.into_inner()), ["second"]);
}

#[tokio::test]
async fn nodes_are_listed_below_their_parent() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let mut admin = server.admin().await;
    register_workflow(&mut admin, "w").await;
    admin.create_execution(launch(ResourceType::LaunchPlan, "w", "e", LiteralMap::default())).await.unwrap();
    admin.create_node_event(node_event("e", "n0", node_execution::Phase::Running, 1)).await.unwrap();
    let mut child = node_event("e", "n0-0-n1", node_execution::Phase::Running, 2);
    child.event.as_mut().unwrap().parent_node_metadata =
        Some(flyte_idl::flyteidl::event::ParentNodeExecutionMetadata { node_id: "n0".into() });
    admin.create_node_event(child).await.unwrap();

    let request = |parent: &str| NodeExecutionListRequest {
        workflow_execution_id: Some(execution_id("e")),
        limit: 10,
        unique_parent_id: parent.into(),
        ..Default::default()
    };
    let top = admin.list_node_executions(request("")).await.unwrap().into_inner().node_executions;
    assert_eq!(top.len(), 1);
    assert!(top[0].metadata.as_ref().unwrap().is_parent_node, "a node with children is a parent");
    let below = admin.list_node_executions(request("n0")).await.unwrap().into_inner().node_executions;
    assert_eq!(below[0].id.as_ref().unwrap().node_id, "n0-0-n1");
}

#[tokio::test]
async fn a_dynamic_node_shows_the_workflow_that_it_made() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let mut admin = server.admin().await;
    register_workflow(&mut admin, "w").await;
    admin.create_execution(launch(ResourceType::LaunchPlan, "w", "e", LiteralMap::default())).await.unwrap();
    admin.create_node_event(node_event("e", "n0", node_execution::Phase::Running, 1)).await.unwrap();
    let id = node_event("e", "n0", node_execution::Phase::Running, 1).event.unwrap().id;
    let get = GetDynamicNodeWorkflowRequest { id: id.clone() };
    assert_eq!(admin.get_dynamic_node_workflow(get.clone()).await.unwrap_err().code(), Code::NotFound);

    let made = Some(identifier(ResourceType::Workflow, "made"));
    let template = WorkflowTemplate { id: made.clone(), ..Default::default() };
    let compiled = CompiledWorkflowClosure {
        primary: Some(CompiledWorkflow { template: Some(template), ..Default::default() }),
        ..Default::default()
    };
    let dynamic = DynamicWorkflowNodeMetadata {
        id: made.clone(),
        compiled_workflow: Some(compiled.clone()),
        dynamic_job_spec_uri: "s3://bucket/futures.pb".into(),
    };
    let mut running = node_event("e", "n0", node_execution::Phase::DynamicRunning, 2);
    let event = running.event.as_mut().unwrap();
    event.is_parent = true;
    event.is_dynamic = true;
    event.target_metadata = Some(TargetMetadata::TaskNodeMetadata(TaskNodeMetadata {
        dynamic_workflow: Some(dynamic),
        ..Default::default()
    }));
    admin.create_node_event(running).await.unwrap();
    admin.create_node_event(node_event("e", "n0", node_execution::Phase::Succeeded, 3)).await.unwrap();

    let answer = admin.get_dynamic_node_workflow(get).await.unwrap().into_inner();
    assert_eq!(answer.compiled_workflow, Some(compiled));
    let node =
        admin.get_node_execution(NodeExecutionGetRequest { id: id.clone() }).await.unwrap().into_inner();
    let metadata = node.metadata.unwrap();
    assert!(metadata.is_parent_node && metadata.is_dynamic);
    assert_eq!(node.closure.unwrap().dynamic_job_spec_uri, "s3://bucket/futures.pb");
    let data = admin.get_node_execution_data(NodeExecutionGetDataRequest { id }).await.unwrap().into_inner();
    assert_eq!(data.dynamic_workflow.unwrap().id, made);
}

#[tokio::test]
async fn data_are_found_by_flyte_url() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let mut admin = server.admin().await;
    let mut data_proxy = server.data_proxy().await;
    register_workflow(&mut admin, "w").await;
    admin.create_execution(launch(ResourceType::LaunchPlan, "w", "e", LiteralMap::default())).await.unwrap();
    let mut started = node_event("e", "n0", node_execution::Phase::Running, 1);
    started.event.as_mut().unwrap().input_value = Some(InputValue::InputData(literals("a", 1)));
    admin.create_node_event(started).await.unwrap();
    let mut ended = node_event("e", "n0", node_execution::Phase::Succeeded, 2);
    ended.event.as_mut().unwrap().output_result =
        Some(node_execution_event::OutputResult::OutputData(literals("b", 2)));
    admin.create_node_event(ended).await.unwrap();

    let mut get = async |url: &str| {
        let request = GetDataRequest { flyte_url: format!("flyte://v1/flytesnacks/development/e/n0/{url}") };
        data_proxy.get_data(request).await.map(|answer| answer.into_inner().data)
    };
    assert_eq!(get("i").await.unwrap(), Some(Data::LiteralMap(literals("a", 1))));
    assert_eq!(get("o").await.unwrap(), Some(Data::LiteralMap(literals("b", 2))));
    assert_eq!(get("o/b").await.unwrap(), Some(Data::Literal(integer(2))));
    let refused = get("o/c").await.unwrap_err();
    assert!(refused.message().starts_with("name [c] not found in node execution ["), "{}", refused.message());
    assert!(get("0/o").await.unwrap_err().message().starts_with("no task executions were listed ["));
}

#[tokio::test]
async fn outputs_that_are_too_large_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let mut admin = server.admin().await;
    register_workflow(&mut admin, "w").await;
    admin.create_execution(launch(ResourceType::LaunchPlan, "w", "e", LiteralMap::default())).await.unwrap();
    let many =
        LiteralMap { literals: (0..100_000).map(|n| (format!("output{n:012}"), integer(n))).collect() };
    let mut ended = workflow_event("e", Phase::Succeeded, 1);
    ended.event.as_mut().unwrap().output_result =
        Some(workflow_execution_event::OutputResult::OutputData(many));
    let refused = admin.create_workflow_event(ended).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let get = WorkflowExecutionGetRequest { id: Some(execution_id("e")) };
    let closure = admin.get_execution(get).await.unwrap().into_inner().closure.unwrap();
    assert_eq!(closure.phase(), Phase::Undefined, "a refused event changes nothing");
}

#[tokio::test]
async fn bad_events_say_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let mut admin = server.admin().await;
    admin.create_task(task()).await.unwrap();
    admin.create_execution(launch(ResourceType::Task, "t", "e", literals("a", 1))).await.unwrap();
    let mut timeless = workflow_event("e", Phase::Running, 1);
    timeless.event.as_mut().unwrap().occurred_at = None;
    let refused = admin.create_workflow_event(timeless).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, "missing occurred_at"));
    let mut phaseless = node_event("e", "n0", node_execution::Phase::Running, 1);
    phaseless.event.as_mut().unwrap().phase = 99;
    let refused = admin.create_node_event(phaseless).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, "invalid value for phase"));
}
