"""GetExecutionMetrics of executions that ran."""

import pytest
from flyteidl.admin import execution_pb2

from runner.server import execution_id


def operations(span):
    """Names of the operations in a span and in those inside, with the ids of nodes and executions."""
    kind = span.WhichOneof("id")
    name = {"node_id": span.node_id.node_id, "operation_id": span.operation_id}.get(kind, kind)
    return [name, *(inner for part in span.spans for inner in operations(part))]


@pytest.mark.parametrize("name", ["composed", "launched", "small", "cleaned"])
def test_spans_have_all_nodes(server, launched, name):
    execution = server.ended(launched[name])
    request = execution_pb2.WorkflowExecutionGetMetricsRequest(id=execution_id(launched[name]), depth=-1)
    span = server.admin.GetExecutionMetrics(request).span

    assert (span.start_time, span.end_time) == (execution.closure.created_at, execution.closure.updated_at)
    found = operations(span)
    assert found[:2] == ["workflow_id", "WORKFLOW_SETUP"]
    assert {"NODE_SETUP", "TASK_SETUP", "TASK_RUNTIME"} <= set(found)
    nodes = list(ids(server, launched[name]))
    assert nodes
    assert set(nodes) <= set(found)


def ids(server, name, parent=""):
    """Ids of the nodes that ran in an execution, at all depths."""
    for node in server.node_list(name, parent):
        if node.metadata.spec_node_id not in ("start-node", "end-node"):
            yield node.id.node_id
            yield from ids(server, name, node.id.node_id)
