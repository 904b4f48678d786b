use tonic::Status;

use super::flyte_url::{Artifact, FlyteUrl};
use super::locations::lasting;
use crate::admin::{execution_data, node_executions, task_executions};
use crate::failure::{Outcome, invalid};
use crate::idl::core::LiteralMap;
use crate::idl::service::{
    ArtifactType, CreateDownloadLinkRequest, CreateDownloadLinkResponse, GetDataRequest, GetDataResponse,
    PreSignedUrLs, create_download_link_request::Source, get_data_response::Data,
};
use crate::idl::{Duration, admin};
use crate::messages::text;
use crate::serve::Flyte;
use crate::times;

/// Inputs, outputs or deck by `flyte://` URL.
pub fn get_data(flyte: &Flyte, request: GetDataRequest) -> Outcome<GetDataResponse> {
    let refused = |why: &str| invalid(format!("failed to validate resolve artifact request. Error: {why}"));
    if request.flyte_url.is_empty() {
        return Err(refused("source is required. Provided empty string"));
    }
    if !request.flyte_url.starts_with("flyte://") {
        return Err(refused("request does not start with the correct prefix"));
    }
    let url = FlyteUrl::parse(&request.flyte_url).ok_or_else(|| {
        invalid(format!("failed to parse artifact url Error: failed to parse [{}]", request.flyte_url))
    })?;
    let data = if url.artifact == Artifact::Deck {
        let link = create_download_link(
            flyte,
            CreateDownloadLinkRequest {
                artifact_type: ArtifactType::Deck as i32,
                expires_in: None,
                source: Some(Source::NodeExecutionId(url.node)),
            },
        )?;
        link.pre_signed_urls.map(Data::PreSignedUrls)
    } else {
        Some(literals(flyte, url)?)
    };
    Ok(GetDataResponse { data })
}

fn literals(flyte: &Flyte, url: FlyteUrl) -> Outcome<Data> {
    let (inputs, outputs, place) = match url.attempt {
        None => {
            let place = text(&url.node);
            let request = admin::NodeExecutionGetDataRequest { id: Some(url.node) };
            let data = execution_data::node(flyte, request)?;
            (data.full_inputs, data.full_outputs, format!("node execution [{place}]"))
        }
        Some(attempt) => {
            let id = task_executions::of_attempt(flyte, &url.node, attempt)?;
            let place = text(&id);
            let data = execution_data::task(flyte, admin::TaskExecutionGetDataRequest { id: Some(id) })?;
            (data.full_inputs, data.full_outputs, format!("task execution [{place}]"))
        }
    };
    let mut map: LiteralMap =
        if url.artifact == Artifact::Inputs { inputs } else { outputs }.unwrap_or_default();
    match url.name {
        None => Ok(Data::LiteralMap(map)),
        Some(name) => map
            .literals
            .remove(&name)
            .map(Data::Literal)
            .ok_or_else(|| invalid(format!("name [{name}] not found in {place}"))),
    }
}

/// A signed URL of a node's deck.
pub fn create_download_link(
    flyte: &Flyte,
    mut request: CreateDownloadLinkRequest,
) -> Outcome<CreateDownloadLinkResponse> {
    let refused = |why: String| invalid(format!("error while validating request. Error: {why}"));
    let lasting = lasting(request.expires_in).map_err(|status| refused(status.message().to_owned()))?;
    request.expires_in.get_or_insert(Duration { seconds: lasting / 1_000_000_000, nanos: 0 });
    if request.artifact_type != ArtifactType::Deck as i32 {
        return Err(refused("invalid artifact type [ARTIFACT_TYPE_UNDEFINED]".into()));
    }
    let Some(Source::NodeExecutionId(node)) = &request.source else {
        return Err(refused("source is required. Provided nil".into()));
    };
    let deck = node_executions::read(flyte, node)
        .map_err(|status| {
            invalid(format!("failed to find node execution [{}]. Error: {}", text(node), status.message()))
        })?
        .closure
        .unwrap_or_default()
        .deck_uri;
    if deck.is_empty() {
        return Err(Status::not_found(format!("no deckUrl found for request [{}]", text(&request))));
    }
    if flyte.object(&deck)?.is_none() {
        return Err(Status::not_found("object not found"));
    }
    let expires = times::now().saturating_add(lasting);
    let signed_url = vec![flyte.signer.download_url(&deck, expires)];
    let expires_at = Some(times::timestamp(expires));
    #[allow(deprecated, reason = "older clients read these two fields, newer ones the message")]
    Ok(CreateDownloadLinkResponse {
        signed_url: signed_url.clone(),
        expires_at,
        pre_signed_urls: Some(PreSignedUrLs { signed_url, expires_at }),
    })
}
