//! One lazily opened, multiplexed HTTP/2 connection to one server.

mod connect;
mod diagnose;
mod endpoint;
mod sniff;
mod tls;
mod transport;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tonic::transport::Endpoint;

use crate::error::{Failure, FailureReason, FlyteError};

pub(crate) use connect::{Connector, Protocol};
pub(crate) use endpoint::Target;
pub(crate) use transport::Transport;

/// How to reach a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// `host:port`, optionally with `dns:///`, `http://` or `https://` before it.
    pub endpoint: String,
    /// Plain text instead of TLS.
    pub insecure: bool,
    /// A PEM file of roots to trust beside the system's.
    pub ca_cert_file: Option<PathBuf>,
    /// TLS without checking the certificate.
    pub insecure_skip_verify: bool,
}

/// Flow-control windows: a page of 1,000 executions is 1.5 MB, and HTTP/2's own 64 KiB would ask for a round trip each.
const STREAM_WINDOW: u32 = 8 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;

/// Largest frame that a server may send, four times HTTP/2's own limit: a page takes fewer reads on both sides. Not
/// larger, because a ping's answer waits behind a frame, for half a second at 1 Mbit/s.
const MAX_FRAME: u32 = 64 * 1024;

/// FlyteAdmin carries the diff of a "different structure" error in its trailers: 18 KB seen, HTTP/2 clients usually
/// refuse more than 16.
const MAX_HEADER_LIST: u32 = 16 * 1024 * 1024;

/// A call under way on a dead connection fails within these two together, early enough for another attempt before the
/// usual deadline. Go's gRPC servers close connections after three pings in short order without data between them, so
/// there are none while nothing is under way, and no more than three in the first minute of a call.
const PING_INTERVAL: Duration = Duration::from_secs(15);
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The connection, opened by the first call and again by the first call after it was lost.
pub(crate) struct Channel {
    connector: Connector,
    settings: Endpoint,
    open: Mutex<Option<tonic::transport::Channel>>,
}

impl Channel {
    /// Remembers how to connect. Reads nothing and touches no network.
    ///
    /// # Errors
    /// [`FailureReason::InvalidEndpoint`].
    pub(crate) fn new(config: ConnectionConfig) -> Result<Self, FlyteError> {
        let target = Target::parse(&config.endpoint, config.insecure)?;
        let scheme = if target.tls { "https" } else { "http" };
        let settings = Endpoint::from_shared(target.url(scheme))
            .map_err(|error| FlyteError::new(FailureReason::InvalidEndpoint, error.to_string()))?
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(MAX_FRAME)
            .http2_max_header_list_size(MAX_HEADER_LIST)
            .http2_keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT)
            .keep_alive_while_idle(false);
        let trust =
            tls::Trust { ca_cert_file: config.ca_cert_file, skip_verify: config.insecure_skip_verify };
        Ok(Self { connector: Connector::new(target, trust), settings, open: Mutex::new(None) })
    }

    pub(crate) fn target(&self) -> &Target {
        self.connector.target()
    }

    /// What opens connections, for those that do not go to Flyte's own port.
    pub(crate) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// The channel for one call. Must be called within a tokio runtime.
    pub(crate) fn service(&self) -> tonic::transport::Channel {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get_or_insert_with(|| self.settings.connect_with_connector_lazy(self.connector.clone())).clone()
    }

    /// Lets go of the connection, which ends when the calls on it do. The next call opens another.
    pub(crate) fn close(&self) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What is known of a failure that the transport reported only as a broken connection.
    pub(crate) fn seen(&self, failure: Failure) -> Failure {
        diagnose::seen(&self.connector, failure)
    }

    /// The same after asking the server what it is, if it said nothing.
    pub(crate) async fn ask_again(&self, failure: Failure) -> Failure {
        diagnose::ask_again(self.target(), failure).await
    }
}
