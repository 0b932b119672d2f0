"""Trouble over real HTTP: channels that refuse, limits, posts that Telegram refuses, Telegram out of reach."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from bot.sandbox.world import Chat
from tests.support_world import world


def refusal(code: int, description: str, **parameters: Any) -> dict[str, Any]:
    """Fields of a fault that refuses one send."""
    return {
        "kind": "refuse",
        "method": "sendMessage",
        "code": code,
        "description": description,
        "parameters": parameters or None,
    }


def desk_heard(desk: Chat, *words: str) -> int:
    """How many messages of the bot's in the desk's chat hold all of `words`."""
    return sum(
        all(word in message.text for word in words) for message in desk.messages.values() if message.own
    )


async def test_a_channel_that_throws_the_bot_out_and_lets_it_in(tmp_path: Path) -> None:
    """It is paused, the others go on, the desk is told once and once when it is over; what it missed comes."""
    async with world(tmp_path, channels=2) as place:
        desk = place.moderators.add_chat("supergroup", "Meja")
        await place.start(OPS_CHAT=str(desk.id))
        lost, other = place.channels
        await place.until_posted(1, chat=lost)
        place.moderators.set_rights(lost, "kicked")
        missed = [place.portal.publish().title for _ in range(2)]
        await place.until_posted(3, chat=other)
        await place.until(lambda: desk_heard(desk, "kabar0"), "the desk hears of it")
        tried = place.calls("sendMessage")
        await place.until_looked(2)
        assert tried == place.calls("sendMessage")
        place.moderators.set_rights(lost, "administrator")
        await place.until_posted(3, chat=lost)
        await place.until(lambda: desk_heard(desk, "kabar0") == 2, "the desk hears of its end")

        assert missed == place.headlines(lost)[1:]
        assert len(place.posts(desk)) == 2


async def test_a_group_that_became_a_supergroup_is_followed(tmp_path: Path) -> None:
    """After the upgrade posts go to the new chat, once each, also after a restart."""
    async with world(tmp_path, kind="group") as place:
        bot = await place.start()
        await place.until_posted(1)
        new = place.moderators.upgrade(place.channel)
        first = place.portal.publish().title
        await place.until_posted(1, chat=new)
        assert await bot.terminate() == 0
        await place.start()
        second = place.portal.publish().title
        await place.until_posted(2, chat=new)

        assert [first, second] == place.headlines(new)
        assert len(place.headlines()) == 1


async def test_an_upgrade_while_the_bot_is_down(tmp_path: Path) -> None:
    """The refusal of a send tells of the new chat, and the same post goes there."""
    async with world(tmp_path, kind="group") as place:
        bot = await place.start()
        await place.until_posted(1)
        assert await bot.terminate() == 0
        new = place.moderators.upgrade(place.channel)
        place.sandbox.state.updates.stop()
        title = place.portal.publish().title
        await place.start()
        await place.until_posted(1, chat=new)

        assert [title] == place.headlines(new)


async def test_a_post_refused_for_its_text_goes_out_plain(tmp_path: Path) -> None:
    """`can't parse entities` is our fault: the words and the link go out without markup, in their place."""
    async with world(tmp_path) as place:
        await place.start()
        await place.until_posted(1)
        place.sandbox.state.faults.add(
            **refusal(400, "Bad Request: can't parse entities: oh"), chat=place.channel.id
        )
        articles = [place.portal.publish() for _ in range(2)]
        await place.until_posted(3)
        plain = place.posts()[1].unpack()

        assert [article.title for article in articles] == place.headlines()[1:]
        assert {e["type"] for e in plain.get("entities", [])} <= {"url"}
        assert place.portal.link(articles[0]) in plain["text"].splitlines()


async def test_a_post_refused_in_every_form_fails_alone(tmp_path: Path) -> None:
    """What is behind a post that Telegram does not take goes out."""
    async with world(tmp_path) as place:
        await place.start()
        await place.until_posted(1)
        fault = refusal(400, "Bad Request: message is too long") | {"times": 0, "contains": "Yang ditolak"}
        place.sandbox.state.faults.add(**fault)
        place.portal.publish("Yang ditolak")
        title = place.portal.publish().title
        await place.until_posted(2)

        assert [title] == place.headlines()[1:]
        assert place.states()["FAILED"] == 1


async def test_a_429_stops_its_own_chat_only_and_through_a_restart(tmp_path: Path) -> None:
    """The others go on; the chat waits its time, also after a restart, and then gets everything once."""
    async with world(tmp_path, channels=2) as place:
        bot = await place.start()
        slow, other = place.channels
        await place.until_posted(1, chat=slow)
        await place.until_posted(1, chat=other)
        place.sandbox.state.faults.add(
            **refusal(429, "Too Many Requests: retry after 8", retry_after=8), chat=slow.id
        )
        titles = [place.portal.publish().title for _ in range(2)]
        await place.until_posted(3, chat=other)
        refused = place.sandbox.state.clock.now()
        assert len(place.headlines(slow)) == 1
        await bot.kill()
        await place.start()
        await place.until_posted(3, chat=slow)
        waited = place.accepted(slow)[1]["at"] - refused

        assert titles == place.headlines(slow)[1:] == place.headlines(other)[1:]
        assert waited > 3.0


async def test_telegram_out_of_reach_at_start_is_waited_for(tmp_path: Path) -> None:
    """The bot does not end; the portal is looked at meanwhile; posts go out when Telegram is there."""
    async with world(tmp_path) as place:
        await place.sandbox.close_port()
        bot = await place.start()
        await place.until_looked(2)
        assert not bot.ended
        await place.sandbox.open_port()
        await place.until_posted(1)


async def test_telegram_goes_away_and_comes_back(tmp_path: Path) -> None:
    """Headlines that come while Telegram is out of reach are posted afterwards, once and in order."""
    async with world(tmp_path) as place:
        await place.start()
        await place.until_posted(1)
        await place.sandbox.close_port()
        titles = [place.portal.publish().title for _ in range(3)]
        await place.until_looked(3)
        await place.sandbox.open_port()
        await place.until_posted(4)
        await place.until_quiet()

        assert titles == [entry["text"].partition("\n")[0] for entry in place.accepted()][1:]


async def test_the_log_is_followed_by_headline_and_channel(tmp_path: Path) -> None:
    """As JSON, one event a line: all that happened to a post of unknown outcome carries both."""
    async with world(tmp_path) as place:
        await place.start(LOG_FORMAT="json", LOG_LEVEL="debug")
        await place.until_posted(1)
        place.sandbox.state.faults.add(kind="drop_before", method="sendmessage")
        place.portal.publish("Yang diikuti")
        await place.until_posted(2)
        await place.until(lambda: "twin_sought" in place.bot.output, "the search for a twin")
        (row,) = place.rows("SELECT id FROM headlines WHERE title = 'Yang diikuti'")
        lines = [json.loads(line) for line in place.bot.output.splitlines()]
        told = [line for line in lines if line.get("headline") == row["id"]]

    assert [line["event"] for line in told] == [
        *("post_sending", "post_answered", "post_uncertain", "post_asked_about"),
        *("post_resending", "post_sending", "post_answered", "posted", "post_asked_about", "twin_sought"),
    ]
    assert {line["channel"] for line in told} == {"@kabar0"}
    assert [line["event"] for line in lines if row["id"] in line.get("headlines", ())] == [
        "headlines_recorded"
    ]


async def test_a_channel_that_does_not_exist_stops_no_other(tmp_path: Path) -> None:
    """An unknown name in CHANNELS is trouble of its own."""
    async with world(tmp_path) as place:
        await place.start(CHANNELS=f"@tidak_ada_sama_sekali,{place.settings['CHANNELS']}")

        assert await place.until_posted(1)


async def test_an_unknown_method_does_not_end_the_bot(tmp_path: Path) -> None:
    """A Bot API server that does not know setMyCommands or getChat's kin is no reason to stop."""
    async with world(tmp_path) as place:
        unknown = {"kind": "refuse", "code": 404, "description": "Not Found: method not found", "times": 0}
        place.sandbox.state.faults.add(**unknown, method="setMyCommands")
        bot = await place.start()
        await place.until_posted(1)
        title = place.portal.publish().title
        await place.until_posted(2)

        assert title == place.headlines()[-1]
        assert not bot.ended


async def test_a_webhook_that_somebody_sets_is_named_and_removed(tmp_path: Path) -> None:
    """The desk hears its address, and that updates come again; readers are answered."""
    async with world(tmp_path) as place:
        desk = place.moderators.add_chat("supergroup", "Meja")
        await place.start(OPS_CHAT=str(desk.id))
        await place.until_posted(1)
        address = f"{place.sandbox.url}/bot{place.sandbox.token}/setWebhook"
        async with ClientSession() as session, session.post(address, data={"url": "https://lain.id/hook"}):
            pass
        await place.until(lambda: desk_heard(desk, "https://lain.id/hook"), "the desk hears whose it is")
        chat, reader = place.reader()
        place.people.say(chat, reader, "/terbaru")
        await place.until(lambda: place.posts(chat), "an answer")
        await place.until(lambda: desk_heard(desk, "datang lagi"), "the desk hears of its end")

        assert len(place.posts(desk)) == 2
