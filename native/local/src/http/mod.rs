//! The one port: gRPC calls go to the services, everything else is uploads and downloads by signed URL.

mod file_body;
mod transfer;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::http::{Request, Response, Version, header};
use bytes::Bytes;
use http_body::Body as HttpBody;
use tonic::body::Body;

use crate::rpc;
use crate::serve::Flyte;

/// Answers HTTP requests of one server.
#[derive(Clone)]
pub struct Service {
    flyte: Arc<Flyte>,
}

impl Service {
    pub fn new(flyte: Arc<Flyte>) -> Self {
        Self { flyte }
    }
}

impl<B> tower_service::Service<Request<B>> for Service
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let flyte = Arc::clone(&self.flyte);
        let content_type = request.headers().get(header::CONTENT_TYPE);
        // Browsers speak HTTP/2 over TLS only, so no web page can call this server, whatever name it reaches it by.
        let is_grpc = request.version() == Version::HTTP_2
            && content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
        Box::pin(async move {
            Ok(if is_grpc {
                rpc::answer(flyte, request).await
            } else {
                transfer::answer(flyte, request).await
            })
        })
    }
}
