"""The handbooks are true: every alert is explained, every command exists, every file that is named is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from bot.commands.desk.listing import DeskKit, desk_commands
from bot.domain.alerts import kinds
from bot.settings.model import known_names

ROOT = Path(__file__).parents[2]
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
EDITORS = (ROOT / "docs" / "redaksi.md").read_text("utf-8")


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next of its rank."""
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found)


def test_every_kind_of_alert_is_in_the_handbook_with_a_cure() -> None:
    """Its end needs no line of its own; no line is about a kind that is gone."""
    table = section(OPERATING, "What the desk is told")
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (.+) \|$", table, re.MULTILINE))

    assert set(rows) == {kind for kind in kinds() if not kind.endswith("_over")}
    assert all(rows.values())


def test_the_editors_handbook_has_every_command() -> None:
    """Those that the program has, and what a reader is told to type; no invented one."""
    nobody: Any = None
    kit = DeskKit(nobody, nobody, nobody, nobody, nobody, nobody, nobody, lambda: None, UTC)
    has = {command.name for command in desk_commands(kit)}
    table = section(EDITORS, "Perintah")
    named = set(re.findall(r"`/([a-z]+)", table))

    assert named == has
    assert set(re.findall(r"`/([a-z]+)", EDITORS)) == has | {"bantuan"}


def test_the_rules_of_the_press_council_are_there_with_their_commands() -> None:
    """Points 4b to 4d and 5a to 5c, and which command follows each."""
    rules = section(EDITORS, "Ralat dan pencabutan menurut Dewan Pers")
    points = re.findall(r"^\|.*\((\d[a-d])\) \|.*\| (.+) \|$", rules, re.MULTILINE)

    assert "1/Peraturan-DP/III/2012" in rules
    assert [point for point, _ in points] == ["4b", "4c", "4d", "5a", "5b", "5c"]
    assert [("`/ralat`" in command, "`/tarik`" in command) for _, command in points] == [
        *[(True, False)] * 3,
        (False, False),
        *[(False, True)] * 2,
    ]


@pytest.mark.parametrize("button", ["Terbitkan", "Lewati"])
def test_the_buttons_of_a_surge_are_explained(button: str) -> None:
    """Under the names that they carry."""
    assert f"**{button}**" in section(EDITORS, "Bila banyak berita datang sekaligus")


@pytest.mark.parametrize("name", ["operating.md", "redaksi.md", "security.md"])
def test_links_and_files_lead_somewhere(name: str) -> None:
    """What is linked, and what is named with its path."""
    text = (ROOT / "docs" / name).read_text("utf-8")
    linked = [one for one in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in one]
    named = re.findall(r"(?<![\w/.-])((?:deploy|docs)/[\w./-]+\w)", text)
    written = {
        "deploy/kubernetes/secret.yaml",
        "deploy/kabarbot",
    }  # made by the operator; a Kubernetes object

    assert [one for one in linked if not (ROOT / "docs" / one).exists()] == []
    assert [one for one in named if one not in written and not (ROOT / one).exists()] == []


@pytest.mark.parametrize("text", [EDITORS, (ROOT / "docs" / "security.md").read_text("utf-8")])
def test_settings_that_are_named_exist(text: str) -> None:
    """A name in code and capitals is a setting, or the HTTP methods and the placeholder of a link."""
    named = set(re.findall(r"(?<=`)[A-Z]{4,}(?:_[A-Z]+)*(?=[`=])|\b[A-Z]+_[A-Z_]+\b", text))

    assert named - set(known_names()) == set()


@pytest.mark.skipif(not shutil.which("jq"), reason="there is no jq here")
def test_the_logs_question_works() -> None:
    """The one line of jq finds a headline under either of its keys, and nothing else."""
    (question,) = re.findall(r"jq -c '([^']+)'", OPERATING)
    lines = '{"headline":42}\n{"headlines":[1,42]}\n{"headlines":40}\n{"headlines":[4]}\n{"event":"x"}\n'
    jq = shutil.which("jq") or ""

    done = subprocess.run(
        [jq, "-c", question], input=lines, capture_output=True, text=True, timeout=20, check=True
    )

    assert done.stdout == '{"headline":42}\n{"headlines":[1,42]}\n'
