//! How processes end, and that nothing of them is left.

use super::*;

/// A script that starts a child, writes both process ids and waits. `$1` is a folder.
const FAMILY: &str = r#"sleep 60 & echo $! > "$1/child"; echo $$ > "$1/leader"; wait"#;

/// The same, deaf to SIGTERM, as is its child.
const DEAF: &str = r#"trap '' TERM; sleep 60 & echo $! > "$1/child"; echo $$ > "$1/leader"; wait; sleep 60"#;

/// The same with a child that has left the process group.
const ESCAPING: &str =
    r#"setsid sh -c 'echo $$ > "$0/child"; sleep 60' "$1" & echo $$ > "$1/leader"; sleep 60"#;

fn here(room: &Room) -> String {
    room.folder.path().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn exit_codes_are_the_users_errors() {
    let room = Room::new();
    let (error, recoverable) = failure(room.run(attempt("echo one; echo two >&2; exit 3", &[])).await);
    assert_eq!(
        (error.code.as_str(), error.kind, recoverable),
        ("UnknownError", ErrorKind::User as i32, true)
    );
    assert_eq!(error.message, "The task's process ended with exit code 3. Its output ends:\none\ntwo");
    let (error, _) = failure(room.run(attempt("exit 1", &[])).await);
    assert_eq!(error.message, "The task's process ended with exit code 1. It printed nothing.");
    let (error, _) = failure(room.run(attempt("seq 100000; exit 1", &[])).await);
    assert!(error.message.len() < 5_000 && error.message.ends_with("\n99999\n100000"), "{}", error.message);
}

#[tokio::test]
async fn a_kill_from_outside_is_the_systems_error() {
    let room = Room::new();
    for script in ["kill -9 $$", "sh -c 'kill -9 $$'; exit $?"] {
        let (error, recoverable) = failure(room.run(attempt(script, &[])).await);
        assert_eq!((error.code.as_str(), error.kind), ("Interrupted", ErrorKind::System as i32), "{script}");
        assert!(recoverable);
    }
    let (error, _) = failure(room.run(attempt("kill -15 $$", &[])).await);
    assert_eq!((error.code.as_str(), error.kind), ("UnknownError", ErrorKind::User as i32));
    assert!(error.message.contains("signal 15"), "{}", error.message);
}

#[tokio::test]
async fn the_time_of_an_attempt_ends() {
    let room = Room::new();
    for (script, longest) in [(FAMILY, 3.0), (DEAF, 10.0), (ESCAPING, 3.0)] {
        let mut attempt = attempt(script, &[&here(&room)]);
        attempt.timeout = Some(Duration::from_secs(1));
        let start = Instant::now();
        let outcome = room.run(attempt).await;
        let TaskOutcome::TimedOut(error) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.code, "TimeoutExpired");
        assert_eq!(error.message, "task execution timeout [1s] expired");
        assert!(start.elapsed().as_secs_f64() < longest, "{:?} {script}", start.elapsed());
        assert!(!runs(&room.path("leader")) && !runs(&room.path("child")), "{script}");
        assert_eq!(room.scratches(), 0);
    }
}

#[tokio::test]
async fn a_cancelled_attempt_leaves_nothing() {
    for script in [FAMILY, DEAF, ESCAPING] {
        let room = Room::new();
        let cancel = CancellationToken::new();
        let cancelling = async {
            written(&room.path("leader")).await;
            written(&room.path("child")).await;
            cancel.cancel();
        };
        let running = room.runner.run(attempt(script, &[&here(&room)]), || {}, cancel.clone());
        let (outcome, ()) = tokio::join!(running, cancelling);
        assert!(matches!(outcome, TaskOutcome::Cancelled), "{outcome:?}");
        assert!(!runs(&room.path("leader")) && !runs(&room.path("child")), "{script}");
        assert_eq!(room.scratches(), 0);
    }
}

#[tokio::test]
async fn an_attempt_that_waits_can_be_cancelled() {
    let room = Room::new();
    let _all = room.runner.slots.take(u32::MAX).await;
    let cancel = CancellationToken::new();
    let running = room.runner.run(attempt("true", &[]), || panic!("it has started"), cancel.clone());
    let (outcome, ()) = tokio::join!(running, async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
    });
    assert!(matches!(outcome, TaskOutcome::Cancelled), "{outcome:?}");
}

#[tokio::test]
async fn what_a_task_has_left_running_ends_with_it() {
    let room = Room::new();
    let script = r#"sleep 60 & echo $! > "$1/child""#;
    let outcome = room.run(attempt(script, &[&here(&room)])).await;
    assert!(matches!(outcome, TaskOutcome::Succeeded { .. }), "{outcome:?}");
    assert!(!runs(&room.path("child")));
}

#[tokio::test]
async fn a_dropped_attempt_is_killed() {
    let room = Room::new();
    let running = room.runner.run(attempt(FAMILY, &[&here(&room)]), || {}, CancellationToken::new());
    let both = async {
        written(&room.path("leader")).await;
        written(&room.path("child")).await;
    };
    tokio::select! {
        outcome = running => panic!("{outcome:?}"),
        () = both => {}
    }
    let start = Instant::now();
    while runs(&room.path("leader")) || runs(&room.path("child")) {
        assert!(start.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(room.scratches(), 0);
}

/// A killed server is one whose process and scratch folder nobody ends: here they are made as its attempt does, and
/// forgotten.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_next_server_ends_what_a_killed_one_has_left() {
    let room = Room::new();
    let other = Room::new();
    let mut forgotten = Vec::new();
    for room in [&room, &other] {
        let attempt = attempt(ESCAPING, &[&here(room)]);
        let scratch = room.runner.scratches.create().unwrap();
        let recipe = recipe::recipe(&attempt.template).unwrap();
        let prepared = prepare(recipe, &attempt, &room.runner.places, &room.runner.bin, scratch).unwrap();
        let (command, working) = (prepared.command, working_directory(&prepared.scratch));
        forgotten.push(Process::start(command, &working, prepared.log).unwrap());
        std::mem::forget(prepared.scratch);
        written(&room.path("leader")).await;
        written(&room.path("child")).await;
        assert_eq!(room.scratches(), 1);
    }
    Room::open(room.folder.path());
    assert!(!runs(&room.path("leader")) && !runs(&room.path("child")));
    assert_eq!(room.scratches(), 0);
    assert!(
        runs(&other.path("leader")) && runs(&other.path("child")),
        "those of another server are left alone"
    );
    drop(forgotten);
    Room::open(other.folder.path());
}
