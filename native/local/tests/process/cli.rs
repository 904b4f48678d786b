use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use flyte_idl::flyteidl::admin::{GetVersionRequest, ProjectListRequest};

use crate::spawned::{Line, Spawned, command};

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn announced(data: &Path) -> Option<String> {
    fs::read_to_string(data.join("server.json")).ok()
}

#[test]
fn help_and_version() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    assert!(String::from_utf8(help.stdout).unwrap().contains("flyte-local serve --data DIR"));
    let version = run(&["--version"]);
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        format!("flyte-local {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_use_says_what_to_do() {
    for (arguments, said) in [
        (&["serve"][..], "--data DIR is missing"),
        (&["serve", "--data", "d", "--port", "http"], "http"),
        (&["run"], "there is no command \"run\""),
        (&["seed", "--data", "d"], "--executions N is missing"),
    ] {
        let refused = run(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(message.contains(said) && message.contains("flyte-local --help"), "{message}");
        assert!(refused.stdout.is_empty());
    }
}

#[tokio::test]
async fn it_says_where_it_listens() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("not/there yet");
    let server = Spawned::start(&data, &[]);
    let Line { endpoint, data: absolute, pid } = &server.line;
    assert_eq!(*absolute, data);
    assert_eq!(*pid, server.child.id());
    assert!(endpoint.starts_with("127.0.0.1:") && !endpoint.ends_with(":0"), "{endpoint}");
    assert!(server.printed.starts_with("{\"endpoint\":\"127.0.0.1:"));
    assert_eq!(announced(&data), Some(server.printed.clone()));

    let mut admin = server.admin().await;
    let version = admin.get_version(GetVersionRequest {}).await.unwrap().into_inner();
    assert_eq!(version.control_plane_version.unwrap().version, flyte_local::FLYTEADMIN_VERSION);
    let projects = admin.list_projects(ProjectListRequest::default()).await.unwrap().into_inner().projects;
    assert_eq!(projects.iter().map(|project| project.id.as_str()).collect::<Vec<_>>(), ["flytesnacks"]);
}

#[test]
fn a_relative_directory_is_announced_as_absolute() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(&["serve", "--data", "data", "--exit-with-stdin"])
        .current_dir(folder.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    let line: Line = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line.data, folder.path().canonicalize().unwrap().join("data"));
}

#[test]
fn the_port_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let server = Spawned::start(folder.path(), &["--port", &free]);
    assert_eq!(server.line.endpoint, format!("127.0.0.1:{free}"));

    let other = tempfile::tempdir().unwrap();
    let refused = run(&["serve", "--data", other.path().to_str().unwrap(), "--port", &free]);
    assert_eq!(refused.status.code(), Some(1));
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains(&free) && message.contains("Give another port with --port"), "{message}");
    assert_eq!(announced(other.path()), None);
}

#[test]
fn one_server_per_directory() {
    let folder = tempfile::tempdir().unwrap();
    let first = Spawned::start(folder.path(), &[]);
    let data = folder.path().to_str().unwrap();
    for arguments in [&["serve", "--data", data][..], &["seed", "--data", data, "--executions", "1"]] {
        let refused = run(arguments);
        assert_eq!(refused.status.code(), Some(3));
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(message.contains("another flyte-local uses the data directory"), "{message}");
        assert!(message.contains(data), "{message}");
        assert!(refused.stdout.is_empty());
    }
    assert_eq!(announced(folder.path()), Some(first.printed.clone()), "the first one's announcement stays");
    first.kill();
    Spawned::start(folder.path(), &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_standard_input_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Spawned::start(folder.path(), &["--exit-with-stdin"]);
    // An open connection must not hold it up.
    let mut admin = server.admin().await;
    admin.get_version(GetVersionRequest {}).await.unwrap();
    let closed = Instant::now();
    drop(server.child.stdin.take());
    assert!(server.ended().success());
    assert!(closed.elapsed() < Duration::from_secs(2), "it took {:?}", closed.elapsed());
    assert_eq!(announced(folder.path()), None);
}

#[tokio::test]
async fn it_outlives_standard_input_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Spawned::start(folder.path(), &[]);
    drop(server.child.stdin.take());
    std::thread::sleep(Duration::from_millis(300));
    assert!(server.child.try_wait().unwrap().is_none());
    server.admin().await.get_version(GetVersionRequest {}).await.unwrap();
}

#[cfg(unix)]
#[test]
fn signals_stop_it_in_order() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Spawned::start(folder.path(), &[]);
        let pid = server.child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert_eq!(server.ended().code(), Some(0), "{signal}");
        assert_eq!(announced(folder.path()), None);
    }
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = run(&["serve", "--data", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains("cannot use the data directory") && message.contains("file"), "{message}");
}
