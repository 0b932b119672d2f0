"""Metrics: what events count as, under which names and units, and that nobody can blow them up."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families

from bot import events as told
from bot.domain.status import Amount, Room, Vitals
from bot.errors import StoreError
from bot.observe.metrics import MetricsListener
from bot.observe.redaction import Redactor
from bot.observe.room import Scrape
from tests.support_observe import FixedClock, FixedSource

NOW = datetime(2026, 11, 24, 23, 12, 22, tzinfo=UTC)


def samples(text: bytes) -> dict[str, float]:
    """``name{label="value"}`` to value, as a Prometheus server would read them."""
    return {
        sample.name + str(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def _value(metrics: MetricsListener, name: str, **labels: str) -> float | None:
    return samples(metrics.exposition()).get(name + str(sorted(labels.items())))


def _delivered(channel: str = "@kanal", delay: float = 3.0) -> told.Delivered:
    return told.Delivered(NOW, 1, 2, -100, channel, 7, timedelta(seconds=delay))


def test_posts_are_counted_by_channel_and_polls_by_feed_and_outcome() -> None:
    """The two metrics that the contract names."""
    metrics = MetricsListener()
    for channel in ("@a", "@a", "@b"):
        metrics(_delivered(channel))
    metrics(told.Polled(NOW, "rmol", "ok", took=timedelta(seconds=0.2)))
    metrics(told.Polled(NOW, "rmol", "failed", "no answer"))
    assert _value(metrics, "kabarbot_posts_total", channel="@a") == 2
    assert _value(metrics, "kabarbot_posts_total", channel="@b") == 1
    assert _value(metrics, "kabarbot_polls_total", feed="rmol", outcome="ok") == 1
    assert _value(metrics, "kabarbot_polls_total", feed="rmol", outcome="failed") == 1


def test_the_delay_is_a_histogram_in_seconds() -> None:
    """From publication to post; a clock that is off does not make a negative one."""
    metrics = MetricsListener()
    metrics(_delivered(delay=4.0))
    metrics(_delivered(delay=-9.0))
    assert _value(metrics, "kabarbot_post_delay_seconds_count") == 2
    assert _value(metrics, "kabarbot_post_delay_seconds_sum") == 4.0
    assert _value(metrics, "kabarbot_post_delay_seconds_bucket", le="5.0") == 2
    assert _value(metrics, "kabarbot_post_delay_seconds_bucket", le="2.0") == 1


def test_doubts_resends_and_twins_are_counted() -> None:
    """An operator can see whether promise 1 is being worked for."""
    metrics = MetricsListener()
    metrics(told.BecameUncertain(NOW, 1, 3, -100, "no answer"))
    metrics(told.Resending(NOW, 1, 3, -100))
    metrics(told.TwinSought(NOW, 1, 3, -100, (5, 6), 5))
    assert _value(metrics, "kabarbot_posts_uncertain_total") == 1
    assert _value(metrics, "kabarbot_posts_resent_total") == 1
    assert _value(metrics, "kabarbot_twins_total", fate="deleted") == 1
    assert _value(metrics, "kabarbot_twins_total", fate="reported") == 1


def test_429s_are_counted_with_the_rest_they_asked_for() -> None:
    """To one chat, or to the whole bot."""
    metrics = MetricsListener()
    metrics(told.SlowedDown(NOW, -100, timedelta(seconds=12)))
    metrics(told.SlowedDown(NOW, None, timedelta(seconds=3)))
    assert _value(metrics, "kabarbot_rate_limited_total", scope="chat") == 1
    assert _value(metrics, "kabarbot_rate_limited_total", scope="bot") == 1
    assert _value(metrics, "kabarbot_rate_limited_seconds_total") == 15


def test_what_readers_type_makes_no_series() -> None:
    """Known commands have their own durations, all else is one series."""
    metrics = MetricsListener(["terbaru"])
    for name in ("terbaru", "x1", "x2", '"}\n'):
        metrics(told.CommandAnswered(NOW, name, timedelta(milliseconds=4)))
    assert _value(metrics, "kabarbot_command_duration_seconds_count", command="terbaru") == 1
    assert _value(metrics, "kabarbot_command_duration_seconds_count", command="other") == 3


def test_commands_may_become_known_later() -> None:
    """The registry of commands is built after the listeners."""
    metrics = MetricsListener()
    metrics.know_commands(["cari"])
    metrics(told.CommandAnswered(NOW, "cari", timedelta(milliseconds=4)))
    assert _value(metrics, "kabarbot_command_duration_seconds_count", command="cari") == 1


def test_labels_are_bounded() -> None:
    """Even a thousand names too many are one more series."""
    metrics = MetricsListener()
    for number in range(1100):
        metrics(_delivered(f"@kanal{number}"))
    assert _value(metrics, "kabarbot_posts_total", channel="other") == 100
    assert metrics.exposition().count(b"kabarbot_posts_total{") == 1001


def test_no_secret_is_a_label() -> None:
    """A feed without a name is called by its address, without its password and key, and without a token."""
    metrics = MetricsListener(redact=Redactor(["1234567:AAAAAAAAAAAAAAAA"]))
    metrics(told.Polled(NOW, "https://u:pw@h.example/rss?token=abc&x=1:AAAAAAAAAAAAAAAA", "ok"))
    text = metrics.exposition().decode()
    assert "h.example/rss" in text
    assert not re.search(r"pw|abc|AAAA", text)


def test_names_follow_the_conventions_of_prometheus() -> None:
    """Counters end in _total, durations are seconds, sizes bytes, and every name is ours or the process's."""
    metrics = MetricsListener()
    metrics(_delivered())
    families = list(text_string_to_metric_families(metrics.exposition().decode()))
    assert len(families) > 25
    for family in families:
        assert family.name.startswith(("kabarbot_", "process_")), family.name
        assert family.documentation, family.name
        assert not re.search(r"_(ms|millis|minutes|hours|kb|mb)\b", family.name), family.name
        assert not family.name.endswith("_created")
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
        if family.type == "counter":
            assert all(sample.name.endswith("_total") for sample in family.samples)


