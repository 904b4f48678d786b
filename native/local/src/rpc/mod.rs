//! From the name of a gRPC method to its answer: bytes in, bytes out, on a thread that may block.

mod codec;
mod routes;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body::Body as HttpBody;
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Code, Request, Response, Status};

use crate::failure::Outcome;
use crate::serve::Flyte;
use codec::RawCodec;

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
    let handler = routes::handler(request.uri().path());
    Grpc::new(RawCodec)
        .max_decoding_message_size(MAX_REQUEST)
        .max_encoding_message_size(usize::MAX)
        .unary(Call { flyte, handler }, request)
        .await
}

/// One call, with what was found for its method.
struct Call {
    flyte: Arc<Flyte>,
    handler: Outcome<Handler>,
}

impl UnaryService<Bytes> for Call {
    type Response = Bytes;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Status>> + Send>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let flyte = Arc::clone(&self.flyte);
        let handler = self.handler.clone();
        Box::pin(async move {
            let handler = handler?;
            let body = request.into_inner();
            match tokio::task::spawn_blocking(move || handler(&flyte, &body)).await {
                Ok(outcome) => outcome.map(|answer| Response::new(Bytes::from(answer))),
                Err(failure) => {
                    tracing::error!("a handler failed: {failure}");
                    Err(Status::new(
                        Code::Internal,
                        "the embedded Flyte failed on this call; its log says more",
                    ))
                }
            }
        })
    }
}
