"""Entry point: `python <this folder> --file F --project P --domain D --output DIR`.

Kept readable for any Python, so that one that is too old gets an answer instead of a syntax error.
"""

import json
import os
import sys


def _refuse_old_python():
    """Leave an error.json that says which Python is needed; see `flyte_serialize/failure.py` for its shape."""
    message = "flytekit needs Python 3.8 or newer, but %s is Python %d.%d. Choose another interpreter." % (
        sys.executable,
        sys.version_info[0],
        sys.version_info[1],
    )
    if "--output" in sys.argv[:-1]:
        output = sys.argv[sys.argv.index("--output") + 1]
        if not os.path.isdir(output):
            os.makedirs(output)
        with open(os.path.join(output, "error.json"), "w") as out:
            json.dump({"reason": "pythonTooOld", "message": message}, out)
    sys.stderr.write(message + "\n")
    sys.exit(1)


if sys.version_info < (3, 8):
    _refuse_old_python()

# Running a folder puts it first on sys.path. It must not stay there: the user's imports would see it.
_here = sys.path.pop(0)
sys.path.insert(0, _here)
from flyte_serialize.cli import main  # noqa: E402

sys.path.remove(_here)

main(sys.argv[1:])
