"""Who gets what: each channel's rules as one line. Nothing is asked: wrong rules are the settings' own faults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.cli.checks.finding import Finding, good
from bot.settings import Channel


def who_gets_what(channels: Sequence[Channel]) -> list[Finding]:
    """A line for each channel, in the order of the settings; never a fault."""
    return [good(f"{_name(channel)} gets", "; ".join(_rules(channel))) for channel in channels]


def _name(channel: Channel) -> str:
    return f"channel {channel.chat}" + (f", topic {channel.topic}" if channel.topic else "")


def _rules(channel: Channel) -> Iterator[str]:
    yield f"feeds {_listed(channel.feeds)}" if channel.feeds else "every feed"
    if channel.categories:
        yield f"of the categories {_listed(channel.categories)}"
    if channel.include:
        yield f"with any of {_listed(channel.include)}"
    if channel.exclude:
        yield f"with none of {_listed(channel.exclude)}"
    if channel.breaking:
        yield f"at once, with a sound: {_listed(channel.breaking)}"
    how = {"held for an editor": channel.hold, "silent": channel.silent, "own template": channel.template}
    yield from (words for words, on in how.items() if on)
    if channel.utm:
        yield f"links with {channel.utm}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
