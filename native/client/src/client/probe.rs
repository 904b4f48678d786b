use flyte_idl::flyteidl::admin::GetVersionRequest;
use flyte_idl::flyteidl::service::PublicClientAuthConfigRequest;

use super::FlyteClient;
use crate::call::{CallOptions, method};
use crate::domain::{ServerInfo, ServerKind};
use crate::error::{Failure, FailureReason, FlyteError};

impl FlyteClient {
    /// Finds out what answers at the endpoint, and whether it asks for a sign-in.
    ///
    /// # Errors
    /// Those of any call; [`FailureReason::SignInRequired`] when the server has authentication set up, even if it lets
    /// this call through.
    pub async fn probe(&self, options: &CallOptions) -> Result<ServerInfo, FlyteError> {
        let action = "find out what answers";
        let caller = self.caller();
        let ask_version = caller.unary(&method::GET_VERSION, &GetVersionRequest {}, action, options);
        let sign_in_request = PublicClientAuthConfigRequest {};
        let ask_sign_in = caller.unary(&method::GET_PUBLIC_CLIENT_CONFIG, &sign_in_request, action, options);
        let (version, sign_in) = tokio::join!(ask_version, ask_sign_in);
        match version {
            // A FlyteAdmin without authentication does not have that service at all.
            Ok(_) if sign_in.is_ok() => {
                Err(caller.placed(Failure::SignIn("authentication is set up".to_owned()), action))
            }
            Ok(answer) => Ok(ServerInfo {
                kind: ServerKind::FlyteAdmin,
                version: answer.control_plane_version.unwrap_or_default().version,
            }),
            Err(error) if error.reason == FailureReason::Flyte2 => {
                Ok(ServerInfo { kind: ServerKind::Flyte2, version: String::new() })
            }
            Err(error) => Err(error),
        }
    }
}
