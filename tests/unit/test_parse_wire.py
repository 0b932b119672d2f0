"""What goes through the pipe between parent and parsing child."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.headlines import Document, Item
from bot.sources.tasks import Parsed, Want
from bot.sources.wire import HEAD, pack, parsed_from_json, parsed_to_json, task_from_json, task_to_json
from tests.support_sources import task

TIMES = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(max_size=20)
OPTIONAL = st.none() | TEXTS
ITEMS = st.builds(
    Item,
    TEXTS,
    OPTIONAL,
    OPTIONAL,
    TIMES,
    st.lists(TEXTS, max_size=3).map(tuple),
    OPTIONAL,
    TEXTS,
    OPTIONAL,
    TEXTS,
)
DOCUMENTS = st.builds(
    Document, st.lists(ITEMS, max_size=3).map(tuple), TEXTS, TEXTS, OPTIONAL, OPTIONAL, TIMES
)


@settings(deadline=None)
@given(st.builds(Parsed, DOCUMENTS, st.lists(TEXTS, max_size=2).map(tuple)))
def test_a_document_survives_the_pipe(parsed: Parsed) -> None:
    """Any text, any time, even a lone surrogate."""
    assert parsed_from_json(json.loads(json.dumps(parsed_to_json(parsed)))) == parsed


def test_a_task_survives_the_pipe() -> None:
    """Zones by name or by offset."""
    for zone in (timezone(timedelta(hours=7)), UTC, task().zone):
        sent = task(zone=zone, want=Want.POPULAR, selectors={"item": "li"}, charset="koi8-r")
        got = task_from_json(json.loads(json.dumps(task_to_json(sent))))
        assert got.zone.utcoffset(got.now) == zone.utcoffset(sent.now)
        assert (got.url, got.want, got.selectors, got.charset, got.now) == (
            sent.url,
            sent.want,
            sent.selectors,
            sent.charset,
            sent.now,
        )


def test_a_message_has_two_lengths() -> None:
    """JSON and body, so that a body need not be escaped."""
    packed = pack({"a": "é"}, 5) + b"\0body"
    size, body = HEAD.unpack(packed[: HEAD.size])
    assert json.loads(packed[HEAD.size : HEAD.size + size]) == {"a": "é"}
    assert packed[-body:] == b"\0body"
