"""Each fault as a client sees it, and the journal as the truth behind it."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from tests.support_sandbox import Bench, bench

SEND = {"chat_id": "@kabar", "text": "Judul"}
BROKEN = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)


def fault(at: Bench, kind: str, **more: Any) -> None:
    at.sandbox.state.faults.add(kind=kind, method="sendMessage", **more)


def sent(at: Bench) -> int:
    return len(at.sandbox.journal.entries("sent"))


async def raw(at: Bench) -> tuple[int, str, str]:
    """Status, content type and text of a send, read to its end."""
    async with at.session.post(at.address("sendMessage"), json=SEND) as answer:
        return answer.status, answer.content_type, await answer.text()


@pytest.mark.parametrize(("kind", "accepted"), [("drop_before", 0), ("drop_after", 1), ("cut_body", 1)])
async def test_connections_that_break(kind: str, accepted: int) -> None:
    """The client sees a broken connection; whether the message was taken differs."""
    async with bench() as at:
        fault(at, kind)
        with pytest.raises(BROKEN):
            await raw(at)
        assert sent(at) == accepted
        assert len(at.texts()) == accepted
        await at.send("berikutnya")


@pytest.mark.parametrize(("kind", "accepted"), [("hang_before", 0), ("hang_after", 1)])
async def test_silence_until_the_client_gives_up(kind: str, accepted: int) -> None:
    """No answer comes; the message was taken or not before the client lost patience."""
    async with bench() as at:
        fault(at, kind)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(raw(at), 0.5)
        assert sent(at) == accepted


async def test_a_hang_can_end_in_a_broken_connection() -> None:
    """After its seconds the server closes without an answer."""
    async with bench() as at:
        fault(at, "hang_before", seconds=0.1)
        with pytest.raises(BROKEN):
            await raw(at)


@pytest.mark.parametrize(
    ("kind", "status", "kind_of_page", "accepted"),
    [
        ("error_before", 502, "text/html", 0),
        ("error_after", 502, "text/html", 1),
        ("html", 200, "text/html", 1),
        ("cut_json", 200, "application/json", 1),
    ],
)
async def test_answers_that_are_none(kind: str, status: int, kind_of_page: str, accepted: int) -> None:
    """Proxy pages and broken JSON, with the message taken or not."""
    async with bench() as at:
        fault(at, kind)
        got, content_type, text = await raw(at)
        assert (got, content_type, sent(at)) == (status, kind_of_page, accepted)
        assert text.startswith("<html>") or not text.endswith("}")


async def test_a_refusal_of_any_code() -> None:
    """Code, words and parameters are the test's; the message is not taken."""
    async with bench() as at:
        fault(at, "refuse", code=403, description="Forbidden: x", parameters={"retry_after": 3})
        body = await at.call("sendMessage", **SEND)
        assert body == {
            "ok": False,
            "error_code": 403,
            "description": "Forbidden: x",
            "parameters": {"retry_after": 3},
        }
        assert sent(at) == 0


async def test_a_429_after_an_accepted_send() -> None:
    """The rare lie: refused with a wait, and yet it was sent. It counts as a 429 in the journal."""
    async with bench() as at:
        fault(at, "flood_after", retry_after=5)
        body = await at.call("sendMessage", **SEND)
        assert body["parameters"] == {"retry_after": 5}
        assert at.texts() == ["Judul"]
        assert [entry["code"] for entry in at.sandbox.journal.entries("limited")] == [429]


async def test_sent_and_immediately_deleted() -> None:
    """A 500 with Telegram's words for something that was sent."""
    async with bench() as at:
        fault(at, "sent_deleted")
        wanted = "Internal Server Error: sent message was immediately deleted"
        assert await at.refused("sendMessage", **SEND) == wanted
        assert sent(at) == 1


async def test_a_late_delivery_takes_its_id_late() -> None:
    """The connection breaks at once, another post takes the next id, then the message appears behind it."""
    async with bench() as at:
        fault(at, "late", seconds=0.6, drop=True)
        with pytest.raises(BROKEN):
            await raw(at)
        assert at.texts() == []
        assert await at.send("tepat waktu") == 2
        await wait_for_texts(at, 2)
        assert at.texts() == ["tepat waktu", "Judul"]


async def wait_for_texts(at: Bench, count: int) -> None:
    async with asyncio.timeout(5):
        entries = at.sandbox.journal.follow()
        while len(at.texts()) < count:
            await entries.get()
    at.sandbox.journal.unfollow(entries)


