//! A store for signed PUTs over HTTP/1, with TLS or without.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use md5::{Digest, Md5};
use rcgen::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// How the store behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Keeps objects and gives their MD5 digest as ETag.
    Keeps,
    /// Keeps the first byte only, and its digest.
    Mangles,
    /// Refuses every upload as S3 does.
    Refuses,
    /// Takes connections and reads nothing.
    Hangs,
    /// Ends each connection once the request has begun.
    HangsUp,
}

/// An upload as it came.
#[derive(Clone)]
pub struct Upload {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

pub struct Store {
    /// `http://127.0.0.1:port`, or `https://localhost:port`.
    pub url: String,
    uploads: Arc<Mutex<Vec<Upload>>>,
}

impl Store {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let uploads = Arc::<Mutex<Vec<Upload>>>::default();
        let into = Arc::clone(&uploads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner, Arc::clone(&into)));
            }
        });
        Self { url, uploads }
    }

    /// A store with TLS, and the PEM of the certificate that it shows.
    pub async fn start_with_tls() -> (Self, String) {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let uploads = Arc::<Mutex<Vec<Upload>>>::default();
        let into = Arc::clone(&uploads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, into) = (acceptor.clone(), Arc::clone(&into));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, Manner::Keeps, into).await;
                    }
                });
            }
        });
        (Self { url, uploads }, cert.pem())
    }

    pub fn uploads(&self) -> Vec<Upload> {
        self.uploads.lock().unwrap().clone()
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    manner: Manner,
    uploads: Arc<Mutex<Vec<Upload>>>,
) {
    match manner {
        Manner::Hangs => {
            let _open = stream;
            std::future::pending::<()>().await;
        }
        Manner::HangsUp => {
            let mut stream = stream;
            let mut some = [0; 1024];
            tokio::io::AsyncReadExt::read(&mut stream, &mut some).await.unwrap();
        }
        _ => {
            let service = service_fn(|request| answer(request, manner, Arc::clone(&uploads)));
            // A client that goes away is not the store's failure.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    manner: Manner,
    uploads: Arc<Mutex<Vec<Upload>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if manner == Manner::Refuses {
        let body =
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>No entry.</Message></Error>";
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = StatusCode::FORBIDDEN;
        return Ok(response);
    }
    let (head, body) = request.into_parts();
    let mut response = Response::new(Full::default());
    // An upload that breaks off is not kept.
    if let Ok(body) = body.collect().await {
        let mut body = body.to_bytes();
        if manner == Manner::Mangles {
            body.truncate(1);
        }
        let digest: String = Md5::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        response.headers_mut().insert("etag", format!("\"{digest}\"").parse().unwrap());
        let path = head.uri.to_string();
        uploads.lock().unwrap().push(Upload { method: head.method, path, headers: head.headers, body });
    }
    Ok(response)
}
