"""Bots die at every named step and at any moment; the server's journal says what they did (promise 1, §6).

Every test run has a short campaign. `KILLS=2000 make soak` has the long one: so many deaths in all, shared
among the scenarios, with a line when each is done, a bar on a terminal (a line now and then in a log), and a table at the end. `SEED` gives it other dice.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bot.cli.progress import Tell, progress
from bot.sandbox.world import Chat
from tests.crash.births import Births, Processes, nursery
from tests.crash.campaign import Act, Campaign, Scenario, campaign
from tests.crash.judge import COLUMNS, Tally
from tests.crash.scenarios import LONG, PLAIN, SHORT, portal_corrects

KILLS = int(os.environ.get("KILLS", "0"))
SEED = os.environ.get("SEED", "tetap")
ALL = LONG if KILLS else SHORT
#: Deaths of one scenario in the short campaign.
_FEW = 2
#: A soak is cut into campaigns of so many deaths, so that every one begins afresh.
_A_CAMPAIGN = 25
#: Campaigns at once; they wait most of the time.
_AT_ONCE = 8
_SPEED = 4.0
#: Seconds between two lines of a log about how far it is.
_PAUSE = 20.0

Outcome = Tally | Exception
#: A campaign's name, its scenario, its number, and how many deaths it has.
Plan = tuple[str, Scenario, int, int]


def plans() -> Sequence[Plan]:
    """What is to be fought: few deaths everywhere, or `KILLS` of them in rounds over all scenarios."""
    if not KILLS:
        return [(scenario.name, scenario, 0, _FEW) for scenario in ALL]
    rounds = max(1, round(KILLS / len(ALL) / _A_CAMPAIGN))
    kills = -(-KILLS // (len(ALL) * rounds))
    return [(scenario.name, scenario, number, kills) for number in range(rounds) for scenario in ALL]


async def fight_all(births: Births, folder: Path, tell: Tell) -> Mapping[str, Outcome]:
    """Every plan, several at once; what came of them by scenario. `tell` hears how far it is."""
    whole = sum(kills for *_, kills in plans())
    deaths: Counter[tuple[str, int]] = Counter()
    gate = asyncio.Semaphore(_AT_ONCE)
    found: dict[str, Outcome] = {scenario.name: Tally() for scenario in ALL}

    async def fight(plan: Plan) -> None:
        name, scenario, number, kills = plan

        def died(so_many: int) -> None:
            deaths[name, number] = so_many
            tell(deaths.total(), whole)

        place = folder / f"{name.replace(' ', '-')}-{number}"
        place.mkdir()
        async with gate:
            began = time.monotonic()
            try:
                tally = await campaign(
                    scenario,
                    births,
                    place,
                    kills=kills,
                    seed=f"{SEED} {name} {number}",
                    speed=_SPEED,
                    died=died,
                )
            except Exception as error:  # noqa: BLE001 - the others go on; this one's test fails
                found[name] = error
                return
        so_far = found[name]
        if isinstance(so_far, Tally):
            so_far += tally
        _tell(f"{name} {number}: {_line(tally)} in {time.monotonic() - began:.0f} s", *tally.notes)

    await asyncio.gather(*map(fight, plans()))
    _tell(*_table(found))
    return found


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """All campaigns of this run, fought once, beside each other."""

    async def fight() -> Mapping[str, Outcome]:
        async with nursery() as births:
            with progress("deaths", "{:,}".format, pause=_PAUSE) as tell:
                return await fight_all(births, tmp_path_factory.mktemp("crash"), tell)

    return asyncio.run(fight())


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_nothing_lost_nothing_twice_all_in_order(scenario: Scenario, outcomes: Mapping[str, Outcome]) -> None:
    """After the last death every headline stands once, in order, and nobody else's message was touched."""
    outcome = outcomes[scenario.name]
    if isinstance(outcome, Exception):
        raise outcome

    assert outcome.kills >= _FEW
    assert outcome.lost == 0, outcome.notes
    assert outcome.out_of_order == 0, outcome.notes
    assert outcome.wrong == 0, outcome.notes
    assert outcome.foreign == 0, outcome.notes
    # A first post ever cannot be asked about: its twin is found by comparing, and only where a desk is.
    assert outcome.twins == 0 or scenario.may_leave_twins, outcome.notes
    assert outcome.momentary == 0 or not scenario.settled_first, outcome.notes


