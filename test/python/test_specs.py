"""The specs and the manifest of the sample project."""

import pytest
from conftest import DOMAIN, PROJECT, WORKSPACE, store_address

FILES = ["hello.py", "pipelines/training.py"]
TRAINING = WORKSPACE / "pipelines/training.py"

# A set of six nodes comes in their order once in 720 runs.
FANS_IN = """
from typing import List
from flytekit import conditional, task, workflow

@task
def one(number: int) -> int:
    return number

@task
def total(numbers: List[int]) -> int:
    return sum(numbers)

@workflow
def run(number: int) -> int:
    numbers = [one(number=number) for _ in range(6)]
    first = total(numbers=numbers)
    return conditional("size").if_(first > 6).then(total(numbers=numbers)).else_().then(one(number=first))
"""

OTHER_KINDS = """
from typing import List
from flytekit import ContainerTask, dynamic, kwtypes, map_task, reference_task, task, workflow

@task(cache=True, cache_version="1")
def square(number: int) -> int:
    return number * number

@reference_task(project="flytesnacks", domain="development", name="other.task", version="v1")
def other(number: int) -> int:
    ...

@dynamic
def squares(count: int) -> List[int]:
    return [square(number=number) for number in range(count)]

box = ContainerTask(name="box", image="alpine", command=["echo"], inputs=kwtypes(number=int))

@workflow
def run(numbers: List[int]) -> List[int]:
    other(number=2) >> box(number=1)
    squares(count=3)
    return map_task(square)(number=numbers)
"""


@pytest.mark.parametrize("file", FILES)
def test_without_grpcio_the_bytes_are_the_same(serialize, pythons, file):
    with_grpcio = serialize(WORKSPACE / file, "--address", "ask", python=pythons["python"])
    without = serialize(WORKSPACE / file, "--address", "ask", python=pythons["pythonNoGrpcio"])

    assert (with_grpcio.code, without.code) == (0, 0), without.stderr
    assert len(without.spec_bytes()) >= 3
    assert without.spec_bytes() == with_grpcio.spec_bytes()
    assert without.manifest == with_grpcio.manifest


def test_all_kinds_of_entity(serialize, pythons, tmp_path):
    file = tmp_path / "kinds.py"
    file.write_text(OTHER_KINDS)

    with_grpcio, without = (serialize(file, python=python) for python in pythons.values())

    assert without.spec_bytes() == with_grpcio.spec_bytes()
    lines = OTHER_KINDS.splitlines()
    items = without.manifest["items"]
    assert [item["kind"] for item in items] == ["task"] * 4 + ["workflow", "launchPlan"]
    starts = {item["name"].partition("_")[0]: lines[item["line"] - 1] for item in items}
    assert starts == {
        "kinds.square": "def square(number: int) -> int:",
        "kinds.squares": "def squares(count: int) -> List[int]:",
        "box": 'box = ContainerTask(name="box", image="alpine", command=["echo"], inputs=kwtypes(number=int))',
        "kinds.map": "    return map_task(square)(number=numbers)",
        "kinds.run": "def run(numbers: List[int]) -> List[int]:",
    }


def test_a_second_run_gives_the_same_bytes(serialize):
    first, second = (serialize(TRAINING, env={"PYTHONHASHSEED": seed}) for seed in ("1", "2"))

    assert second.spec_bytes() == first.spec_bytes()
    assert second.manifest == first.manifest
    file = first.manifest["bundle"]["file"]
    assert (second.output / file).read_bytes() == (first.output / file).read_bytes()


def test_upstream_nodes_are_in_order(serialize, tmp_path):
    file = tmp_path / "fans_in.py"
    file.write_text(FANS_IN)

    specs = serialize(file).specs()

    nodes = {node.id: node for node in specs["workflow", "fans_in.run"].template.nodes}
    assert list(nodes["n6"].upstream_node_ids) == [f"n{number}" for number in range(6)]
    choice = nodes["n7"].branch_node.if_else
    assert list(choice.case.then_node.upstream_node_ids) == [f"n{number}" for number in range(6)]


def test_the_manifest_names_every_entity_and_its_line(serialize):
    manifest = serialize(TRAINING).manifest

    lines = TRAINING.read_text("utf-8").splitlines()
    found = [(item["kind"], item["name"].rpartition(".")[2], lines[item["line"] - 1]) for item in manifest["items"]]
    tasks = ["load_rides", "drop_outliers", "split", "fit", "evaluate", "is_good"]
    assert [(kind, name) for kind, name, _ in found] == [
        *(("task", name) for name in tasks),
        ("workflow", "prepare"),
        ("launchPlan", "prepare"),
        ("workflow", "train"),
        ("launchPlan", "train"),
        ("launchPlan", "small"),
        ("launchPlan", "paris"),
        ("launchPlan", "nightly"),
    ]
    for _kind, name, line in found:
        assert line.startswith((f"def {name}(", f"{name} = LaunchPlan"))
    assert {item["sourceFile"] for item in manifest["items"]} == {str(TRAINING)}
    assert {(item["project"], item["domain"], item["version"]) for item in manifest["items"]} == {
        (PROJECT, DOMAIN, manifest["version"])
    }
    assert [item["name"] for item in manifest["items"] if item["activate"]] == ["pipelines.training.nightly"]
    assert manifest["module"] == "pipelines.training"
    assert manifest["sourceRoot"] == str(WORKSPACE)


