"""Backups that never post old news, and what `explain` tells of a headline's life."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.delivery import HoldReason, SkipReason, State
from bot.domain.headlines import Key, KeyKind
from bot.domain.links import article_key
from bot.domain.polling import NewDelivery
from bot.domain.subscriptions import Wish
from bot.errors import DatabaseUnusable
from bot.store.backup import back_up
from bot.store.connection import Database
from bot.store.explain import Explainer, Explanation
from tests.support_store import (
    DAY,
    FILE,
    HOUR,
    MINUTE,
    NOW,
    SITE,
    Home,
    channel,
    due,
    feed,
    headline,
    link,
    open_home,
    words,
)
from tests.support_store_verbs import busy_newsroom


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    """A store on disk, open all the while."""
    async with open_home(FILE, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def copied(home: Home) -> AsyncIterator[Home]:
    """A backup of it, and a bot that starts on the backup an hour later with the same settings."""
    target = home.path.with_name("backup.db")
    await back_up(home.path, target)
    folder = home.path.parent / "restored"
    folder.mkdir()
    target.rename(folder / "kabarbot.db")
    async with open_home(FILE, folder) as restored:
        restored.feeds, restored.channels = home.feeds, home.channels
        yield restored


def names(folder: Path) -> list[str]:
    """What stands there, but for the log of an open database."""
    return sorted(p.name for p in folder.iterdir() if not p.name.endswith(("-wal", "-shm")))


async def test_what_is_open_is_not_due_in_a_copy(home: Home) -> None:
    """Waiting, held, under way or of unknown outcome: SKIPPED(copy); what was sent stays, the original too."""
    await busy_newsroom(home)
    before = await home.stores.database.read("SELECT id, state FROM deliveries ORDER BY id")

    async with copied(home) as restored:
        rows = await restored.stores.database.read(
            "SELECT state, reason, count(*) AS n FROM deliveries GROUP BY state, reason"
        )
        heads = await restored.stores.outbox.heads(NOW + HOUR, 9)
        doubts = await restored.stores.doubts.doubts(NOW + HOUR)
        orphans = await restored.stores.outbox.orphans(set(), NOW, NOW)

    assert {(row["state"], row["reason"]): row["n"] for row in rows} == {
        ("SENT", None): 1,
        ("SKIPPED", "copy"): 4,
    }
    assert (heads, doubts, orphans) == ([], [], [])
    assert await home.stores.database.read("SELECT id, state FROM deliveries ORDER BY id") == before


async def test_a_restore_never_posts_old_news(home: Home) -> None:
    """What the feeds bring at their first good look afterwards counts as seen; what comes then is due."""
    await home.furnish()
    await home.news(1)
    async with copied(home) as restored:
        await restored.settle([channel()], [feed()], NOW + HOUR)
        (told,) = await restored.stores.polls.channels_for_routing()
        await restored.record(at=NOW + HOUR)
        (then,) = await restored.stores.polls.channels_for_routing()

    assert set(told.closed) == set(home.feeds)
    assert (then.closed, then.waiting) == (frozenset(), frozenset())


async def test_a_first_look_that_was_open_is_over(home: Home) -> None:
    """Nothing that was held for it becomes due in a copy."""
    await home.settle([channel()], [feed(1), feed(2)])
    held = NewDelivery(home.channels[0], State.HELD, HoldReason.FIRST_LOOK)
    await home.record(headline(1, held))
    async with copied(home) as restored:
        released = await restored.stores.polls.release_first_looks(NOW + HOUR, 9)
        fates = await restored.fates()

    assert (released, fates) == (0, {1: "copy"})


async def test_a_copy_sends_subscribers_no_old_news(home: Home) -> None:
    """Neither what was on its way nor what the first look afterwards brings; what comes then sets out."""
    await busy_newsroom(home)
    async with copied(home) as restored:
        news = restored.stores.news
        assert not await news.busy()
        assert await restored.stores.subscriptions.subscription(7) == (Wish(), None)
        await restored.record(headline(20), at=NOW + HOUR)
        assert not await news.busy()
        await restored.record(headline(21), at=NOW + HOUR)
        assert await news.expand(NOW + HOUR, 10_000 * DAY)
        (mine,) = [one for one in await news.heads(NOW + HOUR, 9) if one.reader == 7]
        assert [row.words.title for row in mine.headlines] == [headline(21).words.title]


async def test_no_twin_is_sought_from_a_copy(home: Home) -> None:
    """The original does it; the copy may be months old."""
    await home.furnish()
    (story,) = await home.news(1)
    (claim,) = await home.claim()
    await home.stores.outbox.uncertain(claim, NOW, "timed out", NOW)
    (doubt,) = await home.stores.doubts.doubts(NOW)
    await home.stores.doubts.absent(doubt, NOW)
    await home.deliver()
    assert len(await home.stores.doubts.doubts(NOW)) == 1
    async with copied(home) as restored:
        assert await restored.stores.doubts.doubts(NOW + HOUR) == []
        assert await restored.fate(story) == ("SENT", None)


async def test_a_copy_says_nothing_of_the_past(home: Home) -> None:
    """No old update is answered, no old alert is sent, no beat is taken for its own."""
    await busy_newsroom(home)
    await home.stores.upkeep.beat(["poller"], NOW)
    async with copied(home) as restored:
        assert await restored.stores.inbox.waiting() == []
        assert await restored.stores.alerts.next_alert(NOW + HOUR) is None
        assert await restored.stores.database.read("SELECT * FROM health") == []
        marks = await restored.stores.database.read("SELECT value FROM meta WHERE key = 'copy'")

    assert [row["value"] for row in marks] == ["marked"]


async def test_a_backup_is_one_file(home: Home) -> None:
    """Nothing beside it has to be carried along, and it is whole."""
    await busy_newsroom(home)
    target = home.path.with_name("backup.db")
    await back_up(home.path, target)

    assert stat.S_IMODE(target.stat().st_mode) == 0o600  # nobody else reads readers' ids and secrets
    assert names(home.path.parent) == ["backup.db", "kabarbot.db"]
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_what_an_earlier_try_left_is_no_obstacle(home: Home) -> None:
    """A backup that was killed leaves a part, never the file that was asked for."""
    await home.furnish()
    home.path.with_name("backup.db.part").write_text("half")
    await back_up(home.path, home.path.with_name("backup.db"))

    assert names(home.path.parent) == ["backup.db", "kabarbot.db"]


async def test_a_backup_that_cannot_be(home: Home) -> None:
    """No folder for it, nothing to copy: one line, and nothing is left behind."""
    await home.furnish()
    with pytest.raises(DatabaseUnusable, match="folder"):
        await back_up(home.path, home.path.parent / "nowhere" / "backup.db")
    with pytest.raises(DatabaseUnusable):
        await back_up(home.path.with_name("none.db"), home.path.with_name("backup.db"))
    home.path.with_name("folder.db").mkdir()
    with pytest.raises(DatabaseUnusable, match="cannot be written"):
        await back_up(home.path, home.path.with_name("folder.db"))

    assert names(home.path.parent) == ["folder.db", "kabarbot.db"]


# ---------------------------------------------------------------- explain


async def explain(home: Home, words_or_link: str) -> list[Explanation]:
    """As the command asks: beside the bot that runs."""
    database = await Database.open_to_read(home.path)
    try:
        return list(await Explainer(database).explain(words_or_link))
    finally:
        await database.close()


async def test_a_life_is_told(home: Home) -> None:
    """First seen, every wording, and each channel's message or the reason why there is none."""
    await home.furnish(*(channel(f"@kanal{n}") for n in range(1, 6)))
    one, two, three, four, five = home.channels
    rows = (
        *due(one, two),
        NewDelivery(three, State.SKIPPED, SkipReason.FILTERED, "exclude: bola"),
        NewDelivery(four, State.HELD, HoldReason.HOLD),
        NewDelivery(five, State.SKIPPED, SkipReason.TOO_OLD),
    )
    (story,) = (await home.record(headline(1, *rows), at=NOW + MINUTE)).headline_ids
    claims = {claim.target.channel_id: claim for claim in await home.claim(NOW + MINUTE)}
    await home.stores.outbox.sent([(claims[one], 100)], NOW + MINUTE)
    await home.stores.outbox.failed(claims[two], "message is too long", NOW + MINUTE)
    await home.correct(story, "Kabar yang diperbaiki", NOW + HOUR)

    (life,) = await explain(home, link(1))

    assert (life.title, life.link, life.first_seen) == ("Kabar yang diperbaiki", link(1), NOW + MINUTE)
    assert [(edit.title, edit.at) for edit in life.edits] == [("Kabar yang diperbaiki", NOW + HOUR)]
    assert [(d.channel, d.message_id, d.state, d.reason) for d in life.deliveries] == [
        ("@kanal1", 100, "SENT", ""),
        ("@kanal2", None, "FAILED", "message is too long"),
        ("@kanal3", None, "SKIPPED", "filtered: exclude: bola"),
        ("@kanal4", None, "HELD", "hold"),
        ("@kanal5", None, "SKIPPED", "too_old"),
    ]


