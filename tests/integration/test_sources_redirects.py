"""Where a redirect or a discovered link may lead, and where it may not."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.looks import Validators
from bot.errors import FetchError, Forbidden
from bot.sources.addresses import is_public, literal_address
from bot.sources.fetch import Fetched, Fetcher, NotModified
from tests.support_sources import Answer, Asked, FakeResolver, StubPortal, stub_portal

FEED = b"<rss><channel><item><title>Judul</title></item></channel></rss>"


@pytest.fixture
async def portal() -> AsyncIterator[StubPortal]:
    async with stub_portal() as running:
        running.answers["/rss"] = Answer(body=FEED)
        yield running


@pytest.fixture
async def other() -> AsyncIterator[StubPortal]:
    async with stub_portal() as running:
        running.answers["/rss"] = Answer(body=FEED)
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    made = Fetcher(timeout=5)
    yield made
    await made.aclose()


def to(place: str, status: int = 302) -> Answer:
    """A redirect."""
    return Answer(status, headers={"Location": place})


@pytest.mark.parametrize("status", [301, 308])
async def test_a_permanent_move_is_reported(portal: StubPortal, fetcher: Fetcher, status: int) -> None:
    """So that the caller may remember it."""
    portal.answers["/old"] = to("/rss", status)
    answer = await fetcher.fetch(portal.url("/old"))
    assert isinstance(answer, Fetched)
    assert answer.body == FEED
    assert answer.moved_to == answer.url == portal.url("/rss")


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_temporary_one_is_not(portal: StubPortal, fetcher: Fetcher, status: int) -> None:
    """Followed, and forgotten."""
    portal.answers["/old"] = to("/rss", status)
    answer = await fetcher.fetch(portal.url("/old"))
    assert isinstance(answer, Fetched)
    assert answer.moved_to is None


async def test_a_move_counts_as_far_as_it_is_permanent(portal: StubPortal, fetcher: Fetcher) -> None:
    """Permanent, permanent, temporary, permanent: the second address is the new one."""
    portal.answers |= {"/a": to("/b", 301), "/b": to("/c", 308), "/c": to("/d", 302), "/d": to("/rss", 301)}
    answer = await fetcher.fetch(portal.url("/a"))
    assert isinstance(answer, Fetched)
    assert answer.moved_to == portal.url("/c")
    assert answer.url == portal.url("/rss")


async def test_conditions_go_along(portal: StubPortal, fetcher: Fetcher) -> None:
    """304 behind a permanent redirect still tells of the move."""

    def answer(asked: Asked) -> Answer:
        return Answer(304 if "if-none-match" in asked.headers else 200, FEED)

    portal.answers |= {"/old": to("/rss", 301), "/rss": answer}
    found = await fetcher.fetch(portal.url("/old"), validators=Validators('"1"'))
    assert found == NotModified(Validators('"1"'), portal.url("/rss"))


async def test_circles_and_long_chains_end(portal: StubPortal, fetcher: Fetcher) -> None:
    """In words, after few requests."""
    portal.answers |= {"/x": to("/y"), "/y": to("/x")}
    with pytest.raises(FetchError, match="in a circle"):
        await fetcher.fetch(portal.url("/x"))
    assert len(portal.asked) == 2
    portal.answers |= {f"/{n}": to(f"/{n + 1}") for n in range(50)}
    with pytest.raises(FetchError, match="more than 10 times"):
        await fetcher.fetch(portal.url("/0"))
    assert len(portal.asked) == 2 + 11


async def test_ten_hops_are_allowed(portal: StubPortal, fetcher: Fetcher) -> None:
    """The limit itself is within the limit."""
    portal.answers |= {f"/{n}": to(f"/{n + 1}") for n in range(9)} | {"/9": to("/rss")}
    answer = await fetcher.fetch(portal.url("/0"))
    assert isinstance(answer, Fetched)
    assert len(portal.asked) == 11


async def test_another_port_of_this_machine_is_forbidden(
    portal: StubPortal, other: StubPortal, fetcher: Fetcher
) -> None:
    """The operator named one port, the redirect leads to another: nothing is asked there."""
    portal.answers["/old"] = to(other.url())
    with pytest.raises(Forbidden, match="private network"):
        await fetcher.fetch(portal.url("/old"))
    assert other.asked == []


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1:1/x",
        "http://localhost:1/x",
        "http://[::1]:1/x",
        "http://[::ffff:127.0.0.1]:1/x",
        "http://10.0.0.8/x",
        "http://192.168.1.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/x",
        "http://0x7f.1:1/x",
        "http://2130706433:1/x",
        "http://0.0.0.0:1/x",
        "http://[64:ff9b::a00:8]/x",
        "http://[2002:a00:1::1]/x",
        "http://224.0.0.1/x",
        "http://[::127.0.0.1]:1/x",
        "http://[::ffff:0:10.0.0.8]/x",
        "http://[64:ff9b:1::1]/x",
        "http://１２７.0.0.1:1/x",
        "http://127。0．0｡1:1/x",
        "http://①②⑦.0.0.1:1/x",
        "http://user@①0.0.0.8/x",
        "http://ⓛocalhost:1/x",
    ],
)
async def test_every_form_of_a_private_address_is_forbidden(
    portal: StubPortal, fetcher: Fetcher, place: str
) -> None:
    """Loopback, private, link-local, shared, wrapped, as numbers, and in letters that the client folds."""
    portal.answers["/old"] = to(place)
    with pytest.raises(Forbidden, match="private network"):
        await fetcher.fetch(portal.url("/old"))
    with pytest.raises(Forbidden, match="private network"):
        await fetcher.fetch(place, found_on=portal.url())


@pytest.mark.parametrize("place", ["file:///etc/passwd", "gopher://x/", "javascript:alert(1)"])
async def test_other_schemes_are_not_followed(portal: StubPortal, fetcher: Fetcher, place: str) -> None:
    """A redirect is a web address or nothing."""
    portal.answers["/old"] = to(place)
    with pytest.raises(FetchError, match="no web address"):
        await fetcher.fetch(portal.url("/old"))


async def test_a_name_is_judged_where_it_is_connected_to(portal: StubPortal) -> None:
    """A public-looking name that resolves into this machine is refused, and no request is made."""
    resolver = FakeResolver({"innocent.example": "127.0.0.1"})
    portal.answers["/old"] = to(f"http://innocent.example:{portal.port}/rss")
    fetcher = Fetcher(timeout=5, resolver=lambda: resolver)
    with pytest.raises(Forbidden, match="private network"):
        await fetcher.fetch(portal.url("/old"))
    assert resolver.asked == ["innocent.example"]
    assert [asked.path for asked in portal.asked] == ["/old"]
    await fetcher.aclose()


async def test_the_operators_own_name_may_lie_in_a_private_network(portal: StubPortal) -> None:
    """A portal in the newsroom's own network is a portal."""
    resolver = FakeResolver({"portal.example": "127.0.0.1"})
    fetcher = Fetcher(timeout=5, resolver=lambda: resolver)
    answer = await fetcher.fetch(portal.url(host="portal.example"))
    assert isinstance(answer, Fetched)
    await fetcher.aclose()


