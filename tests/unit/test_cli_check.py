"""What `check` prints: a table for people, JSON lines for scripts."""

from __future__ import annotations

import json

import pytest

from bot.cli.bot_api import open_api
from bot.cli.check import show
from bot.cli.checks.finding import bad, good

FINDINGS = [good("token of @kabar_bot"), bad("channel [bold]@kabar[/bold]", "add it as an administrator")]


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Exactly the names of the contract."""
    show(FINDINGS, as_json=True)

    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"what": "token of @kabar_bot", "ok": True, "cure": ""},
        {"what": "channel [bold]@kabar[/bold]", "ok": False, "cure": "add it as an administrator"},
    ]


def test_the_table_marks_what_is_not_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    """And takes nobody's words for markup."""
    show(FINDINGS, as_json=False)

    said = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ok") and "token of @kabar_bot" in line for line in said)
    assert any(line.startswith("NO") and "channel [bold]@kabar[/bold]" in line for line in said)
    assert any("add it as an administrator" in line for line in said)


def test_the_table_fits_80_columns_and_loses_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long an address is, it is told to its end."""
    monkeypatch.setenv("COLUMNS", "80")
    address = "https://portal.example/" + "/".join(f"rubrik-{number}" for number in range(40))
    show([bad(f"feed {address}", f"HTTP 404 from {address}: is this the right address?")], as_json=False)

    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    rows = [line.ljust(80) for line in said.splitlines()]
    cut = rows[0].index("cure")
    assert address in "".join(row[rows[0].index("what") : cut].rstrip() for row in rows)
    assert address in "".join(row[cut:].rstrip() for row in rows)


@pytest.mark.parametrize("token", ["1:AAbbCCdd", "1%3AAAbbCCdd", "1%3aAAbbCCdd"])
async def test_the_token_is_masked_however_it_is_written(token: str) -> None:
    """On the wire the colon may be escaped."""
    async with open_api("http://127.0.0.1:9", "1:AAbbCCdd") as api:
        assert api.masked(f"https://a.example/{token}/x") == "https://a.example/…/x"
