"""flytekit's own clients: FlyteRemote, `pyflyte run --remote`."""

import os
import subprocess
from pathlib import Path

from conftest import DOMAIN, PROJECT

from runner.conftest import CONSTRUCTS, VERSION


def test_flyte_remote_runs_waits_and_reads(remote, locally):
    plan = remote.fetch_launch_plan(name="graphs.twice", version=VERSION)
    execution = remote.execute(plan, {"number": 21}, wait=False)
    execution = remote.wait(execution, timeout=120, poll_interval=1, sync_nodes=True)

    assert execution.is_done
    assert execution.error is None
    assert (execution.outputs["once"], execution.outputs["twice"]) == (42, 84)
    assert execution.inputs["number"] == 21
    assert execution.node_executions["n1"].outputs["o0"] == 84
    assert execution.node_executions["n1"].inputs["number"] == 42


def test_flyte_remote_follows_what_has_children(server, remote, launched):
    server.ended(launched["composed"])
    execution = remote.sync(remote.fetch_execution(name=launched["composed"]), sync_nodes=True)

    assert execution.outputs["listed"] == [0, 2, 8]
    assert execution.node_executions["n0"].subworkflow_node_executions["n0-0-n1"].outputs["o0"] == 1000
    spread = execution.node_executions["n2"].subworkflow_node_executions["n2-0-dn0"]
    assert spread.outputs["o0"] == [0, 2, 8]


def test_flyte_remote_runs_a_single_task(remote):
    task = remote.fetch_task(name="graphs.double", version=VERSION)
    execution = remote.wait(remote.execute(task, {"number": 4}), timeout=120, poll_interval=1)

    assert execution.error is None
    assert execution.outputs["o0"] == 8


def test_pyflyte_run_remote(server, pythons, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(f"admin:\n  endpoint: {server.endpoint}\n  insecure: true\n")
    command = [Path(pythons["python"]).with_name("pyflyte"), "--config", config, "run", "--remote"]
    command += ["--project", PROJECT, "--domain", DOMAIN, "--name", "by-pyflyte", "--wait", "--poll-interval", "1"]
    finished = subprocess.run(
        [*map(str, command), str(CONSTRUCTS / "graphs.py"), "chosen", "--number", "1000"],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "HOME": str(tmp_path)},
        timeout=120,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert server.phase("by-pyflyte") == "SUCCEEDED"
    assert server.outputs("by-pyflyte")["o0"].scalar.primitive.string_value == "1000 is a thousand"
