"""Inert stand-ins for grpcio.

`import flytekit` imports `grpc` for its client, which serialising never uses, while loading grpcio costs time, can hang
after a fork and pins other packages. A finder placed before all others answers `import grpc` and everything below it
with modules whose attributes are classes that can be subclassed, caught, annotated with and called, and that do
nothing. Only a remote call is refused, since its answer would be made up.
"""

import importlib.abc
import importlib.machinery
import sys
import types

_CHANNEL_MAKERS = ("insecure_channel", "secure_channel", "intercept_channel")


class RemoteCallRefusedError(RuntimeError):
    """User code called a gRPC method while its entities were being serialised."""


class _StandInType(type):
    """Makes every unknown attribute of a stand-in class, such as `grpc.StatusCode.OK`, a stand-in too."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        value = _stand_in(f"{cls.__qualname__}.{name}", cls.__module__)
        setattr(cls, name, value)
        return value

    def __iter__(cls):
        return iter(())


class _Inert(metaclass=_StandInType):
    """What a stand-in makes when it is called: false, empty, and inert in turn."""

    def __init__(self, *_args, **_kwargs):
        pass

    def __call__(self, *_args, **_kwargs):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Inert()

    def __bool__(self):
        return False

    def __iter__(self):
        return iter(())

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        return False


class _Channel:
    """A channel that opens nothing. Stubs can be built on it; calling one of their methods is refused."""

    def __init__(self, *_args, **_kwargs):
        pass

    def _method(self, method, *_args, **_kwargs):
        def refuse(*_args, **_kwargs):
            raise RemoteCallRefusedError(
                f"{method} was called while the file was being registered. Importing a module must not call a Flyte "
                "server: move the call into a task, or under `if __name__ == '__main__':`."
            )

        return refuse

    unary_unary = unary_stream = stream_unary = stream_stream = _method

    def subscribe(self, *_args, **_kwargs):
        """Connectivity never changes."""

    def close(self):
        """Nothing is open."""

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        return False


def _stand_in(qualname, module):
    name = qualname.rsplit(".", 1)[-1]
    # What may stand in an `except` clause has to be an exception.
    if name.endswith(("Error", "Exception")):
        return type(name, (Exception,), {"__module__": module, "__qualname__": qualname})
    return _StandInType(name, (_Inert,), {"__module__": module, "__qualname__": qualname})


class _StandInModule(types.ModuleType):
    # Generated code compares it with the version it was generated for; see grpc._utilities in newer stubs.
    __version__ = "0.0.0"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        value = _Channel if name in _CHANNEL_MAKERS else _stand_in(name, self.__name__)
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, fullname, path=None, target=None):
        if fullname == "grpc" or fullname.startswith("grpc."):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec):
        return _StandInModule(spec.name)

    def exec_module(self, module):
        """Nothing runs: attributes are made when they are asked for."""


def install():
    """Answer every later import of grpc in this process with stand-ins. Call it before anything imports grpc."""
    sys.meta_path.insert(0, _Finder())
