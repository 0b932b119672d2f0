"""Log lines: their shape, their levels, and that no secret ever stands in one."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot import events as told
from bot.observe.lines import values_of
from bot.observe.logs import LogListener, configure_logging
from bot.observe.redaction import Redactor, masked

NOW = datetime(2026, 11, 24, 23, 12, 22, tzinfo=UTC)
TOKEN = "123456789:AAE-secret_TOKENxyz0123456789"
SECRET = TOKEN.partition(":")[2]
STYLES = ("console", "json")

Logs = Callable[[str, str], io.StringIO]


@pytest.fixture
def logs() -> Iterator[Logs]:
    """Configures logging into a buffer, and leaves the process as it was found."""
    root = logging.getLogger()
    names = ("", "kabarbot", "aiosqlite", "aiohttp.access")
    handlers, levels = list(root.handlers), {name: logging.getLogger(name).level for name in names}
    hook = sys.excepthook

    def configure(level: str, style: str) -> io.StringIO:
        # pytest's own handlers would raise for a line that cannot be made.
        root.handlers[:] = [one for one in root.handlers if not type(one).__module__.startswith("_pytest")]
        stream = io.StringIO()
        configure_logging(level, style, [TOKEN], stream=stream)
        return stream

    yield configure
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    sys.excepthook = hook
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def _delivered(**changes: object) -> told.Delivered:
    values: dict[str, object] = {
        "at": NOW,
        "delivery_id": 1,
        "headline_id": 2,
        "chat_id": -100,
        "channel": "@kanal",
        "message_id": 7,
        "delay": timedelta(seconds=3.25),
    }
    return told.Delivered(**(values | changes))  # type: ignore[arg-type]


def test_json_is_one_event_a_line_with_stable_names(logs: Logs) -> None:
    """A script can read every line, and finds headline, channel and delivery under fixed keys."""
    stream = logs("info", "json")
    listen = LogListener()
    listen(_delivered())
    listen(told.ChannelPaused(NOW, 3, "@kanal", "kicked"))
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert list(first)[:3] == ["timestamp", "level", "event"]
    assert first | {"timestamp": ""} == {
        "timestamp": "",
        "level": "info",
        "event": "posted",
        "delivery": 1,
        "headline": 2,
        "chat": -100,
        "channel": "@kanal",
        "message": 7,
        "delay_s": 3.25,
    }
    assert (second["event"], second["level"], second["detail"]) == ("channel_paused", "warning", "kicked")


def test_a_quiet_night_is_silent_at_info(logs: Logs) -> None:
    """Looks that bring nothing, answers to readers and the steps of a send are for debug."""
    stream = logs("info", "console")
    listen = LogListener()
    for event in (
        told.Polled(NOW, "rmol", "not_modified"),
        told.Polled(NOW, "rmol", "ok"),
        told.Claimed(NOW, (1, 2)),
        told.Sending(NOW, 1, 3, -100),
        told.Answered(NOW, 1, 3, -100, "done"),
        told.CommandAnswered(NOW, "terbaru", timedelta(milliseconds=3)),
    ):
        listen(event)
    assert stream.getvalue() == ""


def test_debug_tells_what_info_keeps_quiet_about(logs: Logs) -> None:
    """The same events can be had when somebody looks for a fault."""
    stream = logs("debug", "json")
    LogListener()(told.Polled(NOW, "rmol", "not_modified", took=timedelta(seconds=1)))
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["event"], line["outcome"], line["took_s"]) == ("feed_polled", "not_modified", 1.0)


def test_a_portal_that_stays_down_is_told_once_and_its_return_once(logs: Logs) -> None:
    """Failing looks do not fill the log; another reason, or a new failure after a good look, is news."""
    stream = logs("info", "json")
    listen = LogListener()
    for minute in range(30):
        listen(told.Polled(NOW + timedelta(minutes=minute), "rmol", "failed", "no answer"))
    listen(told.Polled(NOW, "rmol", "failed", "HTTP 500"))
    listen(told.Polled(NOW, "rmol", "ok"))
    listen(told.Polled(NOW, "rmol", "ok"))
    listen(told.Polled(NOW, "rmol", "failed", "no answer"))
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(e["event"], e.get("detail")) for e in events] == [
        ("feed_polled", "no answer"),
        ("feed_polled", "HTTP 500"),
        ("feed_recovered", None),
        ("feed_polled", "no answer"),
    ]


def test_a_lasting_trouble_is_told_again_after_an_hour(logs: Logs) -> None:
    """Nobody should have to scroll back a night to see that the disk is still full."""
    stream = logs("info", "json")
    listen = LogListener()
    for minute in (0, 1, 59, 61, 62):
        listen(told.StoreTrouble(NOW + timedelta(minutes=minute), "disk is full"))
    assert len(stream.getvalue().splitlines()) == 2


def test_a_trouble_that_comes_back_is_told_at_once(logs: Logs) -> None:
    """A disk that is full again within the hour is news."""
    stream = logs("info", "json")
    listen = LogListener()
    for minute in (0, 10):
        listen(told.StoreTrouble(NOW + timedelta(minutes=minute), "disk is full"))
        listen(told.StoreRecovered(NOW + timedelta(minutes=minute + 5)))
    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events == ["store_trouble", "store_recovered"] * 2


def test_every_uncertain_post_is_told(logs: Logs) -> None:
    """What may concern a single post is never taken for a repetition."""
    stream = logs("warning", "json")
    listen = LogListener()
    for _ in range(3):
        listen(told.BecameUncertain(NOW, 1, 3, -100, "no answer"))
    assert len(stream.getvalue().splitlines()) == 3


def test_an_event_of_another_day_has_a_line_too(logs: Logs) -> None:
    """An event that the table does not know yet is named after its class."""

    class SomethingNewHappened(told.Event):
        pass

    stream = logs("info", "json")
    LogListener()(SomethingNewHappened(NOW))
    assert json.loads(stream.getvalue())["event"] == "something_new_happened"


def test_every_event_has_a_line_of_its_own(logs: Logs) -> None:
    """No event that exists today goes without a name and a level in the table."""
    from bot.observe.lines import _LINES

    missing = {kind.__name__ for kind in told.Event.__subclasses__() if kind.__module__ == told.__name__}
    missing -= {kind.__name__ for kind in _LINES}
    assert missing == set()
    assert len({name for name, _ in _LINES.values()}) == len(_LINES)


def test_long_lists_are_cut_short() -> None:
    """A fan-out of thousands does not make a line of thousands of ids."""
    values = values_of(told.Claimed(NOW, tuple(range(500))))
    assert values["deliveries"][-1] == "and 480 more"
    assert len(values["deliveries"]) == 21


def _fail(error: Exception, cause: Exception | None = None) -> NoReturn:
    raise error from cause


def _plain() -> None:
    logging.getLogger("telegram.ext").warning("token %s", TOKEN)


def _in_a_url() -> None:
    logging.getLogger("aiohttp").warning("POST https://api.telegram.org/bot%s/sendMessage", TOKEN)


def _encoded() -> None:
    logging.getLogger("aiohttp").warning("GET /bot%s/getMe and %s", quote(TOKEN), quote(quote(TOKEN)))


def _in_a_repr() -> None:
    logging.getLogger("x").warning("%r", {"url": f"/bot{TOKEN}/", "raw": TOKEN.encode()})


def _escaped() -> None:
    logging.getLogger("x").warning("%s %s", TOKEN.replace(":", "\\x3a"), TOKEN.replace(":", "\\u003A"))


def _second_half() -> None:
    logging.getLogger("x").warning("the secret is %s.", SECRET)


def _traceback() -> None:
    try:
        _fail(ConnectionError(f"cannot reach /bot{TOKEN}/getUpdates"))
    except ConnectionError:
        logging.getLogger("telegram").exception("failed")


def _cause() -> None:
    try:
        _fail(RuntimeError("outer"), ValueError(TOKEN))
    except RuntimeError as exc:
        LogListener()(told.WorkerFailed(NOW, "poller", "outer", exc))


def _event_detail() -> None:
    LogListener()(told.UpdatesTrouble(NOW, "network", f"https://h/bot{TOKEN}/getUpdates"))


def _extra_key() -> None:
    structlog.stdlib.get_logger("kabarbot").warning("odd", **{TOKEN: TOKEN})


def _wrong_arguments() -> None:
    logging.getLogger("x").warning("%d", TOKEN)


def _warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"old api {TOKEN}", stacklevel=1)


def _crash() -> None:
    try:
        _fail(ValueError(TOKEN))
    except ValueError as exc:
        sys.excepthook(type(exc), exc, exc.__traceback__)


def _loop_of_asyncio() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_exception_handler({"message": "lost", "exception": OSError(TOKEN)})

    asyncio.run(main())


WAYS = (
    _plain,
    _in_a_url,
    _encoded,
    _in_a_repr,
    _escaped,
    _second_half,
    _traceback,
    _cause,
    _event_detail,
    _extra_key,
    _wrong_arguments,
    _warning,
    _crash,
    _loop_of_asyncio,
)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("say", WAYS, ids=lambda say: say.__name__.strip("_"))
def test_the_token_is_in_no_line(logs: Logs, style: str, say: Callable[[], None]) -> None:
    """Whichever way it takes, at debug, the token does not reach the log; something does."""
    stream = logs("debug", style)
    say()
    assert SECRET not in stream.getvalue()
    assert stream.getvalue().strip()


@given(
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    colon=st.sampled_from([":", "%3A", "%3a", "%253A"]),
)
def test_redaction_leaves_no_half_and_is_idempotent(before: str, after: str, colon: str) -> None:
    """The secret half is gone wherever it stands, and redacting again changes nothing."""
    redact = Redactor([TOKEN])
    once = redact(f"{before}{TOKEN.replace(':', colon)}{after}")
    assert SECRET not in once
    assert redact(once) == once


def test_other_tokens_and_passwords_in_addresses_go_too() -> None:
    """A token that is not ours, and what a feed's address carries, are nobody's business."""
    redact = Redactor()
    other = "987654321:" + "B" * 35
    assert redact(f"/bot{other}/x") == "/bot[secret]/x"
    assert masked("https://user:pw@portal.example/rss?id=5&api_key=k1&x=2") == (
        "https://portal.example/rss?id=5&api_key=…&x=2"
    )


def test_a_short_secret_does_not_eat_words() -> None:
    """A webhook secret like `news` is taken out where it stands alone, not out of `newsroom`."""
    assert Redactor(["news"])("news newsroom x=news") == "[secret] newsroom x=[secret]"


def test_words_without_secrets_stay_as_they_are() -> None:
    """Redaction must not garble headlines and times."""
    text = "Skor 2:1, pukul 06:12 WIB, 20:30-22:00; a=b&c=d https://portal.example/read/2023/09/20/589821/x"
    assert Redactor([TOKEN])(text) == text


def test_a_portal_cannot_forge_a_line(logs: Logs) -> None:
    """A line feed or an escape sequence in somebody's words stays inside its own line."""
    stream = logs("info", "console")
    forged = "bad\n2026-11-25 [info] posted\x1b[2J"
    LogListener()(told.Polled(NOW, "rmol", "failed", forged))
    logging.getLogger("aiohttp").warning(forged)  # a library may put them into the message itself
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()


