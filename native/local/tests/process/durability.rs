use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flyte_idl::flyteidl::admin::{
    WorkflowExecutionGetDataRequest, WorkflowExecutionGetRequest, execution_closure::OutputResult,
};
use flyte_idl::flyteidl::core::{ResourceType, workflow_execution::Phase};

use crate::requests::{execution_id, launch, literals, register_workflow, task, workflow_event};
use crate::spawned::Spawned;

const ROUNDS: usize = 6;
const WRITERS: usize = 4;

/// What a writer was told is written: the execution's name, its input, and the phase it is at least in.
struct Acknowledged {
    name: String,
    input: i64,
    phase: Phase,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_when_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut known: Vec<Acknowledged> = Vec::new();
    for round in 0..ROUNDS {
        let server = Spawned::start(folder.path(), &[]);
        let mut admin = server.admin().await;
        if round == 0 {
            admin.create_task(task()).await.unwrap();
            register_workflow(&mut admin, "w").await;
        }
        check(&server, &known).await;

        let stopped = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(admin.clone(), round, writer, Arc::clone(&stopped))))
            .collect();
        tokio::time::sleep(Duration::from_millis(150 + 40 * round as u64)).await;
        server.kill();
        stopped.store(true, Ordering::Relaxed);
        for writer in writers {
            known.extend(writer.await.unwrap());
        }
    }
    assert!(known.len() > ROUNDS, "the writers wrote {} executions only", known.len());
    assert!(known.iter().any(|execution| execution.phase == Phase::Succeeded));
    let server = Spawned::start(folder.path(), &[]);
    check(&server, &known).await;
    println!("{} executions were acknowledged over {ROUNDS} kills, and all of them are there", known.len());
}

/// Launches executions and takes them through their phases, until the server is gone.
async fn write(
    mut admin: flyte_idl::flyteidl::service::admin_service_client::AdminServiceClient<
        tonic::transport::Channel,
    >,
    round: usize,
    writer: usize,
    stopped: Arc<AtomicBool>,
) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::new();
    for number in 0_i64.. {
        let name = format!("e{round}-{writer}-{number}");
        let created =
            admin.create_execution(launch(ResourceType::Task, "t", &name, literals("a", number))).await;
        if created.is_err() || stopped.load(Ordering::Relaxed) {
            break;
        }
        acknowledged.push(Acknowledged { name: name.clone(), input: number, phase: Phase::Undefined });
        for (at, phase) in [(1, Phase::Running), (2, Phase::Succeeded)] {
            if admin.create_workflow_event(workflow_event(&name, phase, at)).await.is_err() {
                return acknowledged;
            }
            acknowledged.last_mut().unwrap().phase = phase;
        }
    }
    acknowledged
}

async fn check(server: &Spawned, known: &[Acknowledged]) {
    let mut admin = server.admin().await;
    for Acknowledged { name, input, phase } in known {
        let id = Some(execution_id(name));
        let execution = admin.get_execution(WorkflowExecutionGetRequest { id: id.clone() }).await.unwrap();
        let closure = execution.into_inner().closure.unwrap();
        // The call that was cut off may have been written as well, without its answer having arrived.
        let order = |phase: Phase| {
            [Phase::Undefined, Phase::Running, Phase::Succeeded].iter().position(|p| *p == phase)
        };
        assert!(order(closure.phase()) >= order(*phase), "{name} is {:?}, was {phase:?}", closure.phase());
        assert!(!matches!(closure.output_result, Some(OutputResult::Error(_))));
        let data =
            admin.get_execution_data(WorkflowExecutionGetDataRequest { id }).await.unwrap().into_inner();
        assert_eq!(data.full_inputs, Some(literals("a", *input)), "{name}");
    }
}
