//! Uploads and downloads by the URLs that CreateUploadLocation and CreateDownloadLocation sign.

use std::sync::Arc;

use ::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body::Body as HttpBody;
use http_body_util::{BodyExt, Full};
use tonic::body::Body;

use super::file_body::FileBody;
use crate::data_proxy::{Object, Refusal, SignedPath};
use crate::serve::Flyte;

/// Answers a request that is not gRPC.
pub async fn answer<B>(flyte: Arc<Flyte>, request: Request<B>) -> Response<Body>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let (parts, body) = request.into_parts();
    let digest = content_md5(&parts.headers);
    let outcome = match flyte.signer.check(&parts.method, &parts.uri, digest.as_deref()) {
        Ok(SignedPath::Upload(path)) => upload(&flyte, &path, digest.as_deref(), body).await,
        Ok(SignedPath::Download(uri)) => download(flyte, parts.method, uri).await,
        Err(refusal) => Err(refusal),
    };
    outcome.unwrap_or_else(|refusal| {
        tracing::debug!("refused {}: {refusal}", parts.uri.path());
        plain(refusal.status(), format!("{refusal}\n"))
    })
}

async fn upload<B>(
    flyte: &Flyte,
    path: &str,
    digest: Option<&str>,
    mut body: B,
) -> Result<Response<Body>, Refusal>
where
    B: HttpBody<Data = Bytes> + Send + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let mut upload = flyte.files.begin(path).await?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal::Broken(error.into().to_string()))?;
        if let Ok(data) = frame.into_data() {
            upload.write(&data).await?;
        }
    }
    upload.finish(digest).await?;
    Ok(plain(StatusCode::OK, String::new()))
}

async fn download(flyte: Arc<Flyte>, method: Method, uri: String) -> Result<Response<Body>, Refusal> {
    let found = tokio::task::spawn_blocking(move || flyte.object(&uri));
    let found = found.await.map_err(|error| Refusal::Io(error.to_string()))?;
    let object =
        found.map_err(|status| Refusal::Io(status.message().to_owned()))?.ok_or(Refusal::NotFound)?;
    let mut response = Response::new(Body::default());
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_LENGTH, object.len().into());
    if method != Method::HEAD {
        *response.body_mut() = match object {
            Object::Stored(data) => Body::new(Full::new(Bytes::from(data))),
            Object::File(file, length) => Body::new(FileBody::new(file.into(), length)),
        };
    }
    Ok(response)
}

fn content_md5(headers: &HeaderMap) -> Option<String> {
    headers.get("content-md5").and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn plain(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(Bytes::from(text))));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