async def test_a_late_delivery_goes_on_without_its_client() -> None:
    """The client gave up long before; the message comes all the same."""
    async with bench() as at:
        fault(at, "late", seconds=1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(raw(at), 0.05)
        assert at.texts() == []
        await wait_for_texts(at, 1)


@pytest.mark.parametrize("kind", ["delay", "delay_after"])
async def test_a_slow_answer_is_still_the_right_one(kind: str) -> None:
    """It takes its time and is an ordinary answer."""
    async with bench() as at:
        fault(at, kind, seconds=0.15)
        before = time.monotonic()
        assert await at.send() == 2
        assert time.monotonic() - before >= 0.15


async def test_faults_by_chat_and_by_number() -> None:
    """Only the second send to one channel goes wrong."""
    async with bench() as at:
        at.moderators.add_chat("channel", "Lain", username="lain")
        fault(at, "refuse", chat="@kabar", nth=2)
        outcomes = [
            (await at.call("sendMessage", chat_id=chat, text="x"))["ok"]
            for chat in ("@lain", "@kabar", "@lain", "@kabar", "@kabar")
        ]
        assert outcomes == [True, True, True, False, True]
        assert [entry["fault"] for entry in at.sandbox.journal.entries("fault")] == ["refuse"]


async def test_a_fault_on_a_name_hits_calls_by_id() -> None:
    """And the other way round; another chat is spared."""
    async with bench() as at:
        at.moderators.add_chat("channel", "Lain", username="lain")
        fault(at, "refuse", chat="@kabar")
        fault(at, "refuse", chat=at.channel.id)
        for chat in (at.channel.id, "@kabar"):
            assert (await at.call("sendMessage", chat_id="@lain", text="x"))["ok"]
            assert not (await at.call("sendMessage", chat_id=chat, text="x"))["ok"]


async def test_offline_breaks_every_connection_and_online_heals_it() -> None:
    """A poll that waits is broken, calls fail, and all is well afterwards."""
    async with bench() as at:
        poll = asyncio.create_task(at.call("getUpdates", timeout=20))
        await asyncio.sleep(0.05)
        at.sandbox.line.offline = True
        at.sandbox.line.cut_all()
        with pytest.raises(BROKEN):
            await asyncio.wait_for(poll, 5)
        with pytest.raises(BROKEN):
            await raw(at)
        at.sandbox.line.offline = False
        assert await at.send() == 2
        assert sent(at) == 1


async def test_a_closed_port_refuses_connections() -> None:
    """As a dead server does; the port is the same when it is back."""
    async with bench() as at:
        url = at.sandbox.url
        await at.sandbox.close_port()
        with pytest.raises(aiohttp.ClientConnectorError):
            await raw(at)
        await at.sandbox.open_port()
        assert at.sandbox.url == url
        assert await at.send() == 2


async def test_a_slow_line_slows_every_call() -> None:
    """Each call takes at least so long."""
    async with bench() as at:
        at.sandbox.line.slow = 0.1
        before = time.monotonic()
        await at.ok("getMe")
        assert time.monotonic() - before >= 0.1


async def test_limits_are_told_and_journaled() -> None:
    """The twenty-first message of a minute is a 429 with its wait, in the answer and in the journal."""
    async with bench() as at:
        for number in range(20):
            await at.send(str(number))
        body = await at.call("sendMessage", **SEND)
        wait = body["parameters"]["retry_after"]
        assert body["error_code"] == 429
        assert 50 <= wait <= 60
        assert body["description"] == f"Too Many Requests: retry after {wait}"
        (entry,) = at.sandbox.journal.entries("limited")
        assert (entry["chat"], entry["parameters"]) == (at.channel.id, {"retry_after": wait})
        at.sandbox.state.clock.advance(wait)
        await at.send()


async def test_edits_count_with_sends() -> None:
    """Nineteen edits and a send fill a channel's minute."""
    async with bench() as at:
        number = await at.send()
        for turn in range(19):
            await at.ok("editMessageText", chat_id="@kabar", message_id=number, text=f"Judul {turn}")
        assert (await at.call("sendMessage", **SEND))["error_code"] == 429


async def test_paid_broadcasts_are_counted_in_stars() -> None:
    """Each costs a tenth, told in the journal."""
    async with bench() as at:
        await at.send(allow_paid_broadcast=True)
        await at.send()
        assert [entry.get("stars") for entry in at.sandbox.journal.entries("sent")] == [0.1, None]
        assert at.sandbox.state.limiter.stars == 0.1


async def test_stopping_ends_what_waits() -> None:
    """Long polls, hangs and late deliveries do not keep the server alive."""
    before = time.monotonic()
    async with bench() as at:
        fault(at, "hang_before")
        waiting = [
            asyncio.create_task(at.call("getUpdates", timeout=50)),
            asyncio.create_task(raw(at)),
        ]
        at.sandbox.state.faults.add(kind="late", method="sendMessage", seconds=60)
        await asyncio.sleep(0.1)
        waiting.append(asyncio.create_task(raw(at)))
        await asyncio.sleep(0.1)
        await at.sandbox.stop()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert at.texts() == []
    assert time.monotonic() - before < 5
