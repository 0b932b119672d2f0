"""What is asked of a hub, what is believed of it, and what it must sign."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.headlines import Document
from bot.domain.push import (
    LEASE,
    Named,
    Signature,
    Subscription,
    ask_again_after,
    form,
    hub_of,
    lease_of,
    renew_after,
)
from bot.sources.linkheader import HubLinks, hub_links

SECRET = "rahasia"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def signed(body: bytes, method: str = "sha256", secret: str = SECRET) -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


def is_valid(header: str | None, *pieces: bytes) -> bool:
    signature = Signature(header, SECRET)
    for piece in pieces:
        signature.add(piece)
    return signature.valid()


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_the_methods_of_the_recommendation_are_understood(method: str) -> None:
    """§8 names four; the name's case does not matter, nor that of the digits."""
    header = signed(b"berita", method)
    assert is_valid(header, b"berita")
    assert is_valid(header.upper(), b"ber", b"ita")
    assert not is_valid(header, b"Berita")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256",
        "sha256=",
        "=",
        signed(b"x", secret="lain"),
        signed(b"x").partition("=")[2],
        f"md5={hashlib.md5(b'x', usedforsecurity=False).hexdigest()}",
        "sha256=" + "é" * 64,
        "sha256=\udcff",
        signed(b"x", "sha1").replace("sha1", "sha256"),
        f"{signed(b'x')}0",
    ],
)
def test_anything_else_is_not_signed(header: str | None) -> None:
    """No header, no method, another secret, another method, odd characters."""
    assert not is_valid(header, b"x")


@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from(["sha1", "sha256", "sha512"]))
def test_a_signature_fits_its_body_alone(body: bytes, other: bytes, method: str) -> None:
    """However it is cut into pieces."""
    half = len(body) // 2
    assert is_valid(signed(body, method), body[:half], body[half:])
    assert is_valid(signed(body, method), other) == (body == other)


@given(st.text(max_size=40))
def test_no_header_brings_it_down(header: str) -> None:
    """Headers come from strangers."""
    assert not is_valid(header, b"x")


def test_a_request_always_holds_the_secret() -> None:
    """§5.1, and product.md §7."""
    named = Named("https://hub.example/", "https://portal.example/rss")
    asked = form(Subscription(1, "jalan", SECRET, named), named, "https://bot.example/websub/jalan")
    assert asked == {
        "hub.mode": "subscribe",
        "hub.topic": "https://portal.example/rss",
        "hub.callback": "https://bot.example/websub/jalan",
        "hub.secret": SECRET,
        "hub.lease_seconds": "864000",
    }
    assert len(SECRET.encode()) < 200


def test_a_subscription_shows_no_secret() -> None:
    """Not in a log, not in a traceback."""
    shown = repr(Subscription(1, "jalan", SECRET, None))
    assert "jalan" not in shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("hub", "self_url", "wanted"),
    [
        (
            "https://hub.example/",
            "https://portal.example/self",
            ("https://hub.example/", "https://portal.example/self"),
        ),
        ("https://hub.example/", None, ("https://hub.example/", "https://portal.example/rss")),
        (None, "https://portal.example/self", None),
        ("ftp://hub.example/", None, None),
        ("http://[", None, None),
    ],
)
def test_a_topic_is_what_the_feed_calls_itself(
    hub: str | None, self_url: str | None, wanted: tuple[str, str] | None
) -> None:
    """Else its address; a hub that is no web address is none."""
    named = hub_of(Document((), hub=hub, self_url=self_url), "https://portal.example/rss")
    assert named == (Named(*wanted) if wanted else None)


@pytest.mark.parametrize(
    ("seconds", "lease"),
    [
        ("864000", 10 * DAY),
        ("3600", 60 * MINUTE),
        ("1", MINUTE),
        ("0", MINUTE),
        ("99999999999", 90 * DAY),
        ("9" * 400, LEASE),
        ("", LEASE),
        ("-5", LEASE),
        ("1.5", LEASE),
        ("٣", LEASE),
    ],
)
def test_a_lease_is_what_the_hub_says_within_reason(seconds: str, lease: timedelta) -> None:
    """Never so short that we ask all the time, never so long that a lost hub is not noticed."""
    assert lease_of(seconds) == lease
    assert timedelta() < renew_after(lease) < lease


def test_asking_again_grows_to_a_day() -> None:
    """5, 10, 20 minutes …"""
    waits = [ask_again_after(asks) for asks in (1, 2, 3, 9, 10, 10_000)]
    assert waits == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 1280 * MINUTE, DAY, DAY]


@given(st.integers(min_value=60, max_value=90 * 86_400))
def test_three_more_tries_fit_into_what_is_left_of_a_lease(seconds: int) -> None:
    """A renewal that fails is repeated before the end."""
    lease = timedelta(seconds=seconds)
    now, tries = renew_after(lease), 0
    while now < lease and tries < 3:
        tries += 1
        now += ask_again_after(tries, lease - now)
    assert tries == 3


@pytest.mark.parametrize(
    ("headers", "links"),
    [
        (['<https://hub.example/>; rel="hub"'], HubLinks("https://hub.example/")),
        (
            ["</hub>; rel=hub, </rss>; rel=self"],
            HubLinks("https://portal.example/hub", "https://portal.example/rss"),
        ),
        (['</hub>; type="x"; rel="HUB first"', '</two>; rel="hub"'], HubLinks("https://portal.example/hub")),
        (['</style.css>; rel="preload"; as=style', "broken", "<>; rel=hub", "<x"], HubLinks()),
        (["<javascript:x>; rel=hub"], HubLinks()),
        ([], HubLinks()),
    ],
)
def test_link_headers_name_hub_and_self(headers: list[str], links: HubLinks) -> None:
    """RFC 8288; the first of each counts, relative ones are resolved, others are passed over."""
    assert hub_links(headers, "https://portal.example/feed") == links


@given(st.lists(st.text(alphabet='<>;,=" relhubslf/:', max_size=60), max_size=3))
def test_no_link_header_brings_it_down(headers: list[str]) -> None:
    """They come from strangers."""
    hub_links(headers, "https://portal.example/feed")
