"""Serialises the Flyte entities of one Python file with the user's own flytekit, without a server and without grpcio.

It drives the code behind `pyflyte register` and writes to a directory what that command would send: `manifest.json`,
one protobuf file per entity and the code bundle. When that fails, it writes `error.json` instead.
"""
