use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flyte_idl::flyteidl::service::CreateUploadLocationResponse;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::fs::File;

use super::Archive;
use super::answer::{refusal, stored_digest};
use super::body::FileBody;
use crate::call::{CallOptions, Caller};
use crate::channel::{Protocol, Target, Transport};
use crate::error::{FailureReason, FlyteError};

/// Longest time for an upload that goes on: FlyteAdmin signs URLs for an hour at most.
const LONGEST: Duration = Duration::from_secs(3600);

/// As much of a store's answer as is read.
const ANSWER: usize = 16 * 1024;

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// Sends the archive to the signed URL, with the headers that the server names for it, and checks that the store has
/// what was sent. The options' timeout is for standing still, not for the whole: how long that takes is up to the
/// archive's size.
///
/// # Errors
/// [`FailureReason::Upload`] when the store is not reached, refuses, or has something else; [`FailureReason::Deadline`]
/// when it stands still; [`FailureReason::Cancelled`].
pub(in crate::register) async fn put(
    caller: &Caller,
    location: &CreateUploadLocationResponse,
    archive: &Archive<'_>,
    options: &CallOptions,
) -> Result<(), FlyteError> {
    let action = format!("upload {}", archive.name);
    let target = Store::parse(location)?;
    let sent = Arc::new(AtomicU64::new(0));
    let work = async {
        let stored = async {
            let request = request(&target, location, archive, Arc::clone(&sent)).await?;
            let connection = connect(caller, &target).await?;
            let answer = exchange(connection, request).await.map_err(|error| target.broken(&error))?;
            target.judge(answer, archive)
        };
        tokio::select! {
            biased;
            outcome = stored => outcome,
            () = standstill(&sent, options.timeout) => Err(target.too_slow(options.timeout)),
        }
    };
    let whole = CallOptions { timeout: options.timeout.max(LONGEST), cancel: options.cancel.clone() };
    let outcome = caller.guarded(async { Ok(work.await) }, &action, &whole).await?;
    outcome.map_err(|error| error.during(&action, caller.endpoint()))
}

/// Where a signed URL leads.
struct Store {
    uri: Uri,
    authority: HeaderValue,
    target: Target,
}

/// A store's answer to the end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Store {
    fn parse(location: &CreateUploadLocationResponse) -> Result<Self, FlyteError> {
        // The query holds the signature: it is in no message.
        let shown = location.signed_url.split('?').next().unwrap_or_default();
        let unusable = |why: &str| {
            failed(format!("The server gave an address for uploads that cannot be used: {shown} ({why})."))
        };
        let uri: Uri = location.signed_url.parse().map_err(|error| unusable(&format!("{error}")))?;
        let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(unusable("it is no http or https URL"));
        };
        let target = Target::parse(&format!("{scheme}://{authority}"), false)
            .map_err(|error| unusable(&error.message))?;
        let authority =
            HeaderValue::from_str(authority.as_str()).map_err(|error| unusable(&error.to_string()))?;
        Ok(Self { authority, target, uri })
    }

    fn broken(&self, error: &hyper::Error) -> FlyteError {
        let mut why = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            why = format!("{why}: {error}");
            cause = error.source();
        }
        failed(format!("The code bundle was not stored: the upload to {} broke off. Try again.", self.target))
            .with_details(why)
    }

    fn too_slow(&self, limit: Duration) -> FlyteError {
        FlyteError::new(
            FailureReason::Deadline,
            format!(
                "The code bundle was not stored: the upload to {} stood still for {} s. Try again, or allow more time.",
                self.target,
                limit.as_secs_f64()
            ),
        )
    }

    fn judge(&self, answer: Answer, archive: &Archive<'_>) -> Result<(), FlyteError> {
        if !answer.status.is_success() {
            return Err(failed(format!(
                "The code bundle was not stored: {} answered {}, {}. Try again; if that does not help, check the \
                 store that this Flyte is set up with.",
                self.target,
                answer.status,
                match refusal(&answer.body).trim_end_matches('.') {
                    "" => "without saying why",
                    why => why,
                }
            ))
            .with_details(String::from_utf8_lossy(&answer.body)));
        }
        match stored_digest(&answer.headers) {
            Some(stored) if stored != archive.md5 => Err(failed(format!(
                "The code bundle was not stored as it was sent to {}: the object there has the MD5 digest {}, the \
                 bundle {}. Try again.",
                self.target,
                STANDARD.encode(stored),
                STANDARD.encode(archive.md5)
            ))),
            _ => Ok(()),
        }
    }
}

