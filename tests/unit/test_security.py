"""The threat model is true: every line names a test that exists. And templates stay where they are put."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.delivery import Target
from bot.errors import SettingsError
from bot.settings import parse
from bot.telegram.render import PostRenderer
from tests.support_telegram import WORDS

ROOT = Path(__file__).parents[2]
MODEL = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", MODEL)
ENOUGH = {"TELEGRAM_TOKEN": "123456:AAbbCCdd-_", "FEED_URL": "https://a.example/rss", "CHANNELS": "@kabar"}


@cache
def defined_in(path: str) -> frozenset[str]:
    """The tests that a file defines; none where there is no such file."""
    file = ROOT / path
    if not file.exists():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def threats() -> list[str]:
    """The lines of the tables that say what is attacked; not their heads, nor the table of trust."""
    parts = MODEL.split("\n## ")
    tables = [part for part in parts if re.search(r"^\|.*\| test \|$", part, re.MULTILINE)]
    lines = [line for part in tables for line in part.splitlines() if line.startswith("| ")]
    return [line for line in lines if not line.endswith("| test |")]


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_named_test_exists(path: str, name: str) -> None:
    """A renamed test would leave a promise without its proof."""
    assert name in defined_in(path)


@pytest.mark.parametrize("line", threats())
def test_every_threat_names_its_test(line: str) -> None:
    """One test a line, and nothing else in that column."""
    assert re.search(r"\| `tests/[\w/]+\.py::test_\w+` \|$", line)


def test_the_model_covers_what_it_must() -> None:
    """The kinds of attack that a bot of this make meets, each under a word of its own."""
    asked = ("markup", "SSRF", "bomb", "XML", "webhook", "button", "debug", "traceback", "/metrics", "`ps`")
    assert [word for word in (*asked, "CONFIG_FILE", "template", "sandbox") if word not in MODEL] == []
    assert len(threats()) > 40


# ---------------------------------------------------------------- templates


def refused(template: str) -> tuple[str, list[str]]:
    """The post that a channel with this template gets, and what the desk is told of it."""
    reports: list[str] = []
    renderer = PostRenderer(zone=ZoneInfo("Asia/Jakarta"), report=reports.append)
    request = renderer.post(WORDS, replace(Target(1, -1001), template=template), loud=True)
    return str(request.body["text"]), reports


@pytest.mark.parametrize(
    "template",
    [
        '{% include "/etc/passwd" %}',
        '{% include "../../etc/passwd" %}',
        '{% extends "/etc/passwd" %}',
        '{% import "/etc/passwd" as x %}{{ x }}',
        '{% from "os" import environ %}{{ environ }}',
        '{{ open("/etc/passwd").read() }}',
        '{{ lookup("file", "/etc/passwd") }}',
    ],
)
def test_a_template_reaches_no_file(template: str) -> None:
    """There is no loader and no function that opens one: the usual post goes out, and the desk is told once."""
    text, reports = refused(template)

    assert text == refused("")[0]
    assert len(reports) == 1
    assert "root:" not in text + reports[0]


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.environ }}",
        "{{ title.format.__self__ }}",
        "{{ '{0.__class__.__init__.__globals__}'.format(published) }}",
        "{{ published|attr('__class__') }}",
        "{{ (title|attr('__class__')).__subclasses__() }}",
        "{{ namespace.__init__.__globals__['sys'] }}",
    ],
)
def test_a_template_stays_in_its_sandbox(template: str) -> None:
    """Nothing private is reached by any way round; whatever comes out, it is no inside of the program's."""
    text, reports = refused(template)

    assert text == refused("")[0]
    assert len(reports) == 1
    assert not re.search(r"<class|module|builtins|environ", text)


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "FILE:///etc/passwd", "file:data/x", "ftp://a.example/x"]
)
@pytest.mark.parametrize("name", ["FEED_URL", "POPULAR_URL"])
def test_a_feed_is_no_file(name: str, address: str) -> None:
    """What the settings name is fetched, never opened."""
    with pytest.raises(SettingsError, match=name):
        parse({**ENOUGH, name: address})
