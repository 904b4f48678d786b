"""One server with the project of constructs, and all of its workflows launched at once: they share the machine."""

import os
import subprocess
import sys
from importlib import import_module

import pytest
from conftest import DOMAIN, FIXTURES, PROJECT, ROOT
from flytekit.configuration import Config
from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.type_engine import TypeEngine
from flytekit.remote import FlyteRemote
from test_pyflyte import pyflyte_register

from runner.server import Server

CONSTRUCTS = FIXTURES / "constructs"
VERSION = "v1"


@pytest.fixture(scope="session")
def binary():
    """Path of flyte-local: FLYTE_LOCAL_BINARY, or what the extension ships."""
    chosen = os.environ.get("FLYTE_LOCAL_BINARY")
    if chosen:
        return chosen
    script = "import('./test/fixtures/local-server.mjs').then((module) => console.log(module.localBinary()))"
    return subprocess.check_output(["node", "-e", script], cwd=ROOT, encoding="utf-8").strip()


@pytest.fixture(scope="session")
def serve(binary, pythons, tmp_path_factory):
    """`serve()` starts a server with an empty data directory. All end with the tests."""
    servers = []

    def start():
        servers.append(Server(binary, tmp_path_factory.mktemp("served") / "data", pythons["python"]))
        return servers[-1]

    yield start
    codes = [server.stop() for server in servers]
    assert codes == [0] * len(servers)


@pytest.fixture(scope="session")
def server(serve, pythons, tmp_path_factory):
    """A server with the project of constructs registered by `pyflyte register`."""
    started = serve()
    register(pythons, started, tmp_path_factory.mktemp("home"))
    return started


def register(pythons, server, home):
    """Register the project of constructs as version `v1`."""
    *others, last = map(str, sorted(CONSTRUCTS.glob("*.py")))
    pyflyte_register(pythons, server.endpoint, last, home, "--version", VERSION, *others)


def remote_of(server):
    """flytekit's own client of the server."""
    config = Config.for_endpoint(server.endpoint, insecure=True)
    return FlyteRemote(config, default_project=PROJECT, default_domain=DOMAIN, interactive_mode_enabled=False)


@pytest.fixture(scope="session")
def remote(server):
    return remote_of(server)


def launch(remote, plan, inputs, **options):
    """Launch the launch plan of that name; gives the execution's name."""
    return remote.execute(remote.fetch_launch_plan(name=plan, version=VERSION), inputs, **options).id.name


@pytest.fixture(scope="session")
def notes(tmp_path_factory):
    """`notes(name)` is the path of a file that tasks write to."""
    folder = tmp_path_factory.mktemp("notes")
    return lambda name: str(folder / name)


#: a name → (launch plan, inputs); an input that is a function is given `notes`
LAUNCHES = {
    "everything": ("literals.everything", {"text": "Grüße"}),
    "files": ("literals.files", {}),
    "composed": ("graphs.composed", {}),
    "launched": ("graphs.launched", {"number": 6}),
    "small": ("graphs.chosen", {"number": 1}),
    "between": ("graphs.chosen", {"number": 101}),
    "negative": ("graphs.chosen", {"number": -1}),
    "mapped": ("maps.mapped", {}),
    "too few": ("maps.too_few", {}),
    "gated": ("gates.gated", {}),
    "refused": ("gates.refused", {}),
    "overdue": ("gates.overdue", {}),
    "cleaned": ("failures.cleaned", {"number": 8, "log": lambda notes: notes("cleaned")}),
    "independent": ("failures.independent", {"log": lambda notes: notes("independent")}),
    "recovered": ("attempts.recovered", {"log": lambda notes: notes("recovered"), "failures": 2}),
    "exhausted": ("attempts.exhausted", {"log": lambda notes: notes("exhausted")}),
    "repairable": ("failures.repairable", {"log": lambda notes: notes("repairable")}),
    "contained": ("failures.contained", {}),
    "broken": ("attempts.refused", {"log": lambda notes: notes("broken")}),
    "timed out": ("attempts.timed_out", {"log": lambda notes: notes("timed out")}),
    "told": ("attempts.told", {}),
    "first": ("caching.cached", {"number": 4, "log": lambda notes: notes("cached")}),
    "serial 1": ("caching.serialized", {"number": 3, "log": lambda notes: notes("serialized")}),
    "serial 2": ("caching.serialized", {"number": 3, "log": lambda notes: notes("serialized")}),
}


@pytest.fixture(scope="session")
def launched(remote, notes):
    """A name in LAUNCHES → the name of its execution; all are under way."""
    return {name: launch_known(remote, notes, name) for name in LAUNCHES}


def launch_known(remote, notes, name):
    """Launch what LAUNCHES has under that name; gives the execution's name."""
    plan, inputs = LAUNCHES[name]
    return launch(remote, plan, {key: value(notes) if callable(value) else value for key, value in inputs.items()})


def as_on_a_cluster(name, outputs):
    """What a cluster gives for outputs that flytekit gave locally to the launch of that name.

    There is one difference: of a map task's item that failed, FlytePropeller gives a None that is of no union.
    """
    if name == "mapped":
        outputs["most"].collection.literals[1].scalar.none_type.SetInParent()
    return outputs


@pytest.fixture
def locally(monkeypatch, tmp_path):
    """`locally("module.workflow", **inputs)` runs it in this process, as flytekit does; gives name → literal."""
    monkeypatch.syspath_prepend(CONSTRUCTS)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("FLYTE_LOCAL_CACHE_ENABLED", "false")
    monkeypatch.chdir(tmp_path)

    def run(name, **inputs):
        module, attribute = name.split(".")
        workflow = getattr(import_module(module), attribute)
        result = workflow(**inputs)
        types = workflow.python_interface.outputs
        values = result if len(types) > 1 else (result,)
        context = FlyteContextManager.current_context()
        return {
            key: TypeEngine.to_literal(context, value, types[key], workflow.interface.outputs[key].type).to_flyte_idl()
            for key, value in zip(types, values)
        }

    return run
