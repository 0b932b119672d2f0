"""The operator's page: what it says in each state of things, and that nothing can be smuggled into it."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import events as told
from bot.domain.status import (
    Amount,
    ChannelStatus,
    Delays,
    FeedStatus,
    Hour,
    LatestPost,
    Popular,
    PopularHeadline,
    Room,
    Status,
    Vitals,
)
from bot.errors import StoreError
from bot.observe import words
from bot.observe.chart import chart
from bot.observe.page import StatusPage
from bot.observe.redaction import Redactor
from bot.observe.troubles import Kind, TroubleListener
from bot.observe.verdict import Level, findings
from tests.support_observe import HOUR, MINUTE, NOW, FixedClock, FixedSource

JAKARTA = ZoneInfo("Asia/Jakarta")
SECOND = timedelta(seconds=1)
FEED = FeedStatus(
    "rmol",
    30 * SECOND,
    looked=NOW - 12 * SECOND,
    tried=NOW - 12 * SECOND,
    last_new=NOW - 4 * MINUTE,
    next_look=NOW + 18 * SECOND,
)
CHANNEL = ChannelStatus("@kanal", last_post=NOW - 4 * MINUTE, delay=21 * SECOND)
VITALS = Vitals(NOW, channels=1, feeds=1, room=Room(84_000_000, 12_000_000_000, 40_000_000_000))
WELL = Status(VITALS, (FEED,), (CHANNEL,))
DOWN = replace(
    FEED,
    failures=5,
    failing_since=NOW - 11 * MINUTE,
    failure="no answer within 20 s",
    looked=NOW - 12 * MINUTE,
)
KICKED = replace(CHANNEL, paused=NOW - 42 * MINUTE, pause_detail="bot was kicked", waiting=Amount(7))


async def _well() -> str:
    return ""


def _page(status: Status, **changes: object) -> StatusPage:
    values: dict[str, object] = {"ready": _well} | changes
    return StatusPage(FixedSource(status=status), FixedClock(), JAKARTA, **values)  # type: ignore[arg-type]


def _said(
    status: Status, ailment: str = "", troubles: TroubleListener | None = None
) -> list[tuple[Level, str]]:
    face = words.Clockface(JAKARTA, NOW)
    found = findings(status, ailment, (troubles or TroubleListener()).current(), face)
    return [(one.level, one.text) for one in found]


def _with(status: Status = WELL, **vitals: object) -> Status:
    return replace(status, vitals=replace(status.vitals, **vitals))  # type: ignore[arg-type]


def test_all_well_says_why() -> None:
    """One sentence with its reason, and nothing else."""
    assert _said(WELL) == [
        (
            Level.WELL,
            "All is well: the portal answered 12 s ago, its channel takes posts, and nothing waits.",
        )
    ]


def test_a_portal_that_is_down_is_said_first() -> None:
    """Since when, why, and when it is looked at next."""
    status = _with(replace(WELL, feeds=(replace(DOWN, next_look=NOW + 140 * SECOND),)), feeds_failing=1)
    assert _said(status) == [
        (
            Level.BAD,
            "The portal is down since 06:01 WIB (11 min): no answer within 20 s. Next look in 2 min.",
        )
    ]


def test_one_failed_look_is_no_catastrophe_yet() -> None:
    """Portals stumble; the page says so without crying."""
    stumbled = replace(DOWN, failures=1, failing_since=NOW - 5 * SECOND)
    assert _said(_with(replace(WELL, feeds=(stumbled,)), feeds_failing=1))[0][0] is Level.WARN


def test_one_feed_of_several_is_named() -> None:
    """The others go on."""
    status = _with(replace(WELL, feeds=(DOWN, FEED, FEED)), feeds=3, feeds_failing=1)
    assert _said(status) == [(Level.WARN, "The feed rmol fails since 06:01 WIB: no answer within 20 s.")]
    status = _with(replace(WELL, feeds=(DOWN, DOWN, FEED)), feeds=3, feeds_failing=2)
    assert "The feed rmol (and one more) fails" in _said(status)[0][1]


def test_a_paused_channel_is_named_with_its_reason() -> None:
    """And how much waits behind it."""
    status = _with(replace(WELL, channels=(KICKED,)), channels_paused=1, stuck=Amount(7))
    assert _said(status) == [
        (Level.BAD, "Channel @kanal refuses posts since 05:30 WIB: bot was kicked. 7 posts wait there.")
    ]


def test_of_many_paused_channels_one_is_named() -> None:
    """The sentence stays one sentence."""
    status = _with(replace(WELL, channels=(KICKED,)), channels=9, channels_paused=4)
    assert "Channels @kanal and 3 more refuse posts" in _said(status)[0][1]


def test_posts_that_wait_for_their_turn_are_no_trouble() -> None:
    """All is well, and a note says how many and for how long; past ten minutes somebody should look."""
    status = _with(waiting=Amount(36), waiting_since=NOW - 80 * SECOND)
    assert [level for level, _ in _said(status)] == [Level.WELL, Level.NOTE]
    assert _said(status)[1][1] == "36 posts wait for their turn, the oldest since 06:11 WIB (80 s)."
    late = _with(waiting=Amount(36), waiting_since=NOW - 11 * MINUTE)
    assert [level for level, _ in _said(late)] == [Level.WARN]


def test_held_headlines_ask_for_an_editor() -> None:
    """A surge, or a channel whose posts are released by hand."""
    status = _with(held=Amount(34), held_since=NOW - 25 * MINUTE)
    assert _said(status) == [
        (Level.WARN, "34 headlines are held since 05:47 WIB and wait for an editor: Terbitkan or Lewati.")
    ]
    one = _with(held=Amount(1), held_since=NOW - 25 * MINUTE)
    assert "1 headline is held since 05:47 WIB and waits for an editor" in _said(one)[0][1]


@pytest.mark.parametrize(
    ("free", "disk", "scarce"),
    [
        (420_000_000, 8_000_000_000, True),
        (5_000_000, 64_000_000, True),
        (30_000_000, 64_000_000, False),
        (40_000_000_000, 1_000_000_000_000, False),
    ],
)
def test_a_disk_that_is_nearly_full_is_seen(free: int, disk: int, scarce: bool) -> None:
    """On a small volume as on a large one, and a large disk is not full with 40 GB left."""
    said = _said(_with(room=Room(84_000_000, free, disk)))
    assert (said[0][0] is Level.WARN) is scarce
    assert any("nearly full" in text for _, text in said) is scarce


def test_an_editor_who_halted_a_channel_is_reminded() -> None:
    """With the command that lets posts go on."""
    status = _with(replace(WELL, channels=(replace(CHANNEL, halted=NOW),)), channels_halted=1)
    assert _said(status) == [
        (Level.WARN, "An editor halted channel @kanal with /jeda; /lanjut lets posts go on.")
    ]


def test_what_the_health_check_says_comes_first() -> None:
    """Before a portal that is down, for it means that the bot itself is not well."""
    status = _with(replace(WELL, feeds=(DOWN,)), feeds_failing=1)
    said = _said(status, "no beat for 30 s of: poller")
    assert said[0] == (Level.BAD, "The bot is not well: no beat for 30 s of: poller")
    assert len(said) == 2


def test_a_database_that_cannot_be_written_comes_before_all() -> None:
    """It is kept in memory, and over when it is over."""
    troubles = TroubleListener()
    troubles(told.StoreTrouble(NOW - 3 * MINUTE, "disk is full"))
    troubles(told.StoreTrouble(NOW - 1 * MINUTE, "disk is full"))
    assert _said(WELL, "x", troubles)[0] == (
        Level.BAD,
        "The database cannot be written since 06:09 WIB, so nothing moves: disk is full",
    )
    troubles(told.StoreRecovered(NOW))
    assert troubles.current() == {}


def test_updates_that_another_program_takes_are_a_warning() -> None:
    """Posts go on; readers wait."""
    troubles = TroubleListener()
    troubles(told.UpdatesTrouble(NOW, "conflict", "terminated by other getUpdates request"))
    troubles(told.Polled(NOW, "rmol", "ok"))
    assert list(troubles.current()) == [Kind.UPDATES]
    assert _said(WELL, troubles=troubles)[0][0] is Level.WARN
    troubles(told.UpdatesRecovered(NOW))
    assert _said(WELL, troubles=troubles)[0][0] is Level.WELL


def test_a_bot_that_is_starting_says_so() -> None:
    """Nothing looked at, nothing posted: no trouble, and no false all-clear."""
    new = FeedStatus("rmol", 30 * SECOND, next_look=NOW)
    texts = [text for _, text in _said(Status(VITALS, (new,), (ChannelStatus("@kanal"),)))]
    assert texts[0].startswith("All is well: the first look is due")
    assert texts[1] == "The bot is starting: no feed has been looked at yet."


def test_sends_of_unknown_outcome_are_a_note() -> None:
    """They settle by themselves."""
    assert _said(_with(uncertain=1))[1][1].startswith("1 send has an unknown outcome")


class _Reader(HTMLParser):
    """What a browser would make of it: elements, their text, and whether they close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "wbr", "br"} and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            if self.get_starttag_text() and tag in {"path", "circle", "rect"}:
                return
            raise AssertionError(f"</{tag}> closes {self.open[-1:]}")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def _full() -> Status:
    post = LatestPost("Harga Cabai Naik", "https://portal.example/1", NOW - 4 * MINUTE, 21 * SECOND, 3)
    line = PopularHeadline("Timnas Lolos", "https://portal.example/2", NOW - HOUR)
    return replace(
        WELL,
        hours=tuple(
            Hour(NOW.replace(minute=0, second=0) - HOUR * back, 24 - back, back) for back in range(23, -1, -1)
        ),
        delays=Delays(812, NOW - 24 * HOUR, 21 * SECOND, 48 * SECOND),
        latest=(post,),
        popular=Popular(NOW - 3 * MINUTE, (line,)),
    )


