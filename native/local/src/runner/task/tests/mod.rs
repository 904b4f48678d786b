//! Attempts with real processes: shell scripts in the place of flytekit's entry points.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test fail as a test does")]

mod endings;
mod results;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use prost::Message;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::idl::core::{
    Container, Identifier, Literal, LiteralMap, Primitive, Scalar, TypedInterface, Variable, VariableMap,
    WorkflowExecutionIdentifier, literal, primitive, scalar, task_template,
};

/// A data directory and a "Python environment", in which `pyflyte-execute` is the shell.
struct Room {
    folder: TempDir,
    runner: TaskRunner,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        for name in ["python", "pyflyte-execute"] {
            symlink("/bin/sh", folder.path().join("bin").join(name)).unwrap();
        }
        fs::create_dir_all(folder.path().join("data/storage")).unwrap();
        let runner = Self::open(folder.path());
        Self { folder, runner }
    }

    fn open(folder: &Path) -> TaskRunner {
        TaskRunner::new(folder.join("bin/python"), &folder.join("data")).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn run(&self, attempt: Attempt) -> TaskOutcome {
        self.runner.run(attempt, || {}, CancellationToken::new()).await
    }

    /// The scratch folders that are there.
    fn scratches(&self) -> usize {
        fs::read_dir(self.path("data/scratches")).unwrap().count()
    }

    fn log(&self, place: &Place) -> String {
        fs::read_to_string(self.runner.places.log(place)).unwrap()
    }
}

fn place(node_id: &str) -> Place {
    let execution = WorkflowExecutionIdentifier {
        project: "p".into(),
        domain: "development".into(),
        name: "e1".into(),
        org: String::new(),
    };
    Place { execution, node_id: node_id.into(), attempt: 0, item: None }
}

fn integer(value: i64) -> Literal {
    let primitive = Primitive { value: Some(primitive::Value::Integer(value)) };
    let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
    Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
}

fn map(names: &[(&str, i64)]) -> LiteralMap {
    LiteralMap { literals: names.iter().map(|(name, value)| ((*name).to_owned(), integer(*value))).collect() }
}

/// An attempt of a task that runs `script` with the output prefix as `$0` and `arguments` from `$1` on.
fn attempt(script: &str, arguments: &[&str]) -> Attempt {
    let args = ["pyflyte-execute", "-c", script, "{{.outputPrefix}}"];
    let container = Container {
        args: args.iter().chain(arguments).map(|arg| (*arg).to_owned()).collect(),
        ..Default::default()
    };
    let id = Identifier { name: "hello.greet".into(), version: "v1".into(), ..Default::default() };
    let template = TaskTemplate {
        id: Some(id),
        target: Some(task_template::Target::Container(container)),
        ..Default::default()
    };
    Attempt {
        template,
        inputs: LiteralMap::default(),
        place: place("n0"),
        overrides: None,
        environment: Vec::new(),
        raw_output_prefix: None,
        timeout: None,
    }
}

/// `attempt` of a task that declares these outputs.
fn declaring(mut attempt: Attempt, names: &[&str]) -> Attempt {
    let variables = names.iter().map(|name| ((*name).to_owned(), Variable::default())).collect();
    attempt.template.interface =
        Some(TypedInterface { outputs: Some(VariableMap { variables }), ..Default::default() });
    attempt
}

fn failure(outcome: TaskOutcome) -> (ExecutionError, bool) {
    match outcome {
        TaskOutcome::Failed { error, recoverable } => (error, recoverable),
        other => panic!("{other:?}"),
    }
}

/// Whether the process with the id in this file still runs; it may have ended and not been waited for.
fn runs(pid_file: &Path) -> bool {
    let pid = fs::read_to_string(pid_file).unwrap();
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    state.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

/// Waits for a file that a process writes, whole lines.
async fn written(path: &Path) {
    let start = Instant::now();
    while !fs::read_to_string(path).is_ok_and(|text| text.ends_with('\n')) {
        assert!(start.elapsed() < Duration::from_secs(10), "{} was not written", path.display());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn an_interpreter_without_flytekit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str| TaskRunner::new(folder.path().join(name), folder.path()).err().unwrap();
    assert!(refused("python").contains("there is no Python interpreter"));
    symlink("/bin/sh", folder.path().join("python")).unwrap();
    assert!(refused("python").contains("pip install flytekit"));
}
