"""Every verb of every port of the store, each as a call on a newsroom in which it has something to do.

For tests that hold of all of them: what a driver's error becomes, and that no statement reads a table through.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.delivery import Candidate, Claim, Doubt, HoldReason, Post, SkipReason, State
from bot.domain.desk import Decision, Order
from bot.domain.desk import Verb as Ordered
from bot.domain.headlines import Item
from bot.domain.polling import Correction, NewDelivery, PollIntent, Sighting
from bot.domain.replies import Pointed
from bot.domain.search import Place, parse, top
from bot.domain.subscriptions import DIGEST_AT, Wish
from bot.ports import Alert, Traffic, Trouble
from bot.store.explain import Explainer
from bot.store.retention import Retention
from bot.store.statistics import StatisticsStore
from bot.store.values import ticks
from tests.support_store import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    Home,
    channel,
    due,
    feed,
    headline,
    link,
    link_key,
    look,
    request,
    words,
)

ORDER = Order(Ordered.CORRECT, 7, -100500, NOW, 1, "teks")
SURGE = Decision(publish=True, feed_id=1, at=ticks(NOW))
LIST = "https://kabar.example/populer"


@dataclass(frozen=True)
class Scene:
    """A newsroom with a row in every state, and what the verbs take."""

    home: Home
    head: Candidate
    claim: Claim
    doubt: Doubt
    post: Post


Verb = Callable[[Scene], Awaitable[Any]]


async def _subscribers(home: Home) -> None:
    """News waits for one, is under way to another, and is in doubt of a third."""
    for reader in (7, 8, 9):
        await home.stores.subscriptions.subscribe(reader, Wish(), None, NOW)
    await home.stores.subscriptions.subscribe(10, Wish(), DIGEST_AT, NOW)
    await home.sql("UPDATE feeds SET looked_at = 1")
    await home.record(headline(6), at=NOW)
    await home.stores.news.expand(NOW, 10_000 * DAY)
    news = [one for one in await home.stores.news.heads(NOW, 9) if one.reader != 7]
    await home.stores.news.claim([(one, request()) for one in news], NOW)
    await home.stores.news.doubt(9, NOW)
    await home.record(headline(7), at=NOW)
    # And something came too late for one of them.
    await home.sql(
        "INSERT INTO reader_rows (reader_id, headline_id, state, at) VALUES (7, 1, 'SKIPPED', ?)", ticks(NOW)
    )


async def _claim_news(scene: Scene) -> Sequence[int]:
    news = scene.home.stores.news
    return await news.claim([(one, request()) for one in await news.heads(NOW, 9)], NOW)


async def busy_newsroom(home: Home) -> Scene:
    """Four channels: a post to be edited, a send under way, one of unknown outcome, one that waits."""
    await home.furnish(*(channel(f"@kanal{n}") for n in range(1, 5)))
    standing, sending, unknown, waiting = home.channels
    await home.news(1, to=[standing])
    await home.deliver(100)
    await home.correct(1, "Kabar yang diperbaiki")
    await home.news(2, to=[unknown])
    (doubted,) = await home.claim()
    await home.stores.outbox.uncertain(doubted, NOW, "timed out", NOW)
    await home.news(3, to=[sending])
    (claim,) = await home.claim()
    surge = NewDelivery(waiting, State.HELD, HoldReason.SURGE)
    await home.record(headline(4, *due(waiting)), headline(5, surge, category="Ragam"))
    await home.stores.alerts.say("a line", NOW)
    await home.stores.alerts.trouble(Trouble("feed:1", "feed", {}), "begun", NOW)
    await home.stores.inbox.keep([{"update_id": 1}], NOW)
    await home.stores.popular.record_popular(LIST, look(Item("Kabar", link(1))), NOW)
    await _subscribers(home)
    await home.sql("UPDATE first_looks SET state = 'looked' WHERE channel_id = ?", waiting)
    (doubt,) = await home.stores.doubts.doubts(NOW)
    (post,) = await home.stores.edits.edits_due(NOW, 9)
    (head,) = await home.stores.outbox.heads(NOW, 9)
    return Scene(home, head, claim, doubt, post)


async def _latest(scene: Scene, *, older: bool = False, newer: bool = False, category: str = "") -> Any:
    anchor = (NOW, 1)
    return await scene.home.stores.headlines.latest(
        before=anchor if older else None, after=anchor if newer else None, category=category, limit=10
    )


READING: Mapping[str, Verb] = {
    "figures": lambda s: StatisticsStore(s.home.stores.database).figures(NOW),
    "feeds_due": lambda s: s.home.stores.polls.feeds_due(NOW),
    "next_look": lambda s: s.home.stores.polls.next_look(),
    "channels_for_routing": lambda s: s.home.stores.polls.channels_for_routing(),
    "known": lambda s: s.home.stores.polls.known([link_key(1), link_key(99)], NOW),
    "popular_address": lambda s: s.home.stores.popular.popular_address(LIST),
    "popular": lambda s: s.home.stores.headlines.popular(LIST, 7),
    "heads among chats": lambda s: s.home.stores.outbox.heads(NOW, 9, among=[-1001, -1004]),
    "heads beside chats": lambda s: s.home.stores.outbox.heads(NOW, 9, beside=[-1001]),
    "heads": lambda s: s.home.stores.outbox.heads(NOW, 9),
    "next_due": lambda s: s.home.stores.outbox.next_due(NOW),
    "doubts": lambda s: s.home.stores.doubts.doubts(NOW),
    "highest": lambda s: s.home.stores.doubts.highest(-1001),
    "edits_due": lambda s: s.home.stores.edits.edits_due(NOW, 9),
    "unresolved": lambda s: s.home.stores.channels.unresolved(),
    "probes_due": lambda s: s.home.stores.channels.probes_due(NOW),
    "probes_so_far": lambda s: s.home.stores.channels.probes_so_far(1),
    "of_chat": lambda s: s.home.stores.channels.of_chat(-1001),
    "channel_name": lambda s: s.home.stores.channels.channel_name(1),
    "recent_traffic": lambda s: s.home.stores.traffic.recent_traffic(NOW),
    "blocks": lambda s: s.home.stores.traffic.blocks(NOW),
    "troubles_now": lambda s: s.home.stores.alerts.troubles_now(NOW),
    "troubles_told": lambda s: s.home.stores.alerts.troubles_told(),
    "next_alert": lambda s: s.home.stores.alerts.next_alert(NOW),
    "last_id": lambda s: s.home.stores.inbox.last_id(),
    "waiting": lambda s: s.home.stores.inbox.waiting(),
    "latest": _latest,
    "latest, older": lambda s: _latest(s, older=True),
    "latest, newer": lambda s: _latest(s, newer=True),
    "latest of a category": lambda s: _latest(s, category="dunia"),
    "latest of a category, older": lambda s: _latest(s, category="dunia", older=True),
    "latest of a category, newer": lambda s: _latest(s, category="dunia", newer=True),
    "anchor": lambda s: s.home.stores.headlines.anchor(1),
    "categories": lambda s: s.home.stores.headlines.categories(),
    "newest_id": lambda s: s.home.stores.search.newest_id(),
    "found, older": lambda s: s.home.stores.search.older(parse('"kabar nomor" dun'), top(9), 11),
    "found, newer": lambda s: s.home.stores.search.newer(parse("kabar"), Place(2, NOW, 1), 9, 11),
    "recall": lambda s: s.home.stores.search.recall(1),
    "deeds": lambda s: s.home.stores.engagement.deeds(DAY, NOW),
    "headlines by id": lambda s: s.home.stores.engagement.headlines([2, 1]),
    "language": lambda s: s.home.stores.readers.language(7),
    "news busy": lambda s: s.home.stores.news.busy(),
    "news heads": lambda s: s.home.stores.news.heads(NOW, 9, beside=[8]),
    "news claimed": lambda s: s.home.stores.news.claimed(7),
    "digests unplanned": lambda s: s.home.stores.digests.unplanned(9),
    "digests due": lambda s: s.home.stores.digests.due(NOW + DAY, 9),
    "digests day": lambda s: s.home.stores.digests.day(NOW, DAY),
    "subscription": lambda s: s.home.stores.subscriptions.subscription(7),
    "held_surges": lambda s: s.home.stores.surges.held_surges(),
    "story by link": lambda s: s.home.stores.stories.by_link(link(1)),
    "story by words": lambda s: s.home.stores.stories.by_words("kabar", 5),
    "story by post": lambda s: s.home.stores.stories.by_post(Pointed(((-1001, 100),), (link(1),))),
    "unasked": lambda s: s.home.stores.questions.unasked(),
    "subject of a hold": lambda s: s.home.stores.questions.subject(Decision(publish=True, delivery_id=1)),
    "subject of a surge": lambda s: s.home.stores.questions.subject(SURGE),
    "explain": lambda s: Explainer(s.home.stores.database).explain(link(1)),
}


def _intent(scene: Scene) -> PollIntent:
    """Everything that a look can bring."""
    standing = scene.home.channels[0]
    return PollIntent(
        scene.home.feeds[0],
        NOW,
        tuple(headline(n, *due(standing), category="Ekonomi") for n in range(60, 100)),
        (Correction(1, words(1, title="Lagi", kicker="Ragam"), "old"),),
        (Sighting(2, (link_key(50),), "Bola", "guid", NOW, due(standing)),),
    )


WRITING: Mapping[str, Verb] = {
    "configure feeds": lambda s: s.home.stores.feeds.configure([feed(1), feed(2)], NOW),
    "configure channels": lambda s: s.home.stores.channels.configure([channel("@lain")], NOW),
    "record": lambda s: s.home.stores.polls.record(_intent(s), look(), NOW),
    "record_failure": lambda s: s.home.stores.polls.record_failure(1, "500", NOW, NOW),
    "release_first_looks": lambda s: s.home.stores.polls.release_first_looks(NOW, 1),
    "wording": lambda s: s.home.stores.polls.wording(Correction(1, words(1), "old")),
    "record_popular": lambda s: s.home.stores.popular.record_popular(LIST, look(Item("Baru", link(2))), NOW),
    "claim": lambda s: s.home.stores.outbox.claim([(s.head, request("x" * 5000))], NOW),
    "skip": lambda s: s.home.stores.outbox.skip([s.head.id], SkipReason.TOO_OLD, NOW),
    "sent": lambda s: s.home.stores.outbox.sent([(s.claim, 200)], NOW),
    "retry": lambda s: s.home.stores.outbox.retry(s.claim, NOW, "no route", None, NOW),
    "requeue": lambda s: s.home.stores.outbox.requeue(s.claim, "kicked", NOW),
    "uncertain": lambda s: s.home.stores.outbox.uncertain(s.claim, NOW, "timed out", NOW),
    "failed": lambda s: s.home.stores.outbox.failed(s.claim, "too long", NOW),
    "orphans": lambda s: s.home.stores.outbox.orphans(set(), NOW, NOW),
    "settled": lambda s: s.home.stores.doubts.settled(s.doubt, 200, NOW),
    "subscribe": lambda s: s.home.stores.subscriptions.subscribe(5, Wish(), None, NOW),
    "unsubscribe": lambda s: s.home.stores.subscriptions.stop(7),
    "news expand": lambda s: s.home.stores.news.expand(NOW, DAY),
    "news claim": _claim_news,
    "news sent": lambda s: s.home.stores.news.sent(8),
    "news retry": lambda s: s.home.stores.news.retry(8, NOW),
    "news doubt": lambda s: s.home.stores.news.doubt(8, NOW),
    "news orphans": lambda s: s.home.stores.news.orphans([1], NOW),
    "news again": lambda s: s.home.stores.news.again(NOW),
    "news skip_late": lambda s: s.home.stores.news.skip_late(NOW + DAY),
    "digests plan": lambda s: s.home.stores.digests.plan([(10, NOW)]),
    "digests set_out": lambda s: s.home.stores.digests.set_out(10, [1, 2], NOW + DAY, NOW),
    "digests offer_late": lambda s: s.home.stores.digests.offer_late(NOW + DAY, NOW + DAY),
    "news stop": lambda s: s.home.stores.news.stop(7),
    "news moved": lambda s: s.home.stores.news.moved(7, 70, NOW),
    "absent": lambda s: s.home.stores.doubts.absent(s.doubt, NOW),
    "ask_later": lambda s: s.home.stores.doubts.ask_later(s.doubt, NOW, "no answer"),
    "twin_sought": lambda s: s.home.stores.doubts.twin_sought(s.doubt, [7, 8], 7, NOW),
    "saw_message": lambda s: s.home.stores.doubts.saw_message(-1001, 300, theirs=True, now=NOW),
    "forget_seen": lambda s: s.home.stores.doubts.forget_seen(NOW),
    "edited": lambda s: s.home.stores.edits.edited(s.post, request(), NOW, NOW),
    "edit_later": lambda s: s.home.stores.edits.edit_later(s.post, NOW, "later"),
    "edit_gone": lambda s: s.home.stores.edits.edit_gone(s.post, "gone", NOW),
    "resolved": lambda s: s.home.stores.channels.resolved(1, -9, "Kabar", "channel", NOW),
    "resolved, known": lambda s: s.home.stores.channels.resolved(2, -1001, "Kabar", "channel", NOW),
    "pause": lambda s: s.home.stores.channels.pause(1, "kicked", NOW, NOW),
    "resume_chat": lambda s: s.home.stores.channels.resume_chat(-1003, NOW),
    "finish_removals": lambda s: s.home.stores.channels.finish_removals(NOW),
    "probe_failed": lambda s: s.home.stores.channels.probe_failed(1, "kicked", NOW),
    "moved": lambda s: s.home.stores.channels.moved(-1002, -2002),
    "posted": lambda s: s.home.stores.by_hand.posted(-1004, [link(4)], 9, NOW),
    "forget_hand_posts": lambda s: s.home.stores.by_hand.forget_hand_posts(NOW),
    "note_traffic": lambda s: s.home.stores.traffic.note_traffic([Traffic(-1, NOW)]),
    "note_block": lambda s: s.home.stores.traffic.note_block(-1, NOW),
    "forget_traffic": lambda s: s.home.stores.traffic.forget_traffic(NOW + HOUR),
    "trouble": lambda s: s.home.stores.alerts.trouble(Trouble("k", "feed", {}), "t", NOW),
    "over": lambda s: s.home.stores.alerts.over("feed:1", "ended", NOW),
    "say": lambda s: s.home.stores.alerts.say("x", NOW),
    "alert_sent": lambda s: s.home.stores.alerts.alert_sent(Alert(1, "", 0), NOW),
    "alert_later": lambda s: s.home.stores.alerts.alert_later(Alert(1, "", 0), NOW),
    "forget_alerts": lambda s: s.home.stores.alerts.forget_alerts(NOW),
    "begin": lambda s: s.home.stores.upkeep.begin(),
    "beat": lambda s: s.home.stores.upkeep.beat(["poller"], NOW + MINUTE),
    "forget": lambda s: s.home.stores.upkeep.forget(NOW + 1000 * HOUR),
    "keep": lambda s: s.home.stores.inbox.keep([{"update_id": 2, "text": "x" * 9000}], NOW),
    "begin update": lambda s: s.home.stores.inbox.begin(1, NOW),
    "done": lambda s: s.home.stores.inbox.done([1], NOW),
    "forget_done": lambda s: s.home.stores.inbox.forget_done(NOW),
    "remember": lambda s: s.home.stores.search.remember("kabar", 4, NOW),
    "forget_searches": lambda s: s.home.stores.search.forget_searches(NOW + 100 * DAY),
    "reacted": lambda s: s.home.stores.engagement.reacted(-1001, 100, 5, NOW),
    "chosen": lambda s: s.home.stores.engagement.chosen(1, NOW),
    "forget_deeds": lambda s: s.home.stores.engagement.forget_deeds(NOW + 100 * DAY),
    "choose_language": lambda s: s.home.stores.readers.choose_language(7, "en", NOW),
    "erase": lambda s: s.home.stores.readers.erase(7),
    "forget_words": lambda s: Retention(s.home.stores.database).forget_words(NOW + DAY),
    "withdraw": lambda s: s.home.stores.orders.withdraw(ORDER, 1, "alasan"),
    "correct": lambda s: s.home.stores.orders.correct(ORDER, 1, "teks"),
    "reword": lambda s: s.home.stores.orders.reword(ORDER, 1, "Judul"),
    "publish": lambda s: s.home.stores.orders.publish(ORDER, 4),
    "halt": lambda s: s.home.stores.orders.halt(ORDER, "@kanal1"),
    "resume": lambda s: s.home.stores.orders.resume(ORDER, ""),
    "decide": lambda s: s.home.stores.questions.decide(ORDER, SURGE),
    "removed": lambda s: s.home.stores.edits.removed(s.post, NOW),
    "release_surge": lambda s: s.home.stores.surges.release_surge(s.home.feeds[0], NOW, NOW),
    "pass_over": lambda s: s.home.stores.surges.pass_over(s.home.feeds[0], NOW, NOW),
}
