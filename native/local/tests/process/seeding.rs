use std::collections::HashSet;
use std::path::Path;

use flyte_idl::flyteidl::admin::{Execution, execution_closure::OutputResult};
use flyte_idl::flyteidl::admin::{
    NodeExecutionListRequest, ResourceListRequest, Sort, WorkflowExecutionGetDataRequest,
};
use flyte_idl::flyteidl::core::workflow_execution::Phase;
use prost::Message;

use crate::requests::newest;
use crate::spawned::{Spawned, command};

fn seed(data: &Path, count: &str) -> String {
    let output =
        command(&["seed", "--data", data.to_str().unwrap(), "--executions", count]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn all(server: &Spawned, filters: &str) -> Vec<Execution> {
    let mut admin = server.admin().await;
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let page = admin.list_executions(newest(700, filters, &token)).await.unwrap().into_inner();
        found.extend(page.executions);
        if page.token.is_empty() {
            return found;
        }
        token = page.token;
    }
}

#[tokio::test]
async fn a_filled_directory_looks_like_a_used_one() {
    let folder = tempfile::tempdir().unwrap();
    assert!(seed(folder.path(), "2000").starts_with("added 2000 executions to flytesnacks/development"));
    assert!(seed(folder.path(), "2000").starts_with("added 0 executions"));
    let server = Spawned::start(folder.path(), &[]);

    let executions = all(&server, "").await;
    let names: HashSet<_> = executions.iter().map(|execution| execution.id.clone().unwrap().name).collect();
    assert_eq!((executions.len(), names.len()), (2_000, 2_000), "pages neither repeat nor skip");
    let in_phase = |phase: Phase| {
        executions.iter().filter(|execution| execution.closure.as_ref().unwrap().phase() == phase).count()
    };
    for (phase, least) in [
        (Phase::Succeeded, 1_500),
        (Phase::Failed, 100),
        (Phase::Aborted, 40),
        (Phase::Running, 1),
        (Phase::Queued, 1),
    ] {
        assert!(in_phase(phase) >= least, "{phase:?}: {}", in_phase(phase));
    }
    let failed = all(&server, "eq(phase,FAILED)+eq(workflow.name,training.pipeline.main)").await;
    assert_eq!(failed.len(), in_phase(Phase::Failed));
    let closure = failed[0].closure.clone().unwrap();
    let Some(OutputResult::Error(error)) = closure.output_result else { panic!("no error") };
    assert!(error.message.starts_with("Traceback") && error.message.len() == 100);

    let mut admin = server.admin().await;
    let succeeded =
        executions.iter().find(|execution| execution.closure.as_ref().unwrap().phase() == Phase::Succeeded);
    let id = succeeded.unwrap().id.clone();
    let data = admin
        .get_execution_data(WorkflowExecutionGetDataRequest { id: id.clone() })
        .await
        .unwrap()
        .into_inner();
    let inputs = data.full_inputs.unwrap().literals;
    assert!(inputs.contains_key("learning_rate"), "defaults are among the inputs");
    assert!(data.full_outputs.unwrap().literals.contains_key("accuracy"));
    let request = NodeExecutionListRequest { workflow_execution_id: id, limit: 10, ..Default::default() };
    let nodes = admin.list_node_executions(request).await.unwrap().into_inner().node_executions;
    let ids: Vec<_> = nodes.iter().map(|node| node.id.as_ref().unwrap().node_id.as_str()).collect();
    assert_eq!(ids, ["end-node", "n0", "n1", "n2", "start-node"]);
}

#[tokio::test]
async fn the_same_comes_out_each_time() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut listed = Vec::new();
    for folder in [&first, &second] {
        seed(folder.path(), "50");
        let server = Spawned::start(folder.path(), &[]);
        let request = ResourceListRequest {
            sort_by: Some(Sort { key: "execution_name".into(), direction: 1 }),
            ..newest(100, "", "")
        };
        listed.push(server.admin().await.list_executions(request).await.unwrap().into_inner());
    }
    // Maps have no order, so the messages are compared and not their bytes.
    assert_eq!(listed[0], listed[1]);
    assert!(listed[0].encoded_len() > 50 * 200);
}