@pytest.mark.parametrize(
    "asked",
    [
        f"{SITE}/dunia/kabar-yang-ke-7-hari-ini",
        "http://m.kabar.example/dunia/kabar-yang-ke-7-hari-ini/?utm_source=telegram#top",
        "  nomor 7 ",
        "KABAR NOMOR 7",
    ],
)
async def test_by_link_or_words(home: Home, asked: str) -> None:
    """Any link of the page, any part of the headline, in any case."""
    await home.furnish()
    await home.news(*range(6, 9))

    assert [life.title for life in await explain(home, asked)] == ["Kabar nomor 7"]


async def test_by_the_articles_id(home: Home) -> None:
    """A link of which only the article's number is known."""
    await home.furnish()
    old = "https://kabar.example/read/2024/11/21/4711/judul-lama"
    article = Key(KeyKind.ARTICLE, article_key(old) or "")
    await home.record(replace(headline(1, link=old), keys=(article,)))

    lives = await explain(home, "https://www.kabar.example/read/2024/11/21/4711/judul-baru")

    assert [life.link for life in lives] == [old]


@pytest.mark.parametrize(
    "asked", ["", "   ", "%", "_", "\\", "https://kabar.example/nowhere", "'; DROP TABLE"]
)
async def test_what_is_not_known(home: Home, asked: str) -> None:
    """Nothing, and no pattern of SQL is one."""
    await home.furnish()
    await home.news(1)

    assert await explain(home, asked) == []


async def test_no_more_than_twenty_newest_first(home: Home) -> None:
    """Words that mean many."""
    await home.furnish()
    await home.news(*range(1, 31))

    lives = await explain(home, "kabar nomor")

    assert [life.title for life in lives] == [f"Kabar nomor {n}" for n in range(30, 10, -1)]
    assert lives[0].first_seen == NOW
    assert words(30).title == lives[0].title
