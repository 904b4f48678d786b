"""The code bundle: what is in it, and that the same sources give the same one."""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile

import pytest
from conftest import WORKSPACE


@pytest.fixture
def project(tmp_path):
    """A git repository with the sample project and what must not travel with it."""
    folder = tmp_path / "project"
    shutil.copytree(WORKSPACE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, content in {
        "notes.txt": "travels",
        "secrets.env": "ignored by git",
        "data/big.csv": "ignored by docker",
        "plots/curve.svg": "ignored by flyte",
        "pipelines/__pycache__/training.cpython-311.pyc": "ignored always",
        ".gitignore": "secrets.env\n",
        ".dockerignore": "data\n",
        ".flyteignore": "plots/*\n",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder


SOURCES = {"hello.py", "pipelines/__init__.py", "pipelines/data.py", "pipelines/training.py"}


def test_all_that_is_not_ignored_is_packed(serialize, project):
    outcome = serialize(project / "hello.py")

    bundle = outcome.manifest["bundle"]
    assert set(bundle["files"]) == SOURCES | {"notes.txt", ".gitignore", ".dockerignore", ".flyteignore"}
    with tarfile.open(outcome.output / bundle["file"]) as archive:
        assert archive.getnames() == bundle["files"]
        for member in archive.getmembers():
            assert archive.extractfile(member).read() == (project / member.name).read_bytes()


def test_auto_packs_what_is_loaded(serialize, project):
    training = serialize(project / "pipelines/training.py", "--bundle", "auto").manifest["bundle"]
    hello = serialize(project / "hello.py", "--bundle", "auto").manifest["bundle"]

    assert set(training["files"]) == SOURCES - {"hello.py"}
    assert hello["files"] == ["hello.py"]


def test_the_manifest_describes_the_file(serialize, project):
    outcome = serialize(project / "hello.py")

    bundle = outcome.manifest["bundle"]
    content = (outcome.output / bundle["file"]).read_bytes()
    assert bundle["size"] == len(content)
    assert bundle["md5"] == base64.b64encode(hashlib.md5(content).digest()).decode()
    assert bundle["file"] == f"fast{bundle['digest']}.tar.gz"


def test_the_same_sources_give_the_same_bundle_anywhere(serialize, project, tmp_path):
    # The version that flytekit chooses depends on where the sources are too.
    first = serialize(project / "hello.py", "--address", "ask", "--version", "v1")
    elsewhere = tmp_path / "elsewhere" / "project"
    shutil.copytree(project, elsewhere)
    for file in elsewhere.rglob("*.py"):
        os.utime(file, (1, 1))
    second = serialize(elsewhere / "hello.py", "--address", "ask", "--version", "v1")

    file = first.manifest["bundle"]["file"]
    assert (second.output / file).read_bytes() == (first.output / file).read_bytes()
    assert second.spec_bytes() == first.spec_bytes()


def test_other_sources_give_another_version(serialize, project):
    first = serialize(project / "hello.py", "--address", "ask")
    with open(project / "pipelines/data.py", "a") as out:
        out.write("\nANOTHER = True\n")
    second = serialize(project / "hello.py", "--address", "ask")

    assert second.manifest["bundle"]["digest"] != first.manifest["bundle"]["digest"]
    assert second.manifest["version"] != first.manifest["version"]
