"""Settings: their defaults, and how values are understood."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.domain.schedule import QuietHours
from bot.settings import Address, parse
from tests.support_settings import TOKEN, settings


def test_defaults_are_the_contract() -> None:
    """What is not set is what product.md §2 says."""
    found = settings()

    assert found.telegram_api_url == "https://api.telegram.org"
    assert found.popular_url == ""
    assert found.poll_interval == timedelta(seconds=30)
    assert (found.first_run_posts, found.surge_limit) == (1, 30)
    assert found.max_age_hours == timedelta(hours=24)
    assert found.database_path == Path("data/kabarbot.db")
    assert (found.timezone.key, found.post_language) == ("Asia/Jakarta", "id")
    assert (found.ops_chat, found.admins, found.quiet_hours) == ("", (), None)
    assert (found.post_style, found.link_preview) == ("text", "large")
    assert (found.follow_edits, found.edit_note) == (True, False)
    assert (found.broadcast_rate, found.channel_rate, found.paid_stars_a_day) == (30, 20, 0)
    assert found.uncertain_wait == timedelta(seconds=60)
    assert found.http_address == Address("127.0.0.1", 8080)
    assert (found.public_url, found.webhook_address) == ("", None)
    assert found.webhook_secret.get_secret_value() == ""
    assert found.keep_days == timedelta(days=365)
    assert found.config_file == Path("kabarbot.toml")
    assert (found.log_level, found.log_format) == ("info", "console")


def test_settings_are_frozen() -> None:
    """Nobody changes a setting behind another's back."""
    found = settings()

    with pytest.raises(ValidationError, match="frozen"):
        found.first_run_posts = 5


def test_no_text_of_the_settings_shows_a_secret() -> None:
    """Neither `repr`, `str` nor a dump as JSON holds token, webhook secret or a feed's headers."""
    feeds = [{"url": "https://portal.example/rss", "headers": {"Authorization": "Bearer geheim"}}]
    found = settings(WEBHOOK_SECRET="rahasia_besar", feeds=feeds)

    everything = f"{found!r} {found} {found.feeds!r}"

    assert TOKEN not in everything
    assert "rahasia_besar" not in everything
    assert "geheim" not in everything


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("TELEGRAM_API_URL", "http://127.0.0.1:8081/", "telegram_api_url", "http://127.0.0.1:8081"),
        ("POLL_INTERVAL", "1", "poll_interval", timedelta(seconds=1)),
        ("POLL_INTERVAL", "2.5", "poll_interval", timedelta(seconds=2.5)),
        ("POLL_INTERVAL", 45, "poll_interval", timedelta(seconds=45)),
        ("FIRST_RUN_POSTS", "0", "first_run_posts", 0),
        ("MAX_AGE_HOURS", "48", "max_age_hours", timedelta(days=2)),
        ("SURGE_LIMIT", "0", "surge_limit", 0),
        ("TIMEZONE", "Asia/Makassar", "timezone", "Asia/Makassar"),
        ("POST_LANGUAGE", "EN", "post_language", "en"),
        ("OPS_CHAT", "-1001234567890", "ops_chat", "-1001234567890"),
        ("OPS_CHAT", -4123456789, "ops_chat", "-4123456789"),
        ("ADMINS", "11, 22,11", "admins", (11, 22)),
        ("ADMINS", [11, 22], "admins", (11, 22)),
        ("ADMINS", 11, "admins", (11,)),
        ("QUIET_HOURS", "22:00-05:00", "quiet_hours", QuietHours(time(22), time(5))),
        ("QUIET_HOURS", "00:30 - 06:15", "quiet_hours", QuietHours(time(0, 30), time(6, 15))),
        ("POST_STYLE", "photo", "post_style", "photo"),
        ("LINK_PREVIEW", "off", "link_preview", "off"),
        ("FOLLOW_EDITS", "no", "follow_edits", False),
        ("EDIT_NOTE", True, "edit_note", True),
        ("BROADCAST_RATE", "1", "broadcast_rate", 1),
        ("CHANNEL_RATE", "6000", "channel_rate", 6000),
        ("UNCERTAIN_WAIT", "1", "uncertain_wait", timedelta(seconds=1)),
        ("HTTP_ADDRESS", "", "http_address", None),
        ("HTTP_ADDRESS", "[::1]:0", "http_address", Address("::1", 0)),
        ("KEEP_DAYS", "30", "keep_days", timedelta(days=30)),
        ("LOG_LEVEL", "DEBUG", "log_level", "debug"),
        ("LOG_FORMAT", "json", "log_format", "json"),
        ("POPULAR_URL", " https://portal.example/populer ", "popular_url", "https://portal.example/populer"),
    ],
)
def test_values_are_understood(name: str, value: object, field: str, expected: object) -> None:
    """A good value, as text or as TOML has it, becomes a plain one."""
    found = getattr(settings(**{name: value}), field)

    assert (found.key if field == "timezone" else found) == expected


def test_a_comma_separates_feeds_only_before_the_next_address() -> None:
    """Portals have commas in their own links."""
    found = settings(FEED_URL="https://a.example/read/2024,11,29/rss , HTTP://b.example/,https://c.example/")

    assert [feed.url for feed in found.feeds] == [
        "https://a.example/read/2024,11,29/rss",
        "HTTP://b.example/",
        "https://c.example/",
    ]


def test_channels_are_each_once_in_their_order() -> None:
    """A name that is said twice, in whatever case, is one channel."""
    found = settings(CHANNELS="@kabar,-1001234567890, @Kabar,@lain")

    assert [channel.chat for channel in found.channels] == ["@kabar", "-1001234567890", "@lain"]


def test_a_chat_in_both_places_follows_its_table() -> None:
    """`CHANNELS` adds to `[[channels]]`, and never doubles one of them."""
    found = settings(CHANNELS="@kabar,@lain", channels=[{"chat": "@Kabar", "silent": True}])

    assert [(channel.chat, channel.silent) for channel in found.channels] == [
        ("@Kabar", True),
        ("@lain", False),
    ]


def test_a_feed_in_both_places_follows_its_table() -> None:
    """`FEED_URL` adds to `[[feeds]]`, and never doubles one of them."""
    table = {"url": "https://portal.example/rss", "name": "utama", "interval": 5, "category": "Dunia"}

    found = settings(FEED_URL="https://portal.example/rss,https://b.example/", feeds=[table])

    assert [feed.name for feed in found.feeds] == ["utama", ""]
    assert found.feeds[0].interval == timedelta(seconds=5)


def test_tables_are_enough() -> None:
    """With tables, the flat lists are not needed."""
    found = parse(
        {
            "TELEGRAM_TOKEN": TOKEN,
            "feeds": [{"url": "https://a.example/rss", "name": "a"}],
            "channels": [
                {"chat": -1001234567890, "feeds": ["a"], "include": ["Nagorno Karabakh"], "topic": 7}
            ],
        }
    )

    assert found.channels[0].chat == "-1001234567890"
    assert found.channels[0].include == ("Nagorno Karabakh",)
    assert len(found.feeds) == 1
