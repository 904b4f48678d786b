//! What attempts get and give.

use super::*;
use crate::idl::core::{ContainerError, DynamicJobSpec, ErrorDocument, Resources, Sql, TaskNodeOverrides};
use crate::idl::core::{container_error, resources};

#[tokio::test]
async fn inputs_go_in_and_outputs_come_out() {
    let room = Room::new();
    fs::write(room.path("outputs.pb"), map(&[("o0", 7)]).encode_to_vec()).unwrap();
    let outputs = room.path("outputs.pb");
    let script = r#"cp "$1" "$0/outputs.pb"; echo deck > "$0/deck.html"; cp "$2" "$0/seen.pb"; echo said "$3"; echo wrong >&2"#;
    let mut attempt = declaring(
        attempt(script, &[outputs.to_str().unwrap(), "{{.input}}", "{{.inputs.n}} {{.perRetryUniqueKey}}"]),
        &["o0"],
    );
    attempt.inputs = map(&[("n", 5)]);
    let place = attempt.place.clone();
    let mut started = false;
    let outcome = room.runner.run(attempt, || started = true, CancellationToken::new()).await;
    let TaskOutcome::Succeeded { outputs, deck_uri } = outcome else { panic!("{outcome:?}") };
    assert!(started);
    assert_eq!(outputs, map(&[("o0", 7)]));
    let folder = room.runner.places.folder(&place);
    assert_eq!(fs::read_to_string(deck_uri.unwrap()).unwrap(), "deck\n");
    assert_eq!(
        LiteralMap::decode(fs::read(folder.join("seen.pb")).unwrap().as_slice()).unwrap(),
        map(&[("n", 5)])
    );
    assert_eq!(room.log(&place), "said 5 e1_n0_0\nwrong\n");
    assert_eq!(room.runner.log_uri(&place), format!("file://{}/task.log", folder.display()));
    assert!(folder.starts_with(room.path("data/storage")), "{}", folder.display());
    assert_eq!(room.scratches(), 0);
}

#[tokio::test]
async fn the_process_has_its_own_environment() {
    let room = Room::new();
    let script = r#"pwd; echo "$TMPDIR"; ls -ld "$TMPDIR"; env; command -v pyflyte-execute"#;
    let mut attempt = attempt(script, &[]);
    let Some(task_template::Target::Container(container)) = &mut attempt.template.target else { panic!() };
    let pair = |key: &str| crate::idl::core::KeyValuePair { key: key.into(), value: "task".into() };
    container.env = vec![pair("OF_TASK"), pair("OF_BOTH")];
    attempt.environment = vec![("OF_BOTH".into(), "execution".into())];
    attempt.place.item = Some(3);
    attempt.place.attempt = 2;
    let place = attempt.place.clone();
    let outcome = room.run(attempt).await;
    assert!(matches!(outcome, TaskOutcome::Succeeded { .. }), "{outcome:?}");
    let log = room.log(&place);
    let mut lines = log.lines();
    let (working, scratch, listed) = (lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap());
    assert_eq!(working, format!("{scratch}/work"));
    assert!(listed.starts_with("drwx------"), "{listed}");
    assert!(!Path::new(scratch).exists(), "{scratch}");
    for line in [
        "OF_TASK=task",
        "OF_BOTH=execution",
        "FLYTE_INTERNAL_EXECUTION_ID=e1",
        "FLYTE_INTERNAL_EXECUTION_PROJECT=p",
        "FLYTE_INTERNAL_EXECUTION_DOMAIN=development",
        "FLYTE_INTERNAL_TASK_NAME=hello.greet",
        "FLYTE_INTERNAL_TASK_VERSION=v1",
        "FLYTE_ATTEMPT_NUMBER=2",
        "BATCH_JOB_ARRAY_INDEX_VAR_NAME=FLYTE_K8S_ARRAY_INDEX",
        "FLYTE_K8S_ARRAY_INDEX=3",
        "PYTHONUNBUFFERED=1",
    ] {
        assert!(log.lines().any(|found| found == line), "{line} is not in {log}");
    }
    assert!(log.lines().any(|line| Path::new(line) == room.path("bin/pyflyte-execute")), "{log}");
}

