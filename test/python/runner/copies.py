"""Many executions of a small workflow, whose tasks do next to nothing, on a server that is killed on the way."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from conftest import DOMAIN, PROJECT
from flyteidl.admin import common_pb2, execution_pb2, launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import (
    identifier_pb2,
    interface_pb2,
    literals_pb2,
    tasks_pb2,
    types_pb2,
)
from flyteidl.core import (
    workflow_pb2 as core_workflow_pb2,
)

from runner.server import ENDED, WORKFLOW_PHASE, wait_for

NUMBER = types_pb2.LiteralType(simple=types_pb2.INTEGER)
VARIABLES = interface_pb2.VariableMap(variables={"x": interface_pb2.Variable(type=NUMBER)})
INTERFACE = interface_pb2.TypedInterface(inputs=VARIABLES, outputs=VARIABLES)
#: The outputs are the inputs: their files are of one format.
COPY = ["/bin/sh", "-c", 'exec cp "$0" "$1/outputs.pb"', "{{.input}}", "{{.outputPrefix}}"]


def register_copies(server, command=COPY, name="copy"):
    """Register a task with this command, and a workflow `<name>.twice` that runs it twice in a row."""
    task = identifier(identifier_pb2.TASK, name)
    container = tasks_pb2.Container(image="none", args=command)
    template = tasks_pb2.TaskTemplate(
        id=task,
        type="python-task",
        metadata=tasks_pb2.TaskMetadata(
            runtime=tasks_pb2.RuntimeMetadata(
                type=tasks_pb2.RuntimeMetadata.FLYTE_SDK, version="1.16.0", flavor="python"
            ),
        ),
        interface=INTERFACE,
        container=container,
    )
    server.admin.CreateTask(task_pb2.TaskCreateRequest(id=task, spec=task_pb2.TaskSpec(template=template)))
    workflow = identifier(identifier_pb2.WORKFLOW, f"{name}.twice")
    nodes = [node("n0", task, "", "x"), node("n1", task, "n0", "x")]
    workflow_template = core_workflow_pb2.WorkflowTemplate(
        id=workflow, interface=INTERFACE, nodes=nodes, outputs=[binding("n1", "x")]
    )
    spec = workflow_pb2.WorkflowSpec(template=workflow_template)
    server.admin.CreateWorkflow(workflow_pb2.WorkflowCreateRequest(id=workflow, spec=spec))
    parameters = interface_pb2.ParameterMap(
        parameters={"x": interface_pb2.Parameter(var=interface_pb2.Variable(type=NUMBER), required=True)}
    )
    plan = launch_plan_pb2.LaunchPlanSpec(
        workflow_id=workflow,
        default_inputs=parameters,
        entity_metadata=launch_plan_pb2.LaunchPlanMetadata(),
    )
    plan_id = identifier(identifier_pb2.LAUNCH_PLAN, f"{name}.twice")
    server.admin.CreateLaunchPlan(launch_plan_pb2.LaunchPlanCreateRequest(id=plan_id, spec=plan))
    return plan_id


def identifier(kind, name):
    return identifier_pb2.Identifier(resource_type=kind, project=PROJECT, domain=DOMAIN, name=name, version="v1")


def node(node_id, task, upstream, variable):
    return core_workflow_pb2.Node(
        id=node_id,
        metadata=core_workflow_pb2.NodeMetadata(name=node_id),
        inputs=[binding(upstream, variable)],
        upstream_node_ids=[upstream] if upstream else [],
        task_node=core_workflow_pb2.TaskNode(reference_id=task),
    )


def binding(node_id, variable):
    promise = types_pb2.OutputReference(node_id=node_id, var=variable)
    return literals_pb2.Binding(var=variable, binding=literals_pb2.BindingData(promise=promise))


def number(value):
    """A map with this one literal."""
    primitive = literals_pb2.Primitive(integer=value)
    return literals_pb2.LiteralMap(
        literals={"x": literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=primitive))}
    )


def create(server, plan, name, value):
    """Launch the plan."""
    spec = execution_pb2.ExecutionSpec(launch_plan=plan, metadata=execution_pb2.ExecutionMetadata())
    server.admin.CreateExecution(
        execution_pb2.ExecutionCreateRequest(project=PROJECT, domain=DOMAIN, name=name, spec=spec, inputs=number(value))
    )


def phases(server):
    """Name → phase of all executions."""
    found, token = {}, ""
    while True:
        request = common_pb2.ResourceListRequest(
            id=common_pb2.NamedEntityIdentifier(project=PROJECT, domain=DOMAIN), limit=500, token=token
        )
        page = server.admin.ListExecutions(request)
        found.update({one.id.name: WORKFLOW_PHASE.Name(one.closure.phase) for one in page.executions})
        token = page.token
        if not token:
            return found


def run_through_kills(server, executions, kills, seconds, say=lambda _text: None):
    """Queue so many executions at once, and kill the server so many times, evenly spread over their way to the end.

    Gives how many seconds it took; fails when one is lost, or did not succeed with the right output.
    """
    plan = register_copies(server)
    names = {f"copy-{value}": value for value in range(executions)}
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: create(server, plan, *item), names.items()))
    say(f"{executions} executions are queued")

    def ended():
        return sum(phase in ENDED for phase in phases(server).values())

    def wait_until_ended(count):
        wait_for(lambda: ended() >= count, lambda: f"{count} ended: {Counter(phases(server).values())}", seconds)

    for kill in range(1, kills + 1):
        wait_until_ended(executions * kill // (kills + 1))
        before = ended()
        server.kill()
        server.start()
        say(f"killed and started again with {before} at their end")
        assert ended() >= before
    wait_until_ended(executions)
    took = time.monotonic() - started
    found = phases(server)
    assert found.keys() == names.keys()
    for name, value in names.items():
        assert found[name] == "SUCCEEDED", f"{server.describe(name)} {server.execution(name).closure.error}"
        assert server.outputs(name) == dict(number(value).literals), name
    return took
