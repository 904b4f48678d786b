"""The result on disk: one file of protobuf bytes per entity, and `manifest.json`, their list in order of creation."""

import json
import os

_SUFFIXES = {"task": "task", "workflow": "workflow", "launchPlan": "launch_plan"}


def write_json(directory, name, content):
    """Write a JSON file that is either there as a whole or not at all."""
    partial = os.path.join(directory, name + ".partial")
    with open(partial, "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)
    os.replace(partial, os.path.join(directory, name))


def write(directory, recorded, site_of, header):
    """Write the spec files and the manifest.

    `recorded` are `recording.Recorded` in order of creation, `site_of(kind, name)` gives (file, line) of a definition,
    and `header` holds what the manifest says beside its items.
    """
    items = []
    for position, item in enumerate(recorded):
        spec_file = f"{position:03d}_{_SUFFIXES[item.kind]}.pb"
        with open(os.path.join(directory, spec_file), "wb") as out:
            # Maps in a message have no order of their own: fixed here, so that the same code gives the same bytes.
            out.write(item.spec.SerializeToString(deterministic=True))
        file, line = site_of(item.kind, item.identifier.name)
        items.append(
            {
                "kind": item.kind,
                "project": item.identifier.project,
                "domain": item.identifier.domain,
                "name": item.identifier.name,
                "version": item.identifier.version,
                "specFile": spec_file,
                "sourceFile": file,
                "line": line,
                "activate": item.activate,
            }
        )
    write_json(directory, "manifest.json", dict(header, items=items))