def test_gauges_show_the_moment() -> None:
    """Waiting posts, held headlines, paused channels, failing feeds, the disk, and the loops' beats."""
    metrics = MetricsListener()
    vitals = Vitals(
        at=NOW,
        waiting=Amount(12),
        waiting_since=NOW - timedelta(seconds=90),
        held=Amount(3),
        uncertain=1,
        channels=5,
        channels_paused=1,
        channels_halted=1,
        feeds=2,
        feeds_failing=1,
        room=Room(database=4096, free=10, disk=100),
        beats={"poller": NOW - timedelta(seconds=4)},
    )
    metrics.observe(vitals)
    expected = {
        "kabarbot_waiting_posts[]": 12,
        "kabarbot_oldest_waiting_seconds[]": 90,
        "kabarbot_held_headlines[]": 3,
        "kabarbot_unsettled_posts[]": 1,
        "kabarbot_channels[('state', 'open')]": 3,
        "kabarbot_channels[('state', 'paused')]": 1,
        "kabarbot_channels[('state', 'halted')]": 1,
        "kabarbot_feeds[('state', 'failing')]": 1,
        "kabarbot_database_size_bytes[]": 4096,
        "kabarbot_disk_free_bytes[]": 10,
        "kabarbot_loop_beat_age_seconds[('loop', 'poller')]": 4,
    }
    assert samples(metrics.exposition()).items() >= expected.items()


def test_a_loop_that_is_gone_leaves_no_stale_beat() -> None:
    """Only loops that told of themselves are shown."""
    metrics = MetricsListener()
    metrics.observe(Vitals(NOW, beats={"poller": NOW, "digest": NOW}))
    metrics.observe(Vitals(NOW, beats={"poller": NOW}))
    assert b'loop="digest"' not in metrics.exposition()


def test_two_bots_in_one_process_do_not_share_counts() -> None:
    """Each has a registry of its own."""
    one, other = MetricsListener(), MetricsListener()
    one(_delivered())
    assert _value(other, "kabarbot_posts_total", channel="@kanal") is None


async def test_counters_are_there_when_the_database_is_not() -> None:
    """A scrape never fails because the store does: that is when it is wanted."""
    metrics = MetricsListener()
    metrics(_delivered())
    scrape = Scrape(metrics, FixedSource(error=StoreError("no")), FixedClock(NOW))
    assert b'kabarbot_posts_total{channel="@kanal"} 1.0' in await scrape.text()


async def test_the_store_is_read_once_a_second_however_many_ask() -> None:
    """A storm of scrapes is no storm of queries."""
    source, clock = FixedSource(vitals=Vitals(NOW)), FixedClock(NOW)
    scrape = Scrape(MetricsListener(), source, clock)
    for _ in range(5):
        await scrape.text()
    assert source.asked == 1
    clock.time += timedelta(seconds=2)
    await scrape.text()
    assert source.asked == 2