async def test_staying_on_the_origin_is_allowed(portal: StubPortal) -> None:
    """The same scheme, host and port: also with the host in capitals."""
    resolver = FakeResolver({"portal.example": "127.0.0.1"})
    portal.answers["/old"] = to(portal.url(host="PORTAL.example"))
    fetcher = Fetcher(timeout=5, resolver=lambda: resolver)
    assert isinstance(await fetcher.fetch(portal.url("/old", "portal.example")), Fetched)
    await fetcher.aclose()


async def test_what_the_settings_name_is_allowed(portal: StubPortal, other: StubPortal) -> None:
    """Host and port stand in the settings: whoever leads there."""
    portal.answers["/old"] = to(other.url())
    fetcher = Fetcher(timeout=5, allowed=[portal.url("/old"), other.url("/anything")])
    assert isinstance(await fetcher.fetch(portal.url("/old")), Fetched)
    await fetcher.aclose()


async def test_a_remembered_move_is_not_the_operators_word(portal: StubPortal, other: StubPortal) -> None:
    """With the settings known, an address that is not in them is treated like a redirect's."""
    fetcher = Fetcher(timeout=5, allowed=[portal.url()])
    assert isinstance(await fetcher.fetch(portal.url()), Fetched)
    with pytest.raises(Forbidden):
        await fetcher.fetch(other.url())
    await fetcher.aclose()


async def test_a_discovered_link_is_judged_like_a_redirect(
    portal: StubPortal, other: StubPortal, fetcher: Fetcher
) -> None:
    """On the page's own origin it may be private, elsewhere not."""
    assert isinstance(await fetcher.fetch(portal.url(), found_on=portal.url("/page")), Fetched)
    with pytest.raises(Forbidden):
        await fetcher.fetch(other.url(), found_on=portal.url("/page"))


