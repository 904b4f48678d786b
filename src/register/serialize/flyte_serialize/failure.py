"""Why serialising failed, in terms a person can act on: the reason, one sentence, and the line in the user's code."""

import functools
import os
import sys
import sysconfig
import traceback

_ONLY_AS_PROGRAM = "Put what is only to run as a program under `if __name__ == '__main__':`."


class Failure(Exception):
    """A failure whose cause is known. `fields` are `file`, `line`, `column`, `module`, `entity`, where they apply."""

    def __init__(self, reason, message, **fields):
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.fields = fields


@functools.lru_cache(maxsize=None)
def is_user_file(path):
    """Whether a code object's file is the user's: no library, no part of Python and none of this package."""
    if not os.path.isabs(path) or not os.path.isfile(path):
        return False
    path = os.path.realpath(path)
    parts = path.split(os.sep)
    if "site-packages" in parts or "dist-packages" in parts:
        return False
    # The last one is the `pyflyte` of an environment, when it is the program that runs.
    ours = (os.path.dirname(os.path.dirname(__file__)), sysconfig.get_path("stdlib"), sysconfig.get_path("scripts"))
    return not any(path.startswith(os.path.realpath(folder) + os.sep) for folder in ours)


def as_json(exception, context):
    """The content of error.json for whatever ended the work.

    `context` is the command's: it knows the file, its module and where an entity is defined.
    """
    failure = exception if isinstance(exception, Failure) else _explain(exception, context)
    answer = {"reason": failure.reason, "message": failure.message}
    for key in ("file", "line", "column", "module", "entity"):
        answer[key] = failure.fields.get(key)
    shown = failure.__cause__ or exception
    answer["traceback"] = "".join(traceback.format_exception(type(shown), shown, shown.__traceback__))
    return answer


def _explain(exception, context):
    frames = _frames(exception)
    # flytekit's loader is the only one that runs the user's modules; past it entities are being serialised.
    if any(frame.f_code.co_name == "just_load_modules" for frame, _line in frames):
        return _explain_load(exception, frames, context)
    return _explain_serialize(exception, frames, context)


def _explain_load(exception, frames, context):
    # Without a file name it comes from a compile() of the user's, or from null bytes in a source.
    if isinstance(exception, SyntaxError) and exception.filename and os.path.isfile(exception.filename):
        return Failure(
            "syntax",
            f"{_place(exception.filename, exception.lineno)}: {exception.msg}.",
            file=exception.filename,
            line=exception.lineno,
            column=exception.offset,
        )
    file, line = _user_line(frames)
    file = file or context.file
    missing = exception.name if isinstance(exception, ModuleNotFoundError) else None
    package = missing.partition(".")[0] if missing else None
    if missing and package in sys.modules:
        message = f"{_place(file, line)} imports {missing}, which the package {package} does not have."
    elif missing:
        message = (
            f"{_place(file, line)} imports {missing}, which is not installed in {sys.executable}. Install it there, or "
            "choose the interpreter that has it."
        )
    elif isinstance(exception, SystemExit):
        code = "" if exception.code is None else repr(exception.code)
        message = f"{_place(file, line)} ended the import by sys.exit({code}). {_ONLY_AS_PROGRAM}"
    elif isinstance(exception, EOFError):
        message = f"{_place(file, line)} asks for input while it is imported, and nobody can answer. {_ONLY_AS_PROGRAM}"
    else:
        message = f"Importing {context.module} failed in {_place(file, line)}: {_summary(exception)}"
    return Failure("import", message, file=file, line=line, module=missing)


def _explain_serialize(exception, frames, context):
    entity = _entity(frames)
    file, line = _user_line(frames)
    if not file and entity is not None:
        file, line = context.site_of(entity)
    what = f"{entity.name} cannot be serialised" if entity is not None else "Serialising failed"
    return Failure(
        "serialize",
        f"{what}: {_summary(exception)}",
        file=file or context.file,
        line=line,
        entity=entity.name if entity is not None else None,
    )


def _frames(exception):
    """(frame, line) from the outermost to the innermost; those of what caused the exception follow its own."""
    frames = []
    seen = set()
    while exception is not None and id(exception) not in seen:
        seen.add(id(exception))
        frames.extend(traceback.walk_tb(exception.__traceback__))
        exception = exception.__cause__ or exception.__context__
    return frames


def _user_line(frames):
    for frame, line in reversed(frames):
        if is_user_file(frame.f_code.co_filename):
            return frame.f_code.co_filename, line
    return None, None


def _entity(frames):
    """The entity at work, from the variables of flytekit's translator: the innermost one that has a name."""
    for frame, _line in reversed(frames):
        if frame.f_code.co_name.startswith(("get_serializable", "get_registrable")):
            entity = frame.f_locals.get("entity")
            if isinstance(getattr(entity, "name", None), str):
                return entity
    return None


def _place(file, line):
    return f"{os.path.basename(file)}, line {line}" if line else os.path.basename(file)


def _summary(exception):
    text = str(exception).strip()
    # Those of this package are whole sentences.
    if type(exception).__module__.startswith(f"{__package__}."):
        return text
    name = type(exception).__name__
    return f"{name}: {text}" if text else name
