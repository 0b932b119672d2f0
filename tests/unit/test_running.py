"""What the program tells Python's collector of garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from bot.running import spare_the_collector


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.parametrize(("paid", "sparing"), [(False, False), (True, True)])
def test_a_paid_crowd_is_collected_seldom(*, paid: bool, sparing: bool) -> None:
    """At the free rate memory at rest is worth more; what stands already is left out in both."""
    before = gc.get_threshold()

    spare_the_collector(paid=paid)

    assert (gc.get_threshold()[0] > before[0]) is sparing
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
