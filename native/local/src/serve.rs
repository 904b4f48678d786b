//! Serving a data directory on a port of the loopback interface.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{future::Future, io};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::data_dir::{DataDir, DataDirError};
use crate::data_proxy::{Files, Signer};
use crate::runner::{Running, Wakes};
use crate::store::{OpenError, Store};
use crate::{http, seed};

/// The projects that a new data directory begins with, as FlyteAdmin's own default configuration has it.
pub const DEFAULT_PROJECTS: [&str; 1] = ["flytesnacks"];

/// How long calls under way may take to end once the server is told to stop.
const GRACE: std::time::Duration = std::time::Duration::from_secs(3);

/// What every handler works on.
pub struct Flyte {
    pub(crate) store: Store,
    pub(crate) files: Files,
    pub(crate) signer: Signer,
    /// Rings when the schedules of active launch plans may have changed.
    pub(crate) schedules: Notify,
    /// The way to the engine that runs executions, if there is one.
    pub(crate) wakes: Wakes,
}

impl Flyte {
    /// Opens the database in `data`. `base` is where signed URLs lead to, such as `http://127.0.0.1:30080`.
    fn open(data: &DataDir, base: String) -> Result<Self, ServeError> {
        let store = Store::open(&data.database())?;
        let secret = store.write(Signer::secret).map_err(prepared)?;
        let files = Files::open(data.storage()).map_err(|error| {
            ServeError::Prepare(format!("cannot read {}: {error}", data.storage().display()))
        })?;
        Ok(Self::new(store, files, Signer::new(&secret, base)))
    }

    pub(crate) fn new(store: Store, files: Files, signer: Signer) -> Self {
        Self { store, files, signer, schedules: Notify::new(), wakes: Wakes::default() }
    }
}

/// Fills the data directory with `count` executions of a sample workflow in `project` and `domain`, the same ones each
/// time, and gives how many of them are new. No server may be using the directory.
pub fn fill(data: &Path, project: &str, domain: &str, count: u64) -> Result<u64, ServeError> {
    let data = DataDir::lock(data)?;
    let flyte = Flyte::open(&data, String::new())?;
    seed::projects(&flyte.store, &DEFAULT_PROJECTS).map_err(prepared)?;
    seed::executions(&flyte, project, domain, count).map_err(prepared)
}

fn prepared(status: tonic::Status) -> ServeError {
    ServeError::Prepare(status.message().to_owned())
}

/// Why the server could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// Its database cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// What a data directory begins with, or shall be filled with, cannot be stored.
    #[error("cannot prepare the data directory: {0}")]
    Prepare(String),
    /// Tasks cannot be run.
    #[error("cannot run tasks: {0}")]
    Runner(String),
    /// The port cannot be listened on.
    #[error(
        "cannot listen on 127.0.0.1:{port}: {error}. Give another port with --port, or none for a free one."
    )]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the system says.
        error: io::Error,
    },
}

impl ServeError {
    /// Whether another server holds the data directory.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::DataDir(DataDirError::Locked(_)))
    }
}

/// A server that listens but does not yet answer.
pub struct Server {
    listener: TcpListener,
    flyte: Arc<Flyte>,
    data: DataDir,
    address: SocketAddr,
    running: Option<Running>,
}

impl Server {
    /// Locks and opens `data`, seeds a new one with `projects`, and listens on `port` (0 for a free one).
    pub async fn bind(data: &Path, port: u16, projects: &[&str]) -> Result<Self, ServeError> {
        let data = DataDir::lock(data)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|error| ServeError::Listen { port, error })?;
        let address = listener.local_addr().map_err(|error| ServeError::Listen { port, error })?;
        let flyte = Flyte::open(&data, format!("http://{address}"))?;
        seed::projects(&flyte.store, projects).map_err(prepared)?;
        Ok(Self { listener, flyte: Arc::new(flyte), data, address, running: None })
    }

    /// From now on executions run, their tasks with the Python interpreter at `python`, which must have flytekit.
    pub fn run_tasks(&mut self, python: PathBuf) -> Result<(), ServeError> {
        let flyte = Arc::clone(&self.flyte);
        let running = Running::start(flyte, python, self.data.root(), self.address.to_string());
        self.running = Some(running.map_err(ServeError::Runner)?);
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The data directory, absolute.
    pub fn data(&self) -> &Path {
        self.data.root()
    }

    /// Keeps an object that the server did not write itself, such as a task's outputs in another store.
    pub fn put_object(&self, uri: &str, data: &[u8]) -> Result<(), ServeError> {
        self.flyte
            .store
            .write(|transaction| crate::store::objects::put(transaction, uri, data))
            .map_err(prepared)
    }

    /// Answers calls until `stop` completes; then lets those under way end, for a few seconds.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let service = TowerToHyperService::new(http::Service::new(Arc::clone(&self.flyte)));
        let mut builder = auto::Builder::new(TokioExecutor::new());
        // Workflows can be megabytes: larger windows than HTTP/2's 64 KiB save round trips.
        builder
            .http2()
            .initial_stream_window_size(4 << 20)
            .initial_connection_window_size(16 << 20)
            .max_concurrent_streams(1_000);
        let connections = GracefulShutdown::new();
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stop => break,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, say: other connections may end soon.
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
            };
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!("cannot set TCP_NODELAY: {error}");
            }
            let connection = builder.serve_connection(TokioIo::new(stream), service.clone()).into_owned();
            let watched = connections.watch(connection);
            tokio::spawn(async move {
                if let Err(error) = watched.await {
                    tracing::debug!("a connection ended: {error}");
                }
            });
        }
        drop(self.listener);
        if let Some(running) = self.running {
            running.stop().await;
        }
        if tokio::time::timeout(GRACE, connections.shutdown()).await.is_err() {
            tracing::warn!("calls under way did not end in {} s and are cut off", GRACE.as_secs());
        }
    }
}
