"""A reader types, taps and asks inline, at the sandbox and the real store: everything is answered."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.inline import INLINE_PAGE
from tests.support_readers import ReadersRoom, buttons, readers_room
from tests.support_store import DAY, headline
from tests.support_telegram import RealClock

OLDER, NEWER = "Selengkapnya ›", "‹ Sebelumnya"
PICTURE = "https://kabar.example/foto.jpg"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[ReadersRoom]:
    """Forty-five headlines, numbered; the newest has a picture."""
    async with readers_room(tmp_path) as made:
        await made.home.record(
            *(headline(n, title=f"Harga beras ke-{n} <naik> & turun") for n in range(1, 45))
        )
        await made.home.record(headline(45, title="Harga beras ke-45", image=PICTURE))
        yield made


def numbers(text: str) -> list[int]:
    """Which headlines stand in a list."""
    return [int(line.partition("ke-")[2].split()[0]) for line in text.splitlines() if "ke-" in line]


# ---------------------------------------------------------------- search


async def test_a_search_is_turned_page_by_page(room: ReadersRoom) -> None:
    """One message, edited by each tap; each tap is answered."""
    message = await room.ask("/cari harga beras")
    assert message.text.startswith("Hasil pencarian: harga beras\n\nHarga beras ke-45\n")
    pages = [numbers(message.text)]
    while OLDER in buttons(message):
        await room.tap(message, OLDER)
        pages.append(numbers(message.text))
    assert [one for page in pages for one in page] == list(range(45, 0, -1))
    assert buttons(message) == [NEWER]
    await room.tap(message, NEWER)
    assert numbers(message.text) == pages[-2]
    assert len(room.own(room.private)) == 1


async def test_a_button_of_a_pruned_search_is_answered(room: ReadersRoom) -> None:
    """A bubble; the message stays as it is."""
    message = await room.ask("/cari harga")
    await room.home.sql("DELETE FROM searches")
    text = message.text
    answer = await room.tap(message, OLDER)
    assert answer["text"] == "Pencarian ini sudah terlalu lama. Silakan cari lagi: /cari"
    assert message.text == text


async def test_a_withdrawn_headline_is_gone_from_the_next_page(room: ReadersRoom) -> None:
    """And from every search after."""
    message = await room.ask("/cari beras")
    await room.home.sql("UPDATE headlines SET withdrawn_at = 1 WHERE id IN (35, 36)")
    await room.tap(message, OLDER)
    assert numbers(message.text) == [34, *range(33, 24, -1)]


async def test_a_deep_link_searches(room: ReadersRoom) -> None:
    """As t.me/bot?start=cari_… brings it."""
    assert numbers((await room.ask("/start cari_beras_ke_12")).text) == [12]


async def test_a_group_may_search_too(room: ReadersRoom) -> None:
    """Where the command means this bot."""
    assert numbers((await room.ask("/cari ke-7", room.group)).text) == [7]


# ---------------------------------------------------------------- inline


async def test_nothing_typed_shows_the_latest(room: ReadersRoom) -> None:
    """Picture, headline and timestamp to choose from; what is sent has the link."""
    _, answer = await room.inline("")
    first = answer["results"][0]
    assert (first["title"], first["thumbnail_url"]) == ("Harga beras ke-45", PICTURE)
    assert first["description"] == "Dunia · Rabu, 20 September 2023 | 06:00"
    assert first["message"]["text"] == "Harga beras ke-45\nRabu, 20 September 2023 | 06:00"
    assert [entity["type"] for entity in first["message"]["entities"]] == ["text_link"]
    assert "thumbnail_url" not in answer["results"][1]
    assert answer["results"][1]["title"] == "Harga beras ke-44 <naik> & turun"
    assert answer["cache_time"] <= 60
    assert len(answer["results"]) == INLINE_PAGE


@pytest.mark.parametrize("words", ["", "beras", "harga ber"])
async def test_pages_go_on_to_the_end(room: ReadersRoom, words: str) -> None:
    """Every headline once, whatever is recorded meanwhile."""
    _, first = await room.inline(words)
    await room.home.record(headline(99, title="Harga beras ke-99"))
    await room.home.sql("UPDATE headlines SET withdrawn_at = 1 WHERE id = 26")
    found = first["results"]
    offset = first["next_offset"]
    while offset:
        _, answer = await room.inline(words, offset)
        found += answer["results"]
        offset = answer["next_offset"]
    assert [int(one["id"]) for one in found] == list(range(45, 0, -1))


async def test_nothing_found_leads_to_the_bot(room: ReadersRoom) -> None:
    """A line above the empty list, in the reader's language."""
    _, answer = await room.inline("gajah")
    assert answer["results"] == []
    assert answer["button"]["text"] == "Berita tidak ditemukan"
    english = room.sandbox.moderators.add_user("Ann", language="en").user
    _, answer = await room.inline("gajah", user=english)
    assert answer["button"]["text"] == "No headlines found"


