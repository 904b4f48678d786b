use prost::Message;
use tonic::Status;

use super::Handler;
use crate::admin::{
    attributes, descriptions, execution_data, executions, launch_plans, metrics, named_entities, node_events,
    node_executions, projects, relaunch, task_events, task_executions, tasks, version, workflow_events,
    workflows,
};
use crate::data_proxy;
use crate::failure::Outcome;
use crate::serve::Flyte;
use crate::signals;

/// The handler of a gRPC path such as `/flyteidl.service.AdminService/GetTask`, or UNIMPLEMENTED with what is missing.
pub fn handler(path: &str) -> Outcome<Handler> {
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
    let found = match service {
        "flyteidl.service.AdminService" => admin(method),
        "flyteidl.service.DataProxyService" => data_proxy(method),
        "flyteidl.service.SignalService" => signals(method),
        // What FlyteAdmin says of AuthMetadataService and IdentityService while authentication is off: clients take
        // it as "no sign-in here".
        _ => return Err(Status::unimplemented(format!("unknown service {service}"))),
    };
    found.ok_or_else(|| {
        Status::unimplemented(format!("{method} of {service} is not implemented by the embedded Flyte"))
    })
}

/// Decodes the request, calls the handler, encodes its answer.
fn unary<Req: Message + Default, Res: Message>(
    flyte: &Flyte,
    body: &[u8],
    handler: fn(&Flyte, Req) -> Outcome<Res>,
) -> Outcome<Vec<u8>> {
    raw(flyte, body, |flyte, request| Ok(handler(flyte, request)?.encode_to_vec()))
}

/// Decodes the request for a handler that encodes its answer itself.
fn raw<Req: Message + Default>(
    flyte: &Flyte,
    body: &[u8],
    handler: impl FnOnce(&Flyte, Req) -> Outcome<Vec<u8>>,
) -> Outcome<Vec<u8>> {
    let request = Req::decode(body)
        .map_err(|error| Status::invalid_argument(format!("the request is not such a message: {error}")))?;
    handler(flyte, request)
}

/// A match of method names to handlers of messages.
macro_rules! routes {
    ($method:expr; $($name:literal => $call:ident $handler:path),* $(,)?) => {
        match $method {
            $($name => Some(|flyte, body| $call(flyte, body, $handler)),)*
            _ => None,
        }
    };
}

fn admin(method: &str) -> Option<Handler> {
    routes! { method;
        "GetVersion" => unary version::get,
        "RegisterProject" => unary projects::register,
        "UpdateProject" => unary projects::update,
        "GetProject" => unary projects::get,
        "ListProjects" => unary projects::list,
        "GetDomains" => unary projects::domains,
        "UpdateProjectAttributes" => unary attributes::update_project,
        "GetProjectAttributes" => unary attributes::get_project,
        "DeleteProjectAttributes" => unary attributes::delete_project,
        "UpdateProjectDomainAttributes" => unary attributes::update_project_domain,
        "GetProjectDomainAttributes" => unary attributes::get_project_domain,
        "DeleteProjectDomainAttributes" => unary attributes::delete_project_domain,
        "UpdateWorkflowAttributes" => unary attributes::update_workflow,
        "GetWorkflowAttributes" => unary attributes::get_workflow,
        "DeleteWorkflowAttributes" => unary attributes::delete_workflow,
        "ListMatchableAttributes" => unary attributes::list,
        "CreateTask" => unary tasks::create,
        "GetTask" => raw tasks::get,
        "ListTasks" => raw tasks::list,
        "ListTaskIds" => unary tasks::ids,
        "CreateWorkflow" => unary workflows::create,
        "GetWorkflow" => raw workflows::get,
        "ListWorkflows" => raw workflows::list,
        "ListWorkflowIds" => unary workflows::ids,
        "CreateLaunchPlan" => unary launch_plans::create,
        "GetLaunchPlan" => unary launch_plans::get,
        "GetActiveLaunchPlan" => unary launch_plans::get_active,
        "ListLaunchPlans" => unary launch_plans::list,
        "ListActiveLaunchPlans" => unary launch_plans::list_active,
        "ListLaunchPlanIds" => unary launch_plans::ids,
        "UpdateLaunchPlan" => unary launch_plans::update,
        "GetDescriptionEntity" => unary descriptions::get,
        "ListDescriptionEntities" => raw descriptions::list,
        "ListNamedEntities" => unary named_entities::list,
        "GetNamedEntity" => unary named_entities::get,
        "UpdateNamedEntity" => unary named_entities::update,
        "CreateExecution" => unary executions::create,
        "RelaunchExecution" => unary relaunch::relaunch,
        "RecoverExecution" => unary relaunch::recover,
        "GetExecution" => raw executions::get,
        "ListExecutions" => raw executions::list,
        "GetExecutionData" => unary execution_data::workflow,
        "GetExecutionMetrics" => unary metrics::get,
        "TerminateExecution" => unary executions::terminate,
        "UpdateExecution" => unary executions::update,
        "CreateWorkflowEvent" => unary workflow_events::create,
        "CreateNodeEvent" => unary node_events::create,
        "GetNodeExecution" => raw node_executions::get,
        "ListNodeExecutions" => raw node_executions::list,
        "ListNodeExecutionsForTask" => raw node_executions::list_for_task,
        "GetNodeExecutionData" => unary execution_data::node,
        "GetDynamicNodeWorkflow" => unary node_executions::dynamic_workflow,
        "CreateTaskEvent" => unary task_events::create,
        "GetTaskExecution" => raw task_executions::get,
        "ListTaskExecutions" => raw task_executions::list,
        "GetTaskExecutionData" => unary execution_data::task,
    }
}

fn data_proxy(method: &str) -> Option<Handler> {
    routes! { method;
        "CreateUploadLocation" => unary data_proxy::create_upload_location,
        "CreateDownloadLocation" => unary data_proxy::create_download_location,
        "CreateDownloadLink" => unary data_proxy::create_download_link,
        "GetData" => unary data_proxy::get_data,
    }
}

fn signals(method: &str) -> Option<Handler> {
    routes! { method;
        "GetOrCreateSignal" => unary signals::get_or_create,
        "ListSignals" => raw signals::list,
        "SetSignal" => unary signals::set,
    }
}
