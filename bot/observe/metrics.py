"""Events into metrics, in a registry of their own. It keeps counts, no history.

Labels come from the settings (feeds, channels) and from closed lists, and are bounded all the same: what
readers type never makes a new series.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from bot import events as told
from bot.domain.status import Vitals
from bot.events import Event
from bot.observe.redaction import Redactor
from bot.observe.series import Counters, Durations, Gauges, WithoutCreated

#: Values of one label at most; whatever comes later is counted under `_OTHER`.
_MOST_VALUES = 1000
_OTHER = "other"


class MetricsListener:
    """Counts events. `commands` are the names that readers' commands may have; `redact` cleans labels."""

    def __init__(self, commands: Collection[str] = (), redact: Callable[[str], str] | None = None) -> None:
        from prometheus_client import CollectorRegistry
        from prometheus_client.process_collector import ProcessCollector

        self._registry = CollectorRegistry()
        self._redact = redact or Redactor()
        self._commands = frozenset(commands)
        self._labels = _Labels()
        self._counters = Counters(self._registry)
        self._durations = Durations(self._registry)
        self._gauges = Gauges(self._registry)
        self._heard = self._hearing()
        ProcessCollector(registry=self._registry)

    def __call__(self, event: Event) -> None:
        """Count `event`; one that no metric tells of is ignored."""
        hear = self._heard.get(type(event))
        if hear is not None:
            hear(event)

    def know_commands(self, names: Collection[str]) -> None:
        """Commands that have a series of their own from now on."""
        self._commands |= frozenset(names)

    def observe(self, vitals: Vitals) -> None:
        """Set the gauges of the moment."""
        gauges = self._gauges
        gauges.waiting.set(vitals.waiting.n)
        gauges.oldest.set(_age(vitals.waiting_since, vitals.at))
        gauges.held.set(vitals.held.n)
        gauges.unsettled.set(vitals.uncertain)
        gauges.channels.labels("paused").set(vitals.channels_paused)
        gauges.channels.labels("halted").set(vitals.channels_halted)
        well = vitals.channels - vitals.channels_paused - vitals.channels_halted
        gauges.channels.labels("open").set(max(well, 0))
        gauges.feeds.labels("failing").set(vitals.feeds_failing)
        gauges.feeds.labels("well").set(vitals.feeds - vitals.feeds_failing)
        gauges.database.set(vitals.room.database)
        gauges.free.set(vitals.room.free)
        gauges.beat_age.clear()
        for loop, beat in vitals.beats.items():
            gauges.beat_age.labels(loop).set(_age(beat, vitals.at))
            self._counters.workers.labels(loop)

    def exposition(self) -> bytes:
        """Prometheus' text format, UTF-8."""
        from prometheus_client import generate_latest

        return generate_latest(WithoutCreated(self._registry))

    def _hearing(self) -> dict[type[Event], Callable[[Any], None]]:
        counters = self._counters
        return {
            told.Polled: self._polled,
            told.HeadlinesRecorded: self._recorded,
            told.Surge: lambda _: counters.surges.inc(),
            told.Corrected: lambda _: counters.corrections.inc(),
            told.Delivered: self._delivered,
            told.DeliveryFailed: lambda _: counters.refused.inc(),
            told.MadePlainer: lambda _: counters.plainer.inc(),
            told.BecameUncertain: lambda _: counters.uncertain.inc(),
            told.Resending: lambda _: counters.resent.inc(),
            told.TwinSought: self._twins_sought,
            told.PostEdited: lambda event: counters.edits.labels(event.verdict).inc(),
            told.SlowedDown: self._slowed_down,
            told.UpdatesTrouble: lambda event: counters.updates.labels(event.kind).inc(),
            told.UpdateSetAside: lambda _: counters.set_aside.inc(),
            told.CommandAnswered: self._answered,
            told.StoreTrouble: lambda _: counters.store.inc(),
            told.WorkerFailed: lambda event: counters.workers.labels(event.worker).inc(),
        }

    def _label(self, kind: str, value: str) -> str:
        return self._labels.bounded(kind, self._redact(value))

    def _polled(self, event: told.Polled) -> None:
        self._counters.polls.labels(self._label("feed", event.feed), event.outcome).inc()
        self._durations.look.observe(event.took.total_seconds())

    def _recorded(self, event: told.HeadlinesRecorded) -> None:
        self._counters.headlines.labels(self._label("feed", event.feed)).inc(len(event.headline_ids))

    def _delivered(self, event: told.Delivered) -> None:
        self._counters.posts.labels(self._label("channel", event.channel)).inc()
        self._durations.delay.observe(max(event.delay, timedelta()).total_seconds())

    def _twins_sought(self, event: told.TwinSought) -> None:
        deleted = 0 if event.deleted is None else 1
        self._counters.twins.labels("deleted").inc(deleted)
        self._counters.twins.labels("reported").inc(max(len(event.found) - deleted, 0))

    def _slowed_down(self, event: told.SlowedDown) -> None:
        self._counters.limited.labels("bot" if event.chat_id is None else "chat").inc()
        self._counters.rest.inc(max(event.retry_after, timedelta()).total_seconds())

    def _answered(self, event: told.CommandAnswered) -> None:
        command = event.command if event.command in self._commands else _OTHER
        self._durations.command.labels(command).observe(event.took.total_seconds())


class _Labels:
    """Keeps the number of a label's values within bounds."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}

    def bounded(self, kind: str, value: str) -> str:
        """`value`, or `_OTHER` where there are too many already."""
        seen = self._seen.setdefault(kind, set())
        if value not in seen and len(seen) >= _MOST_VALUES:
            return _OTHER
        seen.add(value)
        return value


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
