"""The line to the process that started this one: progress on its stdout, one question answered on its stdin."""

import json
import os
import sys

from flyte_serialize.failure import Failure

PREFIX = "@flyte "


class Parent:
    """Takes stdin and stdout for itself before user code can close, replace or read them.

    User code keeps a stdout that goes to the same place (its lines lack the prefix) and gets an empty stdin, so that an
    `input()` at import fails instead of hanging.
    """

    def __init__(self):
        self._out = os.dup(1)
        self._in = os.fdopen(os.dup(0), encoding="utf-8")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        for stream in (sys.stdout, sys.stderr):
            # On Windows a pipe has the ANSI code page, in which flytekit's own messages cannot be printed.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")

    def say(self, step, **fields):
        """Report that `step` begins. The line starts on a new line whatever user code printed before."""
        sys.stdout.flush()
        line = "\n" + PREFIX + json.dumps(dict(step=step, **fields)) + "\n"
        os.write(self._out, line.encode("utf-8"))

    def ask_address(self, bundle):
        """Ask where the store will keep the bundle and wait for the answer.

        Raises Failure (`noAddress`) when the other side closes stdin or answers with an empty line.
        """
        self.say("address", **bundle)
        address = self._in.readline().strip()
        if not address:
            raise Failure("noAddress", "Registering was given up: no address for the code bundle was given.")
        return address
