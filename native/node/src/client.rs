use std::future::Future;

use flyte_client::{CallOptions, FlyteClient, FlyteError};
use napi::bindgen_prelude::{Function, PromiseRaw, ToNapiValue};
use napi::threadsafe_function::UnknownReturnValue;
use napi::{Env, Result};
use napi_derive::napi;

use crate::call::Call;
use crate::failure::{Place, rejection};
use crate::input::{
    ConnectionInput, EntityId, EntityNameInput, ExecutionFilterInput, ExecutionIdInput, NodeExecutionIdInput,
    PageRequestInput, RegistrationPlanInput, ScopeInput, ValueLimitsInput, named,
};
use crate::output::{Detail, RegistrationProgress, RegistrationReport, ServerInfo};
use crate::pack::{Packed, packed};
use crate::progress::Progress;
use crate::runtime::promise;

/// One connection to one Flyte.
#[napi]
pub struct Client {
    client: FlyteClient,
}

#[napi]
impl Client {
    /// Reads the endpoint and touches nothing else.
    ///
    /// # Errors
    /// When the endpoint is not one.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: &Env, config: ConnectionInput) -> Result<Self> {
        let client = FlyteClient::new(config.into()).map_err(|error| rejection(env, &error))?;
        Ok(Self { client })
    }

    /// `host:port`.
    #[napi(getter, catch_unwind)]
    pub fn endpoint(&self) -> &str {
        self.client.endpoint()
    }

    /// Like [`FlyteClient::probe`].
    #[napi(catch_unwind)]
    pub fn probe<'env>(&self, env: &'env Env, call: &Call) -> Result<PromiseRaw<'env, ServerInfo>> {
        self.start(
            env,
            "probe",
            call,
            |client, options| async move { Ok(client.probe(&options).await?.into()) },
        )
    }

    /// Like [`FlyteClient::list_projects`].
    #[napi(catch_unwind)]
    pub fn list_projects<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        page: PageRequestInput,
    ) -> Result<PromiseRaw<'env, Packed>> {
        let page = page.into();
        self.start(env, "list projects", call, |client, options| async move {
            Ok(packed(client.list_projects(&page, &options).await?))
        })
    }

    /// Like [`FlyteClient::list_entities`].
    #[napi(catch_unwind)]
    pub fn list_entities<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        #[napi(ts_arg_type = "'task' | 'workflow' | 'launchPlan'")] kind: String,
        scope: ScopeInput,
        page: PageRequestInput,
    ) -> Result<PromiseRaw<'env, Packed>> {
        let (kind, scope, page) = (named(&kind)?, scope.into(), page.into());
        self.start(env, "list entities", call, move |client, options| async move {
            Ok(packed(client.list_entities(kind, &scope, &page, &options).await?))
        })
    }

    /// Like [`FlyteClient::list_versions`].
    #[napi(catch_unwind)]
    pub fn list_versions<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        entity: EntityNameInput,
        page: PageRequestInput,
    ) -> Result<PromiseRaw<'env, Packed>> {
        let (entity, page) = (entity.try_into()?, page.into());
        self.start(env, "list versions", call, |client, options| async move {
            Ok(packed(client.list_versions(&entity, &page, &options).await?))
        })
    }

    /// Like [`FlyteClient::list_executions`].
    #[napi(catch_unwind)]
    pub fn list_executions<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        scope: ScopeInput,
        filter: ExecutionFilterInput,
        page: PageRequestInput,
    ) -> Result<PromiseRaw<'env, Packed>> {
        let (scope, filter, page) = (scope.into(), filter.try_into()?, page.into());
        self.start(env, "list executions", call, |client, options| async move {
            Ok(packed(client.list_executions(&scope, &filter, &page, &options).await?))
        })
    }

    /// Like [`FlyteClient::list_node_executions`].
    #[napi(catch_unwind)]
    pub fn list_node_executions<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        execution: ExecutionIdInput,
        parent: Option<String>,
        page: PageRequestInput,
    ) -> Result<PromiseRaw<'env, Packed>> {
        let (execution, page) = (execution.into(), page.into());
        self.start(env, "list node executions", call, |client, options| async move {
            Ok(packed(client.list_node_executions(&execution, parent.as_deref(), &page, &options).await?))
        })
    }

    /// Like [`FlyteClient::get_entity`].
    #[napi(catch_unwind)]
    pub fn get_entity<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        id: EntityId,
    ) -> Result<PromiseRaw<'env, Detail>> {
        let id = id.try_into()?;
        self.start(env, "get an entity", call, |client, options| async move {
            Ok(client.get_entity(&id, &options).await?.into())
        })
    }

    /// Like [`FlyteClient::get_execution`].
    #[napi(catch_unwind)]
    pub fn get_execution<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        id: ExecutionIdInput,
    ) -> Result<PromiseRaw<'env, Detail>> {
        let id = id.into();
        self.start(env, "get an execution", call, |client, options| async move {
            Ok(client.get_execution(&id, &options).await?.into())
        })
    }

    /// Like [`FlyteClient::get_node_execution`].
    #[napi(catch_unwind)]
    pub fn get_node_execution<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        id: NodeExecutionIdInput,
    ) -> Result<PromiseRaw<'env, Detail>> {
        let id = id.into();
        self.start(env, "get a node execution", call, |client, options| async move {
            Ok(client.get_node_execution(&id, &options).await?.into())
        })
    }

    /// Like [`FlyteClient::get_execution_data`].
    #[napi(catch_unwind)]
    pub fn get_execution_data<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        id: ExecutionIdInput,
        limits: ValueLimitsInput,
    ) -> Result<PromiseRaw<'env, Packed>> {
        let (id, limits) = (id.into(), limits.into());
        self.start(env, "get the data of an execution", call, |client, options| async move {
            Ok(packed(client.get_execution_data(&id, &limits, &options).await?))
        })
    }

    /// Like [`FlyteClient::get_node_execution_data`].
    #[napi(catch_unwind)]
    pub fn get_node_execution_data<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        id: NodeExecutionIdInput,
        limits: ValueLimitsInput,
    ) -> Result<PromiseRaw<'env, Packed>> {
        let (id, limits) = (id.into(), limits.into());
        self.start(env, "get the data of a node execution", call, |client, options| async move {
            Ok(packed(client.get_node_execution_data(&id, &limits, &options).await?))
        })
    }

    /// Like [`FlyteClient::last_execution`].
    #[napi(catch_unwind)]
    pub fn last_execution<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        entity: EntityNameInput,
    ) -> Result<PromiseRaw<'env, Packed>> {
        let entity = entity.try_into()?;
        self.start(env, "find the last execution", call, |client, options| async move {
            Ok(packed(client.last_execution(&entity, &options).await?))
        })
    }

    /// Like [`FlyteClient::bundle_address`].
    #[napi(catch_unwind)]
    pub fn bundle_address<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        scope: ScopeInput,
        file_name: String,
        md5: String,
    ) -> Result<PromiseRaw<'env, String>> {
        let scope = scope.into();
        self.start(env, "ask for a bundle's address", call, |client, options| async move {
            client.bundle_address(&scope, &file_name, &md5, &options).await
        })
    }

    /// Like [`FlyteClient::register`]; `on_progress` hears of every step before the promise settles.
    #[napi(catch_unwind)]
    pub fn register<'env>(
        &self,
        env: &'env Env,
        call: &Call,
        plan: RegistrationPlanInput,
        on_progress: Function<'_, RegistrationProgress, UnknownReturnValue>,
    ) -> Result<PromiseRaw<'env, RegistrationReport>> {
        let (plan, progress) = (plan.try_into()?, Progress::new(on_progress)?);
        self.start(env, "register", call, |client, options| async move {
            let report = client.register(&plan, &|step| progress.report(step), &options).await;
            progress.heard().await;
            Ok(report?.into())
        })
    }

    /// Drops the connection. Calls under way are cancelled.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.client.close();
    }

    /// Starts a call and gives the promise of its result. `action` names it where the runtime itself cannot.
    fn start<'env, T, Work>(
        &self,
        env: &'env Env,
        action: &'static str,
        call: &Call,
        work: impl FnOnce(FlyteClient, CallOptions) -> Work,
    ) -> Result<PromiseRaw<'env, T>>
    where
        T: ToNapiValue + Send + 'static,
        Work: Future<Output = std::result::Result<T, FlyteError>> + Send + 'static,
    {
        let place = Place { action, endpoint: self.client.endpoint().to_owned() };
        promise(env, place, work(self.client.clone(), call.options.clone()))
    }
}
