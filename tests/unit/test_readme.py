"""The documents are true: what they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.cli.line import app
from bot.commands.registry import commands
from bot.domain.delivery import SkipReason
from bot.settings.model import known_names
from tests.support_commands import MemoryHeadlines, kit

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/operating.md")
#: Names in capitals that are no settings of ours.
_OTHERS = {"MIGRATIONS", "CHANGELOG", "CONTRIBUTING", "README", "LICENSE", "HTTPS_PROXY", "LC_MESSAGES"}
_STATES = {"SKIPPED", "UNCERTAIN", "FAILED"}


def text(name: str) -> str:
    """A document as it is."""
    return (ROOT / name).read_text()


def verbs() -> set[str]:
    """The verbs that the program has."""
    return {
        command.name or str(command.callback and command.callback.__name__)
        for command in app.registered_commands
    }


def code(name: str) -> str:
    """What stands in code: between backticks, or in an indented line."""
    indented = re.findall(r"^    .+$", text(name), re.MULTILINE)
    return "\n".join([*re.findall(r"`([^`\n]+)`", text(name)), *indented])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    """Every file that is linked is there (pictures are made by hand, and may come later)."""
    targets = re.findall(r"(?<!!)\[[^\]]*\]\(([^)]+)\)", text(name))
    missing = [one for one in targets if "://" not in one and not (ROOT / name).parent.joinpath(one).exists()]

    assert missing == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_settings_that_are_named_exist(name: str) -> None:
    """A name in code and capitals is a setting, a state, or one of few others."""
    named = set(re.findall(r"\b[A-Z][A-Z]+(?:_[A-Z]+)+\b|(?<=`)[A-Z]{4,}(?=[`=])", code(name)))

    assert named - set(known_names()) - _OTHERS - _STATES == set()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_verbs_that_are_named_exist(name: str) -> None:
    """`kabarbot …` is always followed by a verb of the program."""
    named = set(re.findall(r"\bkabarbot (?!kabarbot)([a-z]+)", code(name)))

    assert named <= verbs()


def test_the_readme_names_every_verb() -> None:
    """A newcomer reads the list there."""
    assert set(re.findall(r"^\| `kabarbot ([a-z]+)", text("README.md"), re.MULTILINE)) == verbs()


def test_the_readme_names_the_commands_of_readers() -> None:
    """Those that exist, and all of them; in both languages."""
    known = commands(kit(MemoryHeadlines()))
    names = {f"/{name}" for command in known for name in (command.name, command.alias)}

    section = text("README.md").partition("## Commands for readers")[2].partition("\n## ")[0]

    assert set(re.findall(r"(?<=`)/[a-z]+", section)) == names


def test_make_targets_that_are_named_exist() -> None:
    """The README's own commands are what CI runs."""
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    named = {target for name in DOCUMENTS for target in re.findall(r"\bmake ([a-z]+)\b", code(name))}

    assert {"demo", "run", "test", "check"} <= named <= targets


def test_files_of_the_house_that_are_named_exist() -> None:
    """Paths in CONTRIBUTING are where the code is."""
    named = re.findall(r"`(bot/[\w/.]+)`", text("CONTRIBUTING.md"))

    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_reason_is_explained() -> None:
    """An operator who reads one in `explain` finds it in the notes."""
    notes = text("docs/operating.md")

    assert [reason for reason in SkipReason if f"`{reason}`" not in notes] == []


def test_the_house_keeps_to_itself() -> None:
    """No document names a path of somebody's machine."""
    for name in (*DOCUMENTS, "Dockerfile", "compose.yaml", ".env.example", "deploy/kabarbot.toml"):
        assert not re.search(r"(?<![\w.])/(?:home|root|work)/", text(name)), name
