"""Every construct runs to its phases, and gives what flytekit's own local run of the same Python gives."""

import io
import sys

import pytest

from runner.conftest import LAUNCHES, as_on_a_cluster
from runner.server import TASK_PHASE, wait_for


@pytest.fixture
def check(server, launched, locally):
    """`check(name)` waits for the launch and compares its outputs; gives the execution's name."""

    def compare(name):
        execution = server.ended(launched[name])
        assert server.phase(launched[name]) == "SUCCEEDED", execution.closure.error.message
        plan, inputs = LAUNCHES[name]
        given, expected = server.outputs(launched[name]), as_on_a_cluster(name, locally(plan, **inputs))
        assert set(given) == set(expected)
        for key, literal in expected.items():
            assert given[key] == literal, key
        return launched[name]

    return compare


def test_literals_of_every_kind_and_parts_of_them(check, server):
    name = check("everything")

    assert server.nodes(name) == {"n0": "SUCCEEDED", "n1": "SUCCEEDED", "n2": "SUCCEEDED"}


def test_files_and_folders_go_from_task_to_task(check):
    check("files")


def test_sub_workflows_conditionals_and_dynamic_tasks(check, server):
    name = check("composed")

    twice = ("SUCCEEDED", {"n0": "SUCCEEDED", "n1": "SUCCEEDED"})
    # There is nothing of the branches that were not taken.
    branch = ("SUCCEEDED", {"n0-n0": ("SUCCEEDED", {"n0-n0-n0": "SUCCEEDED"})})
    # Within a dynamic task flytekit names all nodes so.
    twice_in_dynamic = ("SUCCEEDED", {"dn0": "SUCCEEDED", "dn1": "SUCCEEDED"})
    spread = ("SUCCEEDED", {"dn0": "SUCCEEDED", "dn1": "SUCCEEDED", "dn2": "SUCCEEDED", "dn3": twice_in_dynamic})
    assert server.nodes(name) == {
        "n0": twice,
        "n1": ("SUCCEEDED", {"n0": branch}),
        "n2": ("SUCCEEDED", {"dn0": spread}),
        "n3": "SUCCEEDED",
    }


def test_launch_plan_nodes_are_executions_of_their_own(check, server):
    name = check("launched")

    assert server.nodes(name) == {"n0": "SUCCEEDED", "n1": "SUCCEEDED"}
    children = [node.closure.workflow_node_metadata.executionId.name for node in server.node_list(name)]
    for child in filter(None, children):
        execution = server.execution(child)
        assert execution.spec.metadata.parent_node_execution.execution_id.name == name
        assert server.nodes(child) == {"n0": "SUCCEEDED", "n1": "SUCCEEDED"}
    assert len(list(filter(None, children))) == 2


def test_a_branch_that_is_not_taken_is_not_run(check, server):
    name = check("small")

    assert server.nodes(name) == {"n0": ("SUCCEEDED", {"n0-n2": "SUCCEEDED"})}


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        ("negative", {"n0": "FAILED"}),
        ("between", {"n0": ("FAILED", {"n0-n0": "FAILED"})}),
    ],
)
def test_a_conditional_can_fail(server, launched, name, nodes):
    execution = server.ended(launched[name])

    assert server.phase(launched[name]) == "FAILED"
    # What the workflow says in `fail`.
    assert name in execution.closure.error.message
    assert server.nodes(launched[name]) == nodes


def test_map_tasks_with_as_many_successes_as_they_need(check, server):
    name = check("mapped")

    assert server.nodes(name) == {"n0": "SUCCEEDED", "n1": "SUCCEEDED", "n2": "SUCCEEDED"}
    items = server.attempts(name, "n1")[-1].closure.metadata.external_resources
    phases = {item.index: TASK_PHASE.Name(item.phase) for item in items}
    assert phases == {0: "SUCCEEDED", 1: "FAILED", 2: "SUCCEEDED"}


def test_a_map_task_fails_with_too_few_successes(server, launched):
    execution = server.ended(launched["too few"])

    assert server.phase(launched["too few"]) == "FAILED"
    assert "1 is odd" in execution.closure.error.message


def test_gates_wait_for_people_and_time(check, server, remote, launched, monkeypatch):
    name = launched["gated"]
    wait_for(lambda: server.is_waiting_for(name, "given"), lambda: server.describe(name))
    assert server.phase(name) == "RUNNING"
    remote.set_input("given", name, 4)
    wait_for(lambda: server.is_waiting_for(name, "approved"), lambda: server.describe(name))
    remote.approve("approved", name)

    # flytekit asks for both on the terminal.
    monkeypatch.setattr(sys, "stdin", io.StringIO("4\ny\n"))
    check("gated")
    assert server.nodes(name) == {f"n{index}": "SUCCEEDED" for index in range(6)}


def test_a_refused_approval_fails(server, remote, launched):
    name = launched["refused"]
    wait_for(lambda: server.is_waiting_for(name, "refused"), lambda: server.describe(name))
    remote.reject("refused", name)

    server.ended(name)
    assert server.phase(name) == "FAILED"
    assert server.nodes(name) == {"n0": "SUCCEEDED", "n1": "FAILED"}


def test_nobody_answers_in_time(server, launched):
    server.ended(launched["overdue"])

    assert server.phase(launched["overdue"]) == "FAILED"
