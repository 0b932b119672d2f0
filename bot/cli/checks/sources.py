"""The portal: do its feeds and its popular list answer with headlines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from bot.cli.checks.finding import Finding, bad, good
from bot.domain.looks import FeedAddress, Look
from bot.errors import ParseError, SourceError
from bot.ports import Portal
from bot.settings import Feed
from bot.settings.faults import masked

#: A look takes at most 20 s (product.md §4.6); several may wait for one host.
_SECONDS = 50.0

_WRONG_PAGE = (
    "is this the right address, or a page that challenges browsers? Ask the portal to let the bot through"
)


async def feed(portal: Portal, asked: Feed) -> Finding:
    """Whether a feed or page has headlines now."""
    address = FeedAddress(
        url=asked.url,
        name=asked.name,
        category=asked.category,
        headers=asked.headers,
        selectors=asked.selectors,
    )
    return await _judged(f"feed {asked.name or masked(asked.url)}", portal.look(address))


async def popular(portal: Portal, url: str) -> Finding:
    """Whether the popular list has headlines; without one, the bot ranks by what readers do."""
    if not url:
        return good("popular list", "none is set: /populer ranks by what readers did")
    return await _judged(f"popular list {masked(url)}", portal.popular(FeedAddress(url=url)))


async def _judged(what: str, looking: Awaitable[Look]) -> Finding:
    try:
        async with asyncio.timeout(_SECONDS):
            look = await looking
    except TimeoutError:
        return bad(what, f"no whole answer within {_SECONDS:.0f} s: is the portal well?")
    except ParseError as error:
        return bad(what, f"{masked(str(error))}; {_WRONG_PAGE}")
    except SourceError as error:
        return bad(what, masked(str(error)))
    titled = sum(1 for item in look.document.items if item.title) if look.document else 0
    return good(what, f"{titled} headlines") if titled else bad(what, "it answers, without a headline in it")
