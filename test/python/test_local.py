"""The embedded Flyte: what `pyflyte register` stores there is what the serialiser gives, and executions really run."""

import base64
import json
import subprocess

import grpc
import pytest
from conftest import DOMAIN, PROJECT, ROOT, WORKSPACE
from flyteidl.admin import execution_pb2, launch_plan_pb2, node_execution_pb2, task_pb2, workflow_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2
from flyteidl.service import admin_pb2_grpc, dataproxy_pb2, dataproxy_pb2_grpc
from test_pyflyte import pyflyte_register

FILES = ["hello.py", "pipelines/training.py"]
EXECUTE = ROOT / "test/fixtures/executor/execute.py"
SUCCEEDED, FAILED = core_execution_pb2.WorkflowExecution.SUCCEEDED, core_execution_pb2.WorkflowExecution.FAILED
TRAIN = "pipelines.training.train"


class Server:
    """A running flyte-local."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        channel = grpc.insecure_channel(endpoint)
        self.admin = admin_pb2_grpc.AdminServiceStub(channel)
        self.data = dataproxy_pb2_grpc.DataProxyServiceStub(channel)

    def execution(self, name):
        """(execution, its inputs, its outputs)."""
        execution_id = identifier_pb2.WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=name)
        execution = self.admin.GetExecution(execution_pb2.WorkflowExecutionGetRequest(id=execution_id))
        data = self.admin.GetExecutionData(execution_pb2.WorkflowExecutionGetDataRequest(id=execution_id))
        return execution, data.full_inputs.literals, data.full_outputs.literals

    def nodes(self, execution, parent=""):
        """Node id → its phase, of an execution or of one of its nodes."""
        request = node_execution_pb2.NodeExecutionListRequest(
            workflow_execution_id=execution.id, unique_parent_id=parent, limit=100
        )
        listed = self.admin.ListNodeExecutions(request).node_executions
        return {node.id.node_id: core_execution_pb2.NodeExecution.Phase.Name(node.closure.phase) for node in listed}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """flyte-local on a free port, with an empty data directory."""
    script = "import('./test/fixtures/local-server.mjs').then((module) => console.log(module.localBinary()))"
    binary = subprocess.check_output(["node", "-e", script], cwd=ROOT, encoding="utf-8").strip()
    command = [binary, "serve", "--data", str(tmp_path_factory.mktemp("data")), "--exit-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        yield Server(json.loads(process.stdout.readline())["endpoint"])
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.fixture
def run(server, pythons):
    """`run(workflow, version, *arguments)` runs the stand-in for a cluster; gives the execution, inputs and outputs."""

    def execute(workflow, version, *arguments, workspace=WORKSPACE):
        command = [pythons["python"], EXECUTE, "--endpoint", server.endpoint, "--project", PROJECT, "--domain", DOMAIN]
        command += ["--workspace", workspace, "--workflow", workflow, f"--version={version}", *arguments]
        answer = json.loads(subprocess.check_output([str(part) for part in command], encoding="utf-8"))
        execution, inputs, outputs = server.execution(answer["execution"])
        assert core_execution_pb2.WorkflowExecution.Phase.Name(execution.closure.phase) == answer["phase"]
        return execution, inputs, outputs

    return execute


CREATE = {
    "task": ("CreateTask", task_pb2.TaskCreateRequest),
    "workflow": ("CreateWorkflow", workflow_pb2.WorkflowCreateRequest),
    "launchPlan": ("CreateLaunchPlan", launch_plan_pb2.LaunchPlanCreateRequest),
}
RESOURCE_TYPES = {
    "task": identifier_pb2.TASK,
    "workflow": identifier_pb2.WORKFLOW,
    "launchPlan": identifier_pb2.LAUNCH_PLAN,
}


def identifier(item):
    return identifier_pb2.Identifier(
        resource_type=RESOURCE_TYPES[item["kind"]],
        **{key: item[key] for key in ("project", "domain", "name", "version")},
    )


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("file", FILES)
def test_what_pyflyte_registers_is_what_the_serialiser_gives(server, serialize, pythons, file):
    def address(bundle):
        request = dataproxy_pb2.CreateUploadLocationRequest(
            project=PROJECT, domain=DOMAIN, filename=bundle["file"], content_md5=base64.b64decode(bundle["md5"])
        )
        return server.data.CreateUploadLocation(request).native_url + "\n"

    arguments = ["--address", "ask", "--version", "v1"]
    outcome = serialize(WORKSPACE / file, *arguments, python=pythons["pythonNoGrpcio"], answer=address)
    specs = outcome.specs()
    for item in outcome.manifest["items"]:
        spec = specs[item["kind"], item["name"]]
        # A server that has the very same entity answers so, and refuses any other of that identifier.
        method, request = CREATE[item["kind"]]
        with pytest.raises(grpc.RpcError) as refused:
            getattr(server.admin, method)(request(id=identifier(item), spec=spec))
        assert refused.value.code() == grpc.StatusCode.ALREADY_EXISTS, refused.value.details()


CONDITIONAL = """
from typing import Dict, List
from flytekit import conditional, task, workflow

