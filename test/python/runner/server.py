"""A flyte-local that runs tasks, and what is asked of it."""

import json
import subprocess
import time
from pathlib import Path

import grpc
from conftest import DOMAIN, PROJECT
from flyteidl.admin import execution_pb2, node_execution_pb2, signal_pb2, task_execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2
from flyteidl.service import admin_pb2_grpc, dataproxy_pb2_grpc, signal_pb2_grpc

WORKFLOW_PHASE = core_execution_pb2.WorkflowExecution.Phase
NODE_PHASE = core_execution_pb2.NodeExecution.Phase
TASK_PHASE = core_execution_pb2.TaskExecution.Phase
ENDED = {"SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"}


def wait_for(condition, what, seconds=120):
    """Give what `condition()` gives once that is true; fails when it is not within so many seconds."""
    give_up = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up, f"not within {seconds} s: {what() if callable(what) else what}"
        time.sleep(0.1)
    return found


class Server:
    """`flyte-local serve --python` on one data directory; it can be killed and started again."""

    def __init__(self, binary, data, python):
        self._command = [binary, "serve", "--data", str(data), "--python", python, "--exit-with-stdin"]
        self._log = Path(f"{data}.log")
        self.start()

    def start(self):
        """Start it, on a free port."""
        with self._log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, encoding="utf-8"
            )
        line = self._process.stdout.readline()
        assert line, f"flyte-local ended before it was ready:\n{self.log()}"
        self.endpoint = json.loads(line)["endpoint"]
        self._channel = grpc.insecure_channel(self.endpoint)
        self.admin = admin_pb2_grpc.AdminServiceStub(self._channel)
        self.data = dataproxy_pb2_grpc.DataProxyServiceStub(self._channel)
        self._signals = signal_pb2_grpc.SignalServiceStub(self._channel)

    def kill(self):
        """`kill -9`."""
        self._process.kill()
        self._close()

    def stop(self):
        """Let it end in order; gives its exit code."""
        self._process.stdin.close()
        return self._close()

    def _close(self):
        code = self._process.wait(30)
        self._channel.close()
        self._process.stdin.close()
        self._process.stdout.close()
        return code

    def log(self):
        """What it said on stderr so far."""
        return self._log.read_text("utf-8")

    def execution(self, name):
        """The execution as GetExecution gives it."""
        return self.admin.GetExecution(execution_pb2.WorkflowExecutionGetRequest(id=execution_id(name)))

    def phase(self, name):
        """The execution's phase by its name."""
        return WORKFLOW_PHASE.Name(self.execution(name).closure.phase)

    def ended(self, name):
        """Wait until the execution has ended; gives it."""
        wait_for(lambda: self.phase(name) in ENDED, lambda: self.describe(name))
        return self.execution(name)

    def describe(self, name):
        """Phases of an execution and its nodes, for messages."""
        return f"{name} is {self.phase(name)}, {self.nodes(name)}"

    def outputs(self, name):
        """Name → literal, of an execution that has ended."""
        request = execution_pb2.WorkflowExecutionGetDataRequest(id=execution_id(name))
        return dict(self.admin.GetExecutionData(request).full_outputs.literals)

    def node_list(self, name, parent=""):
        """NodeExecutions of an execution, or of one of its nodes."""
        request = node_execution_pb2.NodeExecutionListRequest(
            workflow_execution_id=execution_id(name), unique_parent_id=parent, limit=100
        )
        return list(self.admin.ListNodeExecutions(request).node_executions)

    def nodes(self, name, parent=""):
        """Node id in its workflow → phase, or (phase, the same of its children), without the start and end nodes."""
        found = {}
        for node in self.node_list(name, parent):
            node_id = node.metadata.spec_node_id
            if node_id in ("start-node", "end-node"):
                continue
            phase = NODE_PHASE.Name(node.closure.phase)
            children = self.nodes(name, node.id.node_id)
            found[node_id] = (phase, children) if children else phase
        return found

    def is_waiting_for(self, name, signal):
        """Whether a gate of the execution waits, or has waited, for the signal."""
        listed = self._signals.ListSignals(
            signal_pb2.SignalListRequest(workflow_execution_id=execution_id(name), limit=100)
        )
        return signal in [one.id.signal_id for one in listed.signals]

    def attempts(self, name, node):
        """TaskExecutions of a node, in order."""
        node_id = identifier_pb2.NodeExecutionIdentifier(node_id=node, execution_id=execution_id(name))
        request = task_execution_pb2.TaskExecutionListRequest(node_execution_id=node_id, limit=100)
        found = self.admin.ListTaskExecutions(request).task_executions
        return sorted(found, key=lambda attempt: attempt.id.retry_attempt)

    def attempt_phases(self, name, node):
        """Phases of the node's attempts, in order."""
        return [TASK_PHASE.Name(attempt.closure.phase) for attempt in self.attempts(name, node)]


def execution_id(name):
    """The execution's identifier."""
    return identifier_pb2.WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=name)
