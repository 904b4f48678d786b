//! Opening a connection: name, TCP, TLS; each of them with its own failure.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, AlertDescription, CertificateError, ClientConfig};

use super::Target;
use super::sniff::{FirstBytes, Watched};
use super::tls::Trust;
use super::transport::Transport;
use crate::error::Failure;

/// Longest wait for one address to accept, and for one TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an address is tried before the next one is tried beside it.
const LEAD: Duration = Duration::from_millis(250);

/// When an idle connection is asked whether it is still there, and how often until it counts as dead.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);
const TCP_KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// What is spoken over a connection once it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// gRPC's.
    Http2,
    /// That of signed URLs.
    Http1,
}

impl Protocol {
    fn alpn(self) -> &'static [u8] {
        match self {
            Self::Http2 => b"h2",
            Self::Http1 => b"http/1.1",
        }
    }
}

/// Opens connections, all with the same trust. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Connector(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    target: Target,
    trust: Trust,
    http2: OnceCell<Arc<ClientConfig>>,
    http1: OnceCell<Arc<ClientConfig>>,
    first: FirstBytes,
}

impl Connector {
    pub(super) fn new(target: Target, trust: Trust) -> Self {
        let inner = Inner {
            target,
            trust,
            http2: OnceCell::new(),
            http1: OnceCell::new(),
            first: FirstBytes::default(),
        };
        Self(Arc::new(inner))
    }

    pub(crate) fn target(&self) -> &Target {
        &self.0.target
    }

    pub(super) fn first_bytes(&self) -> &FirstBytes {
        &self.0.first
    }

    /// Opens a connection to `target`, with TLS if it asks for it.
    pub(crate) async fn open(&self, target: &Target, protocol: Protocol) -> Result<Transport, Failure> {
        if !target.tls {
            return Ok(Transport::Plain(tcp(target).await?));
        }
        let config = self.tls_config(protocol).await?;
        let name = ServerName::try_from(target.host.clone()).map_err(|_| {
            Failure::Tls(format!("\"{}\" is no name that a certificate can have", target.host))
        })?;
        let stream = tcp(target).await?;
        let handshake = TlsConnector::from(config).connect(name, stream);
        match tokio::time::timeout(CONNECT_TIMEOUT, handshake).await {
            Err(_) => {
                Err(Failure::Unreachable(format!("no TLS handshake within {} s", CONNECT_TIMEOUT.as_secs())))
            }
            Ok(Err(error)) => Err(tls_failure(&error)),
            Ok(Ok(stream)) => match stream.get_ref().1.alpn_protocol() {
                // A server that does not negotiate may still speak it.
                None => Ok(Transport::Tls(Box::new(stream))),
                Some(chosen) if chosen == protocol.alpn() => Ok(Transport::Tls(Box::new(stream))),
                Some(chosen) => Err(Failure::NotGrpc(format!(
                    "it chose the protocol {}",
                    String::from_utf8_lossy(chosen)
                ))),
            },
        }
    }

    /// The roots are read once, off the runtime's threads; a CA file that cannot be read is read again by the next call.
    async fn tls_config(&self, protocol: Protocol) -> Result<Arc<ClientConfig>, Failure> {
        let cell = match protocol {
            Protocol::Http2 => &self.0.http2,
            Protocol::Http1 => &self.0.http1,
        };
        let config = cell.get_or_try_init(|| async {
            let trust = self.0.trust.clone();
            let read = tokio::task::spawn_blocking(move || trust.config(&[protocol.alpn()])).await;
            read.map_err(|error| Failure::Tls(error.to_string()))?.map(Arc::new)
        });
        config.await.cloned()
    }

    async fn open_watched(self) -> Result<TokioIo<Watched>, Failure> {
        let first = self.0.first.clone();
        first.reset();
        let transport = self.open(&self.0.target, Protocol::Http2).await?;
        Ok(TokioIo::new(Watched::new(transport, first)))
    }
}

/// What tonic asks for a new connection; the URL is always that of the target.
impl tower_service::Service<http::Uri> for Connector {
    type Response = TokioIo<Watched>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        Box::pin(self.clone().open_watched())
    }
}

/// A TCP connection to the first of the host's addresses that accepts. They are tried in the system's order, each with a
/// short lead over the next (RFC 8305), so that an address that leads nowhere costs little.
pub(super) async fn tcp(target: &Target) -> Result<TcpStream, Failure> {
    let found = lookup_host((target.host.as_str(), target.port)).await;
    let mut addresses: VecDeque<SocketAddr> =
        found.map_err(|error| Failure::NoSuchName(error.to_string()))?.collect();
    let mut failure = Failure::NoSuchName(format!("{} has no address", target.host));
    let mut attempts = JoinSet::new();
    loop {
        match addresses.pop_front() {
            Some(address) => _ = attempts.spawn(connect(address)),
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        let lead = if addresses.is_empty() { CONNECT_TIMEOUT } else { LEAD };
        match tokio::time::timeout(lead, attempts.join_next()).await {
            Ok(Some(Ok(Ok(stream)))) => return Ok(stream),
            // One address refuses and another is not reached: the first says more.
            Ok(Some(Ok(Err(error)))) if !matches!(failure, Failure::Refused(_)) => failure = error,
            _ => {}
        }
    }
}

async fn connect(address: SocketAddr) -> Result<TcpStream, Failure> {
    let stream = match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            return Err(Failure::Refused(format!("{address}: {error}")));
        }
        Ok(Err(error)) => return Err(Failure::Unreachable(format!("{address}: {error}"))),
        Err(_) => {
            return Err(Failure::Unreachable(format!(
                "{address}: no answer within {} s",
                CONNECT_TIMEOUT.as_secs()
            )));
        }
    };
    let keepalive = TcpKeepalive::new().with_time(TCP_KEEPALIVE).with_interval(TCP_KEEPALIVE_INTERVAL);
    let socket = SockRef::from(&stream);
    socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.set_tcp_keepalive(&keepalive))
        .map_err(|error| Failure::Unreachable(format!("{address}: {error}")))?;
    Ok(stream)
}

/// What a failed TLS handshake means.
fn tls_failure(error: &io::Error) -> Failure {
    let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) else {
        // Closed or reset in the middle: often a port that does not speak TLS and says nothing.
        return Failure::Silent(error.to_string());
    };
    match cause {
        rustls::Error::InvalidMessage(_) => Failure::PlainTextPort,
        rustls::Error::InvalidCertificate(why) => Failure::Untrusted(untrusted(why)),
        rustls::Error::NoCertificatesPresented => {
            Failure::Untrusted("the server shows none. Check that the endpoint is the one meant.".to_owned())
        }
        rustls::Error::NoApplicationProtocol
        | rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            Failure::NotGrpc("it does not offer HTTP/2".to_owned())
        }
        other => Failure::Tls(other.to_string()),
    }
}

/// Why a certificate was refused, and what to do about it.
fn untrusted(why: &CertificateError) -> String {
    let renew = "Let the server's administrator renew it.";
    match why {
        CertificateError::UnknownIssuer => {
            "nobody that this machine trusts has signed it. Give the connection the \
             CA certificate that did, if the server is the one meant."
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("it has expired. {renew}")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet. Check this machine's clock.".to_owned()
        }
        CertificateError::Revoked => format!("it was revoked. {renew}"),
        CertificateError::NotValidForName => {
            "it is for another host. Use the name that it carries.".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            format!("it is for another host. Use the name that it carries ({}).", presented.join(", "))
        }
        other => format!("{other}. {renew}"),
    }
}
