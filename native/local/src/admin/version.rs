//! The version that this server answers as.

use crate::FLYTEADMIN_VERSION;
use crate::failure::Outcome;
use crate::idl::admin::{GetVersionRequest, GetVersionResponse, Version};
use crate::serve::Flyte;

/// FlyteAdmin's version, which clients look at, and this server's own as the build.
pub fn get(_: &Flyte, _: GetVersionRequest) -> Outcome<GetVersionResponse> {
    let version = Version {
        build: concat!("flyte-local ", env!("CARGO_PKG_VERSION")).into(),
        version: FLYTEADMIN_VERSION.into(),
        build_time: String::new(),
    };
    Ok(GetVersionResponse { control_plane_version: Some(version) })
}
