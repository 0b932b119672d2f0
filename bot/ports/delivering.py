"""What delivery needs of the store: claims and outcomes, doubts, edits, and channels as chats."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.delivery import (
    Candidate,
    Claim,
    Doubt,
    FrozenRequest,
    Post,
    SkipReason,
    Target,
)


class Outbox(Protocol):
    """The queue of every channel: claims and outcomes."""

    async def heads(
        self,
        now: datetime,
        limit: int,
        *,
        among: Collection[int] | None = None,
        beside: Collection[int] = (),
    ) -> Sequence[Candidate]:
        """The head of each channel that is free (nothing unsettled, not paused, due), longest waiting first.

        `among`: of these chats alone; `beside`: of all chats but these.
        """
        ...

    async def next_due(self, now: datetime) -> datetime | None:
        """When a head that is not due yet will be, or a doubt or edit; None where nothing waits."""
        ...

    async def claim(
        self, chosen: Sequence[tuple[Candidate, FrozenRequest]], now: datetime
    ) -> Sequence[Claim]:
        """Store requests and make the rows SENDING, in one statement; rows that changed meanwhile are left out."""
        ...

    async def skip(self, delivery_ids: Sequence[int], reason: SkipReason, now: datetime) -> None:
        """End open rows that are no longer due."""
        ...

    async def sent(self, claims: Sequence[tuple[Claim, int | None]], now: datetime) -> None:
        """Rows stand in their channels under these message ids."""
        ...

    async def retry(
        self, claim: Claim, at: datetime, detail: str, request: FrozenRequest | None, now: datetime
    ) -> None:
        """Surely not sent: again at `at`; with `request`, in exactly that (plainer) form."""
        ...

    async def requeue(self, claim: Claim, detail: str, now: datetime) -> None:
        """Surely not sent, and no fault of the post: it keeps its place and waits for its channel."""
        ...

    async def uncertain(self, claim: Claim, ask_at: datetime, detail: str, now: datetime) -> None:
        """Nobody knows: ask at `ask_at`."""
        ...

    async def failed(self, claim: Claim, detail: str, now: datetime) -> None:
        """Refused for good."""
        ...

    async def orphans(self, running: Collection[int], ask_at: datetime, now: datetime) -> Sequence[int]:
        """Rows in SENDING whose task is not among `running` become UNCERTAIN; returns their ids."""
        ...


class DoubtStore(Protocol):
    """Sends of unknown outcome, and what is known of message ids."""

    async def doubts(self, now: datetime) -> Sequence[Doubt]:
        """UNCERTAIN rows whose time to ask has come, and resent rows whose twin was not sought yet."""
        ...

    async def settled(self, doubt: Doubt, message_id: int, now: datetime) -> None:
        """It arrived under `message_id`."""
        ...

    async def absent(self, doubt: Doubt, now: datetime) -> None:
        """It is not there: the same request goes out again."""
        ...

    async def ask_later(self, doubt: Doubt, at: datetime, detail: str) -> None:
        """No answer: ask again at `at`."""
        ...

    async def twin_sought(
        self, doubt: Doubt, found: Sequence[int], deleted: int | None, now: datetime
    ) -> None:
        """The search for a twin ended."""
        ...

    async def saw_message(self, chat_id: int, message_id: int, *, theirs: bool, now: datetime) -> None:
        """A message id is known to exist; `theirs`: surely not the bot's."""
        ...


class EditStore(Protocol):
    """Posts that do not show the newest words yet."""

    async def edits_due(self, now: datetime, limit: int) -> Sequence[Post]:
        """Posts whose edit is due, the one that waits longest first."""
        ...

    async def edited(self, post: Post, request: FrozenRequest, next_at: datetime, now: datetime) -> None:
        """The post shows `post.revision`; where there is a newer one already, it is due at `next_at`."""
        ...

    async def removed(self, post: Post, now: datetime) -> None:
        """The post is gone, as an editor ordered."""
        ...

    async def edit_later(self, post: Post, at: datetime, detail: str) -> None:
        """Not now: again at `at`."""
        ...

    async def edit_gone(self, post: Post, detail: str, now: datetime) -> None:
        """The message is not there any more, or can never be edited."""
        ...


class ChannelStore(Protocol):
    """Channels as chats: their ids, their trouble."""

    async def unresolved(self) -> Sequence[tuple[int, str]]:
        """(channel id, the setting's own words) of channels whose numeric id is not known yet."""
        ...

    async def resolved(self, channel_id: int, chat_id: int, title: str, kind: str, now: datetime) -> None:
        """The numeric id was learnt; kept for ever, whatever the name becomes."""
        ...

    async def pause(self, channel_id: int, detail: str, probe_at: datetime, now: datetime) -> bool:
        """The chat refuses. True when it was not paused before."""
        ...

    async def resume_chat(self, chat_id: int, now: datetime) -> Sequence[int]:
        """The chat lets us in again: its channels go on. Returns the ids of those that were paused."""
        ...

    async def probes_due(self, now: datetime) -> Sequence[Target]:
        """Paused channels that may be tried again."""
        ...

    async def probes_so_far(self, channel_id: int) -> int:
        """How often a paused channel was tried again in vain."""
        ...

    async def finish_removals(self, now: datetime) -> None:
        """Every name is resolved: what still waits for a removed channel is not due any more."""
        ...

    async def probe_failed(self, channel_id: int, detail: str, probe_at: datetime) -> None:
        """Still refused."""
        ...

    async def moved(self, old_chat_id: int, new_chat_id: int) -> None:
        """A group became a supergroup."""
        ...

    async def of_chat(self, chat_id: int) -> Sequence[tuple[int, str]]:
        """(channel id, name) of the channels that stand in a chat."""
        ...

    async def channel_name(self, channel_id: int) -> str:
        """What to call it in logs and alerts: the setting's words, or its title."""
        ...


class HandStore(Protocol):
    """Posts that people made by hand."""

    async def posted(
        self, chat_id: int, links: Sequence[str], message_id: int, now: datetime
    ) -> Sequence[int]:
        """A post with these links stands in the chat; returns the delivery rows that it spares."""
        ...
