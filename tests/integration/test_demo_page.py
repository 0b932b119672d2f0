"""The demo's web server over HTTP, without a bot: what it shows, what it does, and whom it refuses."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.sandbox.demo import Demo, Wishes
from bot.sandbox.demo_page import DemoPage
from bot.sandbox.demo_portal import DemoPortal
from bot.sandbox.demo_stage import Stage
from bot.sandbox.demo_wire import Wire
from bot.sandbox.server import Options, Sandbox
from tests.support_world import until

NEVER = 3_600.0
PATIENCE = 10.0


@dataclass
class Scene:
    """A running world without a bot, and a client that says it is the page."""

    demo: Demo
    sandbox: Sandbox
    portal: DemoPortal
    url: str
    client: aiohttp.ClientSession

    @property
    def stage(self) -> Stage:
        return self.demo.stage

    async def do(self, name: str, **body: object) -> str:
        """An act, as the page asks for it; why it was refused, or nothing."""
        async with self.client.post(f"{self.url}/demo/do/{name}", json=body) as answer:
            assert answer.status in {200, 400}
            return str((await answer.json()).get("error", ""))

    async def post(self, article: int) -> int:
        """What the bot would do: a post that leads to an article; its message id."""
        link = next(self.portal.link(each) for each in self.portal.newest(50) if each.id == article)
        text = f'<b><a href="{link}">Judul</a></b>'
        body = {"chat_id": self.stage.channel.id, "text": text, "parse_mode": "HTML"}
        call = f"{self.sandbox.url}/bot{self.sandbox.token}/sendMessage"
        async with self.client.post(call, json=body) as answer:
            return int((await answer.json())["result"]["message_id"])


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """Everything of the demo but the bot, on free ports; nothing is published by itself."""
    wishes = Wishes(every=NEVER, operator="http://127.0.0.1:9")
    async with Sandbox(Options(limits=False)) as sandbox, DemoPortal(every=NEVER) as portal:
        demo = Demo(sandbox, portal, wishes)
        async with DemoPage(demo.stage, demo.acts) as page:
            following = asyncio.ensure_future(demo.show(page.url))
            await asyncio.sleep(0)
            async with aiohttp.ClientSession(headers={"Origin": page.url}) as client:
                yield Scene(demo, sandbox, portal, page.url, client)
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await demo.acts.close()


class Events:
    """The page's events, one after the other."""

    def __init__(self, stream: aiohttp.StreamReader) -> None:
        self._stream = stream

    async def next(self, kind: str) -> dict[str, Any]:
        """The next event of a kind; others are passed over."""
        async with asyncio.timeout(PATIENCE):
            while line := await self._stream.readline():
                if line.startswith(b"data: "):
                    event: dict[str, Any] = json.loads(line[6:])
                    if event["kind"] == kind:
                        return event
        raise AssertionError(f"the events ended before {kind}")


@asynccontextmanager
async def events(here: Scene) -> AsyncIterator[Events]:
    """The event stream, opened."""
    async with here.client.get(f"{here.url}/demo/events") as answer:
        assert answer.content_type == "text/event-stream"
        yield Events(answer.content)


async def test_the_page_may_load_nothing_from_elsewhere() -> None:
    """One policy for page, script and style: this origin only, and no frame of another site around it."""
    async with scene() as here:
        for path in ("/", "/demo/demo.js", "/demo/demo.css", "/demo/mark.svg"):
            async with here.client.get(here.url + path) as answer:
                assert answer.status == 200
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "https://" not in (await answer.text())
        async with here.client.get(f"{here.url}/demo/index.html") as answer:
            assert answer.status == 404


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", ""])
async def test_another_page_can_do_nothing(origin: str) -> None:
    """An act without this page's own Origin is refused, and nothing happens."""
    async with scene() as here, aiohttp.ClientSession() as stranger:
        headers = {"Origin": origin} if origin else {}
        async with stranger.post(f"{here.url}/demo/do/ten", json={}, headers=headers) as answer:
            assert answer.status == 403
        assert here.stage.count.published == 0


async def test_another_hosts_name_is_refused() -> None:
    """A name of somebody's own that leads to 127.0.0.1 reads nothing and does nothing."""
    async with scene() as here:
        for method, path in (("GET", "/"), ("GET", "/demo/events"), ("POST", "/demo/do/ten")):
            headers = {"Host": "evil.example", "Origin": "http://evil.example"}
            async with here.client.request(method, here.url + path, headers=headers) as answer:
                assert answer.status == 403


