"""Errors, retries, timeouts, caching, and what a task leaves besides outputs."""

import os
import signal
import urllib.request
from pathlib import Path

from flyteidl.admin import execution_pb2
from flyteidl.core import catalog_pb2
from flyteidl.core.execution_pb2 import ExecutionError
from flyteidl.service import dataproxy_pb2

from runner.conftest import launch
from runner.server import execution_id, wait_for

CACHE = catalog_pb2.CatalogCacheStatus


def failed(server, name):
    """Wait until it has failed; gives the error."""
    execution = server.ended(name)
    assert server.phase(name) == "FAILED"
    return execution.closure.error


def lines(log):
    return Path(log).read_text().splitlines()


def alive(pid):
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True


def test_an_error_carries_the_users_traceback_and_the_failure_node_runs(server, launched, notes):
    name = launched["cleaned"]
    error = failed(server, name)

    assert "ZeroDivisionError" in error.message
    assert "return number // by" in error.message
    assert "failures.py" in error.message
    assert error.kind == ExecutionError.USER
    assert server.nodes(name) == {"n0": "SUCCEEDED", "n1": "FAILED", "fn0": "SUCCEEDED"}
    assert Path(notes("cleaned")).read_text() == "8 fn0", "FlytePropeller names the failure node, not the failed one"


def test_what_does_not_need_a_failed_node_can_still_run(server, launched, notes):
    name = launched["independent"]
    failed(server, name)

    assert server.nodes(name) == {"n0": "FAILED", "n1": "SUCCEEDED", "n2": "SUCCEEDED"}
    assert Path(notes("independent")).read_text() == "told"


def test_a_task_is_tried_again(server, launched, notes):
    name = launched["recovered"]
    server.ended(name)

    assert server.phase(name) == "SUCCEEDED"
    assert server.outputs(name)["o0"].scalar.primitive.integer == 3
    assert server.attempt_phases(name, "n0") == ["FAILED", "FAILED", "SUCCEEDED"]
    assert len(lines(notes("recovered"))) == 3
    assert "attempt 1 fails" in server.attempts(name, "n0")[0].closure.error.message


def test_and_no_more_often_than_it_says(server, launched, notes):
    name = launched["exhausted"]
    error = failed(server, name)

    assert "attempt 4 fails" in error.message
    assert server.attempt_phases(name, "n0") == ["FAILED"] * 4
    assert len(lines(notes("exhausted"))) == 4


def test_an_error_of_the_user_is_not_worth_another_attempt(server, launched, notes):
    name = launched["broken"]
    error = failed(server, name)

    assert "is not worth another attempt" in error.message
    assert server.attempt_phases(name, "n0") == ["FAILED"]
    assert len(lines(notes("broken"))) == 1


def test_what_takes_too_long_is_killed(server, launched, notes):
    name = launched["timed out"]
    error = failed(server, name)

    assert "time" in error.message.lower()
    (pid,) = lines(notes("timed out"))
    assert not alive(pid)


def test_the_second_run_takes_the_outputs_of_the_first(server, remote, launched, notes):
    first = launched["first"]
    server.ended(first)
    second = launch(remote, "caching.cached", {"number": 4, "log": notes("another")})
    third = launch(remote, "caching.cached", {"number": 5, "log": notes("cached")})
    overwritten = launch(remote, "caching.cached", {"number": 4, "log": notes("overwritten")}, overwrite_cache=True)
    for name in (second, third, overwritten):
        server.ended(name)

    assert [server.phase(name) for name in (first, second, third)] == ["SUCCEEDED"] * 3
    # Which file is written to makes no difference; the number does.
    assert len(lines(notes("cached"))) == 2
    assert not Path(notes("another")).exists()
    assert len(lines(notes("overwritten"))) == 1
    assert server.outputs(second) == server.outputs(first)
    assert server.outputs(third)["o0"].scalar.primitive.integer == 15
    assert [cache_status(server, name) for name in (first, second, third)] == [
        CACHE.CACHE_POPULATED,
        CACHE.CACHE_HIT,
        CACHE.CACHE_POPULATED,
    ]


def test_a_serialized_cache_is_filled_once(server, launched, notes):
    names = [launched["serial 1"], launched["serial 2"]]
    for name in names:
        server.ended(name)

    assert [server.outputs(name)["o0"].scalar.primitive.integer for name in names] == [15, 15]
    assert len(lines(notes("serialized"))) == 1
    assert {cache_status(server, name) for name in names} == {CACHE.CACHE_POPULATED, CACHE.CACHE_HIT}


