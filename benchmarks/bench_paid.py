"""Paid broadcast: posts a second and CPU a post, sustained to thousands of chats (goals: 1,000/s on one core, 0.6 ms).

Method: the sandbox Bot API server is a process of its own with Telegram's limits on. This process is the bot's
delivery as it runs for a newsroom: its store on disk, its limits, its workers, its transport, its event loop.
`CHATS` channels each get one post of one headline after another; `PAID_STARS_A_DAY` is ample and `BROADCAST_RATE`
1000. CPU is this process's, the database's work included. The baseline is the same delivery, on the same loop, over
PTB's default transport to a fifth of the chats. The free rate's 30/s is what the same run does without Stars.

Seen on two shared cores, an optimised Python 3.11, 5,000 chats, seven runs: 980 to 985 posts/s of the 990 that the
limits' slack leaves, no 429, 0.54 to 0.59 ms of CPU a post. PTB's default transport in two of them: 162 and 177 posts/s,
6.7 and 6.1 ms.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from telegram.request import BaseRequest, HTTPXRequest, RequestData
from telegram.request._requestparameter import RequestParameter

from bot.clock import SystemClock
from bot.domain.delivery import State
from bot.domain.headlines import Document, Words
from bot.domain.looks import Look
from bot.domain.pacing import FREE_RATE, Pacing
from bot.domain.polling import ChannelSetup, FeedForPoll, NewDelivery, NewHeadline, PollIntent
from bot.domain.stars import Purse
from bot.events import Delivered, Event, Events
from bot.running import event_loop, spare_the_collector
from bot.sandbox.client import SandboxClient
from bot.sandbox.process import running_sandbox
from bot.sandbox.server import DEFAULT_TOKEN
from bot.store.connection import Database
from bot.store.ops_chat import OpsChat
from bot.store.room import Stores
from bot.telegram.render import PostRenderer
from bot.telegram.room import Access, TelegramRoom
from bot.telegram.transport import AiohttpRequest, Plain
from bot.workers.deliverer import Deliverer
from bot.workers.sending import Sending

CHATS = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
HEADLINES = 2
ZONE = ZoneInfo("Asia/Jakarta")


class PtbsDefault(HTTPXRequest):
    """PTB's default transport, given its parameters as PTB's own bot gives them."""

    async def do_request(self, *given: Any, **named: Any) -> tuple[int, bytes]:  # noqa: ANN401 - handed on
        """As PTB's."""
        data = named.get("request_data")
        if isinstance(data, Plain):
            parameters = [RequestParameter.from_input(*one) for one in data.parameters.items()]
            named["request_data"] = RequestData(parameters)
        return await super().do_request(*given, **named)


async def main() -> None:
    """Print the rate, the CPU a post and the number of 429s, of ours and of PTB's default transport."""
    ours = await run(CHATS, AiohttpRequest())
    await asyncio.sleep(1)
    default = await run(
        max(CHATS // 5, 1), PtbsDefault(connection_pool_size=32, pool_timeout=60, read_timeout=60)
    )
    print(f"ratio to the free rate's {FREE_RATE}/s: {ours.rate / FREE_RATE:.1f} : 1")
    print(
        f"ratio PTB's default : ours = {default.cpu / ours.cpu:.1f} : 1 in CPU, 1 : {ours.rate / default.rate:.1f} in posts/s"
    )


@dataclass(frozen=True)
class Figures:
    """Posts a second, and seconds of CPU a post."""

    rate: float
    cpu: float


async def run(count: int, request: BaseRequest) -> Figures:
    """One delivery of `HEADLINES` to `count` chats over `request`, in a world of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_sandbox("--keep-journal", "100", "--keep-messages", "10") as sandbox,
            AsyncExitStack() as stack,
        ):
            control = await stack.enter_async_context(SandboxClient(sandbox.control))
            chats = [await control.add_chat("channel", f"Kabar {n}") for n in range(count)]
            database = await Database.open(Path(folder, "kabar.db"))
            stack.push_async_callback(database.close)
            stores = Stores.over(database, zone=ZONE)
            posts = await fill(stores, chats)
            return await deliver(sandbox.url, request, stores, posts)


async def fill(stores: Stores, chats: list[int]) -> int:
    """Channels and due posts; returns how many."""
    now = datetime.now(UTC)
    await stores.feeds.configure([FeedForPoll(0, "https://portal.example/rss")], now)
    await stores.channels.configure([ChannelSetup(str(chat)) for chat in chats], now)
    for channel_id, ref in await stores.channels.unresolved():
        await stores.channels.resolved(channel_id, int(ref), f"Kabar {channel_id}", "channel", now)
    ids = [channel.id for channel in await stores.polls.channels_for_routing()]
    new = tuple(
        NewHeadline(
            Words(
                f"Judul berita nomor {n}", f"https://portal.example/read/2026/11/25/{n}/judul", "Dunia", now
            ),
            now,
            f"g{n}",
            (),
            "Dunia",
            tuple(NewDelivery(channel, State.PENDING) for channel in ids),
        )
        for n in range(HEADLINES)
    )
    await stores.polls.record(PollIntent(1, now, new), Look(Document(())), now + timedelta(days=1))
    return len(ids) * HEADLINES


async def deliver(url: str, request: BaseRequest, stores: Stores, posts: int) -> Figures:
    """Run the bot's own delivery until all posts stand."""
    done, finished, slowed = 0, asyncio.Event(), 0

    def hear(event: Event) -> None:
        nonlocal done, slowed
        if isinstance(event, Delivered):
            done += 1
            if done == posts:
                finished.set()
        slowed += type(event).__name__ == "SlowedDown"

    clock, events = SystemClock(), Events([hear])
    pace = Pacing(rate=1000, purse=Purse(posts, ZONE))
    desk = OpsChat(stores.database, None, None)
    access = Access(DEFAULT_TOKEN, url, desk, ZONE, lambda _chat, _user: False)
    room = TelegramRoom(
        access,
        clock=clock,
        events=events,
        pace=pace,
        traffic=stores.traffic,
        answers=stores.answers,
        request=request,
    )
    await room.introduce(asyncio.Event())
    renderer = PostRenderer(zone=ZONE)
    wait = timedelta(seconds=60)
    sending = Sending(
        room.network,
        stores.outbox,
        channels=stores.channels,
        traffic=stores.traffic,
        renderer=renderer,
        pace=pace,
        clock=clock,
        events=events,
        uncertain_wait=wait,
    )
    deliverer = Deliverer(
        stores.outbox,
        renderer=renderer,
        pace=pace,
        sending=sending,
        clock=clock,
        events=events,
        max_age=timedelta(days=1),
        uncertain_wait=wait,
    )
    spare_the_collector(paid=True)  # as the program does when it is built
    cpu, wall = time.process_time(), time.perf_counter()
    running = asyncio.ensure_future(deliverer.run())
    try:
        async with asyncio.timeout(180):
            await finished.wait()
    finally:
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        deliverer.loop.stop()
        await running
        await room.close()
        print(
            f"{type(request).__name__}: {done:,} of {posts:,} posts in {wall:.1f} s: {done / wall:,.0f} posts/s"
        )
        print(
            f"    {cpu / max(done, 1) * 1000:.3f} ms CPU a post, the database's work included; {slowed} answers of 429"
        )
    return Figures(done / wall, cpu / done)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=event_loop(paid=True)) as runner:
        runner.run(main())
