//! A small gRPC server over real sockets, and clients for it.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use flyte_client::{CallOptions, ConnectionConfig, FlyteClient, FlyteError};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// What a handler answers: the encoded message, or gRPC's code and message.
pub type Answer = Result<Vec<u8>, (i32, String)>;

type Handler = Arc<dyn Fn(String, Bytes) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// A gRPC server on loopback. Dropping it closes its port and its connections.
pub struct Server {
    pub address: SocketAddr,
    stop: CancellationToken,
    stopped: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Serves `answer`, which gets the path and the encoded request, on a free port.
    pub async fn start<F, A>(answer: F) -> Self
    where
        F: Fn(String, Bytes) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        Self::start_at("127.0.0.1:0".parse().unwrap(), None, answer).await
    }

    /// The same at this address and with TLS.
    pub async fn start_at<F, A>(address: SocketAddr, tls: Option<TlsAcceptor>, answer: F) -> Self
    where
        F: Fn(String, Bytes) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |path, request| Box::pin(answer(path, request)));
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let stopped = tokio::spawn(accept(listener, tls, handler, stop.clone()));
        Self { address, stop, stopped }
    }

    /// Closes the port and the connections, and waits until they are.
    pub async fn stop(self) {
        self.stop.cancel();
        self.stopped.await.unwrap();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, handler: Handler, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                let (handler, tls) = (handler.clone(), tls.clone());
                connections.spawn(async move {
                    match tls {
                        None => serve(stream, handler).await,
                        // A client that does not like the certificate hangs up.
                        Some(tls) => if let Ok(stream) = tls.accept(stream).await { serve(stream, handler).await },
                    }
                });
            }
        }
    }
    connections.shutdown().await;
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, handler: Handler) {
    let service = service_fn(move |request: Request<Incoming>| {
        let handler = handler.clone();
        async move {
            let path = request.uri().path().to_owned();
            let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            Ok::<_, Infallible>(response(handler(path, body.slice(body.len().min(5)..)).await))
        }
    });
    // Clients that break off are the business of some tests.
    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .max_send_buf_size(1024 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn response(answer: Answer) -> Response<BoxBody<Bytes, Infallible>> {
    let (message, status, text) = match answer {
        Ok(message) => (Some(message), 0, String::new()),
        Err((code, text)) => (None, code, text),
    };
    let mut frame = BytesMut::new();
    if let Some(message) = message {
        frame.put_u8(0);
        frame.put_u32(u32::try_from(message.len()).unwrap());
        frame.extend_from_slice(&message);
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(status));
    if !text.is_empty() {
        trailers.insert("grpc-message", HeaderValue::from_str(&text).unwrap());
    }
    let body = Full::new(frame.freeze()).with_trailers(async move { Some(Ok(trailers)) });
    Response::builder().header("content-type", "application/grpc").body(body.boxed()).unwrap()
}

/// Answers every TCP connection on a free port with what `talk` does with it.
pub async fn raw_server<F, T>(talk: F) -> SocketAddr
where
    F: Fn(tokio::net::TcpStream) -> T + Send + Sync + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(talk(stream));
        }
    });
    address
}

/// A plain-text client.
pub fn client(address: impl ToString) -> FlyteClient {
    FlyteClient::new(plain(address)).unwrap()
}

pub fn plain(address: impl ToString) -> ConnectionConfig {
    ConnectionConfig { endpoint: address.to_string(), insecure: true, ..Default::default() }
}

/// Options with a deadline that a test that goes wrong does not wait long for.
pub fn soon() -> CallOptions {
    within(Duration::from_secs(10))
}

pub fn within(timeout: Duration) -> CallOptions {
    CallOptions { timeout, ..CallOptions::default() }
}

/// The failure of a simple call.
pub async fn failure(client: &FlyteClient) -> FlyteError {
    client.list_projects(&first(10), &soon()).await.expect_err("a failure")
}

/// The first page of this many rows.
pub fn first(limit: u32) -> flyte_client::domain::PageRequest {
    flyte_client::domain::PageRequest { limit, token: String::new() }
}