#[tokio::test]
async fn the_tasks_own_error_is_told() {
    let room = Room::new();
    let error = ContainerError {
        code: "USER:ValueError".into(),
        message: "Trace:\n\n    too old".into(),
        kind: container_error::Kind::Recoverable as i32,
        origin: ErrorKind::User as i32,
        ..Default::default()
    };
    let document = |error: Option<ContainerError>| {
        fs::write(room.path("error.pb"), ErrorDocument { error }.encode_to_vec()).unwrap();
    };
    let path = room.path("error.pb");
    let script = r#"cp "$1" "$0/error.pb"; exit "$2""#;
    for code in ["0", "1"] {
        document(Some(error.clone()));
        let (found, recoverable) = failure(room.run(attempt(script, &[path.to_str().unwrap(), code])).await);
        assert_eq!((found.code.as_str(), found.kind), ("USER:ValueError", ErrorKind::User as i32));
        assert_eq!(found.message, error.message);
        assert!(recoverable);
    }
    document(Some(ContainerError { kind: 0, ..error.clone() }));
    assert!(!failure(room.run(attempt(script, &[path.to_str().unwrap(), "0"])).await).1);
    document(None);
    let (found, _) = failure(room.run(attempt(script, &[path.to_str().unwrap(), "0"])).await);
    assert_eq!(found.code, "ErrorFileBadFormat");
    fs::write(&path, b"\xff\xff\xff").unwrap();
    let (found, _) = failure(room.run(attempt(script, &[path.to_str().unwrap(), "0"])).await);
    assert_eq!(found.code, "ErrorFileBadFormat");
}

