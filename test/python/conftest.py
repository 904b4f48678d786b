"""Runs the serialiser as the extension does: as a child process, in the environments that set-up made."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2

ROOT = Path(__file__).resolve().parents[2]
SERIALIZE = ROOT / "src/register/serialize"
FIXTURES = ROOT / "test/fixtures"
WORKSPACE = FIXTURES / "workspace"
BAD = FIXTURES / "bad"
PROJECT, DOMAIN = "flytesnacks", "development"
SPECS = {
    "task": task_pb2.TaskSpec,
    "workflow": workflow_pb2.WorkflowSpec,
    "launchPlan": launch_plan_pb2.LaunchPlanSpec,
}


@dataclass
class Outcome:
    """What a run left: `manifest` and `error` are None unless their file was written."""

    output: Path
    code: int
    stderr: str
    #: what it reported, in order
    reports: list = field(default_factory=list)
    #: the other lines of its stdout
    printed: list = field(default_factory=list)

    @property
    def manifest(self):
        return self._json("manifest.json")

    @property
    def error(self):
        return self._json("error.json")

    @property
    def steps(self):
        return [report["step"] for report in self.reports]

    def spec_bytes(self):
        """(kind, name) → the bytes of the entity's spec, in the order of the manifest."""
        files = {(item["kind"], item["name"]): self.output / item["specFile"] for item in self.manifest["items"]}
        return {key: file.read_bytes() for key, file in files.items()}

    def specs(self):
        """(kind, name) → the entity's spec."""
        return {key: SPECS[key[0]].FromString(content) for key, content in self.spec_bytes().items()}

    def _json(self, name):
        file = self.output / name
        return json.loads(file.read_text("utf-8")) if file.exists() else None


def store_address(file_name):
    """Where a store that belongs to these tests would keep a bundle."""
    return f"s3://store/{PROJECT}/{DOMAIN}/{file_name}"


def _run(python, file, output, *arguments, answer=None, env=None):
    command = [python, SERIALIZE, "--file", file, "--project", PROJECT, "--domain", DOMAIN]
    outcome = Outcome(output, -1, "")
    log = Path(f"{output}.stderr")
    with log.open("w", encoding="utf-8") as stderr, subprocess.Popen(
        [*map(str, command), "--output", str(output), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
    ) as child:
        for line in child.stdout:
            text = line.rstrip("\n")
            if not text.startswith("@flyte "):
                outcome.printed += [text] if text else []
                continue
            report = json.loads(text[len("@flyte ") :])
            outcome.reports.append(report)
            if report["step"] == "address":
                child.stdin.write(answer(report) if answer else store_address(report["file"]) + "\n")
                child.stdin.close()
    outcome.code = child.returncode
    outcome.stderr = log.read_text("utf-8")
    return outcome


@pytest.fixture(scope="session")
def pythons():
    """The interpreters that set-up made: `python` with grpcio, `pythonNoGrpcio` without."""
    script = "import('./test/setup/python.mjs').then((module) => console.log(JSON.stringify(module.pythons())))"
    found = json.loads(subprocess.check_output(["node", "-e", script], cwd=ROOT, encoding="utf-8"))
    for interpreter in found.values():
        assert os.path.exists(interpreter), f"{interpreter} is not there. Run `npm run setup`."
    return found


@pytest.fixture(scope="session")
def serialized():
    """Outcomes of runs that several tests look at."""
    return {}


@pytest.fixture
def serialize(pythons, serialized, tmp_path_factory):
    """`serialize(file, *arguments)` runs the serialiser on a file; gives an `Outcome`.

    Keywords: `python`, an interpreter's path (the one with grpcio when absent); `answer`, which gives what is written
    on its stdin when it asks where its bundle will be (an address when absent); `env`, more environment variables.
    What no test changes, a fixture in an environment of set-up's, is run once for all tests that ask for the same.
    """

    def run(file, *arguments, python=None, **keywords):
        python = python or pythons["python"]
        # Not in `tmp_path`: a test's sources may be there, and the results do not belong in their bundle.
        output = tmp_path_factory.mktemp("output") / "results"
        if keywords or FIXTURES not in file.parents or python not in pythons.values():
            return _run(python, file, output, *arguments, **keywords)
        key = (python, file, arguments)
        if key not in serialized:
            serialized[key] = _run(python, file, output, *arguments)
        return serialized[key]

    return run
