"""A conflict is two numbers that moved by more than chance, one up and one down, of the same subject; nothing less."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Team
from apps.metrics import attention, comparing, conflicts, overview
from apps.metrics.conflicts import PAIRS, Estimate, Level, Pair, counted, difference, find, moved
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Direction, Subject
from apps.metrics.measures import READINGS
from apps.metrics.models import QueuePoint
from apps.shared.intervals import wilson
from tests.console.floors import granted, known_for_weeks, queue_named
from tests.metrics.test_scorecards import counted as points


def share(hits: int, n: int) -> Estimate:
    return Estimate(hits / n, *wilson(hits, n))


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_the_published_one(hits: int, n: int, low: float, high: float) -> None:
    """Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3."""
    assert wilson(hits, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((6, 7), (2, 7), 0.0582, 0.8062),
     ((5, 56), (0, 29), -0.0381, 0.1926), ((0, 10), (0, 20), -0.1611, 0.2775), ((10, 10), (0, 20), 0.6791, 1.0)],
)  # fmt: skip
def test_the_interval_of_a_difference_is_the_published_one(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998, Interval estimation for the difference between independent proportions, table II, method 10."""
    found = difference(share(*other), share(*one))
    assert found == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(("n", "low", "high"), [(20, 12.22, 30.89), (50, 37.11, 65.92), (100, 81.36, 121.63)])
def test_the_interval_of_a_count_is_close_to_the_exact_one(n: int, low: float, high: float) -> None:
    """Garwood 1936: the exact limits of a Poisson mean; the transformation is within five per cent of them."""
    found = counted(n)
    assert found.value == n
    assert (found.low, found.high) == (pytest.approx(low, rel=0.05), pytest.approx(high, rel=0.05))


def test_a_move_is_said_only_beyond_chance() -> None:
    assert moved(share(80, 100), share(60, 100)) == -1
    assert moved(share(60, 100), share(80, 100)) == 1
    assert moved(share(80, 100), share(74, 100)) == 0
    assert moved(share(8, 10), share(6, 10)) == 0


PAIR = Pair("response_time", -1, "csat", -1, "Faster and worse")
FAST, SLOW = Estimate(40, 38, 42), Estimate(60, 57, 63)
GOOD, BAD = share(90, 100), share(70, 100)


@pytest.mark.parametrize(
    ("driver", "guard", "is_one"),
    [((SLOW, FAST), (GOOD, BAD), True), ((FAST, SLOW), (GOOD, BAD), False), ((SLOW, FAST), (BAD, GOOD), False),
     ((SLOW, SLOW), (GOOD, BAD), False), ((SLOW, FAST), (GOOD, GOOD), False), ((SLOW, None), (GOOD, BAD), False),
     ((SLOW, FAST), (None, BAD), False)],
)  # fmt: skip
def test_both_sides_must_have_moved_their_way(
    driver: tuple[Estimate | None, Estimate | None], guard: tuple[Estimate | None, Estimate | None], *, is_one: bool
) -> None:
    before, now = ({"response_time": driver[side], "csat": guard[side]} for side in (0, 1))
    assert bool(find([PAIR], before, now)) is is_one


def test_pairs_are_measured_of_whom_they_are_about_and_never_mix_families() -> None:
    for level, pairs in PAIRS.items():
        for pair in pairs:
            for key in (pair.driver, pair.guard):
                found = READINGS[key]
                kept = found.measure if level is Level.QUEUE else found.of_agent
                assert kept is not None
                assert found.misses is None
                if level is not Level.QUEUE:
                    assert (kept.subject == Subject.AI) is (level is Level.AI)
            told = DICTIONARY[pair.guard].direction
            assert told == (Direction.UP if pair.worsens < 0 else Direction.DOWN)


# --- read from what is stored -------------------------------------------------------------------------------------------


@pytest.fixture
def asha_agent(db: None, asha: Viewer) -> Agent:
    team = Team.objects.create(name="Billing")
    return Agent.objects.create(kind=AgentKind.HUMAN, name="Asha", team=team, is_listed=True, user=asha.user)


def hasty(agent: Agent, noon: datetime) -> None:
    """Replies that halved in a week in which customers became less content."""
    known_for_weeks(noon)
    for days, seconds, hits in ((9, 80, 92), (2, 40, 70)):
        points(agent, "response_time", noon - timedelta(days=days), n=200, seconds=seconds)
        points(agent, "csat", noon - timedelta(days=days), n=100, hits=hits)