@pytest.mark.parametrize("body", ["", "[]", "{", '"x"'])
async def test_a_body_that_is_no_object_is_refused(body: str) -> None:
    """With a reason, not with a crash."""
    async with scene() as here:
        headers = {"Content-Type": "application/json"}
        async with here.client.post(f"{here.url}/demo/do/say", data=body, headers=headers) as answer:
            assert answer.status == 400
            assert "JSON" in (await answer.json())["error"]
        async with here.client.post(f"{here.url}/demo/do/say", data={"text": "x"}) as answer:
            assert answer.status == 400
        async with here.client.post(f"{here.url}/demo/do/nothing", json={}) as answer:
            assert answer.status == 404


async def test_the_portal_is_served_under_this_origin() -> None:
    """Its links lead back here, its pictures come, its errors are its own; its levers are out of reach."""
    async with scene() as here:
        article = here.portal.publish("Judul <b>sendiri</b>")
        async with here.client.get(f"{here.url}/portal/") as answer:
            text = await answer.text()
            assert "Judul &lt;b&gt;sendiri&lt;/b&gt;" in text
            assert f'href="/portal{article.path}"' in text
            assert here.portal.url not in text
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        async with here.client.get(f"{here.url}/portal/gambar/{article.id}.png") as answer:
            assert answer.content_type == "image/png"
        for path in ("control", "control/break", "tidak-ada"):
            async with here.client.get(f"{here.url}/portal/{path}") as answer:
                assert answer.status == 404
        await here.do("break")
        async with here.client.get(f"{here.url}/portal/") as answer:
            assert answer.status == 500


async def test_a_page_gets_everything_first_and_then_what_changes() -> None:
    """A snapshot, a message as it is posted with its preview, the counter, a reaction, a deletion."""
    async with scene() as here, events(here) as told:
        first = await told.next("snapshot")
        assert first["messages"] == {"channel": [], "private": []}
        assert first["links"] == {"operator": "http://127.0.0.1:9", "portal": here.portal.url}
        assert await here.do("publish", title="Judul") == ""
        await told.next("front")
        number = await here.post(here.portal.archive.last_id)
        message = (await told.next("message"))["message"]
        assert (message["id"], message["text"], message["edited"]) == (number, "Judul", False)
        assert message["preview"]["title"] == "Judul"
        assert (await told.next("state"))["state"]["count"]["posted"] == 1
        assert await here.do("react", id=number, emoji="🔥") == ""
        reacted = (await told.next("message"))["message"]["reactions"]
        assert reacted == [{"emoji": "🔥", "count": 1, "mine": True}]
        here.sandbox.moderators.delete_messages(here.stage.channel, [number])
        assert (await told.next("gone"))["id"] == number
        assert (await told.next("state"))["state"]["count"]["lost"] == 1


async def test_a_picture_is_shown_and_one_that_was_never_sent_is_not_found() -> None:
    """What the bot uploaded, byte for byte, under the page's own origin; an empty one is refused as Telegram does."""
    content = b"\x89PNG\r\n\x1a\n and so on"
    async with scene() as at:
        call = f"{at.sandbox.url}/bot{at.sandbox.token}/sendPhoto"
        for picture, status in ((b"", 400), (content, 200)):
            form = aiohttp.FormData({"chat_id": str(at.stage.reader.id), "caption": "Statistik"})
            form.add_field("photo", picture, filename="picture.png", content_type="image/png")
            async with at.client.post(call, data=form) as answer:
                assert answer.status == status
        (shown,) = at.stage.snapshot()["messages"]["private"]
        assert shown["text"] == "Statistik"
        async with at.client.get(at.url + shown["picture"]) as answer:
            assert (answer.content_type, await answer.read()) == ("image/png", content)
        async with at.client.get(f"{at.url}/demo/picture/none") as answer:
            assert answer.status == 404
        at.sandbox.people.post(at.stage.channel, "Foto", photo=True)
        (elsewhere,) = at.stage.snapshot()["messages"]["channel"]
        assert elsewhere["picture"] == ""


async def test_one_reaction_a_reader_and_none_of_ones_own_making() -> None:
    """Another one replaces it, the same one takes it back, an unknown one or a missing post is refused."""
    async with scene() as here:
        await here.do("publish")
        number = await here.post(here.portal.archive.last_id)
        message = here.stage.channel.messages[number]
        await here.do("react", id=number, emoji="👍")
        await here.do("react", id=number, emoji="❤")
        assert message.reactions == {"❤": 1}
        await here.do("react", id=number, emoji="❤")
        assert message.reactions == {}
        assert "no reaction" in await here.do("react", id=number, emoji="x")
        assert await here.do("react", id=99, emoji="❤") != ""
        assert await here.do("react", id="1", emoji="❤") != ""
        assert 99 not in here.stage.mine


async def test_what_cannot_be_done_is_refused_in_plain_words() -> None:
    """No words, too many, a feed's worth waiting already, no post to correct, no bot to kill."""
    async with scene() as here:
        assert "at least one word" in await here.do("publish", title="<b></b> !")
        assert "too long" in await here.do("publish", title="x" * 301)
        assert "no post left" in await here.do("correct")
        assert "not running" in await here.do("kill")
        assert "write a few words" in await here.do("say", text="  ")
        for _ in range(3):
            assert await here.do("ten") == ""
        assert "30 headlines are on their way" in await here.do("ten")
        assert here.stage.count.published == 30


