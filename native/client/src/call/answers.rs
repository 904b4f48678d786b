//! The check that an HTTP response is gRPC's before it is read as such.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::CONTENT_TYPE;
use http::{Request, Response};
use http_body_util::BodyExt;
use tonic::body::Body;
use tonic::transport::Channel;

use crate::error::{Failure, HttpAnswer};

/// As much of a foreign body as is looked at.
const LOOKED_AT: usize = 1024;

/// tonic's channel with each failure named: what is not gRPC becomes [`Failure::Http`], what broke what it broke from.
#[derive(Clone)]
pub(super) struct Checked(pub(super) Channel);

impl tower_service::Service<Request<Body>> for Checked {
    type Response = Response<Body>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Failure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.0.poll_ready(cx).map_err(|error| Failure::of_transport(&error))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move {
            let response = answer.await.map_err(|error| Failure::of_transport(&error))?;
            if is_grpc(&response) { Ok(response) } else { Err(foreign(response).await) }
        })
    }
}

fn is_grpc(response: &Response<Body>) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
        || response.headers().contains_key("grpc-status")
}

async fn foreign(response: Response<Body>) -> Failure {
    let (head, mut body) = response.into_parts();
    let mut start = Vec::new();
    while start.len() < LOOKED_AT {
        match body.frame().await {
            Some(Ok(frame)) => start.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
            _ => break,
        }
    }
    Failure::Http(HttpAnswer::new(head.status.as_u16(), &head.headers, &start))
}