async def test_headers_of_the_settings_stay_with_their_origin(portal: StubPortal, other: StubPortal) -> None:
    """A key for one portal is not shown to another."""
    portal.answers |= {"/old": to("/away"), "/away": to(other.url())}
    fetcher = Fetcher(timeout=5, allowed=[portal.url(), other.url()])
    await fetcher.fetch(portal.url("/old"), headers={"Authorization": "Bearer abc"})
    assert [asked.headers.get("authorization") for asked in portal.asked] == ["Bearer abc", "Bearer abc"]
    assert "authorization" not in other.asked[0].headers
    await fetcher.aclose()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("198.18.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("not an address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    """What is reached over the Internet, also through a translator."""
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("portal.example", None),
        ("1password.com", None),
    ],
)
def test_which_hosts_are_addresses(host: str, address: str | None) -> None:
    """Odd numbers are read as the system's resolver would read them."""
    assert literal_address(host) == address


async def test_a_proxy_of_the_environment_is_used(
    portal: StubPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it lies in the private network itself, and for what a redirect leads to."""
    monkeypatch.setenv("HTTP_PROXY", portal.url(""))
    portal.answers |= {
        "http://portal.example/old": to("http://cdn.example/rss"),
        "http://cdn.example/rss": Answer(body=FEED),
    }
    fetcher = Fetcher(timeout=5, resolver=lambda: FakeResolver({}))
    answer = await fetcher.fetch("http://portal.example/old")
    assert isinstance(answer, Fetched)
    assert [asked.path for asked in portal.asked] == ["http://portal.example/old", "http://cdn.example/rss"]
    await fetcher.aclose()


async def test_a_page_is_asked_for_through_the_proxy_too(
    portal: StubPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a story still stands, HEAD and GET."""
    monkeypatch.setenv("HTTP_PROXY", portal.url(""))
    portal.answers["http://portal.example/story"] = Answer(404)
    fetcher = Fetcher(timeout=5, resolver=lambda: FakeResolver({}))
    found = await fetcher.standing("http://portal.example/story", found_on="http://portal.example/rss")
    assert found.status == 404
    assert [asked.path for asked in portal.asked] == ["http://portal.example/story"] * 2
    await fetcher.aclose()


async def test_a_proxy_is_not_asked_for_what_is_private(
    portal: StubPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that this machine knows to lie in the private network."""
    monkeypatch.setenv("HTTP_PROXY", portal.url(""))
    portal.answers["http://portal.example/old"] = to("http://router.example/admin")
    fetcher = Fetcher(timeout=5, resolver=lambda: FakeResolver({"router.example": "192.168.0.1"}))
    with pytest.raises(Forbidden, match="private network"):
        await fetcher.fetch("http://portal.example/old")
    assert len(portal.asked) == 1
    await fetcher.aclose()


async def test_a_proxy_gets_its_password_and_no_proxy_is_obeyed(
    portal: StubPortal, other: StubPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``http://name:word@host``, and hosts that are asked directly."""
    monkeypatch.setenv("HTTP_PROXY", portal.url("").replace("//", "//desk:se%40cret@"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    portal.answers["http://portal.example/rss"] = other.answers["/rss"] = Answer(body=FEED)
    fetcher = Fetcher(timeout=5)
    await fetcher.fetch("http://portal.example/rss")
    await fetcher.fetch(other.url("/rss"))
    assert portal.asked[0].headers["proxy-authorization"] == f"Basic {b64encode(b'desk:se@cret').decode()}"
    assert (len(portal.asked), len(other.asked)) == (1, 1)
    await fetcher.aclose()


async def test_a_netrc_is_not_asked(
    portal: StubPortal, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever keys the operator's account holds, a portal gets only those of the settings."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login desk password word\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    portal.answers["/rss"] = Answer(body=FEED)
    await fetcher.fetch(portal.url())
    assert "authorization" not in portal.asked[0].headers


async def test_a_proxy_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal is not to blame."""
    async with stub_portal() as gone:
        monkeypatch.setenv("HTTP_PROXY", gone.url(""))
    fetcher = Fetcher(timeout=5)
    with pytest.raises(FetchError, match="the proxy refuses the connection"):
        await fetcher.fetch("http://portal.example/rss")
    await fetcher.aclose()
