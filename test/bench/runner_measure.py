"""Measures the runner of the embedded Flyte; `runner.mjs` runs it. Progress on stderr, one line of JSON on stdout.

    python runner_measure.py BINARY REPEATS EXECUTIONS KILLS

overhead: pairs of [name, [{"bare", "task"}, …]], both in ms, measured in turns: `bare` is the task's own command as a
child of this process, without a server; `task` is what one task of a workflow of `CHAIN` in a row took on the server,
from the execution's creation to its last event, divided by `CHAIN`. storm: the seconds in which executions that were
all queued at once ended, on a server that was killed on the way; this ends with an error when one of them is lost.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

from conftest import FIXTURES
from runner import copies
from runner.conftest import launch, register, remote_of
from runner.server import Server

#: tasks in a row in the workflows that are measured: `copy.twice` and `graphs.twice`
CHAIN = 2


def say(text):
    print(text, file=sys.stderr, flush=True)


def milliseconds(work):
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def per_task(server, name):
    """What each task of the execution took, in ms."""
    execution = server.ended(name)
    assert server.phase(name) == "SUCCEEDED", execution.closure.error.message
    moments = (execution.closure.updated_at, execution.closure.created_at)
    ended, created = (moment.ToDatetime(tzinfo=timezone.utc) for moment in moments)
    return (ended - created).total_seconds() * 1000 / CHAIN


def bare_copy(folder):
    (folder / "inputs.pb").write_bytes(copies.number(1).SerializeToString())
    command = [*copies.COPY[:3], str(folder / "inputs.pb"), str(folder)]
    return lambda: subprocess.run(command, check=True)


def bare_python(folder):
    """`graphs.double` by the command that flytekit registers, its bundle in place."""
    inputs = copies.number(1)
    inputs.literals["number"].CopyFrom(inputs.literals.pop("x"))
    (folder / "inputs.pb").write_bytes(inputs.SerializeToString())
    command = [
        Path(sys.executable).with_name("pyflyte-execute"),
        *("--inputs", folder / "inputs.pb", "--output-prefix", folder, "--raw-output-data-prefix", folder / "raw"),
        *("--checkpoint-path", folder / "checkpoint", "--prev-checkpoint", '""'),
        *("--resolver", "flytekit.core.python_auto_container.default_task_resolver"),
        *("--", "task-module", "graphs", "task-name", "double"),
    ]
    env = {**os.environ, "PYTHONPATH": str(FIXTURES / "constructs"), "PYTHONDONTWRITEBYTECODE": "1"}
    return lambda: subprocess.run([str(part) for part in command], check=True, env=env, cwd=folder, stdout=sys.stderr)


def overhead(binary, folder, repeats):
    """Both kinds of task, in turns."""
    server = Server(binary, folder / "data", sys.executable)
    try:
        plan = copies.register_copies(server)
        register({"python": sys.executable}, server, folder)
        remote = remote_of(server)
        (folder / "copy").mkdir()
        (folder / "python").mkdir()
        copy, python = bare_copy(folder / "copy"), bare_python(folder / "python")
        results = {"a command that copies a file": [], "a Python task": []}
        for repeat in range(repeats):
            say(f"Overhead: round {repeat + 1} of {repeats}")
            copies.create(server, plan, f"copy-{repeat}", repeat)
            quick = {"task": per_task(server, f"copy-{repeat}"), "bare": milliseconds(copy)}
            name = launch(remote, "graphs.twice", {"number": repeat})
            slow = {"task": per_task(server, name), "bare": milliseconds(python)}
            for measured, result in zip(results.values(), (quick, slow)):
                measured.append(result)
    finally:
        server.stop()
    return list(results.items())


def storm(binary, folder, executions, kills):
    server = Server(binary, folder / "data", sys.executable)
    try:
        return copies.run_through_kills(server, executions, kills, seconds=1800, say=say)
    finally:
        server.stop()


def main(binary, repeats, executions, kills):
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        # What is registered says so on stdout, which is for the results.
        stdout = os.dup(1)
        os.dup2(2, 1)
        results["overhead"] = overhead(binary, Path(folder), repeats)
        os.dup2(stdout, 1)
    with tempfile.TemporaryDirectory() as folder:
        results["storm"] = storm(binary, Path(folder), executions, kills)
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
