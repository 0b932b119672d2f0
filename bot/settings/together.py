"""What settings must say together: found even where one of them is wrong in itself.

Works on the raw words, so that one run reports everything; what cannot be read is left to the
setting's own check.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.settings import values
from bot.settings.faults import Fault, missing, wrong

Raw = Mapping[str, Any]


def faults(raw: Raw) -> Iterator[Fault]:
    """Every fault that takes two settings to see."""
    if not raw.get("FEED_URL") and not raw.get("[[feeds]]"):
        yield missing(
            "FEED_URL", "expected one or more addresses, comma separated, or [[feeds]] in kabarbot.toml"
        )
    if not raw.get("CHANNELS") and not raw.get("[[channels]]"):
        yield missing(
            "CHANNELS", "expected @name or a numeric id, comma separated, or [[channels]] in kabarbot.toml"
        )
    if raw.get("PUBLIC_URL") and not raw.get("WEBHOOK_ADDRESS"):
        yield missing("WEBHOOK_ADDRESS", "PUBLIC_URL needs it: expected host:port like 0.0.0.0:8443")
    yield from _addresses(raw)
    yield from _rate(raw)
    yield from _tables(raw)


def _addresses(raw: Raw) -> Iterator[Fault]:
    """Two listeners cannot share a port."""
    page = _read(values.address, raw.get("HTTP_ADDRESS", "127.0.0.1:8080"))
    hook = _read(values.address, raw.get("WEBHOOK_ADDRESS"))
    if page and page == hook and page.port:
        yield wrong("WEBHOOK_ADDRESS", raw["WEBHOOK_ADDRESS"], "expected another one than HTTP_ADDRESS")


def _rate(raw: Raw) -> Iterator[Fault]:
    rate = _read(values.whole(31, 1000), raw.get("BROADCAST_RATE"))
    paid = _read(values.whole(0, 10_000_000), raw.get("PAID_STARS_A_DAY", 0))
    if rate and paid == 0:
        expected = "expected a whole number from 1 to 30; more only with PAID_STARS_A_DAY above 0"
        yield wrong("BROADCAST_RATE", raw["BROADCAST_RATE"], expected)


def _tables(raw: Raw) -> Iterator[Fault]:
    feeds, channels = _rows(raw, "[[feeds]]"), _rows(raw, "[[channels]]")
    yield from _repeated("[[feeds]]", "url", [feed.get("url") for feed in feeds])
    yield from _repeated("[[feeds]]", "name", [feed.get("name") for feed in feeds])
    chats = [(str(row.get("chat")).casefold(), row.get("topic")) for row in channels if row.get("chat")]
    yield from _repeated(
        "[[channels]]", "chat", [chat if topic is None else f"{chat} {topic}" for chat, topic in chats]
    )
    names = {feed.get("name") for feed in feeds}
    for number, row in enumerate(channels, 1):
        wanted = row.get("feeds")
        for name in wanted if isinstance(wanted, list) else ():
            if name not in names:
                expected = "expected the name of a table [[feeds]]"
                yield Fault("[[channels]]", wrong(f"[[channels]] {number} feeds", name, expected).text)


def _repeated(table: str, key: str, found: Iterable[object]) -> Iterator[Fault]:
    seen: set[object] = set()
    for value in found:
        if isinstance(value, str) and value and value in seen:
            yield Fault(table, wrong(f"{table} {key}", value, "expected only once").text)
        seen.add(value if isinstance(value, str) else None)


def _rows(raw: Raw, table: str) -> Sequence[Mapping[str, Any]]:
    rows = raw.get(table) or ()
    return [row for row in rows if isinstance(row, Mapping)]


def _read(reader: values.Reader, value: object) -> Any:  # noqa: ANN401 (whatever the reader makes)
    try:
        return reader(value)
    except ValueError:
        return None