def test_libraries_are_heard_from_warning_on(logs: Logs) -> None:
    """Chatter of PTB and aiohttp is no news at info; at debug it is there, but for aiosqlite's statements."""
    stream = logs("info", "json")
    logging.getLogger("telegram.ext").info("Application started")
    assert stream.getvalue() == ""
    stream = logs("debug", "json")
    logging.getLogger("telegram.ext").debug("getUpdates")
    logging.getLogger("aiosqlite").debug("executing SELECT 1")
    assert [json.loads(line)["logger"] for line in stream.getvalue().splitlines()] == ["telegram.ext"]


def test_configuring_again_doubles_no_line(logs: Logs) -> None:
    """The last configuration holds, alone."""
    first, second = logs("info", "json"), logs("info", "json")
    LogListener()(_delivered())
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1


def test_a_closed_stream_stops_nothing(logs: Logs) -> None:
    """Standard error may be gone; the bot goes on."""
    logs("info", "console").close()
    LogListener()(_delivered())


def test_nothing_but_the_error_level_is_heard_at_error(logs: Logs) -> None:
    """LOG_LEVEL=error keeps warnings out."""
    stream = logs("error", "json")
    listen = LogListener()
    listen(told.BecameUncertain(NOW, 1, 3, -100, "no answer"))
    listen(told.DeliveryFailed(NOW, 1, 2, -100, "refused"))
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["post_refused"]
