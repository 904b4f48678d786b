"""Every bad input gets one message that names the cause, the line and the next step, and leaves no manifest."""

import ast
import json
import shutil
import subprocess
import sys
import venv

import pytest
from conftest import BAD, SERIALIZE, WORKSPACE

# file → reason, line, a part of the message
EXPECTED = {
    "asks_input.py": ("import", 5, "asks for input while it is imported"),
    "calls_server.py": ("import", 8, "GetTask was called while the file was being registered"),
    "exits.py": ("import", 7, "sys.exit('This script is not to be imported.')"),
    "local_default.py": ("serialize", 14, "is a local file, which would have to be uploaded first"),
    "missing_import.py": ("import", 4, "imports package_that_nobody_has, which is not installed in"),
    "missing_module_of_package.py": ("import", 5, "which the package flytekit does not have"),
    "no_entities.py": ("noEntities", None, "defines no task, workflow or launch plan"),
    "not_utf8.py": ("syntax", 3, "can't decode byte 0xff"),
    "raises.py": ("import", 7, "FileNotFoundError: settings.toml is not there"),
    "syntax_error.py": ("syntax", 7, "syntax_error.py, line 7: "),
    "wrong_argument.py": ("serialize", 13, "unexpected keyword argument 'nummer'"),
}
# Bad for the server's compiler only.
SERIALISABLE = {"mismatching_types.py"}


def test_every_bad_file_is_expected():
    assert {file.name for file in BAD.glob("*.py")} == set(EXPECTED) | SERIALISABLE


# Whether grpcio is there can matter only to the one that uses it.
@pytest.mark.parametrize(
    ("name", "interpreter"), [*((name, "python") for name in EXPECTED), ("calls_server.py", "pythonNoGrpcio")]
)
def test_a_bad_file(serialize, pythons, name, interpreter):
    outcome = serialize(BAD / name, "--address", "ask", python=pythons[interpreter])

    reason, line, message = EXPECTED[name]
    assert outcome.code == 1
    assert outcome.manifest is None
    assert (outcome.error["reason"], outcome.error["line"]) == (reason, line)
    assert message in outcome.error["message"]
    assert outcome.error["file"] == str(BAD / name)
    assert outcome.error["traceback"].startswith("Traceback ")
    assert outcome.stderr.rstrip().endswith(outcome.error["message"])
    assert "done" not in outcome.steps
    if reason != "serialize":
        assert "address" not in outcome.steps, "the server is asked for nothing"


def test_the_missing_module_is_named(serialize):
    assert serialize(BAD / "missing_import.py", "--address", "ask").error["module"] == "package_that_nobody_has"


def test_the_entity_is_named(serialize):
    assert serialize(BAD / "wrong_argument.py", "--address", "ask").error["entity"] == "wrong_argument.doubled"


@pytest.mark.parametrize("name", sorted(SERIALISABLE))
def test_what_only_the_server_refuses_is_serialised(serialize, name):
    assert serialize(BAD / name).code == 0


def test_the_line_is_that_of_the_users_module_at_fault(serialize, tmp_path):
    (tmp_path / "helper.py").write_text("def divide():\n    return 1 / 0\n")
    file = tmp_path / "flow.py"
    file.write_text("import helper\n\nhelper.divide()\n")

    error = serialize(file).error

    assert (error["file"], error["line"]) == (str(tmp_path / "helper.py"), 2)
    assert error["message"] == "Importing flow failed in helper.py, line 2: ZeroDivisionError: division by zero"


def test_a_syntax_error_in_an_imported_module(serialize, tmp_path):
    (tmp_path / "helper.py").write_text("x = (\n")
    file = tmp_path / "flow.py"
    file.write_text("import helper\n")

    error = serialize(file).error

    assert (error["reason"], error["file"], error["line"]) == ("syntax", str(tmp_path / "helper.py"), 1)


# click is a package that flytekit loads, sys has no file at all.
@pytest.mark.parametrize(
    ("name", "owner"), [("click", "click"), ("sys", "Python itself"), ("json", "json"), ("flytekit", "flytekit")]
)
def test_a_file_named_like_a_loaded_module(serialize, tmp_path, name, owner):
    file = tmp_path / f"{name}.py"
    shutil.copy(WORKSPACE / "hello.py", file)

    error = serialize(file).error

    assert error["reason"] == "import"
    assert f"the module name {name} belongs to " in error["message"]
    assert owner in error["message"].partition(" belongs to ")[2]
    assert error["message"].endswith("Rename the file.")


