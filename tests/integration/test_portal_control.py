"""The sample portal's control over real HTTP: the levers it lists, pulls and refuses."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.portal import SamplePortal
from bot.sandbox.portal_control import levers
from tests.support_portal import NOW, fetch, items, pull


@pytest.fixture
async def portal() -> AsyncIterator[SamplePortal]:
    async with SamplePortal(clock=lambda: NOW) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


async def test_control_lists_every_lever(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """The control offers each lever with a name, a line about it and its parameters, and the state."""
    listed: Any
    async with http.get(portal.control_url) as response:
        listed = await response.json()
    assert [one["name"] for one in listed["levers"]] == [lever.name for lever in levers()]
    assert all(one["about"].endswith(".") and "\n" not in one["about"] for one in listed["levers"])
    huge = next(one for one in listed["levers"] if one["name"] == "huge")
    assert (huge["group"], huge["parameters"]) == ("trouble", {"mib": 50, "times": None})
    assert listed["state"] == {"trouble": None, "changes": [], "articles": 18, "newest": 646_018}


@pytest.mark.parametrize("name", [lever.name for lever in levers()])
async def test_every_lever_can_be_pulled(
    portal: SamplePortal, http: aiohttp.ClientSession, name: str
) -> None:
    """Each lever works with nothing but its name, the control works through every trouble, and mending ends it."""
    status, answer = await pull(http, portal, name)
    assert (status, answer["done"]) == (200, name)
    group = next(lever.group for lever in levers() if lever.name == name)
    assert answer["state"]["trouble"] == (name if group == "trouble" else None)
    assert answer["state"]["changes"] == ([name] if group == "change" else [])
    status, answer = await pull(http, portal, "mend")
    assert (answer["state"]["trouble"], answer["state"]["changes"]) == (None, [])
    assert (await fetch(http, portal.feed_url))[0] == 200


async def test_control_publishes_any_text(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A person's headline goes out as typed, and can be corrected and withdrawn by its id."""
    _, answer = await pull(http, portal, "publish", title='Harga <Rp12.000 & "turun"', section="bisnis")
    number = answer["article"]["id"]
    assert (await items(http, portal))[0]["title"] == 'Harga <Rp12.000 & "turun"'
    assert (await fetch(http, answer["article"]["url"]))[0] == 200
    await pull(http, portal, "correct", id=number, title="Harga Tetap")
    assert (await items(http, portal))[0]["title"] == "Harga Tetap"
    await pull(http, portal, "withdraw", id=number)
    assert portal.archive.get(number) is None


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [
        ("explode", {}, 404),
        ("publish", {"title": 5}, 400),
        ("publish", {"section": "gosip"}, 400),
        ("publish", {"titel": "x"}, 400),
        ("flood", {"count": 0}, 400),
        ("flood", {"count": 1_000_000}, 400),
        ("flood", {"count": True}, 400),
        ("correct", {"id": 1}, 400),
        ("withdraw", {"id": "1"}, 400),
        ("huge", {"mib": -1}, 400),
        ("huge", {"mib": "50"}, 400),
        ("break", {"times": 0}, 400),
        ("guids", {"times": 1}, 400),
    ],
)
async def test_control_refuses(
    portal: SamplePortal, http: aiohttp.ClientSession, name: str, values: dict[str, Any], status: int
) -> None:
    """A wrong lever or parameter is refused with a sentence, and changes nothing."""
    before = portal.state()
    got, answer = await pull(http, portal, name, **values)
    assert (got, portal.state()) == (status, before)
    assert answer["error"]


@pytest.mark.parametrize("body", ["{", "[]", "5", "\udcff"])
async def test_control_refuses_what_is_no_object(
    portal: SamplePortal, http: aiohttp.ClientSession, body: str
) -> None:
    """A body that is no JSON object is refused."""
    async with http.post(
        f"{portal.control_url}/publish", data=body.encode("utf-8", "surrogateescape")
    ) as response:
        assert response.status == 400


async def test_other_sites_pull_no_levers(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A page of another site in the same browser cannot break the portal; one of this machine may."""
    for origin, status in (("https://example.org", 403), ("null", 403), ("http://127.0.0.1:8081", 200)):
        async with http.post(f"{portal.control_url}/break", headers={"Origin": origin}) as response:
            assert response.status == status