def test_a_person_s_conflict_is_the_first_reason_to_talk(asha_agent: Agent, lena: Viewer, noon: datetime) -> None:
    hasty(asha_agent, noon)
    other = Agent.objects.create(kind=AgentKind.HUMAN, name="Zoe", team=asha_agent.team)
    points(other, "csat", noon - timedelta(days=2), n=12, hits=2)
    found = overview.overview(viewer=granted(lena, team=asha_agent.team), at=noon)
    assert [one.agent.name for one in found.people] == ["Asha", "Zoe"]
    mine, zoe = found.people
    assert [one.kind for one in mine.reasons] == ["conflict"]
    assert mine.reasons[0].text.startswith("Replies got faster, and customers less content: Response time")
    assert "CSAT 92.0% → 70.0%." in mine.reasons[0].text
    assert zoe.reasons == []  # twelve ratings say nothing about anybody


def test_less_time_on_each_and_more_of_them_opened_again_is_a_conflict_of_a_person(
    asha_agent: Agent, noon: datetime
) -> None:
    known_for_weeks(noon)
    for days, seconds, hits in ((9, 400, 8), (2, 200, 40)):
        points(asha_agent, "handling", noon - timedelta(days=days), n=200, seconds=seconds)
        points(asha_agent, "reopen_rate", noon - timedelta(days=days), n=150, hits=hits)
    span, earlier = comparing.week(at=noon)
    (found,) = comparing.conflicts_of(Level.PERSON, span=span, earlier=earlier, of=[asha_agent.pk])[str(asha_agent.pk)]
    words = attention.conflict_words(found)
    assert words.startswith("Less time goes into a conversation, and more are opened again: AHT, average handle time")
    assert words.endswith("Reopen rate 5.3% → 26.7%.")


def test_a_team_s_conflict_is_of_its_people_as_one(asha_agent: Agent, noon: datetime) -> None:
    hasty(asha_agent, noon)
    span, earlier = comparing.week(at=noon)
    (found,) = comparing.conflicts_of(Level.TEAM, span=span, earlier=earlier, of=[asha_agent.pk])[
        str(asha_agent.team_id)
    ]
    assert (found.pair.driver, found.pair.guard) == ("response_time", "csat")
    assert found.guard.value == 0.7


def test_a_queue_s_conflict_is_found_by_its_key(db: None, noon: datetime) -> None:
    known_for_weeks(noon)
    queue, calm = queue_named("Billing"), queue_named("Sales")
    for one, days, passed, opened in (
        (queue, 9, 60, 10), (queue, 2, 20, 40), (calm, 9, 60, 10), (calm, 2, 55, 12),
    ):  # fmt: skip
        at = (noon - timedelta(days=days)).replace(minute=0)
        for measure, hits in (("transfer_rate", passed), ("reopen_rate", opened)):
            QueuePoint.objects.create(
                grain="hour", measure=measure, starts_at=at, queue_id=one.pk, n=200, total=hits, counted_at=at
            )
    span, earlier = comparing.week(at=noon)
    found = comparing.conflicts_of(Level.QUEUE, span=span, earlier=earlier)
    assert {key: [one.pair.says for one in told] for key, told in found.items()} == {
        str(queue.pk): ["Fewer are passed on, and more are opened again"]
    }
    words = attention.conflict_words(found[str(queue.pk)][0])
    assert words.endswith("Transfer rate 30.0% → 10.0%, Reopen rate 5.0% → 20.0%.")


def test_an_ai_agent_that_hands_over_less_and_helps_less_is_found(db: None, noon: datetime) -> None:
    known_for_weeks(noon)
    bo = Agent.objects.create(kind=AgentKind.AI, name="Bo")
    for days, handed, kept in ((9, 100, 90), (2, 40, 50)):
        points(bo, "handoff_rate", noon - timedelta(days=days), n=200, hits=handed)
        points(bo, "containment", noon - timedelta(days=days), n=200, hits=kept)
    span, earlier = comparing.week(at=noon)
    found = comparing.conflicts_of(Level.AI, span=span, earlier=earlier)
    assert [one.pair.guard for one in found[str(bo.pk)]] == ["containment"]
    assert conflicts.PAIRS[Level.AI][0] == found[str(bo.pk)][0].pair


def test_while_the_week_before_is_not_known_from_its_beginning_there_is_no_conflict(
    asha_agent: Agent, lena: Viewer, noon: datetime
) -> None:
    hasty(asha_agent, noon)
    span, earlier = comparing.week(at=noon)
    assert comparing.conflicts_of(Level.PERSON, span=span, earlier=earlier, of=[asha_agent.pk])
    QueuePoint.objects.update(starts_at=earlier.since)
    assert not comparing.conflicts_of(Level.PERSON, span=span, earlier=earlier, of=[asha_agent.pk])
    (found,) = overview.overview(viewer=granted(lena, team=asha_agent.team), at=noon).people
    assert "conflict" not in {one.kind for one in found.reasons}
