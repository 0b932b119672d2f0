"""What the image is made of: a CycloneDX 1.6 list on standard output, from a lock of requirements.

The same lock gives the same list, byte for byte. It knows no licences and asks nobody; the base image has
a list of its own.
"""
# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PACKAGE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "kabarbot.invalid")


def components(lock: str) -> Iterator[dict[str, Any]]:
    """The packages of `lock`, in its order, each with the SHA-256 of every file that may be installed.

    Raises `ValueError` for a line that is neither a pinned package, nor a hash, nor a comment.
    """
    found: dict[str, Any] = {}
    for line in filter(None, (line.split(" #")[0].strip() for line in lock.splitlines())):
        if match := _PACKAGE.match(line):
            if found:
                yield found
            found = _component(*match.groups())
        elif found and (digest := _HASH.match(line)):
            found["hashes"].append({"alg": "SHA-256", "content": digest[1]})
        elif not line.startswith("#"):
            raise ValueError(f"neither a pinned package nor a hash: {line}")
    if found:
        yield found


def bill(lock: str) -> dict[str, Any]:
    """The whole list (CycloneDX 1.6, *bom*). Its serial number follows from `lock`."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, lock)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "kabarbot", "bom-ref": "kabarbot"}},
        "components": list(components(lock)),
    }


def _component(name: str, version: str, marker: str | None) -> dict[str, Any]:
    folded = re.sub(r"[-_.]+", "-", name).lower()  # PEP 503, which the purl of pypi asks for
    address = f"pkg:pypi/{folded}@{version}"
    where = [{"name": "python:marker", "value": marker}] if marker else []
    return {
        "type": "library",
        "bom-ref": address,
        "name": name,
        "version": version,
        "purl": address,
        "hashes": [],
        **({"properties": where} if where else {}),
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: sbom.py LOCK")
    json.dump(bill(Path(sys.argv[1]).read_text(encoding="utf-8")), sys.stdout, indent=2)
    sys.stdout.write("\n")