#[tokio::test]
async fn a_dynamic_task_gives_its_workflow() {
    let room = Room::new();
    let spec = DynamicJobSpec { min_successes: 3, ..Default::default() };
    fs::write(room.path("futures.pb"), spec.encode_to_vec()).unwrap();
    let path = room.path("futures.pb");
    let dynamic = declaring(attempt(r#"cp "$1" "$0/futures.pb""#, &[path.to_str().unwrap()]), &["o0"]);
    match room.run(dynamic).await {
        TaskOutcome::Dynamic { spec, deck_uri: None } => assert_eq!(spec.min_successes, 3),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn outputs_that_are_missing_are_a_failure() {
    let room = Room::new();
    let (error, recoverable) = failure(room.run(declaring(attempt("true", &[]), &["o0"])).await);
    assert_eq!((error.code.as_str(), recoverable), ("OutputsNotFound", true));
    fs::write(room.path("outputs.pb"), map(&[("o1", 7)]).encode_to_vec()).unwrap();
    let path = room.path("outputs.pb");
    let copying = attempt(r#"cp "$1" "$0/outputs.pb""#, &[path.to_str().unwrap()]);
    let (error, _) = failure(room.run(declaring(copying, &["o0", "o1", "o2"])).await);
    assert_eq!(error.message, "Outputs not generated by task execution: o0, o2");
    let none = room.run(attempt("true", &[])).await;
    assert!(
        matches!(&none, TaskOutcome::Succeeded { outputs, deck_uri: None } if outputs.literals.is_empty())
    );
}

#[tokio::test]
async fn an_attempt_sees_the_checkpoint_of_the_one_before() {
    let room = Room::new();
    let script = r#"mkdir -p "$1"; echo "was $2"; echo saved > "$1/state""#;
    let arguments = ["{{.checkpointOutputPrefix}}", "{{.prevCheckpointPrefix}}"];
    let elsewhere = room.path("elsewhere");
    for prefix in [None, Some(elsewhere.to_str().unwrap().to_owned())] {
        let mut first = attempt(script, &arguments);
        first.raw_output_prefix = prefix.clone();
        let mut second = attempt(script, &arguments);
        second.raw_output_prefix = prefix.clone();
        second.place.attempt = 1;
        let (before, after) = (first.place.clone(), second.place.clone());
        room.run(first).await;
        assert_eq!(room.log(&before), "was \"\"\n");
        room.run(second).await;
        let raw = prefix.map_or_else(|| room.runner.places.raw(&before), |_| elsewhere.join("e1_n0_0"));
        assert_eq!(room.log(&after), format!("was {}/_flytecheckpoints\n", raw.display()));
    }
}

#[tokio::test]
async fn results_of_an_earlier_process_are_not_taken() {
    let room = Room::new();
    let folder = room.runner.places.folder(&place("n0"));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("outputs.pb"), map(&[("o0", 7)]).encode_to_vec()).unwrap();
    assert_eq!(failure(room.run(declaring(attempt("true", &[]), &["o0"])).await).0.code, "OutputsNotFound");
}

#[tokio::test]
async fn what_cannot_be_run_here_says_so() {
    let room = Room::new();
    let mut sql = attempt("true", &[]);
    sql.template.target = Some(task_template::Target::Sql(Sql::default()));
    let (error, recoverable) = failure(room.run(sql).await);
    assert_eq!((error.code.as_str(), recoverable), ("UnsupportedTask", false));
    assert!(error.message.contains("hello.greet: it is a query"), "{}", error.message);
    let (error, _) = failure(room.run(attempt("true", &["{{.inputs.gone}}"])).await);
    assert!(error.message.contains("asks for the input gone"), "{}", error.message);
    assert_eq!(room.scratches(), 0);

    let mut absent = attempt("true", &[]);
    let Some(task_template::Target::Container(container)) = &mut absent.template.target else { panic!() };
    container.args = vec!["pyflyte-of-another-version".into()];
    let (error, recoverable) = failure(room.run(absent).await);
    assert_eq!((error.code.as_str(), recoverable), ("ContainerCannotRun", false));
    assert!(error.message.contains("cannot start pyflyte-of-another-version"), "{}", error.message);
}

#[tokio::test]
async fn tasks_wait_for_cpus() {
    let room = Room::new();
    let whole = |node: &str, script: &str| {
        let mut attempt = attempt(script, &[room.folder.path().to_str().unwrap()]);
        attempt.place.node_id = node.into();
        let cpu =
            resources::ResourceEntry { name: resources::ResourceName::Cpu as i32, value: "1000".into() };
        let resources = Some(Resources { requests: vec![cpu], limits: Vec::new() });
        attempt.overrides = Some(TaskNodeOverrides { resources, ..Default::default() });
        attempt
    };
    // Each one finds no other: `mkdir` fails when it is there.
    let script = r#"mkdir "$1/alone" && sleep 0.2 && rmdir "$1/alone""#;
    let outcomes = tokio::join!(
        room.run(whole("a", script)),
        room.run(whole("b", script)),
        room.run(whole("c", script))
    );
    for outcome in [outcomes.0, outcomes.1, outcomes.2] {
        assert!(matches!(outcome, TaskOutcome::Succeeded { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_bundle_is_unpacked_where_the_task_runs() {
    let room = Room::new();
    fs::write(room.path("hello.py"), "the code\n").unwrap();
    let archive = room.path("fast.tar.gz");
    let packed = std::process::Command::new("tar")
        .arg("-czf")
        .arg(&archive)
        .arg("-C")
        .arg(room.folder.path())
        .arg("hello.py")
        .status();
    assert!(packed.unwrap().success());
    let fast = |archive: &Path| {
        let mut attempt = attempt(r#"cat hello.py; pwd -P; echo "$PYTHONPATH""#, &[]);
        let Some(task_template::Target::Container(container)) = &mut attempt.template.target else {
            panic!()
        };
        let archive = archive.to_str().unwrap();
        let before =
            ["pyflyte-fast-execute", "--additional-distribution", archive, "--dest-dir", "/root", "--"];
        container.args.splice(0..0, before.map(str::to_owned));
        attempt.environment = vec![("PYTHONPATH".into(), "/of/the/task".into())];
        attempt
    };
    let outcome = room.run(fast(&archive)).await;
    assert!(matches!(outcome, TaskOutcome::Succeeded { .. }), "{outcome:?}");
    let log = room.log(&place("n0"));
    let lines: Vec<&str> = log.lines().collect();
    let [code, working, imported] = lines[..] else { panic!("{log}") };
    assert_eq!((code, imported), ("the code", format!("/of/the/task:{working}").as_str()));

    fs::write(&archive, "no archive").unwrap();
    let (error, recoverable) = failure(room.run(fast(&archive)).await);
    assert_eq!((error.code.as_str(), recoverable), ("CodeBundleNotUnpacked", false));
}