def cache_status(server, name):
    (node,) = [node for node in server.node_list(name) if node.id.node_id == "n0"]
    return node.closure.task_node_metadata.cache_status


def test_a_task_knows_where_it_is(server, launched):
    name = launched["told"]
    server.ended(name)

    outputs = {key: value.scalar.primitive.string_value for key, value in server.outputs(name).items()}
    assert outputs == {"greeting": "hello there", "execution": name, "task": "attempts.surroundings", "attempt": "0"}


def test_its_deck_and_its_log_can_be_opened(server, launched):
    name = launched["told"]
    server.ended(name)

    (node,) = [node for node in server.node_list(name) if node.id.node_id == "n0"]
    assert node.closure.deck_uri
    link = server.data.CreateDownloadLink(
        dataproxy_pb2.CreateDownloadLinkRequest(
            artifact_type=dataproxy_pb2.ARTIFACT_TYPE_DECK, node_execution_id=node.id
        )
    )
    assert "<b>a deck of its own</b>" in content(link.pre_signed_urls.signed_url[0])
    (attempt,) = server.attempts(name, "n0")
    (log,) = attempt.closure.logs
    assert "printed on stdout 1" in content(log.uri)


def content(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read().decode()


def test_what_is_terminated_is_killed(server, remote, notes):
    log = notes("terminated")
    name = launch(remote, "attempts.parent", {"log": log})
    (pid,) = wait_for(lambda: Path(log).exists() and lines(log), lambda: server.describe(name))
    assert alive(pid)
    (node,) = [node for node in server.node_list(name) if node.id.node_id == "n0"]
    child = node.closure.workflow_node_metadata.executionId.name
    assert server.phase(child) == "RUNNING"
    remote.terminate(remote.fetch_execution(name=name), "not needed")

    execution = server.ended(name)
    assert server.phase(name) == "ABORTED"
    assert execution.closure.abort_metadata.cause == "not needed"
    # With it what it launched.
    server.ended(child)
    assert server.phase(child) == "ABORTED"
    wait_for(lambda: not alive(pid), f"process {pid} is gone", 10)
    for ended in (name, child):
        wait_for(lambda ended=ended: server.nodes(ended) == {"n0": "ABORTED"}, lambda: server.describe(name))
    assert server.attempt_phases(child, "n0") == ["ABORTED"]


def test_an_attempt_that_somebody_kills_is_followed_by_another(server, remote, notes):
    log = notes("killed")
    name = launch(remote, "attempts.interrupted", {"log": log})
    (pid,) = wait_for(lambda: Path(log).exists() and lines(log), lambda: server.describe(name))
    os.kill(int(pid), signal.SIGKILL)

    server.ended(name)
    assert server.phase(name) == "SUCCEEDED"
    assert server.attempt_phases(name, "n0") == ["FAILED", "SUCCEEDED"]
    assert server.attempts(name, "n0")[0].closure.error.kind == ExecutionError.SYSTEM


def test_a_failed_execution_is_recovered_and_relaunched(server, launched, notes):
    failed(server, launched["repairable"])
    Path(notes("repairable.repaired")).touch()
    server.admin.RecoverExecution(
        execution_pb2.ExecutionRecoverRequest(id=execution_id(launched["repairable"]), name="recovered")
    )
    server.ended("recovered")

    assert server.phase("recovered") == "SUCCEEDED"
    assert server.nodes("recovered") == {"n0": "RECOVERED", "n1": "SUCCEEDED"}
    assert server.outputs("recovered")["o0"].scalar.primitive.integer == 6
    assert lines(notes("repairable")) == ["step"]

    server.admin.RelaunchExecution(
        execution_pb2.ExecutionRelaunchRequest(id=execution_id(launched["repairable"]), name="relaunched")
    )
    server.ended("relaunched")

    assert server.nodes("relaunched") == {"n0": "SUCCEEDED", "n1": "SUCCEEDED"}
    assert lines(notes("repairable")) == ["step", "step"]


def test_what_needs_an_image_is_refused(server, launched):
    error = failed(server, launched["contained"])

    assert error.code == "UnsupportedTask"
    assert "alpine" in error.message
