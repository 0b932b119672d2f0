"""What is popular, by what readers did: one formula, and who comes first by it. Counts nothing itself.

    score = Σ nᵢ · (1 − ¾ · ageᵢ / window)

over the deeds of the window: nᵢ reactions more (fewer: below zero) or inline results chosen, and ageᵢ the
time since then. A deed of this moment counts one, one at the far end of the window a quarter, in between it
is a straight line. So what readers turn to now passes what they turned to first, a headline that won early
does not stay on top until the window ends, and yet the whole window counts, as it says: four of its oldest
deeds weigh one of the newest. It is a line and not a curve because then a sum of counts and a sum of ages
are all that the store must add up for each headline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

#: The part of its weight that a deed has lost at the far end of the window.
FADED = 0.75


@dataclass(frozen=True, slots=True)
class Deeds:
    """What readers did with one headline within a window.

    `count` is the sum of all deeds, `ages` the sum of their ages in seconds, each as often as it was done.
    """

    headline_id: int
    count: int
    ages: float


def score(deeds: Deeds, window: timedelta) -> float:
    """How popular it is (see above); zero or less is not at all."""
    return deeds.count - FADED * deeds.ages / window.total_seconds()


def ranked(all_deeds: Iterable[Deeds], window: timedelta, limit: int) -> list[int]:
    """The ids of the `limit` most popular headlines, the first one first; of equal ones the newer."""
    scored = [(score(deeds, window), deeds.headline_id) for deeds in all_deeds if deeds.count > 0]
    return [headline for points, headline in sorted(scored, reverse=True)[:limit] if points > 0]
