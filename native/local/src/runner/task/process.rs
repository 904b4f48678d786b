//! The process of a task: started in a group of its own, and ended as a whole.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Child;
use tokio_util::sync::CancellationToken;

use super::command::Command;

/// How a process has ended.
pub enum End {
    Exited(ExitStatus),
    TimedOut,
    Cancelled,
}

/// How long a process that is asked to end may take, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How long what is left of a group, once it is killed, is waited for.
const LAST: Duration = Duration::from_millis(200);

/// A running process and its group. Dropping it kills the group.
pub struct Process {
    child: Child,
    group: Group,
}

impl Process {
    /// Starts `command` in the folder `working`, with its output and errors to `log` and nothing to read.
    pub fn start(command: Command, working: &Path, log: File) -> io::Result<Self> {
        let mut starting = tokio::process::Command::new(command.program);
        starting
            .args(command.arguments)
            .env_clear()
            .envs(command.environment)
            .current_dir(working)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        #[cfg(unix)]
        starting.process_group(0);
        let child = starting.spawn()?;
        let group = Group {
            #[cfg(unix)]
            leader: child.id(),
        };
        Ok(Self { child, group })
    }

    /// Waits until the process ends by itself, `timeout` has passed or `cancel` is cancelled. What is then left of its
    /// group is killed, as with the end of a container.
    pub async fn end(mut self, timeout: Option<Duration>, cancel: &CancellationToken) -> io::Result<End> {
        let expired = async {
            match timeout {
                Some(timeout) => tokio::time::sleep(timeout).await,
                None => std::future::pending().await,
            }
        };
        let end = tokio::select! {
            status = self.child.wait() => End::Exited(status?),
            () = cancel.cancelled() => End::Cancelled,
            () = expired => End::TimedOut,
        };
        if !matches!(end, End::Exited(_)) {
            self.group.signal(Signal::Terminate);
            if tokio::time::timeout(GRACE, self.child.wait()).await.is_err() {
                self.group.signal(Signal::Kill);
                self.child.start_kill()?;
                self.child.wait().await?;
            }
        }
        let gone = async {
            while self.group.signal(Signal::Kill) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        // What has ended belongs to its group until its parent has asked for it, which not every parent does.
        _ = tokio::time::timeout(LAST, gone).await;
        Ok(end)
    }
}

/// The processes that a task has started, as long as they have not left its group.
struct Group {
    #[cfg(unix)]
    leader: Option<u32>,
}

/// What a group can be sent.
#[derive(Clone, Copy)]
enum Signal {
    Terminate,
    Kill,
}

#[cfg(unix)]
impl Group {
    /// Sends a signal, and gives whether there was a process to receive it.
    fn signal(&self, signal: Signal) -> bool {
        use rustix::process::{Pid, Signal as Native, kill_process_group};

        let signal = match signal {
            Signal::Terminate => Native::TERM,
            Signal::Kill => Native::KILL,
        };
        let Some(leader) = self.leader.and_then(|pid| Pid::from_raw(pid.try_into().ok()?)) else {
            return false;
        };
        match kill_process_group(leader, signal) {
            Ok(()) => true,
            Err(rustix::io::Errno::SRCH) => false,
            Err(error) => {
                tracing::warn!("cannot signal the processes of a task: {error}");
                false
            }
        }
    }
}

/// Windows has no groups of processes to signal: the first process is ended, by its own handle.
#[cfg(not(unix))]
impl Group {
    fn signal(&self, _: Signal) -> bool {
        false
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::Kill);
    }
}
