"""Schedules of active launch plans."""

from conftest import DOMAIN, PROJECT
from flyteidl.admin import common_pb2, execution_pb2, launch_plan_pb2
from flyteidl.core import identifier_pb2

from runner.conftest import VERSION
from runner.server import execution_id, wait_for

ACTIVE, INACTIVE = launch_plan_pb2.ACTIVE, launch_plan_pb2.INACTIVE
SCHEDULED = execution_pb2.ExecutionMetadata.SCHEDULED


def plan_id(name):
    return identifier_pb2.Identifier(
        resource_type=identifier_pb2.LAUNCH_PLAN, project=PROJECT, domain=DOMAIN, name=name, version=VERSION
    )


def schedule(server, name, expression):
    """Make `literals.everything` a launch plan of that name, which takes the time that it is fired for as an input."""
    original = launch_plan_pb2.LaunchPlan()
    original.CopyFrom(server.admin.GetLaunchPlan(common_pb2.ObjectGetRequest(id=plan_id("literals.everything"))))
    spec = original.spec
    text = spec.fixed_inputs.literals["text"]
    text.scalar.primitive.string_value = "scheduled"
    spec.default_inputs.parameters.pop("text")
    spec.entity_metadata.schedule.cron_schedule.schedule = expression
    spec.entity_metadata.schedule.kickoff_time_input_arg = "moment"
    server.admin.CreateLaunchPlan(launch_plan_pb2.LaunchPlanCreateRequest(id=plan_id(name), spec=spec))


def set_state(server, name, state):
    server.admin.UpdateLaunchPlan(launch_plan_pb2.LaunchPlanUpdateRequest(id=plan_id(name), state=state))


def fired(server, name):
    """The executions of a launch plan, oldest first."""
    scope = common_pb2.NamedEntityIdentifier(project=PROJECT, domain=DOMAIN)
    request = common_pb2.ResourceListRequest(id=scope, limit=100, filters=f"eq(launch_plan.name,{name})")
    return list(server.admin.ListExecutions(request).executions)


def test_a_schedule_fires_until_it_is_deactivated(server):
    name = "every-second"
    schedule(server, name, "@every 1s")
    set_state(server, name, ACTIVE)
    first = wait_for(lambda: fired(server, name), "a first execution")[0]
    wait_for(lambda: len(fired(server, name)) > 1, "a second execution")
    set_state(server, name, INACTIVE)

    assert first.spec.metadata.mode == SCHEDULED
    request = execution_pb2.WorkflowExecutionGetDataRequest(id=execution_id(first.id.name))
    moment = server.admin.GetExecutionData(request).full_inputs.literals["moment"]
    assert moment.scalar.primitive.datetime == first.spec.metadata.scheduled_at
    times = [execution.spec.metadata.scheduled_at.seconds for execution in fired(server, name)]
    assert times == sorted(set(times))
    for execution in fired(server, name):
        server.ended(execution.id.name)
        assert server.phase(execution.id.name) == "SUCCEEDED", server.describe(execution.id.name)
    assert len(fired(server, name)) == len(times)
