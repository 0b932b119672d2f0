"""Faults on demand: which call is to go wrong, and how. Nothing here touches a connection (see `broken.py`).

A fault names a `kind` and whom it hits: `method` (`*`: any but the polling for updates), `chat` (id or
`@name`; empty: any), `contains` (words in the text or caption). Of the calls that match, it hits the `nth`
one only, or every `every`-th one, or, after `skip` of them, the next `times` (default 1; 0: all until it is
cleared).

| kind | what the client sees | is the call carried out |
|---|---|---|
| `refuse` | `code`, `description`, `parameters` | no |
| `drop_before`, `drop_after` | the connection breaks | no; yes |
| `hang_before`, `hang_after` | no answer for `seconds` (0: until it goes away), then a break | no; yes |
| `error_before`, `error_after` | `code` (default 502) with an HTML page, as a proxy answers | no; yes |
| `cut_json` | a 200 whose JSON breaks off | yes |
| `cut_body` | fewer bytes than `Content-Length` promised, then a break | yes |
| `html` | a 200 that is a web page | yes |
| `late` | nothing for `seconds`; or a break at once with `drop` | yes, but only then: the id is taken late |
| `flood_after` | 429 with `retry_after` | yes |
| `sent_deleted` | 500 `sent message was immediately deleted` | yes |
| `delay`, `delay_after` | the right answer, `seconds` later | after; before the delay |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from itertools import count
from typing import Any

from bot.sandbox.calls import Call
from bot.sandbox.errors import ControlError

KINDS = frozenset(
    {
        "refuse",
        "drop_before",
        "drop_after",
        "hang_before",
        "hang_after",
        "error_before",
        "error_after",
        "cut_json",
        "cut_body",
        "html",
        "late",
        "flood_after",
        "sent_deleted",
        "delay",
        "delay_after",
    }
)


Resolve = Callable[[str], int | None]


def unknown(key: str) -> int | None:
    """Where no chats are known, a fault hits the chat as it is written."""
    del key
    return None


@dataclass(slots=True, kw_only=True)
class Fault:
    """One rule, and how many calls it has matched (`seen`) and hit (`hits`)."""

    kind: str
    method: str = "*"
    chat: str = ""
    contains: str = ""
    nth: int = 0
    every: int = 0
    skip: int = 0
    times: int = 1
    code: int = 0
    description: str = ""
    parameters: dict[str, Any] | None = None
    retry_after: int = 5
    seconds: float = 0.0
    drop: bool = False
    id: int = 0
    seen: int = 0
    hits: int = 0

    def matches(self, call: Call, resolve: Resolve) -> bool:
        if self.method == "*":
            if call.method == "getupdates":
                return False
        elif self.method != call.method:
            return False
        if self.chat and self.chat != call.chat and resolve(self.chat) != (resolve(call.chat) or -1):
            return False
        return not self.contains or self.contains in call.text("text") + call.text("caption")

    def take(self) -> bool:
        """Count a matching call; whether it is one to hit."""
        self.seen += 1
        if self.nth:
            hit = self.seen == self.nth
        elif self.every:
            hit = self.seen % self.every == 0
        else:
            hit = self.seen > self.skip and (self.times == 0 or self.hits < self.times)
        self.hits += hit
        return hit

    @property
    def spent(self) -> bool:
        """Whether it can never hit again."""
        if self.nth:
            return self.seen >= self.nth
        return not self.every and self.times > 0 and self.hits >= self.times


def _fault_from(fields_given: Mapping[str, Any]) -> Fault:
    """A fault from the fields of a control request. Raises ControlError for an unknown kind or field."""
    known = {each.name for each in fields(Fault)} - {"id", "seen", "hits"}
    unknown = set(fields_given) - known
    if unknown:
        raise ControlError(f"a fault has no {', '.join(sorted(unknown))}")
    if fields_given.get("kind") not in KINDS:
        raise ControlError(f"no such fault: {fields_given.get('kind')!r}; one of {', '.join(sorted(KINDS))}")
    fault = Fault(**fields_given)
    fault.method = fault.method.lower()
    fault.chat = str(fault.chat)
    return fault


@dataclass(slots=True)
class Faults:
    """The rules in force, oldest first. The first that hits a call decides; the others do not count it.

    `resolve` leads from a chat's id or name to its id, so that a fault on `@name` hits calls by id, too.
    """

    rules: list[Fault] = field(default_factory=list)
    resolve: Resolve = unknown
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def add(self, **given: Any) -> int:  # noqa: ANN401 - the fields of Fault
        """Put a fault in force; its number. Raises ControlError for an unknown kind or field."""
        fault = _fault_from(given)
        fault.id = next(self._ids)
        self.rules.append(fault)
        return fault.id

    def remove(self, number: int) -> bool:
        """Take one back; whether it was still in force."""
        before = len(self.rules)
        self.rules = [fault for fault in self.rules if fault.id != number]
        return len(self.rules) < before

    def clear(self) -> None:
        self.rules.clear()

    def pick(self, call: Call) -> Fault | None:
        """The fault that this call suffers, counted; None if it goes well."""
        if not self.rules:
            return None
        for fault in self.rules:
            if fault.matches(call, self.resolve) and fault.take():
                if fault.spent:
                    self.rules.remove(fault)
                return fault
        return None
