"""A FlyteRemote that keeps what it is told to create instead of sending it.

Everything else is flytekit's: the command behind `pyflyte register` runs as it is, with its own defaults, so that each
flytekit produces exactly what it would have sent.
"""

import base64
import contextlib
import hashlib
import io
import os
import tarfile
import threading

from flytekit.clis.sdk_in_container import constants
from flytekit.clis.sdk_in_container.helpers import FLYTE_REMOTE_INSTANCE_KEY
from flytekit.clis.sdk_in_container.register import register as register_command
from flytekit.configuration import Config, PlatformConfig
from flytekit.models.launch_plan import LaunchPlanState
from flytekit.remote import FlyteRemote
from flytekit.tools import repo

from flyte_serialize import order
from flyte_serialize.failure import Failure

# What stands for the bundle's address until it is known; flytekit's own word for it in a container's arguments.
PLACEHOLDER = "{{ .remote_package_path }}"


class ServerNeededError(RuntimeError):
    """An entity can only be serialised with the help of a server, such as one with a local file as a default input."""


class Recorded:
    """One entity as flytekit would create it; `spec` is flyteidl's message, `kind` task, workflow or launchPlan."""

    def __init__(self, kind, identifier, spec):
        self.kind = kind
        self.identifier = identifier
        self.spec = spec
        self.activate = False


class _Client:
    """The part of flytekit's client that registering uses. Parameters carry the names by which flytekit passes them."""

    def __init__(self):
        self._lock = threading.Lock()
        self.recorded = []

    def _record(self, kind, identifier, spec):
        # flytekit creates tasks from a pool of threads.
        with self._lock:
            self.recorded.append(Recorded(kind, identifier, spec.to_flyte_idl()))

    def create_task(self, task_identifer, task_spec):
        self._record("task", task_identifer, task_spec)

    def create_workflow(self, workflow_identifier, workflow_spec):
        self._record("workflow", workflow_identifier, workflow_spec)

    def create_launch_plan(self, launch_plan_identifer, launch_plan_spec):
        self._record("launchPlan", launch_plan_identifer, launch_plan_spec)

    def update_launch_plan(self, id, state):
        for item in self.recorded:
            if item.kind == "launchPlan" and item.identifier == id:
                item.activate = state == LaunchPlanState.ACTIVE

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise ServerNeededError(f"flytekit asked the Flyte server for {name}, which is not possible while registering.")


class RecordingRemote(FlyteRemote):
    """Takes the bundle's address from `locate(bundle)` and records the rest. `on_serialize()` is called in between."""

    def __init__(self, project, domain, locate):
        config = Config(platform=PlatformConfig(endpoint="no server: entities are only serialised here"))
        super().__init__(config, default_project=project, default_domain=domain, data_upload_location="flyte://data")
        self._client = _Client()
        self._locate = locate
        self._packing = False
        # Where the bundle is unpacked in the container, once flytekit's command has said it.
        self.destination = None
        self.bundle = None

    @property
    def client(self):
        return self._client

    @property
    def recorded(self):
        return self._client.recorded

    def fast_package(self, *args, **kwargs):
        """Pack the bundle with flytekit's own code, which ends in `upload_file`."""
        self._packing = True
        try:
            return super().fast_package(*args, **kwargs)
        finally:
            self._packing = False

    def upload_file(self, to_upload, *_args, **_kwargs):
        """Describe the bundle instead of uploading it; gives flytekit its MD5 and the address where it will be."""
        if not self._packing:
            raise ServerNeededError(
                f"The default input {to_upload} is a local file, which would have to be uploaded first. Use the "
                "address of a file in the store, or pass the file when launching."
            )
        with open(str(to_upload), "rb") as source:
            content = source.read()
        md5 = hashlib.md5(content).digest()
        filename = os.path.basename(str(to_upload))
        self.bundle = {
            "file": filename,
            "md5": base64.b64encode(md5).decode("ascii"),
            "size": len(content),
        }
        address = self._locate(dict(self.bundle))
        with tarfile.open(str(to_upload)) as archive:
            files = [member.name for member in archive.getmembers() if not member.isdir()]
        digest = filename[len("fast") : -len(".tar.gz")]
        self.bundle.update(destination=self.destination, address=address, files=files, digest=digest)
        return md5, address

    def generate_console_url(self, *_args, **_kwargs):
        """There is no server yet that could show anything."""
        return ""


def register(arguments, remote, on_serialize):
    """Run `pyflyte register` with `arguments` and `remote`; gives the recorded entities in the order of creation.

    `on_serialize` is called when the user's code is loaded and entities are about to be serialised. Raises whatever the
    user's code or flytekit raise.
    """
    planned = []
    quiet = contextlib.ExitStack()
    collect = repo.get_registrable_entities

    def collect_and_remember(*args, **kwargs):
        on_serialize()
        entities = collect(*args, **kwargs)
        planned.extend(entities)
        # From here on no user code runs, and flytekit would report as registered what is only recorded.
        quiet.enter_context(contextlib.redirect_stdout(io.StringIO()))
        return entities

    repo.get_registrable_entities = collect_and_remember
    try:
        state = {constants.CTX_PACKAGES: [], constants.CTX_VERBOSE: 0, FLYTE_REMOTE_INSTANCE_KEY: remote}
        with register_command.make_context("register", arguments, obj=state) as context:
            remote.destination = context.params["destination_dir"]
            register_command.invoke(context)
    finally:
        repo.get_registrable_entities = collect
        quiet.close()
    return order.in_order(remote.recorded, planned)


def copy_arguments(bundle):
    """The options by which this flytekit chooses what goes into the bundle: `all`, `auto` or `none`.

    Raises Failure (`usage`) for `auto` before `--copy` came (flytekit 1.13).
    """
    if any("--copy" in parameter.opts for parameter in register_command.params):
        return ["--copy", bundle]
    if bundle == "auto":
        raise Failure("usage", "This flytekit cannot pack only the loaded modules; update it, or pack all files.")
    return ["--non-fast"] if bundle == "none" else []
