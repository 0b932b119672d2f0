"""The series that Prometheus sees: their names, help, labels and units, by its conventions. Counts nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot import __version__

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
    from prometheus_client.metrics_core import Metric

#: Seconds, from publication to post: a poll interval at one end, MAX_AGE_HOURS at the other.
_DELAYS = (1, 2, 5, 10, 20, 30, 60, 90, 120, 300, 600, 1800, 3600, 14400, 86400)
#: Seconds of the bot's own time (promise: 50 ms).
_OWN_TIME = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_LOOKS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)


class Counters:
    """What happened, since the start of the process; every name ends in ``_total``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        count = self._counter
        self.posts = count("posts", "Posts that stand in a channel.", "channel")
        self.polls = count("polls", "Looks at a feed: ok, not_modified, failed.", "feed", "outcome")
        self.headlines = count("headlines", "New headlines, by the feed that brought them.", "feed")
        self.surges = count("surges", "Looks that brought more than SURGE_LIMIT allows.")
        self.corrections = count("corrections", "Headlines that the portal corrected.")
        self.edits = count("edits", "Posts corrected in place, by what came of it.", "verdict")
        self.refused = count("posts_refused", "Posts that Telegram refused for good.")
        self.plainer = count("posts_made_plainer", "Posts that went out in a plainer form.")
        self.uncertain = count("posts_uncertain", "Sends of unknown outcome.")
        self.resent = count("posts_resent", "Posts sent again after Telegram was asked.")
        self.twins = count("twins", "Doubled posts: deleted, or only found and reported.", "fate")
        self.limited = count("rate_limited", "429 answers of Telegram: to one chat, or to the bot.", "scope")
        self.rest = count("rate_limited_seconds", "Seconds of rest that 429 answers asked for.")
        self.updates = count("updates_trouble", "Times that updates could not be had, by kind.", "kind")
        self.set_aside = count("updates_set_aside", "Updates begun three times and never finished.")
        self.store = count("store_trouble", "Times that the database could not be written.")
        self.workers = count("worker_failures", "Errors that nobody foresaw, by loop.", "worker")
        self._begin()

    def _begin(self) -> None:
        """A series that is born at one hides its first step from `increase()`, so closed lists begin at nought."""
        for counter, values in (
            (self.twins, ("deleted", "reported")),
            (self.limited, ("bot", "chat")),
            (self.updates, ("conflict", "network", "webhook")),
            (self.workers, ("updates",)),
        ):
            for value in values:
                counter.labels(value)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        from prometheus_client import Counter

        return Counter(f"kabarbot_{name}", text, labels, registry=self._registry)


class Durations:
    """How long things take, in seconds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.delay = self._histogram("post_delay", "From publication to post.", _DELAYS)
        own = "The bot's own time for a reader's command."
        self.command = self._histogram("command_duration", own, _OWN_TIME, "command")
        self.look = self._histogram("poll_duration", "A look at a feed, recording included.", _LOOKS)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        from prometheus_client import Histogram

        return Histogram(f"kabarbot_{name}_seconds", text, labels, buckets=buckets, registry=self._registry)


class Gauges:
    """How things stand at the moment that the series are read."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        gauge = self._gauge
        self.waiting = gauge("waiting_posts", "Posts that wait for their turn, all channels.")
        self.oldest = gauge("oldest_waiting_seconds", "How long the oldest of them has waited.")
        self.held = gauge("held_headlines", "Headlines that wait for an editor.")
        self.unsettled = gauge("unsettled_posts", "Sends of unknown outcome that are not settled.")
        self.channels = gauge("channels", "Channels by state: open, paused, halted.", "state")
        self.feeds = gauge("feeds", "Feeds by state: well, failing.", "state")
        self.database = gauge("database_size_bytes", "Size of the database.")
        self.free = gauge("disk_free_bytes", "What is free on the database's disk.")
        self.beat_age = gauge("loop_beat_age_seconds", "Since a loop last told that it is alive.", "loop")
        gauge("build_info", "The version, as a label.", "version").labels(__version__).set(1)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        from prometheus_client import Gauge

        return Gauge(f"kabarbot_{name}", text, labels, registry=self._registry)


class WithoutCreated:
    """A registry without its ``_created`` series, which double everything and which nobody reads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        """The metrics, as fresh objects."""
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric
