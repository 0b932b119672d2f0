"""Helpers for tests that talk to the sample portal over HTTP."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Any

import aiohttp

from bot.sandbox.portal import SamplePortal

NOW = datetime(2024, 12, 2, 3, 4, 5, tzinfo=UTC)

Item = dict[str, str]


def parse(document: bytes) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - the sandbox's own feed


def undated(document: bytes) -> bytes:
    """A feed without the time at which it was built, which every trouble moves on."""
    return re.sub(rb"<lastBuildDate>.*?</lastBuildDate>", b"", document)


async def fetch(http: aiohttp.ClientSession, url: str) -> tuple[int, bytes]:
    async with http.get(url) as response:
        return response.status, await response.read()


async def items(http: aiohttp.ClientSession, portal: SamplePortal) -> list[Item]:
    status, body = await fetch(http, portal.feed_url)
    assert status == 200
    names = ("title", "link", "guid", "pubDate")
    return [{name: item.findtext(name) or "" for name in names} for item in parse(body).iter("item")]


async def pull(
    http: aiohttp.ClientSession, portal: SamplePortal, name: str, **values: Any
) -> tuple[int, Any]:
    async with http.post(f"{portal.control_url}/{name}", json=values) as response:
        return response.status, await response.json()


def column(rows: list[Item], name: str) -> list[str]:
    return [row[name] for row in rows]
