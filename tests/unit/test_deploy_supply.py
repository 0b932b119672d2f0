"""What is installed is known to the last file: locks with hashes, and the list that is made of them."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support_deploy import DEPLOY, ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-audit.lock")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def sbom() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("kabarbot_sbom", DEPLOY / "sbom.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pinned(lock: str) -> list[str]:
    """The packages of a lock, as `name==version`."""
    return re.findall(r"^([A-Za-z0-9][\w.-]*==[^\s;]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes(lock: str) -> None:
    """One version, the digests of its files, and no place to load from."""
    text = (ROOT / lock).read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())

    assert len(entries) == len(pinned(lock)) > 20
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "index-url" not in text


def test_the_list_names_every_package_of_the_image() -> None:
    """With its version and the digests that the lock allows; as a script, as `make sbom` calls it."""
    path = ROOT / "requirements.lock"
    done = subprocess.run(
        [sys.executable, DEPLOY / "sbom.py", path], capture_output=True, text=True, timeout=30, check=True
    )
    found = json.loads(done.stdout)

    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", found["serialNumber"])
    assert [f"{one['name']}=={one['version']}" for one in found["components"]] == pinned("requirements.lock")
    digests = {one["content"] for part in found["components"] for one in part["hashes"]}
    assert digests == set(re.findall(r"sha256:([0-9a-f]{64})", path.read_text("utf-8")))
    assert len({one["bom-ref"] for one in found["components"]}) == len(found["components"])


def test_the_same_lock_gives_the_same_list() -> None:
    """So that two images can be compared; another lock gives another serial number."""
    make = sbom().bill

    assert make("a==1\n") == make("a==1\n")
    assert make("a==1\n")["serialNumber"] != make("a==2\n")["serialNumber"]


def test_names_are_folded_and_markers_kept() -> None:
    """As addresses of packages want it; what is installed on one system only says so."""
    (found,) = sbom().components(
        'Some_Thing.x==1.0 ; sys_platform == "win32" \\\n    --hash=sha256:' + "a" * 64
    )

    assert found["purl"] == "pkg:pypi/some-thing-x@1.0"
    assert found["properties"] == [{"name": "python:marker", "value": 'sys_platform == "win32"'}]
    assert found["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]


@pytest.mark.parametrize("line", ["a>=1", "-e .", "a @ file:///x"])
def test_what_is_not_pinned_is_no_lock(line: str) -> None:
    """A list with a gap would be worse than none."""
    with pytest.raises(ValueError, match="neither"):
        list(sbom().components(line))


def test_the_audit_reads_the_locks_and_passes_nothing_by() -> None:
    """Both locks, by their hashes, in a venv of its own; a package that cannot be looked up is no good news."""
    recipe = re.search(r"^audit:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe

    assert "--require-hashes -r requirements-audit.lock" in recipe[1]
    assert "for lock in requirements.lock requirements-dev.lock" in recipe[1]
    assert "--strict" in recipe[1]
    assert [name for name in pinned("requirements-audit.lock") if name.startswith("pip-audit==")]


def test_no_place_to_load_from_is_named() -> None:
    """An index belongs to the machine, not to the project."""
    files = [
        ROOT / "Makefile",
        ROOT / "Dockerfile",
        *(path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc"),
    ]

    assert [path.name for path in files if names_an_index(path)] == []


def names_an_index(path: Path) -> bool:
    """Whether a file gives pip or uv an address."""
    return bool(re.search(r"--(?:extra-)?index-url|--find-links|PIP_INDEX|UV_INDEX", path.read_text("utf-8")))
