"""News for subscribers: the worker over the real store in memory, with a network and a clock of the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime, timedelta

import pytest

from bot.domain.delivery import FrozenRequest, Outcome, Verdict
from bot.domain.headlines import Headline
from bot.domain.subscriptions import ReaderNews, Wish
from bot.events import NewsRepeated, NewsTooLate, SlowedDown, SubscriberGone
from bot.ports import NewsStore
from bot.store.news import ReaderNewsStore
from bot.workers.fanout import Courier
from tests.fakes import Newsroom
from tests.support_store import NOW, headline

UNKNOWN = Outcome(Verdict.UNKNOWN)
WAIT = timedelta(seconds=5)


class Lines:
    """`ports.NewsRenderer`: the titles, one a line."""

    def news(
        self, headlines: Sequence[Headline], language: str | None, *, digest: bool = False
    ) -> FrozenRequest:
        """As `ports.NewsRenderer`."""
        titles = [row.words.title for row in headlines]
        return FrozenRequest(
            "sendMessage",
            {
                "text": "\n".join(
                    [*(["digest"] if digest else []), *([language] if language else []), *titles]
                )
            },
        )


class Groups:
    """`ports.GroupMessages`: remembers what was said."""

    def __init__(self) -> None:
        self.said: list[tuple[int, Outcome | None]] = []

    async def begin(self, chat_id: int) -> int | None:
        """As `ports.GroupMessages`."""
        return 1

    async def end(self, chat_id: int, answer_id: int | None, outcome: Outcome | None) -> None:
        """As `ports.GroupMessages`."""
        self.said.append((chat_id, outcome))


class LastMoment(ReaderNewsStore):
    """A store whose reader 1 stops just after a claim."""

    def __init__(self, room: Newsroom) -> None:
        super().__init__(room.stores.database)
        self._readers = room.stores.readers

    async def claim(self, chosen: Iterable[tuple[ReaderNews, FrozenRequest]], now: datetime) -> Sequence[int]:
        """As the store does."""
        claimed = await super().claim(chosen, now)
        await self._readers.erase(1)
        return claimed


class Desk:
    """A newsroom with subscribers and their courier; `busy`: posts wait."""

    def __init__(self, room: Newsroom) -> None:
        self.room = room
        self.groups = Groups()
        self.busy = False

    def courier(self, store: NewsStore | None = None) -> Courier:
        """As the bot builds it."""
        return Courier(
            store or self.room.stores.news,
            self.room.network,
            renderer=Lines(),
            pace=self.room.pace,
            groups=self.groups,
            posts_wait=lambda: self.busy,
            max_age=timedelta(hours=24),
            uncertain_wait=WAIT,
            clock=self.room.clock,
            events=self.room.heard.events,
        )

    async def subscribe(self, readers: Collection[int], wish: Wish | None = None) -> None:
        """They ask for everything, or for `wish`."""
        for reader in readers:
            await self.room.stores.subscriptions.subscribe(reader, wish or Wish(), None, NOW)

    async def subscribed(self, reader: int) -> bool:
        """Whether the store knows the reader."""
        return await self.room.stores.subscriptions.subscription(reader) is not None

    async def publish(self, *numbers: int) -> None:
        """Headlines of this moment; no channel gets them."""
        now = self.room.clock.now()
        await self.room.record(*(headline(one, published=now) for one in numbers), at=now)

    def texts(self, reader: int) -> list[str]:
        """What was sent, by lines."""
        return self.room.network.texts(reader)

    def times(self) -> list[datetime]:
        """When something left."""
        return [call.at for call in self.room.network.of("send")]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A feed that was looked at before, and no channel."""
    async with Newsroom() as room:
        await room.furnish()
        await room.sql("UPDATE feeds SET looked_at = 1")
        yield Desk(room)


def title(number: int) -> str:
    """What headline `number` says."""
    return headline(number).words.title


async def test_what_waits_for_one_reader_is_one_message(desk: Desk) -> None:
    """Each gets what it wants once, in the language that was chosen; then nothing is kept."""
    await desk.subscribe([1, 2])
    await desk.room.stores.readers.choose_language(2, "en", NOW)
    await desk.publish(1, 2)
    await desk.room.run(desk.courier(), seconds=20)

    both = f"{title(1)}\n{title(2)}"
    assert (desk.texts(1), desk.texts(2)) == ([both], [f"en\n{both}"])
    assert not await desk.room.stores.news.busy()


async def test_many_readers_within_the_rate(desk: Desk) -> None:
    """Thirty a second, all chats together, and not much less."""
    await desk.subscribe(range(1, 301))
    await desk.publish(1)
    await desk.room.run(desk.courier(), seconds=15)

    times = sorted(desk.times())
    assert len(times) == 300
    assert timedelta(seconds=9.9) < times[-1] - times[0] < timedelta(seconds=13)


async def test_posts_go_first(desk: Desk) -> None:
    """While one waits no news is claimed."""
    await desk.subscribe([1])
    await desk.publish(1)
    desk.busy = True
    await desk.room.run(desk.courier(), seconds=5)
    assert desk.texts(1) == []
    desk.busy = False
    await desk.room.clock.advance(1)
    assert desk.texts(1) == [title(1)]


async def test_a_message_of_unknown_outcome_comes_once_more_as_it_was(desk: Desk) -> None:
    """After the wait, and it is told; a third time never."""
    await desk.subscribe([1])
    await desk.publish(1)
    desk.room.network.script("send", 1, UNKNOWN, UNKNOWN)
    await desk.room.run(desk.courier(), seconds=2)
    await desk.publish(2)
    await desk.room.clock.advance(2)
    assert desk.texts(1) == [title(1)]
    await desk.room.clock.advance(20)

    assert desk.texts(1) == [title(1), title(1), title(2)]
    first, second, _ = desk.times()
    assert second - first >= WAIT
    assert [event.subscribers for event in desk.room.heard.of(NewsRepeated)] == [1]