def test_a_file_name_with_dots(serialize, tmp_path):
    file = tmp_path / "flow.v2.py"
    shutil.copy(WORKSPACE / "hello.py", file)

    error = serialize(file).error

    assert error["message"] == "Python cannot import flow.v2.py: a module's name has no dots. Rename the file."


def test_a_file_that_is_not_there(serialize, tmp_path):
    error = serialize(tmp_path / "unsaved.py").error

    assert error["reason"] == "fileNotFound"
    assert error["message"].endswith("unsaved.py does not exist. Save the file first.")


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory):
    """An interpreter of an environment in which nothing is installed."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    return folder / "bin/python"


def test_no_flytekit(serialize, bare_python):
    outcome = serialize(WORKSPACE / "hello.py", python=bare_python)

    assert (outcome.code, outcome.error["reason"]) == (1, "noFlytekit")
    assert f"{bare_python} -m pip install flytekit" in outcome.error["message"]


def _install(python, name, version, code):
    """A package in the place of a real one of that name, for what no real one can be made to do."""
    script = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.check_output([python, "-c", script], encoding="utf-8").strip()
    for path, content in {
        f"{name}/__init__.py": code,
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
    }.items():
        file = python.parent / packages / path
        file.parent.mkdir(parents=True)
        file.write_text(content)
    return [python.parent / packages / folder for folder in (name, f"{name}-{version}.dist-info")]


@pytest.mark.parametrize(
    ("version", "code", "reason", "message"),
    [
        ("1.9.1", "", "flytekitTooOld", "flytekit 1.9.1 is too old: 1.10 or newer is needed."),
        ("1.16.31", "import numpy_of_another_abi", "flytekitBroken", "No module named 'numpy_of_another_abi'"),
    ],
)
def test_a_flytekit_that_does_not_do(serialize, bare_python, version, code, reason, message):
    folders = _install(bare_python, "flytekit", version, code)
    try:
        outcome = serialize(WORKSPACE / "hello.py", python=bare_python)
    finally:
        for folder in folders:
            shutil.rmtree(folder)

    assert (outcome.code, outcome.error["reason"]) == (1, reason)
    assert message in outcome.error["message"]


def test_a_leftover_folder_of_flytekit(serialize, bare_python):
    folder, metadata = _install(bare_python, "flytekit", "1.16.31", "")
    shutil.rmtree(metadata)
    try:
        error = serialize(WORKSPACE / "hello.py", python=bare_python).error
    finally:
        shutil.rmtree(folder)

    assert error["reason"] == "flytekitBroken"
    assert "the package is not installed" in error["message"]


def test_a_python_that_is_too_old(tmp_path):
    """No such Python can be installed everywhere, so this one claims to be 3.7."""
    claim = (
        f"import runpy, sys; sys.version_info = (3, 7, 17); sys.argv[0] = {str(SERIALIZE)!r};"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    output = tmp_path / "output"
    command = [sys.executable, "-c", claim, "--file", "flow.py", "--output", str(output)]

    result = subprocess.run(command, capture_output=True, encoding="utf-8")

    assert result.returncode == 1
    error = json.loads((output / "error.json").read_text())
    assert error["reason"] == "pythonTooOld"
    assert "flytekit needs Python 3.8 or newer" in error["message"]
    assert "is Python 3.7" in error["message"]
    assert error["message"] in result.stderr


def test_an_old_python_can_read_the_serialiser():
    """What refuses an old Python parses there; the rest parses on the oldest that is served."""
    ast.parse((SERIALIZE / "__main__.py").read_text("utf-8"), feature_version=(3, 4))
    sources = list((SERIALIZE / "flyte_serialize").glob("*.py"))
    assert sources
    for source in sources:
        ast.parse(source.read_text("utf-8"), feature_version=(3, 8))


def test_a_wrong_command_says_what_is_missing(tmp_path):
    result = subprocess.run([sys.executable, str(SERIALIZE)], capture_output=True, encoding="utf-8")

    assert result.returncode == 2
    assert "--file, --project, --domain, --output" in result.stderr
