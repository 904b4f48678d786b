"""Where entities are defined, so that what the server says of one can be shown at its line."""

import ast
import functools
import inspect
import sys

from flytekit import LaunchPlan
from flytekit.core.workflow import WorkflowBase

from flyte_serialize.failure import is_user_file


class Entities(list):
    """A list that takes the place of flytekit's registry and remembers the line of user code that added each entity."""

    def __init__(self, entities):
        super().__init__(entities)
        self._added_at = {}

    def append(self, entity):
        super().append(entity)
        frame = sys._getframe(1)
        while frame is not None and not is_user_file(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is not None:
            self._added_at[id(entity)] = (frame.f_code.co_filename, frame.f_lineno)

    def site_of(self, entity):
        """(file, line) of an entity: the `def` of its function, else the call that made it, else (None, None)."""
        function = getattr(entity, "task_function", None) or getattr(entity, "_workflow_function", None)
        code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
        if code is not None and is_user_file(code.co_filename):
            return code.co_filename, _def_lines(code.co_filename).get(code.co_firstlineno, code.co_firstlineno)
        return self._added_at.get(id(entity), (None, None))

    def site_of_name(self, kind, name):
        """(file, line) of the entity that is registered as `name`.

        A default launch plan, which flytekit makes while it serialises, is where its workflow is.
        """
        named = [entity for entity in self if entity.name == name]
        named.sort(key=lambda entity: _kind(entity) != kind)
        found = (self.site_of(entity) for entity in named)
        return next((site for site in found if site[0]), (None, None))


def _kind(entity):
    if isinstance(entity, LaunchPlan):
        return "launchPlan"
    return "workflow" if isinstance(entity, WorkflowBase) else "task"


@functools.lru_cache(maxsize=None)
def _def_lines(file):
    """The line of `def` by a function's first line, which is that of its first decorator."""
    with open(file, "rb") as source:
        tree = ast.parse(source.read(), file)
    return {
        min([node.lineno] + [decorator.lineno for decorator in node.decorator_list]): node.lineno
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
