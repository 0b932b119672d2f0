"""When a story is believed to be taken down, and what does not count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.takedowns import (
    AFTER_TROUBLE,
    AGAIN,
    CONFIRM_AFTER,
    MOST_VANISHED,
    Page,
    Suspicion,
    judge,
    page_answer,
    vanished,
)

NOW = datetime(2024, 11, 29, 8, 0, tzinfo=UTC)
LINK = "https://kabar.example/dunia/read/2024/11/29/646001/judul"
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("status", "ended", "page"),
    [
        (200, LINK, Page.STANDS),
        (404, LINK, Page.MISSING),
        (410, LINK, Page.MISSING),
        (500, LINK, Page.TROUBLE),
        (403, LINK, Page.TROUBLE),
        (429, LINK, Page.TROUBLE),
        (301, LINK, Page.TROUBLE),  # one that leads nowhere
        (200, "https://kabar.example/dunia/read/2024/11/29/646001/judul-baru", Page.STANDS),
        (200, "https://kabar.example/", Page.MISSING),
        (200, "https://www.kabar.example", Page.MISSING),
        (200, "https://kabar.example/404.html", Page.MISSING),
        (200, "https://kabar.example/halaman/mana", Page.STANDS),
    ],
)
def test_what_an_answer_says(status: int, ended: str, page: Page) -> None:
    """Gone is what says so, or leads to the front page; a portal that refuses or breaks says nothing."""
    assert page_answer(LINK, status, ended).page is page


def test_a_front_page_that_was_asked_for_stands() -> None:
    """A portal's only witness may be its front page."""
    assert page_answer("https://kabar.example/", 200, "https://www.kabar.example/").page is Page.STANDS


def test_gone_the_second_time() -> None:
    """Once is none; five minutes later it counts."""
    first = judge(Suspicion(), Page.MISSING, NOW, portal_is_well=True)
    assert (first.gone, first.look_at) == (False, NOW + CONFIRM_AFTER)
    early = judge(first, Page.MISSING, NOW + CONFIRM_AFTER - SECOND, portal_is_well=True)
    assert (early.gone, early.look_at) == (False, NOW + CONFIRM_AFTER)

    assert judge(first, Page.MISSING, NOW + CONFIRM_AFTER, portal_is_well=True).gone


def test_a_page_that_is_back_is_no_suspect() -> None:
    """And the next time counts from the beginning."""
    first = judge(Suspicion(), Page.MISSING, NOW, portal_is_well=True)
    back = judge(first, Page.STANDS, NOW + CONFIRM_AFTER, portal_is_well=True)

    assert back == Suspicion()
    assert not judge(back, Page.MISSING, NOW + 2 * CONFIRM_AFTER, portal_is_well=True).gone


def told() -> Suspicion:
    """As it is kept once the desk has heard."""
    return Suspicion(2, NOW - CONFIRM_AFTER, NOW + AGAIN, told=True)


def test_a_page_that_was_told_is_back_the_second_time() -> None:
    """Once is none, as when it went; five minutes later it counts."""
    first = judge(told(), Page.STANDS, NOW, portal_is_well=False)
    early = judge(first, Page.STANDS, NOW + CONFIRM_AFTER - SECOND, portal_is_well=False)

    assert (first.back, first.look_at) == (early.back, early.look_at) == (False, NOW + CONFIRM_AFTER)
    assert judge(early, Page.STANDS, NOW + CONFIRM_AFTER, portal_is_well=False).back


@pytest.mark.parametrize("page", [Page.MISSING, Page.TROUBLE])
def test_a_page_that_was_told_is_asked_for_now_and_then(page: Page) -> None:
    """Gone as before, or nothing can be told: in half an hour again, and standing counts from the beginning."""
    once = judge(told(), Page.STANDS, NOW, portal_is_well=False)
    for before in (told(), once):
        after = judge(before, page, NOW + CONFIRM_AFTER, portal_is_well=True)
        assert (after.gone, after.back, after.look_at) == (False, False, NOW + CONFIRM_AFTER + AGAIN)
        assert not judge(after, Page.STANDS, NOW + AGAIN, portal_is_well=True).back


@pytest.mark.parametrize(
    ("page", "well"), [(Page.MISSING, False), (Page.TROUBLE, True), (Page.TROUBLE, False)]
)
def test_a_portal_in_trouble_takes_nothing_down(page: Page, *, well: bool) -> None:
    """What was counted before may have been the same trouble; it is asked again later."""
    first = judge(Suspicion(), Page.MISSING, NOW, portal_is_well=True)
    now = NOW + CONFIRM_AFTER

    assert judge(first, page, now, portal_is_well=well) == Suspicion(look_at=now + AFTER_TROUBLE)


def test_a_page_that_says_nothing_is_not_suspected_for_it() -> None:
    """A 500 of a story that nobody suspects leaves it so."""
    assert judge(Suspicion(), Page.TROUBLE, NOW, portal_is_well=False) == Suspicion()


@pytest.mark.parametrize(
    ("before", "listed", "left"),
    [
        ([5, 4, 3, 2], [6, 5, 4, 3], []),  # the oldest has had its time
        ([5, 4, 3, 2], [6, 5, 3, 2], [4]),
        ([5, 4, 3, 2], [4, 3, 2], [5]),
        ([5, 4, 3, 2], [9, 8, 7], []),  # nothing is left to tell by
        ([], [1, 2], []),
        ([2, 3, 4, 5], [2, 4, 5, 6], [3]),
    ],
)
def test_what_left_from_between_others(before: list[int], listed: list[int], left: list[int]) -> None:
    """Whatever leaves a feed at its end is only old."""
    assert vanished(before, listed) == frozenset(left)


@given(st.lists(st.integers(0, 60), unique=True), st.lists(st.integers(0, 60), unique=True))
def test_few_and_really_gone(before: list[int], listed: list[int]) -> None:
    """Never something that is listed, never many, and always something older is still there."""
    left = vanished(before, listed)

    assert left <= set(before) - set(listed)
    assert len(left) <= MOST_VANISHED
    assert all(set(before[before.index(one) :]) & set(listed) for one in left)
