"""`/langganan` (`/subscribe`) and `/berhenti` (`/stop`): who gets which news unasked. Sends none of it.

In a group its administrators decide, and the news comes to the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, tzinfo

from bot.commands.buttons import button
from bot.commands.categories import Shelf, mark
from bot.commands.command import Handler
from bot.commands.hours import hour_of, hour_rows, spoken
from bot.commands.words import quotable
from bot.domain.paging import fold
from bot.domain.replies import Button, Reply, Request
from bot.domain.stamps import zone_name
from bot.domain.subscriptions import (
    DIGEST_AT,
    LONGEST_PHRASE,
    MOST_PHRASES,
    Wish,
    parse_wish,
    with_more,
    without,
)
from bot.locale import Say, phrase
from bot.ports import Membership, ReaderStore, SubscriptionStore

SUBSCRIBE_TAG = "b"
_ALL, _STOP, _AT_ONCE, _DAILY, _STATE, _HOURS = "a", "s", "i", "d", "v", "h"
_CATEGORY, _PHRASE, _HOUR = "c.", "w.", "h."
_WORDS = frozenset({_ALL, _STOP, _AT_ONCE, _DAILY, _STATE, _HOURS})
_EVERYTHING = frozenset({"semua", "all"})
#: Categories with a button, and characters of one that a phone shows.
_MOST_CATEGORIES = 40
_LABEL = 30
_A_ROW = 2
_ADMINS_ONLY = phrase("Only the administrators of this group may choose its news.")


class Subscribe(Handler):
    """Keeps what a reader or a group asks for, and shows it with buttons that change it."""

    def __init__(self, store: SubscriptionStore, shelf: Shelf, members: Membership, zone: tzinfo) -> None:
        self._store = store
        self._shelf = shelf
        self._members = members
        self._zone = zone

    async def answer(self, request: Request, say: Say) -> Reply:
        if not await _may(self._members, request):
            return Reply(text=say(_ADMINS_ONLY))
        wish, digest_at = await self._kept(request)
        try:
            asked = await self._asked(request.argument, wish)
        except ValueError as refused:
            return Reply(text=_too_much(str(refused), say))
        if asked is not None and asked != wish:
            await self._store.subscribe(request.chat_id, asked, digest_at, request.at, topic=request.topic)
        return await self._shown(asked or wish, digest_at, request, say)

    async def press(self, payload: str, request: Request, say: Say) -> Reply | None:
        if not _is_ours(payload):
            return None
        if not await _may(self._members, request):
            return Reply(toast=say(_ADMINS_ONLY), silent=True)
        wish, digest_at = await self._kept(request)
        if payload == _HOURS and wish is not None:
            return self._hours(request, say)
        try:
            wish, digest_at = await self._changed(payload, wish), _rhythm(payload, digest_at)
        except ValueError as refused:
            return Reply(toast=_too_much(str(refused), say), silent=True)
        if wish is None:
            await self._store.stop(request.chat_id)
        else:
            await self._store.subscribe(request.chat_id, wish, digest_at, request.at, topic=request.topic)
        return replace(await self._shown(wish, digest_at, request, say), edits=True)

    def _hours(self, request: Request, say: Say) -> Reply:
        """The hours of a day, to choose from."""
        zone = zone_name(request.at, self._zone)
        back = button(say("‹ Back"), SUBSCRIBE_TAG, _STATE)
        return Reply(
            heading=say("Your subscription"),
            text=say("At which hour shall it come ({zone})?", zone=zone),
            buttons=(*hour_rows(SUBSCRIBE_TAG, _HOUR), (back,)),
            edits=True,
        )

    async def _kept(self, request: Request) -> tuple[Wish | None, time | None]:
        return await self._store.subscription(request.chat_id) or (None, None)

    async def _asked(self, argument: str, wish: Wish | None) -> Wish | None:
        """What is wished for with the words behind the command; None where they ask for nothing."""
        if fold(argument) in _EVERYTHING:
            return Wish()
        more = parse_wish(argument, await self._shelf.names())
        return None if more == Wish() else with_more(wish or Wish(), more)

    async def _changed(self, payload: str, wish: Wish | None) -> Wish | None:
        """What a button makes of `wish`; None for no subscription. Raises `ValueError` for too much."""
        if payload in _WORDS or payload.startswith(_HOUR):
            return {_ALL: Wish(), _STOP: None}.get(payload, wish)
        short = payload[2:]
        for known in (*wish.categories, *wish.include, *wish.exclude) if wish else ():
            if mark(known) == short and wish is not None:
                return without(wish, known)
        category = await self._shelf.behind(short) if payload.startswith(_CATEGORY) else None
        if category is None:
            return wish
        return with_more(wish or Wish(), Wish(categories=(category,)))

    async def _shown(self, wish: Wish | None, digest_at: time | None, request: Request, say: Say) -> Reply:
        hour = None if digest_at is None else spoken(digest_at, self._zone, request.at)
        names = list(await self._shelf.names())[:_MOST_CATEGORIES]
        return Reply(
            heading=say("Your subscription"),
            text=_state(wish, hour, say),
            note=say(
                "Tap a category, or send words: /subscribe flood, election, -gossip. A word with a minus bars "
                "headlines. /stop ends it and erases what I store about you."
            ),
            buttons=_rows(wish, digest_at, names, say),
        )


class Stop(Handler):
    """Ends a subscription before it answers, and forgets the reader."""

    def __init__(self, store: SubscriptionStore, readers: ReaderStore, members: Membership) -> None:
        self._store = store
        self._readers = readers
        self._members = members

    async def answer(self, request: Request, say: Say) -> Reply:
        if not await _may(self._members, request):
            return Reply(text=say(_ADMINS_ONLY))
        if not request.private:
            await self._store.stop(request.chat_id)
            return Reply(text=say("This group gets no more news from me. /subscribe begins again."))
        await self._readers.erase(request.chat_id)
        return Reply(
            text=say(
                "You get no more news from me, and nothing is stored about you any more. /subscribe begins again."
            )
        )


def _is_ours(payload: str) -> bool:
    if payload.startswith(_HOUR):
        return hour_of(payload.removeprefix(_HOUR)) is not None
    return payload in _WORDS or payload.startswith((_CATEGORY, _PHRASE))


async def _may(members: Membership, request: Request) -> bool:
    return request.private or await members.is_admin(request.chat_id, request.user_id)


def _too_much(reason: str, say: Say) -> str:
    if reason == "many":
        return say("That is too much for one subscription: at most {count} words.", count=str(MOST_PHRASES))
    return say("One of these is too long: at most {count} letters.", count=str(LONGEST_PHRASE))


def _state(wish: Wish | None, hour: str | None, say: Say) -> str:
    if wish is None:
        return say("You have no subscription. Choose what I shall send you as soon as it is published.")
    wanted = ", ".join((*wish.categories, *(f"“{one}”" for one in wish.include)))
    lines = [say("You get every new headline of: {wanted}", wanted=wanted) if wanted else _everything(say)]
    if wish.exclude:
        lines.append(say("None with: {barred}", barred=", ".join(wish.exclude)))
    if hour is not None:
        lines.append(say("Once a day at {hour}: the popular and the new in one message.", hour=hour))
    return "\n".join(lines)


def _everything(say: Say) -> str:
    return say("You get every new headline.")


def _rows(
    wish: Wish | None, digest_at: time | None, names: Sequence[str], say: Say
) -> tuple[tuple[Button, ...], ...]:
    chosen = {mark(name) for name in wish.categories} if wish else set()
    offered = {mark(name) for name in names}
    gone = [name for name in wish.categories if mark(name) not in offered] if wish else []
    buttons = [_category(name, chosen=mark(name) in chosen) for name in (*names, *gone)]
    rows = [tuple(buttons[start : start + _A_ROW]) for start in range(0, len(buttons), _A_ROW)]
    every = button(say("All news"), SUBSCRIBE_TAG, _ALL)
    if wish is None:
        return (*rows, (every,))
    phrases = (*wish.include, *(f"-{one}" for one in wish.exclude))
    rows += [(_phrase(one),) for one in phrases]
    ends = (button(say("No news"), SUBSCRIBE_TAG, _STOP),)
    return (*rows, _rhythms(digest_at, say), ends if wish == Wish() else (every, *ends))


def _rhythm(payload: str, digest_at: time | None) -> time | None:
    """When a button's digest comes, None: at once; most leave it as it is."""
    if payload == _AT_ONCE:
        return None
    if payload == _DAILY:
        return digest_at or DIGEST_AT
    return hour_of(payload.removeprefix(_HOUR)) if payload.startswith(_HOUR) else digest_at


def _rhythms(digest_at: time | None, say: Say) -> tuple[Button, ...]:
    if digest_at is None:
        return (button(say("Once a day, at {hour}", hour=f"{DIGEST_AT:%H:%M}"), SUBSCRIBE_TAG, _DAILY),)
    at_once = button(say("As soon as it is published"), SUBSCRIBE_TAG, _AT_ONCE)
    return at_once, button(say("Another hour"), SUBSCRIBE_TAG, _HOURS)


def _category(name: str, *, chosen: bool) -> Button:
    return button(("✅ " if chosen else "") + quotable(name, _LABEL), SUBSCRIBE_TAG, _CATEGORY + mark(name))


def _phrase(text: str) -> Button:
    return button(f"❌ {quotable(text, _LABEL)}", SUBSCRIBE_TAG, _PHRASE + mark(text.removeprefix("-")))