async def test_the_page_shows_all_that_the_contract_names() -> None:
    """Feeds, channels, chart, percentiles, latest posts, popular list; each number with a unit."""
    text = " ".join(_read(await _page(_full()).html()).text.split())
    for part in (
        "All is well",
        "Wednesday, 25 November 2026, 06:12:22 WIB",
        "refreshes every 10 s",
        "rmol every 30 s 12 s ago 06:12:10 4 min ago 06:08:22 in 18 s 06:12:40 none",
        "@kanal takes posts 4 min ago 06:08:22 none 21 s",
        "21 s p50 · 48 s p95 last 812 posts, past 24 h",
        "Harga Cabai Naik",
        "3 channels · 21 s after publication",
        "Timnas Lolos",
        "the portal’s list, 3 min ago",
        "84 MB 12 GB of 40 GB free now",
    ):
        assert part in text


async def test_the_page_works_without_javascript_and_without_any_host() -> None:
    """It refreshes by itself, loads nothing, changes nothing, and its one style sheet is allowed by its hash."""
    page = _page(_full())
    html = await page.html()
    reader = _read(html)
    names = {tag for tag, _ in reader.tags}
    assert not names & {"script", "img", "iframe", "form", "button", "input", "object", "embed"}
    assert ("meta", {"http-equiv": "refresh", "content": "10"}) in reader.tags
    for tag, attributes in reader.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("src", "href"):
            outside = (attributes.get(name) or "").startswith(("http", "//"))
            assert not outside or tag == "a"
    (css,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert "url(" not in css
    assert "@import" not in css
    assert page.style == f"'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'"


async def test_a_portal_cannot_put_markup_or_a_script_link_on_the_page() -> None:
    """Titles, names and failures are text; a link that is no web address is none."""
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    post = LatestPost(evil, "javascript:alert(1)", NOW, SECOND, 1)
    status = replace(
        WELL,
        feeds=(replace(DOWN, name=f"https://h/{evil}", failure=evil),),
        channels=(replace(KICKED, name=evil, pause_detail=evil),),
        latest=(post,),
        popular=Popular(NOW, (PopularHeadline(evil, 'https://h.example/"onmouseover=', None),)),
    )
    html = await _page(_with(status, feeds_failing=1, channels_paused=1)).html()
    reader = _read(html)
    assert "script" not in {tag for tag, _ in reader.tags}
    assert "img" not in {tag for tag, _ in reader.tags}
    assert "javascript:" not in html.replace(evil, "")
    assert not any(name.startswith("on") for _, attributes in reader.tags for name in attributes)


@settings(max_examples=20)
@given(text=st.text(max_size=60))
async def test_any_words_are_shown_as_they_are(text: str) -> None:
    """Whatever a portal calls a headline is read back as the same text."""
    status = replace(WELL, latest=(LatestPost(f"[{text}]", None, NOW, SECOND, 1),))
    reader = _read(await _page(status, redact=str).html())
    titles = [attributes["title"] for tag, attributes in reader.tags if tag == "p" and "title" in attributes]
    # HTML itself takes a carriage return for a line feed (HTML Standard, 13.2.3.5).
    assert [(title or "").replace("\r", "\n") for title in titles] == [f"[{text}]".replace("\r", "\n")]


async def test_no_secret_reaches_the_page() -> None:
    """Not even one that stands in a feed's address or in what Telegram said."""
    secret = "1234567:AAAAAAAAAAAAAAAA"
    status = replace(
        WELL, feeds=(replace(DOWN, name="https://u:pw@h.example/rss?key=k/k1", failure=f"/bot{secret}/"),)
    )
    html = await _page(_with(status, feeds_failing=1), redact=Redactor([secret])).html()
    assert not re.search(r"AAAA|pw@|k1\b", html)
    assert "h.example" in html


async def test_a_database_that_cannot_be_read_still_makes_a_page() -> None:
    """The one thing that it can say, it says."""
    source = FixedSource(error=StoreError("malformed"))
    html = await StatusPage(source, FixedClock(), JAKARTA, ready=_well).html()
    assert "the database cannot be read (malformed)" in _read(html).text


async def test_an_empty_newsroom_makes_a_page() -> None:
    """No feed, no channel, no post, no list."""
    text = _read(await _page(Status(Vitals(NOW))).html()).text
    assert "Nothing to do yet" in text
    assert "Nothing was posted yet." in text


@pytest.mark.parametrize("state", ["well", "note", "warn", "bad"])
async def test_the_state_is_in_the_title_and_on_the_body(state: str) -> None:
    """A tab in the background shows it too; colour is never alone."""
    status, ailment = WELL, ""
    if state == "warn":
        status = _with(held=Amount(1))
    if state == "note":
        status = Status(Vitals(NOW))
    if state == "bad":
        ailment = "no beat"

    async def ready() -> str:
        return ailment

    html = await _page(status, ready=ready).html()
    assert f'<body class="{state}">' in html
    titles = {"well": "All well", "note": "Well", "warn": "Needs a look", "bad": "In trouble"}
    assert f"<title>{titles[state]} · Kabarbot</title>" in html


async def test_more_channels_than_fit_are_counted() -> None:
    """The list is bounded; the rest is a number."""
    channels = tuple(replace(CHANNEL, name=f"@kanal{n}") for n in range(60))
    html = await _page(_with(replace(WELL, channels=channels), channels=500)).html()
    assert "and 440 more channels" in html
    assert len(html.encode()) < 100_000


async def test_many_who_look_at_once_read_the_store_once() -> None:
    """A storm of requests is one query a second."""
    source, clock = FixedSource(status=WELL), FixedClock()
    page = StatusPage(source, clock, JAKARTA, ready=_well)
    for _ in range(5):
        await page.html()
    assert source.asked == 1
    clock.time += 2 * SECOND
    await page.html()
    assert source.asked == 2


async def test_a_clock_that_is_set_back_shows_no_old_page() -> None:
    """The page must not stand still until the clock has caught up."""
    source, clock = FixedSource(status=WELL), FixedClock()
    page = StatusPage(source, clock, JAKARTA, ready=_well)
    await page.html()
    clock.time -= HOUR
    await page.html()
    assert source.asked == 2


def test_the_chart_says_the_same_in_words() -> None:
    """Totals, peaks and times for those who cannot see it; bars in proportion, a single one still visible."""
    hours = [
        Hour(datetime(2026, 11, 24, hour, tzinfo=UTC), n, 1 if n else 0)
        for hour, n in ((20, 0), (21, 400), (22, 1))
    ]
    drawn = chart(hours, words.Clockface(JAKARTA, NOW))
    assert drawn is not None
    assert drawn.words == (
        "Past 3 hours: 401 headlines, most 400 in the hour from 04:00; 2 posts, most 1 in the hour from 04:00"
    )
    empty, full, tiny = drawn.rows[0].bars
    assert empty.height == 0
    assert full.height > 40
    assert tiny.height == 2
    assert tiny.now
    assert not full.now


def test_an_empty_day_has_a_chart_without_bars() -> None:
    """And no division by nothing."""
    drawn = chart([Hour(NOW)], words.Clockface(JAKARTA, NOW))
    assert drawn is not None
    assert drawn.rows[0].peak == "none"
    assert chart([], words.Clockface(JAKARTA, NOW)) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (-5, "0 s"), (12.4, "12 s"), (99, "99 s"), (180, "3 min"), (7500, "2 h 5 min"), (36000, "10 h"), (260_000, "3 days")],
)  # fmt: skip
def test_spans_have_a_unit(seconds: float, text: str) -> None:
    """As people say them."""
    assert words.span(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (84_000_000, "84 MB"), (1_200_000_000, "1.2 GB"), (3 * 10**12, "3.0 TB")],
)  # fmt: skip
def test_sizes_have_a_unit(number: int, text: str) -> None:
    """Powers of 1000, as disks are sold."""
    assert words.size(number) == text


def test_times_of_another_day_name_the_day() -> None:
    """In the newsroom's own zone, where it is already tomorrow."""
    face = words.Clockface(JAKARTA, NOW)
    assert face.at(NOW - 15 * HOUR) == "24 Nov 15:12"
    assert face.minute(NOW - 15 * HOUR) == "24 Nov 15:12 WIB"
    assert face.minute(NOW - 731 * 24 * HOUR).endswith(f" {NOW.year - 2} 06:12 WIB")
    assert face.at(NOW - 731 * 24 * HOUR).endswith(f" {NOW.year - 2} 06:12")
    assert face.at(NOW - 6 * HOUR) == "00:12:22"
    assert words.Clockface(ZoneInfo("Europe/Berlin"), NOW).zone == "+01:00"


def test_amounts_that_stopped_counting_say_so() -> None:
    """``500+``, and sums keep the plus."""
    assert str(Amount(500, more=True) + Amount(1200)) == "1,700+"
    assert not Amount()
    assert words.count(Amount(1), "post") == "1 post"
