"""A server that is killed, or stopped, goes on where it was."""

import io
import sys
import time
from pathlib import Path

import pytest

from runner.conftest import LAUNCHES, as_on_a_cluster, launch, launch_known, register, remote_of
from runner.copies import run_through_kills
from runner.server import wait_for


def test_no_execution_is_lost_when_the_server_is_killed(serve):
    # It asserts that each of them succeeds.
    assert run_through_kills(serve(), executions=20, kills=3, seconds=60) < 60


@pytest.fixture(scope="module")
def own_server(serve, pythons, tmp_path_factory):
    """A server that can be killed."""
    started = serve()
    register(pythons, started, tmp_path_factory.mktemp("home"))
    return started


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_task_that_was_running_is_run_again_without_using_up_a_retry(own_server, tmp_path, end):
    log = tmp_path / "log"
    name = launch(remote_of(own_server), "attempts.interrupted", {"log": str(log)})
    wait_for(log.exists, lambda: own_server.describe(name))
    (pid,) = log.read_text().splitlines()
    getattr(own_server, end)()
    own_server.start()

    own_server.ended(name)
    assert own_server.phase(name) == "SUCCEEDED"
    assert own_server.attempt_phases(name, "n0") == ["FAILED", "SUCCEEDED"]
    assert "stopped while this attempt was running" in own_server.attempts(name, "n0")[0].closure.error.message
    assert own_server.outputs(name)["o0"].scalar.primitive.integer == 1
    wait_for(lambda: not Path(f"/proc/{pid}").exists(), "the first attempt's process is gone", 10)


def test_every_construct_goes_on(own_server, locally, monkeypatch):
    remote = remote_of(own_server)
    names = {name: launch_known(remote, None, name) for name in ("composed", "launched", "mapped", "gated")}
    wait_for(lambda: own_server.is_waiting_for(names["gated"], "given"), lambda: own_server.describe(names["gated"]))
    remote.set_input("given", names["gated"], 4)
    # Wherever they are then.
    for seconds in (2, 3, 4):
        time.sleep(seconds)
        own_server.kill()
        own_server.start()
    remote = remote_of(own_server)
    wait_for(lambda: own_server.is_waiting_for(names["gated"], "approved"), lambda: own_server.describe(names["gated"]))
    remote.approve("approved", names["gated"])

    monkeypatch.setattr(sys, "stdin", io.StringIO("4\ny\n"))
    for name, execution in names.items():
        own_server.ended(execution)
        assert own_server.phase(execution) == "SUCCEEDED", own_server.execution(execution).closure.error.message
        plan, inputs = LAUNCHES[name]
        assert own_server.outputs(execution) == as_on_a_cluster(name, locally(plan, **inputs))
