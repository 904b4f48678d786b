use std::collections::HashMap;
use std::path::Path;

use data_encoding::{BASE32, BASE64};
use tonic::Status;

use super::files::Files;
use crate::admin::names;
use crate::failure::{Outcome, invalid};
use crate::idl::Duration;
use crate::idl::service::{
    CreateDownloadLocationRequest, CreateDownloadLocationResponse, CreateUploadLocationRequest,
    CreateUploadLocationResponse,
};
use crate::serve::Flyte;
use crate::times;

/// How long a signed URL lasts at most, and when the request does not say: FlyteAdmin's default.
const LONGEST: Duration = Duration { seconds: 3600, nanos: 0 };

/// Where a file can be uploaded to, and the address it will have. Changes nothing.
pub fn create_upload_location(
    flyte: &Flyte,
    request: CreateUploadLocationRequest,
) -> Outcome<CreateUploadLocationResponse> {
    if request.project.is_empty() || request.domain.is_empty() {
        return Err(invalid("project and domain are required parameters"));
    }
    if request.filename_root.is_empty() && request.content_md5.is_empty() {
        return Err(invalid("content_md5 or filename_root is a required parameter"));
    }
    let digest = BASE64.encode(&request.content_md5);
    if !request.filename.is_empty() && !request.filename_root.is_empty() {
        let key =
            Files::key(&[&request.project, &request.domain, &request.filename_root, &request.filename])?;
        if flyte.files.digest(&key)?.is_some_and(|existing| existing != digest) {
            return Err(Status::already_exists(format!(
                "file already exists at location [{}], specify a matching hash if you wish to rewrite",
                flyte.files.native_url(&key)
            )));
        }
    }
    let lasting = lasting(request.expires_in)?;
    let folder = match request.filename_root.as_str() {
        "" => BASE32.encode(&request.content_md5),
        root => root.to_owned(),
    };
    let file = match request.filename.as_str() {
        "" => names::random(20)?,
        name => name.to_owned(),
    };
    let key = Files::key(&[&request.project, &request.domain, &folder, &file])?;
    let expires = times::now().saturating_add(lasting);
    let mut headers = HashMap::new();
    if !digest.is_empty() {
        headers.insert("Content-MD5".to_owned(), digest.clone());
        if request.add_content_md5_metadata {
            headers.insert("x-amz-meta-flyteContentMD5".to_owned(), digest.clone());
        }
    }
    Ok(CreateUploadLocationResponse {
        signed_url: flyte.signer.upload_url(&key, &digest, expires),
        native_url: flyte.files.native_url(&key),
        expires_at: Some(times::timestamp(expires)),
        headers,
    })
}

/// A URL from which the object at a native URL can be downloaded. The object need not exist, as with FlyteAdmin.
pub fn create_download_location(
    flyte: &Flyte,
    request: CreateDownloadLocationRequest,
) -> Outcome<CreateDownloadLocationResponse> {
    let lasting = lasting(request.expires_in)
        .map_err(|status| invalid(format!("error while validating request: {}", status.message())))?;
    if !Path::new(&request.native_url).is_absolute() && !request.native_url.contains("://") {
        return Err(Status::internal(format!(
            "failed to create a signed url. Error: [{}] is not the address of an object",
            request.native_url
        )));
    }
    let expires = times::now().saturating_add(lasting);
    #[allow(deprecated, reason = "the fields of this RPC are deprecated with it, and it is still asked for")]
    Ok(CreateDownloadLocationResponse {
        signed_url: flyte.signer.download_url(&request.native_url, expires),
        expires_at: Some(times::timestamp(expires)),
    })
}

/// The nanoseconds that a URL shall last.
pub fn lasting(asked: Option<Duration>) -> Outcome<i64> {
    let asked = asked.unwrap_or(LONGEST);
    if (asked.seconds, asked.nanos) > (LONGEST.seconds, LONGEST.nanos) {
        return Err(invalid(format!(
            "expiresIn [{}] cannot exceed max allowed expiration [{}]",
            times::go_duration(&asked),
            times::go_duration(&LONGEST)
        )));
    }
    if asked.seconds < 0 || asked.nanos < 0 {
        return Err(invalid(format!("expiresIn [{}] is negative", times::go_duration(&asked))));
    }
    Ok(asked.seconds * 1_000_000_000 + i64::from(asked.nanos))
}
