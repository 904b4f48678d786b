"""The command: arguments in; `manifest.json` or `error.json` out."""

import argparse
import contextlib
import importlib.util
import os
import platform
import re
import sys
from importlib import metadata

from flyte_serialize import failure, grpc_standin, manifest
from flyte_serialize.failure import Failure
from flyte_serialize.parent import Parent

OLDEST_FLYTEKIT = (1, 10)


class Context:
    """What is known of the work under way, for whoever explains its failure."""

    def __init__(self, file):
        self.file = file
        # Without links, as flytekit sees it.
        self.source_root = _source_root(os.path.realpath(file))
        relative = os.path.relpath(os.path.realpath(file), self.source_root)
        self.module = os.path.splitext(relative)[0].replace(os.sep, ".")
        self.site_of = lambda _entity: (None, None)


def main(arguments):
    """Serialise as asked and end the process: 0 with a manifest.json, 1 with an error.json, 2 for a wrong command."""
    options = _parse(arguments)
    os.makedirs(options.output, exist_ok=True)
    context = Context(os.path.abspath(options.file))
    try:
        _serialize(options, context, Parent())
        code = 0
    except BaseException as error:  # user code may raise anything, SystemExit and KeyboardInterrupt among them
        answer = failure.as_json(error, context)
        manifest.write_json(options.output, "error.json", answer)
        print(answer["message"], file=sys.stderr)
        code = 1
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    # Not sys.exit: a thread that the user's module started must not keep the process.
    os._exit(code)


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="serialize", description="Serialise the Flyte entities of a Python file.")
    parser.add_argument("--file", required=True, help="the Python file")
    parser.add_argument("--project", required=True)
    parser.add_argument("--domain", required=True)
    parser.add_argument("--output", required=True, help="directory for the results, outside the sources")
    parser.add_argument("--version", help="version of the entities; chosen by flytekit when absent")
    parser.add_argument("--image", action="append", default=[], help="as for pyflyte register; may be repeated")
    parser.add_argument("--bundle", choices=("all", "auto", "none"), default="all", help="which sources to pack")
    parser.add_argument("--address", help="address of the bundle in the store, or `ask` to be asked for it")
    return parser.parse_args(arguments)


def _serialize(options, context, parent):
    if not os.path.isfile(context.file):
        raise Failure("fileNotFound", f"{context.file} does not exist. Save the file first.", file=context.file)
    if options.bundle == "none" and not options.version:
        raise Failure("usage", "Registering without a code bundle needs a version.")
    parent.say("flytekit")
    version = _load_flytekit()

    from flytekit.core.context_manager import FlyteEntities

    from flyte_serialize import recording, sites

    entities = FlyteEntities.entities = sites.Entities(FlyteEntities.entities)
    context.site_of = entities.site_of

    def locate(bundle):
        # Before the server is asked for anything. Old flytekits pack first and load then.
        if context.module in sys.modules:
            _check_loaded(context, entities)
        parent.say("bundle")
        return parent.ask_address(bundle) if options.address == "ask" else options.address or recording.PLACEHOLDER

    def start_serializing():
        _check_loaded(context, entities)
        parent.say("serialize")

    remote = recording.RecordingRemote(options.project, options.domain, locate)
    arguments = ["--project", options.project, "--domain", options.domain, "--output", options.output]
    arguments += ["--version", options.version] if options.version else []
    for image in options.image:
        arguments += ["--image", image]
    arguments += [*recording.copy_arguments(options.bundle), context.file]
    # What user code that looks at its command line would see under pyflyte.
    sys.argv = ["pyflyte", "register", *arguments]
    _check_name(context)
    parent.say("load")
    recorded = recording.register(arguments, remote, start_serializing)
    if not recorded:
        raise _no_entities(context)
    header = {
        "version": recorded[0].identifier.version,
        "project": options.project,
        "domain": options.domain,
        "flytekit": version,
        "python": platform.python_version(),
        "sourceRoot": context.source_root,
        "module": context.module,
        "bundle": remote.bundle,
    }
    manifest.write(options.output, recorded, entities.site_of_name, header)
    parent.say("done")


def _load_flytekit():
    """Import flytekit with stand-ins for grpc; gives its version. Raises Failure when that cannot be done."""
    if importlib.util.find_spec("flytekit") is None:
        raise Failure(
            "noFlytekit",
            f"flytekit is not installed in {sys.executable}. Run `{sys.executable} -m pip install flytekit`, or choose "
            "another interpreter.",
        )
    try:
        version = metadata.version("flytekit")
    except metadata.PackageNotFoundError as error:
        raise Failure(
            "flytekitBroken",
            f"{sys.executable} finds a folder named flytekit, but the package is not installed. Run `{sys.executable} "
            "-m pip install flytekit`, or choose another interpreter.",
        ) from error
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST_FLYTEKIT:
        raise Failure(
            "flytekitTooOld",
            f"flytekit {version} is too old: {OLDEST_FLYTEKIT[0]}.{OLDEST_FLYTEKIT[1]} or newer is needed. Run "
            f"`{sys.executable} -m pip install --upgrade flytekit`.",
        )
    grpc_standin.install()
    try:
        import flytekit.remote  # noqa: F401
    except Exception as error:
        raise Failure(
            "flytekitBroken",
            f"flytekit {version} cannot be imported in {sys.executable}: {type(error).__name__}: {error}",
        ) from error
    return version


def _check_loaded(context, entities):
    """Refuse a file that was not read or that holds nothing of Flyte's."""
    _check_name(context)
    if not entities:
        raise _no_entities(context)


def _check_name(context):
    """Refuse a file that cannot be imported by its name, which is how flytekit loads it."""
    name = os.path.basename(context.file)
    if "." in os.path.splitext(name)[0]:
        message = f"Python cannot import {name}: a module's name has no dots. Rename the file."
        raise Failure("import", message, file=context.file)
    # The import of a name that is loaded already reads no file.
    if context.module not in sys.modules:
        return
    loaded = getattr(sys.modules[context.module], "__file__", None)
    if loaded is None or os.path.realpath(loaded) != os.path.realpath(context.file):
        raise Failure(
            "import",
            f"{name} was not read, because the module name {context.module} belongs to {loaded or 'Python itself'}. "
            "Rename the file.",
            file=context.file,
        )


def _no_entities(context):
    return Failure(
        "noEntities",
        f"{os.path.basename(context.file)} defines no task, workflow or launch plan. Put @task or @workflow of "
        "flytekit on a function in it.",
        file=context.file,
    )


def _source_root(file):
    """flytekit's source root: the first folder above the file that is not a package."""
    folder = os.path.dirname(file)
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder
