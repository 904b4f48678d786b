//! `flyte-local` as a process: what it prints and writes, when it stops, and the code it exits with.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, thread};

use serde_json::json;
use tokio::sync::oneshot;

use crate::cli::{self, Command};
use crate::serve::{self, DEFAULT_PROJECTS, ServeError, Server};

/// Exit codes other than success: a failure, arguments that are wrong, a data directory that another server uses.
const FAILED: u8 = 1;
const WRONG_USE: u8 = 2;
const LOCKED: u8 = 3;

/// How many handlers run at once; further calls wait. Each one that reads has a connection to the database.
const HANDLERS: usize = 16;

/// The stack of a thread, in bytes: the engine calls itself for each workflow inside of another. Only what is used of it
/// takes memory.
const STACK: usize = 64 << 20;

/// How long handlers may still run after the server has stopped.
const LAST_HANDLERS: Duration = Duration::from_secs(5);

/// The file in the data directory that says where its server is.
const ANNOUNCEMENT: &str = "server.json";

/// Does what the command line says.
pub fn run() -> ExitCode {
    let command = match cli::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("flyte-local: {error}\n\n{}", cli::HELP);
            return ExitCode::from(WRONG_USE);
        }
    };
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    let outcome = match command {
        Command::Help => print(cli::HELP),
        Command::Version => print(&format!("flyte-local {}\n", env!("CARGO_PKG_VERSION"))),
        Command::Seed { data, executions, project, domain } => {
            serve::fill(&data, &project, &domain, executions).map_err(Failure::from).and_then(|added| {
                print(&format!("added {added} executions to {project}/{domain} in {}\n", data.display()))
            })
        }
        Command::Serve { data, port, exit_with_stdin, python } => serve(&data, port, exit_with_stdin, python),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("flyte-local: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

/// Why the process ends without success.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    #[error("cannot write {path}: {error}")]
    Announce { path: PathBuf, error: io::Error },
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Serve(error) if error.is_locked() => LOCKED,
            _ => FAILED,
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Output)
}

fn serve(data: &Path, port: u16, exit_with_stdin: bool, python: Option<PathBuf>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(HANDLERS)
        .thread_stack_size(STACK)
        .build()
        .map_err(Failure::Runtime)?;
    let outcome = runtime.block_on(async {
        let stop = Stop::new(exit_with_stdin).map_err(Failure::Runtime)?;
        let mut server = Server::bind(data, port, &DEFAULT_PROJECTS).await?;
        if let Some(python) = python {
            server.run_tasks(python)?;
        }
        let announced = Announcement::of(&server)?;
        print(&announced.line)?;
        tracing::info!("serving {} on {}", server.data().display(), server.address());
        server.run(stop.asked()).await;
        tracing::info!("stopped");
        Ok(())
    });
    runtime.shutdown_timeout(LAST_HANDLERS);
    outcome
}

/// What asks the server to stop. Made before the server listens, so that no signal is missed.
struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    stdin: Option<oneshot::Receiver<()>>,
}

impl Stop {
    fn new(exit_with_stdin: bool) -> io::Result<Self> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            stdin: exit_with_stdin.then(end_of_stdin),
        })
    }

    /// Completes when the process is told to stop, by a signal or, if that was wanted, by the end of standard input.
    async fn asked(mut self) {
        let stdin = async {
            match self.stdin.take() {
                // The sender goes without a word only with its thread, which is at the end as well.
                Some(ended) => _ = ended.await,
                None => std::future::pending().await,
            }
        };
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("stopping: terminated"),
            _ = self.interrupt.recv() => tracing::info!("stopping: interrupted"),
            () = stdin => tracing::info!("stopping: standard input has ended"),
        }
        #[cfg(not(unix))]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => tracing::info!("stopping: interrupted"),
            () = stdin => tracing::info!("stopping: standard input has ended"),
        }
    }
}

/// Completes when standard input ends. Reads on a thread of its own: one of tokio's would have to be waited for.
fn end_of_stdin() -> oneshot::Receiver<()> {
    let (ended, receiver) = oneshot::channel();
    thread::spawn(move || {
        let mut buffer = [0; 1024];
        let mut stdin = io::stdin().lock();
        loop {
            match stdin.read(&mut buffer) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        // Nobody listens any more when the server was stopped otherwise.
        _ = ended.send(());
    });
    receiver
}

/// Where the server is, in a file that goes with this value.
struct Announcement {
    path: PathBuf,
    line: String,
}

impl Announcement {
    fn of(server: &Server) -> Result<Self, Failure> {
        let path = server.data().join(ANNOUNCEMENT);
        let line = format!(
            "{{\"endpoint\":\"{}\",\"data\":{},\"pid\":{}}}\n",
            server.address(),
            json!(server.data()),
            std::process::id()
        );
        // Readers see the whole of it or none.
        let temporary = server.data().join(format!(".{ANNOUNCEMENT}"));
        fs::write(&temporary, &line)
            .and_then(|()| fs::rename(&temporary, &path))
            .map_err(|error| Failure::Announce { path: path.clone(), error })?;
        Ok(Self { path, line })
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!("cannot remove {}: {error}", self.path.display());
        }
    }
}