async def test_a_picture_that_telegram_refuses_costs_no_answer(room: ReadersRoom) -> None:
    """The results come without pictures."""
    refusal = "Bad Request: WEBDOCUMENT_URL_INVALID"
    room.sandbox.state.faults.add(kind="refuse", method="answerInlineQuery", code=400, description=refusal)
    _, answer = await room.inline("")
    assert len(answer["results"]) == INLINE_PAGE
    assert not [one for one in answer["results"] if "thumbnail_url" in one]


# ---------------------------------------------------------------- what is popular


async def post(room: ReadersRoom, number: int) -> int:
    """The story `number` stands in the channel; the message's id."""
    await room.home.news(number)
    said = await room.telegram.bot.call(
        "sendMessage", {"chat_id": room.channel.id, "text": f"Kabar {number}"}
    )
    await room.home.deliver(said["message_id"])
    return int(said["message_id"])


async def deeds(room: ReadersRoom, count: int) -> None:
    """Until readers are known to have done so much; Telegram tells of reactions late, and grouped."""

    async def known() -> int:
        done = await room.home.stores.engagement.deeds(DAY, RealClock().now())
        return sum(one.count for one in done)

    async with asyncio.timeout(20):
        while await known() != count:  # noqa: ASYNC110 - what is waited for knows no event
            await asyncio.sleep(0.01)


async def test_reactions_and_choices_rank(room: ReadersRoom) -> None:
    """All kinds summed, the last totals counting, a choice counting one; and it says by what."""
    assert (await room.ask("/populer")).text.startswith("Belum diketahui")
    one, two = await post(room, 101), await post(room, 102)
    react = room.sandbox.moderators.react
    react(room.channel, one, room.reader, "👍", 2)
    react(room.channel, two, room.reader, "🔥", 1)
    await deeds(room, 3)
    react(room.channel, two, room.reader, "👍", 2)
    query, answer = await room.inline("ke-44")
    room.sandbox.people.choose(query.id, answer["results"][0]["id"])
    await deeds(room, 6)

    text = (await room.ask("/populer")).text
    titles = [line for line in text.splitlines() if line.startswith(("Kabar nomor", "Harga"))]
    assert titles == ["Kabar nomor 102", "Kabar nomor 101", "Harga beras ke-44 <naik> & turun"]
    assert text.endswith("Menurut tanggapan pembaca di Telegram dalam 24 jam terakhir.")
    assert (await room.ask("/populer minggu")).text.endswith("dalam 7 hari terakhir.")


async def test_a_choice_of_nothing_counts_for_nothing(room: ReadersRoom) -> None:
    """Whatever stands in the update."""
    for result in ("", "x", "-1", "٣", "9" * 30, "4000"):
        user = room.reader.json()
        room.sandbox.state.updates.add(
            "chosen_inline_result", {"result_id": result, "from": user, "query": ""}
        )
    await room.quiet()
    await deeds(room, 0)


# ---------------------------------------------------------------- choices


async def test_a_chosen_language_is_spoken_everywhere(room: ReadersRoom) -> None:
    """In answers, lists and inline, and no more once it is erased."""
    offer = await room.ask("/bahasa")
    await room.tap(offer, "English")
    assert offer.text == "From now on I speak English."
    assert (await room.ask("/cari ke-45")).text.startswith('Found: "ke 45"\n\nHarga beras ke-45\nWednesday,')
    _, answer = await room.inline("")
    assert "Wednesday" in answer["results"][0]["description"]

    privacy = await room.ask("/privasi")
    assert privacy.text.startswith("Your privacy")
    answer = await room.tap(privacy, "Erase my data")
    assert answer["text"].startswith("Done")
    assert (await room.ask("/cari ke-45")).text.startswith("Hasil pencarian")


