//! Every way in which a connection can go wrong has its own reason and a message that names the endpoint.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::{Answer, Server, client, failure, first, plain, raw_server, soon, within};
use bytes::Bytes;
use flyte_client::{ConnectionConfig, FailureReason, FlyteClient, GrpcCode};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

async fn empty(_: String, _: Bytes) -> Answer {
    Ok(Vec::new())
}

/// Reads what the client says first, answers, and closes in order.
async fn answer(mut stream: TcpStream, bytes: &'static [u8]) {
    let mut heard = [0; 1024];
    let _ = stream.read(&mut heard).await;
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    while stream.read(&mut heard).await.is_ok_and(|read| read > 0) {}
}

/// A certificate authority in a PEM file, and a server's TLS with a certificate of it for these names.
fn tls(names: &[&str], protocols: &[&[u8]]) -> (tempfile::NamedTempFile, TlsAcceptor) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), authority.pem()).unwrap();
    (pem, acceptor(certificate.der().clone(), &key, protocols))
}

fn acceptor(
    certificate: tokio_rustls::rustls::pki_types::CertificateDer<'static>,
    key: &KeyPair,
    protocols: &[&[u8]],
) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

async fn tls_server(acceptor: TlsAcceptor) -> Server {
    Server::start_at((Ipv4Addr::LOCALHOST, 0).into(), Some(acceptor), empty).await
}

fn over_tls(address: impl ToString) -> ConnectionConfig {
    ConnectionConfig { endpoint: address.to_string(), ..Default::default() }
}

#[tokio::test]
async fn nothing_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let started = Instant::now();
    let error = failure(&client(address)).await;
    assert_eq!((error.reason, error.code), (FailureReason::ConnectionRefused, GrpcCode::Unavailable));
    assert_eq!(error.endpoint, address.to_string());
    assert_eq!(error.action, "list projects");
    assert!(error.message.contains(&address.to_string()), "{}", error.message);
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn no_such_host() {
    let error = failure(&client("no-such-host.invalid:30080")).await;
    assert_eq!((error.reason, error.code), (FailureReason::NameNotFound, GrpcCode::Unavailable));
    assert!(error.message.contains("no-such-host.invalid"), "{}", error.message);
    assert!(!error.details.is_empty());
}

#[tokio::test]
async fn an_impossible_endpoint() {
    let error = FlyteClient::new(plain("host:port")).err().unwrap();
    assert_eq!((error.reason, error.code), (FailureReason::InvalidEndpoint, GrpcCode::InvalidArgument));
    assert_eq!(error.endpoint, "host:port");
}

#[tokio::test]
async fn tls_to_a_port_that_speaks_plain_text() {
    let server = Server::start(empty).await;
    let error = failure(&FlyteClient::new(over_tls(server.address)).unwrap()).await;
    assert_eq!(error.reason, FailureReason::PlainTextPort, "{error:?}");
}

#[tokio::test]
async fn tls_to_a_port_of_plain_http() {
    let address =
        raw_server(|stream| answer(stream, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")).await;
    let error = failure(&FlyteClient::new(over_tls(address)).unwrap()).await;
    assert_eq!(error.reason, FailureReason::PlainTextPort, "{error:?}");
}

#[tokio::test]
async fn plain_text_to_a_port_that_speaks_tls() {
    let (_pem, acceptor) = tls(&["localhost"], &[b"h2"]);
    let server = tls_server(acceptor).await;
    let error = failure(&client(server.address)).await;
    assert_eq!(error.reason, FailureReason::TlsPort, "{error:?}");
}

/// As Go's servers do it: plain text is hung up on, and only TLS is answered.
#[tokio::test]
async fn plain_text_to_a_tls_port_that_hangs_up() {
    let address = raw_server(|mut stream| async move {
        let mut first = [0; 1];
        if stream.read_exact(&mut first).await.is_ok() && first[0] == 0x16 {
            answer(stream, &[0x15, 3, 3, 0, 2, 2, 40]).await;
        }
    })
    .await;
    let error = failure(&client(address)).await;
    assert_eq!(error.reason, FailureReason::TlsPort, "{error:?}");
}

#[tokio::test]
async fn an_untrusted_certificate_and_the_ca_file_that_cures_it() {
    let (pem, acceptor) = tls(&["localhost"], &[b"h2"]);
    let server = tls_server(acceptor).await;
    let endpoint = format!("localhost:{}", server.address.port());
    let error = failure(&FlyteClient::new(over_tls(&endpoint)).unwrap()).await;
    assert_eq!(error.reason, FailureReason::CertificateNotTrusted, "{error:?}");

    let with_ca = ConnectionConfig { ca_cert_file: Some(pem.path().to_owned()), ..over_tls(&endpoint) };
    let trusting = FlyteClient::new(with_ca).unwrap();
    assert_eq!(trusting.list_projects(&first(10), &soon()).await.unwrap().rows, []);

    let unchecked = ConnectionConfig { insecure_skip_verify: true, ..over_tls(&endpoint) };
    let unchecked = FlyteClient::new(unchecked).unwrap();
    assert_eq!(unchecked.list_projects(&first(10), &soon()).await.unwrap().rows, []);
}

/// What `openssl req -x509` makes: one certificate that is its own authority.
#[tokio::test]
async fn a_self_signed_certificate_in_the_ca_file() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), certificate.pem()).unwrap();
    let server = tls_server(acceptor(certificate.der().clone(), &key, &[b"h2"])).await;
    let named = |host: &str| {
        let endpoint = format!("{host}:{}", server.address.port());
        let config = ConnectionConfig { ca_cert_file: Some(pem.path().to_owned()), ..over_tls(endpoint) };
        FlyteClient::new(config).unwrap()
    };
    assert_eq!(named("localhost").list_projects(&first(10), &soon()).await.unwrap().rows, []);
    let error = failure(&named("127.0.0.1")).await;
    assert_eq!(error.reason, FailureReason::CertificateNotTrusted, "{error:?}");
}