fn failed(message: String) -> FlyteError {
    FlyteError::new(FailureReason::Upload, message)
}

async fn connect(caller: &Caller, store: &Store) -> Result<Transport, FlyteError> {
    caller.connector().open(&store.target, Protocol::Http1).await.map_err(|failure| {
        let message = format!(
            "The code bundle was not stored: {}, where this Flyte keeps files, is not reached ({failure}). It must \
             be reachable from here: a Flyte behind a port forwarding or a proxy needs one for its store too.",
            store.target
        );
        failed(message).with_details(failure.into_error(&store.target).message)
    })
}

async fn request(
    store: &Store,
    location: &CreateUploadLocationResponse,
    archive: &Archive<'_>,
    sent: Arc<AtomicU64>,
) -> Result<Request<FileBody>, FlyteError> {
    let file = File::open(archive.path).await.map_err(|error| {
        let message =
            format!("The code bundle {} cannot be read: {error}. Pack it again.", archive.path.display());
        FlyteError::new(FailureReason::File, message)
    })?;
    let path = store.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::new(FileBody::new(file, archive.size, sent));
    *request.method_mut() = Method::PUT;
    *request.uri_mut() =
        path.parse().map_err(|error| failed(format!("The upload's address is no URL: {error}.")))?;
    *request.headers_mut() = headers(location, archive)?;
    request.headers_mut().insert(HOST, store.authority.clone());
    Ok(request)
}

/// The headers that the server names, and what must be right whatever it names: FlyteAdmin gives the length of the
/// digest's text as `Content-Length`.
fn headers(location: &CreateUploadLocationResponse, archive: &Archive<'_>) -> Result<HeaderMap, FlyteError> {
    let mut headers = HeaderMap::new();
    if location.native_url.starts_with("abfs") {
        // Azure refuses a PUT that does not say what to make; flytekit adds it by the same rule.
        headers.insert("x-ms-blob-type", HeaderValue::from_static("BlockBlob"));
    }
    for (name, value) in &location.headers {
        let unusable =
            |why: &str| failed(format!("The server asks for an upload with an impossible header: {why}."));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| unusable(&error.to_string()))?;
        let value = HeaderValue::from_str(value).map_err(|error| unusable(&error.to_string()))?;
        if name != HOST && name != TRANSFER_ENCODING {
            headers.insert(name, value);
        }
    }
    let md5 =
        HeaderValue::from_str(&STANDARD.encode(archive.md5)).map_err(|error| failed(error.to_string()))?;
    headers.insert(CONTENT_MD5, md5);
    headers.insert(CONTENT_LENGTH, archive.size.into());
    Ok(headers)
}

/// Sends the request and reads the answer, all within this future: dropping it ends the connection.
async fn exchange(connection: Transport, request: Request<FileBody>) -> Result<Answer, hyper::Error> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(connection)).await?;
    let exchange = async move {
        let (head, mut body) = sender.send_request(request).await?.into_parts();
        let mut read = Vec::new();
        while read.len() < ANSWER {
            let Some(frame) = body.frame().await else { break };
            read.extend_from_slice(frame?.data_ref().map_or(&[], |data| data));
        }
        Ok(Answer { status: head.status, headers: head.headers, body: read })
    };
    let mut exchange = pin!(exchange);
    let mut connection = pin!(connection);
    let mut open = true;
    loop {
        tokio::select! {
            biased;
            answer = &mut exchange => return answer,
            // What broke it comes out of the exchange as well.
            _ = &mut connection, if open => open = false,
        }
    }
}

/// Ends when the count has not changed for so long, give or take an eighth.
async fn standstill(sent: &AtomicU64, limit: Duration) {
    const LOOKS: u32 = 8;
    let mut last = sent.load(Ordering::Relaxed);
    let mut unchanged = 0;
    while unchanged < LOOKS {
        tokio::time::sleep(limit / LOOKS).await;
        let now = sent.load(Ordering::Relaxed);
        unchanged = if now == last { unchanged + 1 } else { 0 };
        last = now;
    }
}