async def test_a_groups_language_is_its_administrators_choice(room: ReadersRoom) -> None:
    """Others are told so in a bubble; the group's choice counts there before a reader's own."""
    offer = await room.ask("/bahasa", room.group)
    refused = await room.tap(offer, "English", room.group)
    assert refused["text"] == "Hanya admin grup ini yang boleh memilih bahasanya."
    room.sandbox.moderators.set_member(room.group, room.reader, "administrator")
    await room.tap(offer, "English", room.group)
    assert offer.text == "From now on I speak English."
    assert (await room.ask("/cari ke-45", room.group)).text.startswith("Found")
    assert (await room.ask("/cari ke-45")).text.startswith("Hasil")


# ---------------------------------------------------------------- anything at all

_NAMES = (
    *("cari", "search", "terbaru", "latest", "populer", "popular", "kategori", "categories", "langganan"),
    *("subscribe", "berhenti", "stop", "bahasa", "language", "privasi", "privacy", "bantuan", "help"),
    *("start", "entah", ""),
)
_PIECES = (
    *(
        "harga",
        "beras",
        '"',
        "'",
        "*",
        "(",
        ")",
        "^",
        ":",
        "-",
        "NEAR(",
        "AND",
        "OR",
        "NOT",
        "title:",
        "{title}",
    ),
    *(
        "<b>",
        "</a>",
        "&lt;",
        "&",
        "<",
        ">",
        "; DROP TABLE headlines; --",
        "\u202e",
        "\u200b",
        "\u0301",
        "😀🏽",
    ),
    *("سلام", "שלום", "ß", "İ", "\t", "\n", "cari_", "start", "%s", "{0}", "{words}", "\x7f", "A" * 500),
)


def sentence(rng: random.Random) -> str:
    """What a person may type, up to 4096 characters of it."""
    name = rng.choice(_NAMES)
    words = rng.choice((" ", "")).join(rng.choices(_PIECES, k=rng.choice((0, 1, 3, 8, 60))))
    return (f"/{name} {words}" if name else words)[:4096].strip() or "?"


def refusals(room: ReadersRoom) -> list[str]:
    """What Telegram said no to; a page that stays as it is is no fault."""
    said = [entry["description"] for entry in room.sandbox.journal.entries("refused")]
    return [words for words in said if "message is not modified" not in words]


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_a_reader_sends_is_answered(room: ReadersRoom, seed: int) -> None:
    """No exception, no blank answer, no markup that Telegram refuses, no query left turning."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(12):
        message = await room.ask(sentence(rng))
        assert message.text.strip()
        for _tap in range(3):
            if labels := buttons(message):
                await room.tap(message, rng.choice(labels))
                assert message.text.strip()
        _, answer = await room.inline(
            sentence(rng)[:256], rng.choice(("", "o.1.1.", "o.zz.1.1-1", "\x00", "x"))
        )
        assert answer["results"] or not answer["next_offset"]
    assert not refusals(room)


_TAGS = ("t", "c", "b", "l", "p", "d", "zz", "")


def data(rng: random.Random) -> str:
    """What may come back from a button: forged, of another bot, of another version, of this one and cut or spoilt."""
    shape = rng.choice(
        ("1:{tag}:{rest}", "{rest}", "2:{tag}:{rest}", "1:{tag}", "{tag}:{rest}", "1:{tag}:{ours}")
    )
    rest = "".join(rng.choices(_PIECES, k=rng.choice((1, 2, 5))))
    ours = rng.choice(
        ("o.1.1.", "n.zz.9.abc", "c.", "c.0123456789ab", "h.07", "h.99", "w.x", "a", "d", "k", "id", "x")
    )
    made = shape.format(tag=rng.choice(_TAGS), rest=rest, ours=ours)
    return made.encode()[: rng.choice((3, 20, 64))].decode("utf-8", "ignore") or "?"


@pytest.mark.parametrize("seed", range(4))
async def test_callback_data_of_any_shape_is_answered(room: ReadersRoom, seed: int) -> None:
    """Politely, and without a word that Telegram refuses; no message that stands becomes blank."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    message = await room.ask("/terbaru")
    for _ in range(25):
        forged = data(rng)
        content = message.unpack()
        content["reply_markup"] = {"inline_keyboard": [[{"text": "?", "callback_data": forged}]]}
        message.content = json.dumps(content)
        answer = await room.tap(message, "?")
        assert answer is not None, forged
        assert message.text.strip(), forged
    assert not refusals(room)
