"""`/start`, `/bantuan`, and the menus: all read off one list of commands."""

from __future__ import annotations

import re

import pytest

from tests.support_commands import MemoryHeadlines, answers, ask, headlines, titles


async def test_start_welcomes_and_names_the_portal() -> None:
    """Who it is, what it does, and where to find it again."""
    reply = await answers(MemoryHeadlines()).answer(ask("/start"))
    assert reply.heading == "Selamat datang di Kabar Contoh!"
    assert "/terbaru [kategori] – berita terbaru" in reply.text
    assert "/bantuan" in reply.note


@pytest.mark.parametrize(
    ("language", "listed"),
    [
        ("id", ["terbaru", "populer", "cari", "kategori", "langganan", "berhenti", "bahasa", "privasi"]),
        ("en", ["latest", "popular", "search", "categories", "subscribe", "stop", "language", "privacy"]),
    ],
)
async def test_help_lists_the_commands_in_the_readers_language(language: str, listed: list[str]) -> None:
    """Names, arguments and descriptions, one command a line."""
    reply = await answers(MemoryHeadlines()).answer(ask("/help", language=language))
    assert re.findall(r"^/(\w+)", reply.text, re.MULTILINE) == listed


@pytest.mark.parametrize(
    "payload", ["", "ref123", "start", "bantuan", "<b>", "terbaru dunia", "_", "x" * 4096]
)
async def test_a_start_with_an_unknown_payload_is_a_start(payload: str) -> None:
    """Where a deep link leads nowhere, the reader is welcome all the same."""
    reply = await answers(MemoryHeadlines(headlines(3, kicker="Dunia"))).answer(ask(f"/start {payload}"))
    assert reply.heading == "Selamat datang di Kabar Contoh!"


async def test_a_known_deep_link_leads_to_its_command() -> None:
    """A link on the portal's page may open a category."""
    room = answers(MemoryHeadlines(headlines(3, kicker="Dunia")))
    assert len(titles(await room.answer(ask("/start terbaru")))) == 3
    assert (await room.answer(ask("/start latest_dunia"))).heading == "Berita terbaru: Dunia"


def test_menus_are_what_telegram_takes() -> None:
    """1 to 32 of a-z0-9_ and a description of 3 to 256 characters (Bot API, BotCommand), once each."""
    room = answers(MemoryHeadlines())
    for language in ("id", "en"):
        entries = room.menu(language)
        assert all(re.fullmatch(r"[a-z0-9_]{1,32}", entry.command) for entry in entries)
        assert all(3 <= len(entry.description) <= 256 for entry in entries)
        assert len({entry.command for entry in entries}) == len(entries)
    names = [
        "terbaru",
        "populer",
        "cari",
        "kategori",
        "langganan",
        "berhenti",
        "bahasa",
        "privasi",
        "bantuan",
    ]
    assert [entry.command for entry in room.menu("id")] == names
    assert room.menu("en")[0].description == "The latest headlines"