#[tokio::test]
async fn a_certificate_for_another_host() {
    let (pem, acceptor) = tls(&["flyte.example.com"], &[b"h2"]);
    let server = tls_server(acceptor).await;
    let endpoint = format!("localhost:{}", server.address.port());
    let config = ConnectionConfig { ca_cert_file: Some(pem.path().to_owned()), ..over_tls(endpoint) };
    let error = failure(&FlyteClient::new(config).unwrap()).await;
    assert_eq!(error.reason, FailureReason::CertificateNotTrusted, "{error:?}");
    assert!(error.message.contains("flyte.example.com"), "{}", error.message);
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used() {
    let (_pem, acceptor) = tls(&["localhost"], &[b"h2"]);
    let server = tls_server(acceptor).await;
    let text = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(text.path(), "not a certificate").unwrap();
    for file in [text.path().to_owned(), "/no/such/file.pem".into()] {
        let config = ConnectionConfig { ca_cert_file: Some(file.clone()), ..over_tls(server.address) };
        let error = failure(&FlyteClient::new(config).unwrap()).await;
        assert_eq!((error.reason, error.code), (FailureReason::File, GrpcCode::InvalidArgument));
        assert!(error.message.contains(file.to_str().unwrap()), "{}", error.message);
    }
}

#[tokio::test]
async fn tls_without_http2() {
    let (pem, acceptor) = tls(&["localhost"], &[b"http/1.1"]);
    let server = tls_server(acceptor).await;
    let endpoint = format!("localhost:{}", server.address.port());
    let config = ConnectionConfig { ca_cert_file: Some(pem.path().to_owned()), ..over_tls(endpoint) };
    let error = failure(&FlyteClient::new(config).unwrap()).await;
    assert_eq!(error.reason, FailureReason::NotGrpc, "{error:?}");
}

#[tokio::test]
async fn a_proxy_that_speaks_http1() {
    let address = raw_server(|stream| {
        answer(
            stream,
            b"HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nContent-Length: 22\r\n\r\n<h1>no\r\nupstream</h1>\r\n",
        )
    })
    .await;
    let error = failure(&client(address)).await;
    assert_eq!(error.reason, FailureReason::ProxyAnswered, "{error:?}");
    assert!(error.message.contains("HTTP 502 (nginx)"), "{}", error.message);
    assert_eq!(error.details, "<h1>no upstream</h1>");
}

#[tokio::test]
async fn a_web_server() {
    let address =
        raw_server(|stream| answer(stream, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")).await;
    let error = failure(&client(address)).await;
    assert_eq!(error.reason, FailureReason::NotGrpc, "{error:?}");
    assert!(error.message.contains("HTTP 400"), "{}", error.message);
}

/// As hyper's and Node's servers do it: HTTP/2's preface is hung up on, and only HTTP/1 is answered.
#[tokio::test]
async fn a_web_server_that_hangs_up() {
    let address = raw_server(|mut stream| async move {
        let mut first = [0; 1];
        if stream.read_exact(&mut first).await.is_ok() && first[0] == b'G' {
            answer(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await;
        }
    })
    .await;
    let error = failure(&client(address)).await;
    assert_eq!((error.reason, &*error.details), (FailureReason::NotGrpc, "hi"), "{error:?}");
}

#[tokio::test]
async fn a_nginx_that_wants_tls() {
    let address = raw_server(|stream| {
        answer(
            stream,
            b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nConnection: close\r\n\r\n\
              <title>400 The plain HTTP request was sent to HTTPS port</title>",
        )
    })
    .await;
    let error = failure(&client(address)).await;
    assert_eq!(error.reason, FailureReason::TlsPort, "{error:?}");
}

#[tokio::test]
async fn something_else_altogether() {
    let address = raw_server(|stream| answer(stream, b"220 mail.example.com ESMTP\r\n")).await;
    let error = failure(&client(address)).await;
    assert_eq!(error.reason, FailureReason::NotGrpc, "{error:?}");
    assert!(error.message.contains("220 mail.example.com"), "{}", error.message);
}

#[tokio::test]
async fn a_server_that_hangs_up() {
    let address = raw_server(|stream| async move { drop(stream) }).await;
    let error = failure(&client(address)).await;
    assert_eq!(error.reason, FailureReason::ConnectionLost, "{error:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing() {
    let address = raw_server(|mut stream| async move {
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard).await;
    })
    .await;
    let started = Instant::now();
    let error =
        client(address).list_projects(&first(10), &within(Duration::from_millis(300))).await.unwrap_err();
    assert_eq!((error.reason, error.code), (FailureReason::Deadline, GrpcCode::DeadlineExceeded));
    assert!(error.message.contains("0.3 s"), "{}", error.message);
    assert!(started.elapsed() < Duration::from_secs(2));
}

/// An HTTP/2 server that answers everything like this, without gRPC.
async fn http2_server(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> SocketAddr {
    raw_server(move |stream| async move {
        let service = service_fn(move |_: Request<Incoming>| async move {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            response.body(Full::new(Bytes::from_static(body.as_bytes())))
        });
        let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let _ = builder.serve_connection(TokioIo::new(stream), service).await;
    })
    .await
}

#[tokio::test]
async fn a_proxy_that_speaks_http2() {
    let html = &[("content-type", "text/html"), ("server", "envoy")];
    let address = http2_server(503, html, "no healthy upstream").await;
    let error = failure(&client(address)).await;
    assert_eq!(error.reason, FailureReason::ProxyAnswered, "{error:?}");
    assert!(error.message.contains("HTTP 503 (envoy)"), "{}", error.message);
    assert_eq!(error.details, "no healthy upstream");
}

#[tokio::test]
async fn a_web_page_over_http2() {
    let address = http2_server(200, &[("content-type", "text/html")], "<h1>Flyte console</h1>").await;
    let error = failure(&client(address)).await;
    assert_eq!(
        (error.reason, &*error.details),
        (FailureReason::NotGrpc, "<h1>Flyte console</h1>"),
        "{error:?}"
    );
    let address = http2_server(404, &[("content-type", "text/plain")], "404 page not found").await;
    let error = failure(&client(address)).await;
    assert_eq!(error.reason, FailureReason::NotGrpc, "{error:?}");
}

#[tokio::test]
async fn a_login_page_of_a_gateway() {
    let address =
        http2_server(302, &[("location", "https://sso.example.com/login"), ("via", "1.1 gateway")], "").await;
    let error = failure(&client(address)).await;
    assert_eq!(error.reason, FailureReason::ProxyAnswered, "{error:?}");
    assert!(error.message.contains("https://sso.example.com/login"), "{}", error.message);
    let address = http2_server(401, &[], "").await;
    assert_eq!(failure(&client(address)).await.reason, FailureReason::SignInRequired);
}

/// A gRPC server of plain text that hangs up on TLS without a word.
#[tokio::test]
async fn tls_to_a_plain_text_port_that_hangs_up() {
    let address = raw_server(|mut stream| async move {
        let mut first = [0; 1];
        if stream.read_exact(&mut first).await.is_ok() && first[0] == b'P' {
            answer(stream, &[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
        }
    })
    .await;
    let error = failure(&FlyteClient::new(over_tls(address)).unwrap()).await;
    assert_eq!(error.reason, FailureReason::PlainTextPort, "{error:?}");
}