def test_launch_plans_carry_their_inputs_and_schedule(serialize):
    specs = serialize(TRAINING).specs()

    def plan(name):
        return specs["launchPlan", f"pipelines.training.{name}"]

    assert plan("small").default_inputs.parameters["count"].default.scalar.primitive.integer == 20
    assert plan("paris").fixed_inputs.literals["city"].scalar.primitive.string_value == "paris"
    assert "city" not in plan("paris").default_inputs.parameters
    assert plan("nightly").entity_metadata.schedule.cron_schedule.schedule == "0 3 * * *"


def test_the_task_command_names_the_bundle(serialize):
    outcome = serialize(TRAINING, "--address", "ask")

    address = store_address(outcome.manifest["bundle"]["file"])
    assert outcome.manifest["bundle"]["address"] == address
    arguments = list(outcome.specs()["task", "pipelines.training.fit"].template.container.args)
    assert arguments[arguments.index("--additional-distribution") + 1] == address
    assert arguments[arguments.index("--dest-dir") + 1] == outcome.manifest["bundle"]["destination"]
    assert arguments[-4:] == ["task-module", "pipelines.training", "task-name", "fit"]


def test_steps_are_reported_in_order(serialize):
    outcome = serialize(WORKSPACE / "hello.py", "--address", "ask")

    assert outcome.steps == ["flytekit", "load", "bundle", "address", "serialize", "done"]
    question = outcome.reports[3]
    assert {key: question[key] for key in ("file", "md5", "size")} == {
        key: outcome.manifest["bundle"][key] for key in ("file", "md5", "size")
    }


def test_without_an_answer_there_is_a_placeholder(serialize):
    manifest = serialize(WORKSPACE / "hello.py").manifest

    assert manifest["bundle"]["address"] == "{{ .remote_package_path }}"


@pytest.mark.parametrize("answer", ["", "\n"])
def test_no_address_is_a_failure(serialize, answer):
    outcome = serialize(WORKSPACE / "hello.py", "--address", "ask", answer=lambda _bundle: answer)

    assert outcome.code == 1
    assert outcome.error["reason"] == "noAddress"
    assert outcome.manifest is None


def test_a_given_version_and_image_are_taken(serialize):
    outcome = serialize(WORKSPACE / "hello.py", "--version", "v1", "--image", "registry.example/flyte:1")

    assert {item["version"] for item in outcome.manifest["items"]} == {"v1"}
    assert outcome.specs()["task", "hello.greet"].template.container.image == "registry.example/flyte:1"


def test_without_a_bundle_a_version_is_needed(serialize):
    refused = serialize(WORKSPACE / "hello.py", "--bundle", "none")
    assert (refused.code, refused.error["reason"]) == (1, "usage")

    outcome = serialize(WORKSPACE / "hello.py", "--bundle", "none", "--version", "v1")
    assert outcome.manifest["bundle"] is None
    assert not list(outcome.output.glob("*.tar.gz"))
    arguments = outcome.specs()["task", "hello.greet"].template.container.args
    assert arguments[0] == "pyflyte-execute"


def test_what_user_code_prints_stays_apart(serialize, tmp_path):
    file = tmp_path / "prints.py"
    file.write_text(
        "import os, subprocess, sys\n"
        "from flytekit import task\n"
        "print('printed', end='')\n"
        "os.write(1, b'written')\n"
        "subprocess.run([sys.executable, '-c', 'print(6 * 7)'])\n"
        "@task\n"
        "def double(number: int) -> int:\n"
        "    return 2 * number\n"
    )

    outcome = serialize(file)

    assert outcome.code == 0, outcome.stderr
    assert outcome.steps[-1] == "done"
    assert all(any(text in line for line in outcome.printed) for text in ("printed", "written", "42"))


def test_a_thread_of_the_users_does_not_keep_the_process(serialize, tmp_path):
    file = tmp_path / "waits.py"
    file.write_text(
        "import threading\n"
        "from flytekit import task\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "@task\n"
        "def double(number: int) -> int:\n"
        "    return 2 * number\n"
    )

    assert serialize(file).code == 0


def test_a_package_init_gives_each_entity_once(serialize, tmp_path):
    file = tmp_path / "package/__init__.py"
    file.parent.mkdir()
    file.write_text((WORKSPACE / "hello.py").read_text())

    outcome = serialize(file)

    assert [item["kind"] for item in outcome.manifest["items"]] == ["task", "workflow", "launchPlan"]
