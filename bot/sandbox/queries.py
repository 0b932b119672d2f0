"""Callback and inline queries by id: which are open, which were answered, which are too old to be.

Answering one twice, or too late, is refused as Telegram does it. The newest few thousand are remembered.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from bot.sandbox.clock import Clock
from bot.sandbox.errors import QUERY_TOO_OLD, bad_request

_REMEMBERED: Final = 5000


@dataclass(slots=True)
class Query:
    """One question put to the bot: when (seconds since the epoch), by whom, and the answer once there is one."""

    id: str
    kind: Literal["callback", "inline"]
    asked: float
    user_id: int
    data: str
    answer: dict[str, Any] | None = None
    answered: float = 0.0


@dataclass(slots=True)
class Queries:
    """All remembered queries. `timeout`: seconds in which one may be answered."""

    clock: Clock
    timeout: float = 30.0
    known: dict[str, Query] = field(default_factory=dict)

    def open(self, query: Query) -> None:
        self.known[query.id] = query
        if len(self.known) > _REMEMBERED:
            del self.known[next(iter(self.known))]

    def close(self, query_id: str, kind: str, answer: dict[str, Any]) -> Query:
        """Answer a query. Refuses one that is unknown, of another kind, answered or too old."""
        query = self.known.get(query_id)
        now = self.clock.now()
        if (
            query is None
            or query.kind != kind
            or query.answer is not None
            or now - query.asked > self.timeout
        ):
            raise bad_request(QUERY_TOO_OLD)
        query.answer = answer
        query.answered = now
        return query

    def unanswered(self) -> list[Query]:
        return [query for query in self.known.values() if query.answer is None]