async def test_a_send_that_a_kill_cut_off_is_in_doubt(desk: Desk) -> None:
    """The next process waits, and sends exactly it once more."""
    await desk.subscribe([1])
    await desk.publish(1)
    await desk.room.stores.news.expand(desk.room.clock.now(), timedelta(hours=24))
    (head,) = await desk.room.stores.news.heads(desk.room.clock.now(), 9)
    await desk.room.stores.news.claim([(head, FrozenRequest("sendMessage", {"text": "as it was"}))], NOW)
    await desk.room.run(desk.courier(), seconds=4)
    assert desk.texts(1) == []
    await desk.room.clock.advance(4)
    assert desk.texts(1) == ["as it was"]


async def test_whoever_refuses_is_forgotten_at_once(desk: Desk) -> None:
    """One refusal; the others have everything."""
    await desk.subscribe([1, 2])
    desk.room.network.rule(
        "send", 1, Outcome(Verdict.CHANNEL, detail="Forbidden: bot was blocked by the user")
    )
    await desk.publish(1)
    await desk.room.run(desk.courier(), seconds=3)
    await desk.publish(2)
    await desk.room.clock.advance(3)

    assert len(desk.texts(1)) == 1
    assert desk.texts(2) == [title(1), title(2)]
    assert not await desk.subscribed(1)
    assert len(desk.room.heard.of(SubscriberGone)) == 1


async def test_a_network_out_of_reach_is_tried_ever_less(desk: Desk) -> None:
    """One try at a time, not one for each reader; what was surely not sent is not told twice."""
    await desk.subscribe(range(1, 101))
    for reader in range(1, 101):
        desk.room.network.rule("send", reader, Outcome(Verdict.NOT_SENT))
    await desk.publish(1)
    await desk.room.run(desk.courier(), seconds=60)
    assert len(desk.times()) < 40
    for reader in range(1, 101):
        desk.room.network.rule("send", reader, None)
    before = len(desk.times())
    await desk.room.clock.advance(90)

    assert len(desk.times()) - before == 100
    assert not desk.room.heard.of(NewsRepeated)


async def test_a_429_rests_its_own_reader(desk: Desk) -> None:
    """For as long as Telegram says."""
    await desk.subscribe([1, 2])
    desk.room.network.script("send", 1, Outcome(Verdict.TOO_FAST, retry_after=timedelta(seconds=9)))
    await desk.publish(1)
    await desk.room.run(desk.courier(), seconds=5)
    assert (len(desk.texts(1)), len(desk.texts(2))) == (1, 1)
    await desk.room.clock.advance(10)
    assert desk.texts(1) == [title(1), title(1)]
    assert len(desk.room.heard.of(SlowedDown)) == 1


async def test_what_is_refused_for_its_words_is_left_out(desk: Desk) -> None:
    """It would be refused again; what comes later goes out."""
    await desk.subscribe([1])
    desk.room.network.script("send", 1, Outcome(Verdict.CONTENT))
    await desk.publish(1)
    await desk.room.run(desk.courier(), seconds=3)
    await desk.publish(2)
    await desk.room.clock.advance(3)
    assert desk.texts(1) == [title(1), title(2)]


async def test_a_group_that_moved_gets_its_news_there(desk: Desk) -> None:
    """And its messages are said to be answers, so that no post is mistaken for them."""
    await desk.subscribe([-5])
    desk.room.network.script("send", -5, Outcome(Verdict.MOVED, moved_to=-1005))
    await desk.publish(1)
    await desk.room.run(desk.courier(), seconds=5)

    assert desk.texts(-1005) == [title(1)]
    assert [chat for chat, _ in desk.groups.said] == [-5, -1005]
    assert await desk.subscribed(-1005)


async def test_nobody_gets_news_after_stopping(desk: Desk) -> None:
    """Not even what was claimed already and waits for its place in the limits."""
    await desk.subscribe([1, 2])
    await desk.publish(1)
    await desk.room.run(desk.courier(LastMoment(desk.room)), seconds=5)
    assert (desk.texts(1), desk.texts(2)) == ([], [title(1)])


async def test_what_comes_too_late_is_left_out(desk: Desk) -> None:
    """Two hours behind posts; it is told."""
    await desk.subscribe([1])
    await desk.publish(1)
    desk.busy = True
    await desk.room.run(desk.courier(), seconds=5)
    await desk.room.clock.jump(2 * 3600)
    await desk.room.clock.advance(5)
    desk.busy = False
    await desk.room.clock.advance(5)
    assert desk.texts(1) == []
    assert [event.rows for event in desk.room.heard.of(NewsTooLate)] == [1]


async def test_a_stop_finishes_what_is_under_way(desk: Desk) -> None:
    """Within the seconds that a stop may take; nothing is left in doubt."""
    await desk.subscribe([1])
    await desk.publish(1)
    desk.room.network.hold(1)
    await desk.room.run(desk.courier(), seconds=3)
    desk.room.network.let_go(1)
    await desk.room.stop()
    assert not await desk.room.stores.news.busy()


async def test_in_a_forum_news_comes_to_its_topic(desk: Desk) -> None:
    """And nowhere else."""
    await desk.room.stores.subscriptions.subscribe(-1005, Wish(), None, NOW, topic=77)
    await desk.subscribe([1])
    await desk.publish(1)
    await desk.room.run(desk.courier(), seconds=20)

    sent = [(call.chat, call.request) for call in desk.room.network.of("send")]
    assert {chat: request.body.get("message_thread_id") for chat, request in sent if request} == {
        -1005: 77,
        1: None,
    }
