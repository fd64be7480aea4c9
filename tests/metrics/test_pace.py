"""Pace against the time gone: by the person's own plan, and no colour that chance could have made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import exp, factorial

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Shift, Team
from apps.metrics import cards, chance, goal_setting, pace, scorecards, wording
from apps.metrics.aims import Standing, standing_of
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import SECONDS
from apps.metrics.goals import Scope
from apps.metrics.models import AgentPoint, Goal
from apps.metrics.pace import Pace
from apps.metrics.reading import Number

DAY = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)


def missed(count: int) -> Number:
    return Number(float(count), count, is_enough=True)


def goal(target: float) -> Goal:
    return Goal(metric="missed", scope_kind="person", scope_key="x", period="day", target=target)


@pytest.mark.parametrize(
    ("shifts", "at", "gone"),
    [
        ([], 12, None),
        ([(9, 17)], 8, 0.0),
        ([(9, 17)], 13, 0.5),
        ([(9, 17)], 23, 1.0),
        # A split shift, and one that began the evening before: only its part of this day counts.
        ([(6, 8), (12, 18)], 12, 0.25),
        ([(-2, 2), (22, 26)], 12, 0.5),
    ],
)
def test_the_time_gone_is_that_of_the_plan(shifts: list[tuple[int, int]], at: int, gone: float | None) -> None:
    told = [(DAY + a * HOUR, DAY + b * HOUR) for a, b in shifts]
    assert pace.pace(shifts=told, since=DAY, until=DAY + 24 * HOUR, at=DAY + at * HOUR).gone == gone


@pytest.mark.parametrize(
    ("count", "target", "gone", "standing"),
    [
        (0, 3, None, Standing.OPEN), (0, 3, 0.0, Standing.OPEN), (0, 3, 0.5, Standing.ON_PACE), (3, 3, 1.0, Standing.ON_PACE),
        # Three of three with a tenth gone: chance alone does it in 0.4 %. With half gone in 19 %.
        (3, 3, 0.1, Standing.OFF_PACE), (3, 3, 0.5, Standing.ON_PACE),
        # Over it is over it, however little is gone.
        (4, 3, 0.9, Standing.MISSED), (4, 3, None, Standing.MISSED),
    ],
)  # fmt: skip
def test_a_count_is_held_against_the_time_gone(
    count: int, target: float, gone: float | None, standing: Standing
) -> None:
    assert standing_of(goal(target), missed(count), running=Pace(gone)) is standing


def test_a_count_of_a_period_that_is_over_is_what_it_is() -> None:
    assert standing_of(goal(3), missed(3)) is Standing.REACHED
    assert standing_of(goal(3), missed(4)) is Standing.MISSED


def test_whoever_is_exactly_on_pace_is_told_otherwise_in_at_most_2_5_percent() -> None:
    """Exact, by the Poisson itself, whatever the goal and the time gone."""
    for target in (1, 3, 8, 20, 60):
        for gone in (0.05, 0.25, 0.5, 0.9):
            mean = target * gone
            told_off = [n for n in range(200) if pace.is_off(count=n, target=target, gone=gone, is_up=False)]
            assert sum(exp(-mean) * mean**n / factorial(n) for n in told_off if n < 150) <= 0.025, (target, gone)
            told_off = [n for n in range(200) if pace.is_off(count=n, target=target, gone=gone, is_up=True)]
            assert sum(exp(-mean) * mean**n / factorial(n) for n in told_off if n < 150) <= 0.025, (target, gone)


@pytest.mark.parametrize(("count", "mean"), [(0, 2.0), (3, 2.0), (10, 7.5)])
def test_the_tail_of_a_poisson_is_the_sum_of_its_terms(count: int, mean: float) -> None:
    told = sum(exp(-mean) * mean**k / factorial(k) for k in range(count + 1))
    assert chance.poisson_at_most(count, mean) == pytest.approx(told)
    assert chance.poisson_at_least(count + 1, mean) == pytest.approx(1 - told)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1, "offers", "1 offer"),
        (2, "offers", "2 offers"),
        (1, "conversations", "1 conversation"),
        (1.5, "days", "1.50 days"),
    ],
)
def test_one_of_something_is_not_many(value: float, unit: str, said: str) -> None:
    assert wording.told(value, unit) == said


def test_every_unit_that_is_counted_has_a_word_for_one() -> None:
    counted = {one.unit for one in DICTIONARY.values() if one.unit.endswith("s")} - {SECONDS}
    assert counted <= set(wording.ONE)


@pytest.fixture
def me(asha: Viewer) -> Agent:
    team = Team.objects.create(name="Billing")
    return Agent.objects.create(kind=AgentKind.HUMAN, name="Asha Verma", team=team, is_listed=True, user=asha.user)


@pytest.mark.django_db
def test_a_shift_says_its_pace_in_words_and_without_a_colour(
    asha: Viewer, adam: Viewer, me: Agent, noon: datetime
) -> None:
    for metric, target in (("missed", "3"), ("csat", "80 %")):
        goal_setting.set_goal(
            by=adam, metric=metric, scope=Scope("person", str(me.pk)), at=noon, period="day", target=target,
            from_on=noon.date(),
        )  # fmt: skip

    def counted(measure: str, n: int, total: int) -> None:
        for grain, starts_at in (("quarter", noon - HOUR), ("hour", noon - HOUR)):
            AgentPoint.objects.create(
                grain=grain, measure=measure, starts_at=starts_at, agent_id=me.pk, n=n, total=total, counted_at=noon
            )

    def tiles() -> tuple[str, list[tuple[str, str, str]]]:
        found = cards.card(scorecards.scorecard(viewer=asha, agent=me, window="today", at=noon), is_own=True)
        return found.title, [(one.sentence, one.gone, one.state) for one in found.goals]

    counted("missed", 1, 1)
    counted("csat", 80, 79)
    title, (csat, offers) = tiles()
    # Nothing is planned: a share stands by itself, a count waits.
    assert (title, csat[1:], offers) == (
        "You are inside 1 of 2 goals so far", ("", "ok"), ("1 offer so far; it is told when more of the time is gone.", "", ""),
    )  # fmt: skip
    Shift.objects.create(agent=me, starts_at=noon - 4 * HOUR, ends_at=noon + 4 * HOUR)
    title, (csat, offers) = tiles()
    assert title == "You are on pace for every goal so far"
    assert csat == ("On pace: 98.8% today, inside the goal, likely 93.3% to 99.8%.", "50% of the shift is gone.", "ok")
    assert offers == ("On pace: 1 offer so far, the goal leaves 1.5 by now.", "50% of the shift is gone.", "")
    Shift.objects.update(ends_at=noon + 400 * HOUR)
    Shift.objects.update(starts_at=noon - HOUR / 4)
    AgentPoint.objects.filter(measure="missed").update(n=3, total=3)
    title, (_, offers) = tiles()
    assert title == "You are off pace for 1 of 2 goals so far"
    assert (offers[0], offers[2]) == ("Off pace: 3 offers so far, the goal leaves 0.1 by now.", "warn")