@pytest.mark.slow
async def test_the_program_itself_dies_and_loses_nothing(tmp_path: Path) -> None:
    """The same with processes of their own in place of forks, by the machine's own clock."""
    tally = await campaign(PLAIN[0], Processes(), tmp_path, kills=3, seed=SEED)

    assert tally.clean, tally.notes
    assert tally.posts


def resend_everything(fighting: Campaign, _chat: Chat) -> None:
    """What a careless bot does after a crash: whatever was not known to be sent goes out again."""
    fighting.change("UPDATE deliveries SET state = 'PENDING' WHERE state IN ('SENDING', 'UNCERTAIN')")


def forget_everything(fighting: Campaign, _chat: Chat) -> None:
    """What its opposite does: whatever was claimed counts as sent."""
    fighting.change("UPDATE deliveries SET state = 'SKIPPED' WHERE state IN ('SENDING', 'UNCERTAIN')")


def forget_corrections(fighting: Campaign, _chat: Chat) -> None:
    """What another does: a correction that was recorded counts as shown."""
    fighting.change("UPDATE deliveries SET edit_at = NULL")


def tell_again(fighting: Campaign, _chat: Chat) -> None:
    """And to subscribers: the newest goes round once more."""
    fighting.change(
        "INSERT OR IGNORE INTO fanouts (headline_id, at) SELECT max(id), max(first_seen_at) FROM headlines"
    )


def tell_nobody(fighting: Campaign, _chat: Chat) -> None:
    """What was on its way to subscribers is forgotten."""
    fighting.change("DELETE FROM fanouts")
    fighting.change("DELETE FROM reader_rows")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("acts", "step", "harm"),
    [
        ((resend_everything,), "Answered", "twins"),
        ((forget_everything,), "Claimed", "lost"),
        ((forget_corrections, portal_corrects), "Corrected", "wrong"),
        ((tell_again,), "at rest", "twins"),
        ((tell_nobody,), "Delivered", "lost"),
    ],
    ids=["careless", "forgetful", "stubborn", "careless of readers", "forgetful of readers"],
)
async def test_the_judge_sees_a_bot_that_recovers_badly(
    tmp_path: Path, acts: Sequence[Act], step: str, harm: str
) -> None:
    """The campaign can fail: bots that repeat, or forget, what was under way are found out.

    A step that no event is called by lets a life end when everything has been told.
    """
    scenario = Scenario(
        "bad",
        acts=acts,
        steps=(step,),
        calls=(),
        act_at_starts=True,
        patience=8.0,
        audience=not {tell_again, tell_nobody}.isdisjoint(acts),
    )
    async with nursery() as births:
        tally = await campaign(scenario, births, tmp_path, kills=6, seed="x", speed=_SPEED)

    assert getattr(tally, harm) > 0


def _table(found: Mapping[str, Outcome]) -> Sequence[str]:
    total = Tally()
    lines = [f"{'scenario':32s}" + "".join(f"{name.replace('_', ' '):>14s}" for name in COLUMNS)]
    for name, outcome in found.items():
        if isinstance(outcome, Tally):
            total += outcome
            lines.append(f"{name:32s}" + _numbers(outcome))
        else:
            lines.append(f"{name:32s} {str(outcome)[:200]}")
    steps = ", ".join(f"{step} {count}" for step, count in total.deaths.most_common())
    return [*lines, f"{'all':32s}" + _numbers(total), f"deaths: {steps}"]


def _numbers(tally: Tally) -> str:
    return "".join(f"{getattr(tally, name):14d}" for name in COLUMNS)


def _line(tally: Tally) -> str:
    return ", ".join(f"{getattr(tally, name)} {name.replace('_', ' ')}" for name in COLUMNS)


def _tell(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