async def test_each_headline_is_corrected_once() -> None:
    """A second correction goes to the next post: Telegram edits one post once a minute at most."""
    async with scene() as here:
        for _ in range(2):
            await here.do("publish")
            await here.post(here.portal.archive.last_id)
        assert await here.do("correct") == ""
        assert await here.do("correct") == ""
        titles = [article.title for article in here.portal.newest(2)]
        assert all(title.endswith("Begini Penjelasannya") for title in titles)
        assert await here.do("correct") != ""


async def test_the_newsroom_waits_while_it_is_broken_or_far_ahead() -> None:
    """The portal is busy from twenty waiting headlines on, and free again when they are posted."""
    async with scene() as here:
        await here.do("ten")
        assert not here.portal.busy()
        await here.do("ten")
        assert here.portal.busy()
        await here.post(here.portal.archive.last_id)
        assert not here.portal.busy()


async def test_kicked_and_restored_the_channel_is_its_old_self() -> None:
    """The bot loses its seat and gets it back with the one right it needs; the story tells both."""
    async with scene() as here:
        await here.do("kick")
        assert here.stage.kicked
        assert here.stage.channel.me.status == "kicked"
        await here.do("restore")
        assert here.stage.channel.me.may("can_post_messages")
        assert not here.stage.channel.me.may("can_edit_messages")
        told = [each["text"] for each in here.stage.snapshot()["story"]]
        assert "removed" in told[0]
        assert "let back in" in told[1]


async def test_the_bot_is_killed_when_the_third_post_has_arrived() -> None:
    """Not before; the supervisor is asked once; Telegram's answer to that post does not come in time."""
    asked: list[int] = []
    async with scene() as here:
        here.demo.acts.kill = lambda: asked.append(here.stage.count.posted)
        here.stage.bot_changed(4711)
        assert await here.do("kill") == ""
        assert "already" in await here.do("kill")
        first = here.portal.archive.last_id - 9
        await here.post(first)
        await here.post(first + 1)
        assert asked == []
        third = asyncio.ensure_future(here.post(first + 2))
        await until(lambda: asked, "the kill")
        assert not third.done()
        assert here.stage.count.posted == 3
        third.cancel()
        await asyncio.gather(third, return_exceptions=True)
        assert len(asked) == 1
        assert here.sandbox.state.faults.rules == []


async def test_a_bot_that_cannot_post_is_killed_at_once() -> None:
    """With the channel closed to it there is no post to wait for, and nothing is published for nothing."""
    asked: list[str] = []
    async with scene() as here:
        here.demo.acts.kill = lambda: asked.append("kill")
        here.stage.bot_changed(4711)
        await here.do("kick")
        assert await here.do("kill") == ""
        assert asked == ["kill"]
        assert here.stage.count.published == 0


async def test_catching_up_is_told_once_all_has_arrived() -> None:
    """After the bot was away, and with the truth about it."""
    async with scene() as here:
        await here.do("publish")
        here.stage.bot_changed(0)
        here.stage.bot_changed(4711)
        assert "Caught up" not in here.stage.snapshot()["story"][-1]["text"]
        await here.post(here.portal.archive.last_id)
        await until(lambda: "Nothing lost" in here.stage.snapshot()["story"][-1]["text"], "the sentence")


async def test_a_page_that_does_not_read_is_let_go() -> None:
    """Memory is bounded: its queue ends, and it comes back for a snapshot."""
    async with scene() as here:
        queue = here.stage.watch()
        while not queue.full():
            here.stage.front_changed()
        here.stage.front_changed()
        here.stage.front_changed()
        last = [queue.get_nowait() for _ in range(queue.qsize())][-1]
        assert last == {"kind": "end"}


async def test_the_supervisor_and_the_world_hear_each_other() -> None:
    """The world asks for a kill and learns of the bot's processes; it says when a later one is up."""
    ours, theirs = socket.socketpair()
    async with scene() as here:
        reader, writer = await asyncio.open_connection(sock=ours)
        wire = await Wire.opened(theirs.detach())
        obeying = asyncio.ensure_future(here.demo.obey(wire))
        writer.write(b'{"bot": "running", "pid": 11}\n')
        await until(lambda: here.stage.pid == 11, "the bot's process")
        await here.do("kick")
        await here.do("kill")
        assert json.loads(await reader.readline()) == {"do": "kill"}
        writer.write(b'{"bot": "ended", "code": -9}\n')
        await until(lambda: not here.stage.pid, "its end")
        writer.close()
        await obeying
        await wire.close()
