"""grpcio is never loaded, whether it is installed or not, and code that mentions it still works."""

import json
import subprocess

import pytest

USES_GRPC = """
import json
import sys

import grpc
import grpc.aio
from flytekit import task
from grpc import StatusCode, UnaryUnaryClientInterceptor


class Interceptor(UnaryUnaryClientInterceptor):
    def intercept_unary_unary(self, continuation, details, request):
        return continuation(details, request)


def code(error: grpc.RpcError) -> grpc.StatusCode:
    try:
        raise error
    except grpc.RpcError:
        return StatusCode.NOT_FOUND


found = code(grpc.RpcError("away"))
channel = grpc.intercept_channel(grpc.insecure_channel("127.0.0.1:9"), Interceptor())


@task
def double(number: int) -> int:
    return 2 * number


names = [name for name in sys.modules if name.split(".")[0] == "grpc"]
with open(sys.argv[-1] + ".json", "w") as out:
    json.dump(
        {
            "argv": sys.argv[:2],
            "modules": names,
            "files": [sys.modules[name].__file__ for name in names if hasattr(sys.modules[name], "__file__")],
            "found": found is StatusCode.NOT_FOUND,
        },
        out,
    )
"""


@pytest.mark.parametrize("interpreter", ["python", "pythonNoGrpcio"])
def test_grpc_is_a_stand_in_throughout(serialize, pythons, tmp_path, interpreter):
    file = tmp_path / "uses_grpc.py"
    file.write_text(USES_GRPC)

    outcome = serialize(file, python=pythons[interpreter])

    assert outcome.code == 0, outcome.stderr
    seen = json.loads((tmp_path / "uses_grpc.py.json").read_text())
    assert seen["argv"] == ["pyflyte", "register"]
    assert {"grpc", "grpc.aio"} <= set(seen["modules"])
    assert seen["files"] == []
    assert not any("cython" in name for name in seen["modules"])
    assert seen["found"]


def test_grpcio_is_where_the_tests_believe_it_is(pythons):
    assert subprocess.run([pythons["python"], "-c", "import grpc._cython.cygrpc"]).returncode == 0
    absent = subprocess.run([pythons["pythonNoGrpcio"], "-c", "import grpc"], capture_output=True, encoding="utf-8")
    assert "No module named 'grpc'" in absent.stderr
