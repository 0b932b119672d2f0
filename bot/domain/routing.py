"""Which headlines a channel gets by its own rules (``[[channels]]`` in ``kabarbot.toml``, product.md §2).

Age, surges and first looks are not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.domain.headlines import Words
from bot.domain.identity import folded
from bot.domain.polling import Channel


def route(words: Words, categories: Collection[str], feed_name: str, channel: Channel) -> tuple[bool, str]:
    """Whether `channel` wants the headline, and the rule that decided, in words for ``explain``.

    `categories` are those that feeds have added beside the kicker; `feed_name` is the feed that shows it
    now. Feeds go by name; categories equal the kicker or an added category; words are whole words or
    phrases in headline or lead; all case folded. `exclude` is asked before `include`.
    """
    if channel.feeds and _plain(feed_name) not in map(_plain, channel.feeds):
        return False, f"feeds: {feed_name or 'a feed without a name'} is not among {_listed(channel.feeds)}"
    names = list(dict.fromkeys(name for name in (words.kicker, *categories) if name))
    if channel.categories and not {*map(_plain, names)} & {*map(_plain, channel.categories)}:
        return False, f"categories: {_listed(names) or 'none'} is not among {_listed(channel.categories)}"
    texts = (_plain(words.title), _plain(words.lead))
    if (barred := _first_in(texts, channel.exclude)) is not None:
        return False, f"exclude: {barred}"
    if not channel.include:
        return True, ""
    wanted = _first_in(texts, channel.include)
    return (True, f"include: {wanted}") if wanted else (False, f"include: none of {_listed(channel.include)}")


def breaking(words: Words, categories: Collection[str], channel: Channel) -> str:
    """The rule that has a headline go before everything else in `channel`, in words; empty where none does."""
    if not channel.breaking:
        return ""
    names = {_plain(name) for name in (words.kicker, *categories) if name}
    texts = (_plain(words.title), _plain(words.lead))
    named = next((one for one in channel.breaking if _plain(one) in names), None)
    found = named or _first_in(texts, channel.breaking)
    return f"breaking: {found}" if found else ""


def _first_in(texts: Collection[str], phrases: Collection[str]) -> str | None:
    return next((phrase for phrase in phrases if _stands_in(texts, _plain(phrase))), None)


def _stands_in(texts: Collection[str], phrase: str) -> bool:
    # A hyphen ends a word: "Rusia" is meant in "Rusia-Ukraina" far more often than "mata" in "mata-mata".
    whole = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)")
    return bool(phrase) and any(whole.search(text) for text in texts)


def _plain(text: str) -> str:
    return folded(text).casefold()


def _listed(names: Collection[str]) -> str:
    return ", ".join(names if isinstance(names, (list, tuple)) else sorted(names))
