//! The RPCs that the runtime calls, each with its types.

use std::marker::PhantomData;

use flyte_idl::flyteidl::admin;
use flyte_idl::flyteidl::service;
use http::uri::PathAndQuery;

/// An RPC that only Flyte 2 has (`flyteidl2/project/project_service.proto`); empty bytes are a request for it.
pub(super) const FLYTE2_LIST_PROJECTS: &str = "/flyteidl2.project.ProjectService/ListProjects";

const ADMIN: &str = "flyteidl.service.AdminService";
const DATA_PROXY: &str = "flyteidl.service.DataProxyService";
const AUTH_METADATA: &str = "flyteidl.service.AuthMetadataService";

/// One RPC: what goes in, what comes out, and whether it may be sent again.
pub(crate) struct Method<Request, Response> {
    service: &'static str,
    name: &'static str,
    repeatable: bool,
    types: PhantomData<fn(&Request) -> Response>,
}

impl<Request, Response> Method<Request, Response> {
    /// An RPC that changes nothing, or the same however often it is sent.
    const fn often(service: &'static str, name: &'static str) -> Self {
        Self { service, name, repeatable: true, types: PhantomData }
    }

    /// An RPC of which a second one may have another effect or answer.
    const fn once(service: &'static str, name: &'static str) -> Self {
        Self { service, name, repeatable: false, types: PhantomData }
    }

    /// Whether it is one that every Flyte 1 has and no Flyte 2.
    pub(super) fn is_flyte1(&self) -> bool {
        self.service == ADMIN
    }

    pub(super) fn path(&self) -> Result<PathAndQuery, http::uri::InvalidUri> {
        PathAndQuery::from_maybe_shared(format!("/{}/{}", self.service, self.name))
    }

    pub(super) fn repeatable(&self) -> bool {
        self.repeatable
    }
}

macro_rules! methods {
    ($($name:ident: $kind:ident $service:ident $method:literal, $request:ty => $response:ty;)*) => {
        $(pub(crate) const $name: Method<$request, $response> = Method::$kind($service, $method);)*

        /// Service, name, and the names of the types of each RPC.
        #[cfg(test)]
        const DECLARED: &[(&str, &str, fn() -> &'static str, fn() -> &'static str)] = &[
            $(($service, $method, std::any::type_name::<$request>, std::any::type_name::<$response>),)*
        ];
    };
}

methods! {
    GET_VERSION: often ADMIN "GetVersion", admin::GetVersionRequest => admin::GetVersionResponse;
    GET_PUBLIC_CLIENT_CONFIG: often AUTH_METADATA "GetPublicClientConfig",
        service::PublicClientAuthConfigRequest => service::PublicClientAuthConfigResponse;
    LIST_PROJECTS: often ADMIN "ListProjects", admin::ProjectListRequest => admin::Projects;
    LIST_NAMED_ENTITIES: often ADMIN "ListNamedEntities", admin::NamedEntityListRequest => admin::NamedEntityList;
    LIST_TASKS: often ADMIN "ListTasks", admin::ResourceListRequest => admin::TaskList;
    LIST_WORKFLOWS: often ADMIN "ListWorkflows", admin::ResourceListRequest => admin::WorkflowList;
    LIST_LAUNCH_PLANS: often ADMIN "ListLaunchPlans", admin::ResourceListRequest => admin::LaunchPlanList;
    LIST_EXECUTIONS: often ADMIN "ListExecutions", admin::ResourceListRequest => admin::ExecutionList;
    LIST_NODE_EXECUTIONS: often ADMIN "ListNodeExecutions",
        admin::NodeExecutionListRequest => admin::NodeExecutionList;
    GET_TASK: often ADMIN "GetTask", admin::ObjectGetRequest => admin::Task;
    GET_WORKFLOW: often ADMIN "GetWorkflow", admin::ObjectGetRequest => admin::Workflow;
    GET_LAUNCH_PLAN: often ADMIN "GetLaunchPlan", admin::ObjectGetRequest => admin::LaunchPlan;
    GET_EXECUTION: often ADMIN "GetExecution", admin::WorkflowExecutionGetRequest => admin::Execution;
    GET_NODE_EXECUTION: often ADMIN "GetNodeExecution", admin::NodeExecutionGetRequest => admin::NodeExecution;
    GET_EXECUTION_DATA: often ADMIN "GetExecutionData",
        admin::WorkflowExecutionGetDataRequest => admin::WorkflowExecutionGetDataResponse;
    GET_NODE_EXECUTION_DATA: often ADMIN "GetNodeExecutionData",
        admin::NodeExecutionGetDataRequest => admin::NodeExecutionGetDataResponse;
    CREATE_TASK: once ADMIN "CreateTask", admin::TaskCreateRequest => admin::TaskCreateResponse;
    CREATE_WORKFLOW: once ADMIN "CreateWorkflow", admin::WorkflowCreateRequest => admin::WorkflowCreateResponse;
    CREATE_LAUNCH_PLAN: once ADMIN "CreateLaunchPlan",
        admin::LaunchPlanCreateRequest => admin::LaunchPlanCreateResponse;
    UPDATE_LAUNCH_PLAN: often ADMIN "UpdateLaunchPlan",
        admin::LaunchPlanUpdateRequest => admin::LaunchPlanUpdateResponse;
    CREATE_UPLOAD_LOCATION: often DATA_PROXY "CreateUploadLocation",
        service::CreateUploadLocationRequest => service::CreateUploadLocationResponse;
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;

    #[test]
    fn every_rpc_is_as_flyteidl_declares_it() {
        let pool = DescriptorPool::decode(flyte_idl::FILE_DESCRIPTOR_SET).unwrap();
        for (service, name, request, response) in DECLARED {
            let service = pool.get_service_by_name(service).unwrap();
            let method = service.methods().find(|method| method.name() == *name).unwrap();
            let last = |path: &'static str| path.rsplit("::").next().unwrap();
            assert_eq!(method.input().name(), last(request()), "{name}");
            assert_eq!(method.output().name(), last(response()), "{name}");
            assert!(!method.is_server_streaming() && !method.is_client_streaming(), "{name}");
        }
    }
}
