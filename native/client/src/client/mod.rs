//! The runtime's face: one connection to one Flyte.

mod blueprint;
mod data;
mod details;
mod last;
mod lists;
mod probe;
mod workflows;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::call::{CallOptions, Caller};
use crate::channel::ConnectionConfig;
use crate::domain::{RegistrationPlan, RegistrationProgress, RegistrationReport, Scope};
use crate::error::FlyteError;
use crate::register::upload;
use workflows::Workflows;

/// Longest wait for what only adds to an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `work` gives, unless it takes so long that the call itself might be late, even with two such waits in it.
async fn in_time<T>(work: impl Future<Output = Option<T>>, options: &CallOptions) -> Option<T> {
    tokio::time::timeout(PATIENCE.min(options.timeout / 3), work).await.ok().flatten()
}

/// One connection to one Flyte. Cloning gives another handle to the same connection.
#[derive(Clone)]
pub struct FlyteClient(Arc<Inner>);

struct Inner {
    caller: Caller,
    workflows: Workflows,
}

impl FlyteClient {
    /// Makes a client. Parses the endpoint, but reads no file and touches no network before the first call.
    ///
    /// # Errors
    /// [`crate::FailureReason::InvalidEndpoint`].
    pub fn new(config: ConnectionConfig) -> Result<Self, FlyteError> {
        Ok(Self(Arc::new(Inner { caller: Caller::new(config)?, workflows: Workflows::default() })))
    }

    /// `host:port`.
    pub fn endpoint(&self) -> &str {
        self.caller().endpoint()
    }

    /// Drops the connection. Calls under way are cancelled; later ones fail with [`crate::FailureReason::Cancelled`].
    pub fn close(&self) {
        self.caller().close();
    }

    /// Where a code bundle of this name and MD5 digest (Base64, as `Content-MD5` writes it) will be in the server's store.
    /// Changes nothing on the server.
    ///
    /// # Errors
    /// Those of any call; [`crate::FailureReason::Upload`] for what is no digest.
    pub async fn bundle_address(
        &self,
        scope: &Scope,
        file_name: &str,
        md5_base64: &str,
        options: &CallOptions,
    ) -> Result<String, FlyteError> {
        let md5 = upload::digest_from_base64(md5_base64)
            .map_err(|error| error.during("ask where a bundle is to be uploaded", self.endpoint()))?;
        let location = upload::location(self.caller(), scope, file_name, md5, options).await?;
        Ok(location.native_url)
    }

    /// Uploads the bundle and creates the entities: tasks at once, then workflows in the order in which they need each
    /// other, then launch plans. Gives a report whatever the server says of single entities; a cancel gives one that says
    /// what was and was not created.
    ///
    /// # Errors
    /// When nothing could be tried: server down, project unknown, a file that cannot be read.
    pub async fn register(
        &self,
        plan: &RegistrationPlan,
        on_progress: &(dyn Fn(RegistrationProgress) + Send + Sync),
        options: &CallOptions,
    ) -> Result<RegistrationReport, FlyteError> {
        crate::register::register(self.caller(), plan, on_progress, options).await
    }

    fn caller(&self) -> &Caller {
        &self.0.caller
    }
}
