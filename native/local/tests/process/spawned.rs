use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use flyte_idl::flyteidl::service::admin_service_client::AdminServiceClient;
use flyte_idl::flyteidl::service::data_proxy_service_client::DataProxyServiceClient;
use serde::Deserialize;
use tonic::transport::{Channel, Endpoint};

/// `flyte-local` with these arguments, not yet started.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flyte-local"));
    command.args(arguments);
    command
}

/// The line that a server prints once it listens.
#[derive(Deserialize)]
pub struct Line {
    pub endpoint: String,
    pub data: PathBuf,
    pub pid: u32,
}

/// A server in a process of its own. It is killed when this is dropped.
pub struct Spawned {
    pub child: Child,
    pub line: Line,
    /// The line as it was printed.
    pub printed: String,
}

impl Spawned {
    /// Starts a server of `data` and waits until it listens.
    pub fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut child = command(&["serve", "--data", data.to_str().unwrap()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut printed = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut printed).unwrap();
        let line = serde_json::from_str(&printed).unwrap();
        Self { child, line, printed }
    }

    /// Ends it as `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        let given_up = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < given_up, "flyte-local does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.line.endpoint)).unwrap().connect().await.unwrap()
    }

    pub async fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel().await).max_decoding_message_size(usize::MAX)
    }

    pub async fn data_proxy(&self) -> DataProxyServiceClient<Channel> {
        DataProxyServiceClient::new(self.channel().await)
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        // It may have ended already, and then neither does anything.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
