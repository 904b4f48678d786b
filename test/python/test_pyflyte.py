"""The serialiser gives what flytekit's own command, with real grpcio and over the wire, sends to a server."""

import os
import subprocess
from pathlib import Path

import pytest
from conftest import DOMAIN, PROJECT, WORKSPACE
from recording_server import recording_server


def pyflyte_register(pythons, endpoint, file, home, *arguments):
    """Run `pyflyte register` against the server."""
    config = home / "config.yaml"
    config.write_text(f"admin:\n  endpoint: {endpoint}\n  insecure: true\n")
    command = [Path(pythons["python"]).with_name("pyflyte"), "--config", config, "register"]
    subprocess.run(
        [*map(str, command), "--project", PROJECT, "--domain", DOMAIN, *arguments, str(file)],
        check=True,
        env={**os.environ, "HOME": str(home)},
        timeout=120,
    )


def in_order(spec):
    """The spec with the upstream nodes of its nodes sorted: flytekit sends them in a random order."""
    if hasattr(spec, "sub_workflows"):
        for workflow in [spec.template, *spec.sub_workflows]:
            for node in workflow.nodes:
                node.upstream_node_ids.sort()
    return spec


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        ("hello.py", []),
        ("hello.py", ["--version", "v1"]),
        ("pipelines/training.py", []),
        ("pipelines/training.py", ["--image", "registry.example/flyte:1"]),
    ],
)
def test_the_specs_are_those_that_pyflyte_sends(serialize, pythons, tmp_path, file, arguments):
    with recording_server() as (recording, endpoint):
        pyflyte_register(pythons, endpoint, WORKSPACE / file, tmp_path, *arguments)
    sent = {key: in_order(spec).SerializeToString(deterministic=True) for key, spec in recording.specs.items()}

    for python in pythons.values():
        outcome = serialize(WORKSPACE / file, "--address", "ask", *arguments, python=python)

        manifest = outcome.manifest
        assert outcome.spec_bytes() == sent
        for item in manifest["items"]:
            identifier = recording.identifiers[item["kind"], item["name"]]
            assert identifier.version == item["version"]
            assert (identifier.project, identifier.domain) == (item["project"], item["domain"])
        assert recording.activated == [item["name"] for item in manifest["items"] if item["activate"]]
        bundle = manifest["bundle"]["file"]
        assert recording.uploads == {bundle: (outcome.output / bundle).read_bytes()}
