//! From the name of a gRPC method to its answer: bytes in, bytes out, on a thread that may block.

mod codec;
mod routes;
#[cfg(test)]
mod table;

use std::sync::Arc;

use bytes::Bytes;
use http_body::Body as HttpBody;
use tonic::body::Body;
use tonic::{Code, Status, Streaming};

use crate::failure::{Outcome, shortened};
use crate::serve::Flyte;
use codec::RawDecoder;

/// The largest request taken; the largest that flytekit makes, a workflow of thousands of nodes, is far below.
const MAX_REQUEST: usize = 64 << 20;

/// Handles one encoded message and gives another. May block.
type Handler = fn(&Flyte, &[u8]) -> Outcome<Vec<u8>>;

/// Answers one gRPC call.
pub async fn answer<B>(flyte: Arc<Flyte>, request: http::Request<B>) -> http::Response<Body>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let outcome = call(flyte, request).await.and_then(codec::response);
    outcome.unwrap_or_else(|status| shortened(status).into_http())
}

async fn call<B>(flyte: Arc<Flyte>, request: http::Request<B>) -> Outcome<Vec<u8>>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let handler = routes::handler(request.uri().path());
    let encoding = request.headers().get("grpc-encoding").map(|encoding| encoding.as_bytes());
    if encoding.is_some_and(|encoding| encoding != b"identity") {
        return Err(Status::unimplemented("the embedded Flyte takes no compressed messages"));
    }
    let mut messages = Streaming::new_request(RawDecoder, request.into_body(), None, Some(MAX_REQUEST));
    let message = messages.message().await?;
    let message = message.ok_or_else(|| Status::invalid_argument("the call came without a message"))?;
    // To the end of the request: answered before, it would be reset, which clients may take for a failure.
    messages.trailers().await?;
    let handler = handler?;
    tokio::task::spawn_blocking(move || handler(&flyte, &message)).await.unwrap_or_else(|failure| {
        tracing::error!("a handler failed: {failure}");
        Err(Status::new(Code::Internal, "the embedded Flyte failed on this call; its log says more"))
    })
}