@task
def add(a: int, b: int) -> int:
    return a + b

@task
def numbers(count: int) -> List[int]:
    return list(range(count))

@task
def describe(name: str, sizes: Dict[str, int]) -> str:
    return f"{name} {sorted(sizes.items())}"

@workflow
def choose(a: int, b: int = 2) -> str:
    total = add(a=a, b=b)
    listed = numbers(count=total)
    sizes = {"total": total, "last": listed[3]}
    return (
        conditional("size")
        .if_((total > 10) & (a != 0))
        .then(describe(name="large", sizes=sizes))
        .elif_(total == 4)
        .then(describe(name="four", sizes=sizes))
        .else_()
        .fail("neither large nor four")
    )
"""


@pytest.fixture(scope="module")
def choose(server, pythons, tmp_path_factory):
    """Registers a workflow with a conditional; gives its workspace."""
    folder = tmp_path_factory.mktemp("choose")
    (folder / "choose.py").write_text(CONDITIONAL)
    pyflyte_register(pythons, server.endpoint, folder / "choose.py", tmp_path_factory.mktemp("home"), "--version", "c")
    return folder


@pytest.fixture(scope="module")
def registered(server, pythons, tmp_path_factory):
    """Registers the sample project as version `v1`."""
    for file in FILES:
        home = tmp_path_factory.mktemp("home")
        pyflyte_register(pythons, server.endpoint, WORKSPACE / file, home, "--version", "v1")


@pytest.mark.usefixtures("registered")
class TestExecutions:
    """The stand-in for a cluster, on the sample project."""

    def test_a_workflow_runs(self, run, server):
        execution, inputs, outputs = run("hello.hello", "v1", "--inputs", '{"name": "Flyte"}')

        assert inputs["name"].scalar.primitive.string_value == "Flyte"
        assert outputs["o0"].scalar.primitive.string_value == "Hello, Flyte!"
        assert server.nodes(execution)["n0"] == "SUCCEEDED"

    def test_sub_workflows_are_parents_of_their_nodes(self, run, server):
        execution, inputs, outputs = run(TRAIN, "v1", "--launch-plan", "pipelines.training.paris")

        assert execution.closure.phase == SUCCEEDED
        # One is fixed by the launch plan, the other is the workflow's own default.
        assert inputs["city"].scalar.primitive.string_value == "paris"
        assert inputs["count"].scalar.primitive.integer == 200
        assert outputs["good"].scalar.primitive.boolean is True
        assert set(outputs["metrics"].map.literals) == {"mean_error", "largest_error"}
        assert outputs["model"].scalar.binary.tag == "msgpack"
        assert set(server.nodes(execution)) >= {"n0", "n1", "n2", "n3"}
        children = server.nodes(execution, "n0")
        assert {name: phase for name, phase in children.items() if "-node" not in name} == {
            "n0-0-n0": "SUCCEEDED",
            "n0-0-n1": "SUCCEEDED",
            "n0-0-n2": "SUCCEEDED",
        }

    def test_a_failure_carries_the_users_traceback(self, run, server):
        execution, inputs, _outputs = run(TRAIN, "v1", "--inputs", '{"city": "paris", "count": 0}')

        assert inputs["city"].scalar.primitive.string_value == "paris"
        assert execution.closure.phase == FAILED
        assert "There are no rides to fit a model with." in execution.closure.error.message
        assert "pipelines/training.py" in execution.closure.error.message
        assert {server.nodes(execution)[node] for node in ("n0", "n1")} == {"SUCCEEDED", "FAILED"}

    def test_without_its_code_a_task_fails(self, run):
        execution, inputs, _outputs = run(TRAIN, "v1", "--launch-plan", "pipelines.training.small", "--fail")

        assert inputs["count"].scalar.primitive.integer == 20, "the launch plan's own default"
        assert execution.closure.phase == FAILED
        assert "No module named 'pipelines'" in execution.closure.error.message


@pytest.mark.parametrize(
    ("a", "output", "error"),
    [
        (20, "large [('last', 3), ('total', 22)]", ""),
        (2, "four [('last', 3), ('total', 4)]", ""),
        (3, "", "neither large nor four"),
    ],
)
def test_conditionals_are_decided(run, choose, a, output, error):
    execution, _inputs, outputs = run("choose.choose", "c", "--inputs", f'{{"a": {a}}}', workspace=choose)

    assert outputs["o0"].scalar.primitive.string_value == output
    assert execution.closure.error.message == error
