"""Goals of one person: how much is reached, how fast, and whether anything can be said of it yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from apps.access.roles import Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.reach import reach_of
from apps.metrics import chance, goals, histograms, working
from apps.metrics import pace as pacing
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Definition, Direction, Kind, Subject
from apps.metrics.measures import READINGS
from apps.metrics.models import Goal
from apps.metrics.pace import UNPLANNED, Pace
from apps.metrics.reading import Number


class Standing(StrEnum):
    """How a number stands against a goal."""

    REACHED = "reached"
    MISSED = "missed"
    # The interval contains the goal, or a count still grows and nothing says how much of its period is gone.
    OPEN = "open"
    # A count within what the time gone leaves of its goal, and one beyond it by more than chance.
    ON_PACE = "on pace"
    OFF_PACE = "off pace"
    # Fewer cases than the metric needs.
    FEW = "few"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Aim:
    """One goal that holds for a person in its running period, and where their own number stands."""

    goal: Goal
    metric: Definition
    whose: str
    number: Number
    standing: Standing
    pace: Pace = UNPLANNED


def aims_of(viewer: Viewer, agents: Sequence[Agent], *, at: datetime) -> dict[UUID, list[Aim]]:
    """Return the goals that hold for each person now: their own, their role's and their team's. Two statements, and one (of
    working time four) for each metric and period in which there are goals.

    A team's goal is about the whole team; what stands beside it is the person's own part.
    """
    concerns: dict[tuple[str, str], list[Agent]] = {}
    for agent in agents:
        role = Role.AGENT.value if agent.user is None else agent.user.role
        for scope in (("person", str(agent.pk)), ("role", role), ("team", str(agent.team_id))):
            concerns.setdefault(scope, []).append(agent)
    asked = Q()
    for kind in ("person", "role", "team"):
        asked |= Q(scope_kind=kind, scope_key__in=[key for one, key in concerns if one == kind])
    told: dict[tuple[str, str, str, str], list[Goal]] = {}
    for goal in Goal.objects.filter(asked).order_by("metric", "scope_kind", "scope_key", "period", "-from_on", "-id"):
        told.setdefault((goal.metric, goal.scope_kind, goal.scope_key, goal.period), []).append(goal)
    # Goals of one metric and period are read together, however many teams have one of their own.
    together: dict[tuple[str, date, date, str], list[Goal]] = {}
    for versions in told.values():
        running = _running(versions, at)
        if running is not None and _is_of_one(running[0].metric):
            goal, first, after = running
            together.setdefault((goal.metric, first, after, goal.zone), []).append(goal)
    found: dict[UUID, list[Aim]] = {agent.pk: [] for agent in agents}
    spans = {(first, after, zone): _moments(first, after, zone) for _, first, after, zone in together}
    shifts = _shifts(agents, spans.values())
    for (_, first, after, zone), held in together.items():
        since, until = spans[first, after, zone]
        people = {one.pk: one for goal in held for one in concerns[goal.scope_kind, goal.scope_key]}
        whom = reach_of(viewer, people.values())
        numbers = goals.numbers_of(held[0], whom, first, after, ZoneInfo(zone), at, by_agent=True)
        for goal in held:
            for agent in concerns[goal.scope_kind, goal.scope_key]:
                number = numbers.get(str(agent.pk), Number.nothing())
                over = pacing.pace(shifts=shifts.get(agent.pk, ()), since=since, until=until, at=at)
                standing = standing_of(goal, number, running=over)
                found[agent.pk].append(Aim(goal, DICTIONARY[goal.metric], _whose(goal, agent), number, standing, over))
    for mine in found.values():
        mine.sort(key=lambda aim: (aim.metric.name, aim.goal.scope_kind, aim.goal.period))
    return found


def _moments(first: date, after: date, zone: str) -> tuple[datetime, datetime]:
    since, until = (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) for day in (first, after))
    return since, until


def _shifts(agents: Sequence[Agent], spans: Iterable[tuple[datetime, datetime]]) -> dict[UUID, list[pacing.Stretch]]:
    """When each person is planned in any of the spans. One statement, none without goals."""
    told = list(spans)
    if not told:
        return {}
    since, until = min(one for one, _ in told), max(one for _, one in told)
    return pacing.planned(people=[agent.pk for agent in agents], since=since, until=until)


def _whose(goal: Goal, agent: Agent) -> str:
    return {"person": "A personal goal", "team": f"The goal of team {agent.team}; this is one part of it"}.get(
        goal.scope_kind, "Everybody’s goal"
    )


def _running(versions: Sequence[Goal], at: datetime) -> tuple[Goal, date, date] | None:
    """The version that holds in the running period, with its first day and the day after its last."""
    today = at.astimezone(ZoneInfo(versions[0].zone)).date()
    first, after = goals.period_of(versions[0], today)
    goal = goals.version_on(versions, first) or goals.version_on(versions, today)
    return None if goal is None or goal.target is None else (goal, first, after)


def _is_of_one(key: str) -> bool:
    """Say whether a metric is kept of single people."""
    found = READINGS.get(key)
    if found is None:
        return key in working.KEYS
    return found.of_agent is not None and found.of_agent.subject == Subject.HUMAN and found.misses is None


def standing_of(goal: Goal, number: Number, *, running: Pace | None = None) -> Standing:
    """Say how a number stands against a goal's target, and nothing while it cannot be said.

    `running` is how much of the period is gone; None: all of it, so that a count is what it will be.
    """
    if number.value is None or goal.target is None:
        return Standing.NOTHING
    if not number.is_enough:
        return Standing.FEW
    if running is not None and DICTIONARY[goal.metric].kind == Kind.COUNT:
        return _of_count(number.value, goal.target, running, is_up=DICTIONARY[goal.metric].direction == Direction.UP)
    around = bounds_of(number)
    if around is not None and around[0] <= goal.target <= around[1]:
        return Standing.OPEN
    is_up = DICTIONARY[goal.metric].direction == Direction.UP
    reached = number.value >= goal.target if is_up else number.value <= goal.target
    if reached:
        return Standing.REACHED
    return Standing.OPEN if _may_be_chance(number, goal.target, around, is_up=is_up) else Standing.MISSED


def _of_count(count: float, target: float, running: Pace, *, is_up: bool) -> Standing:
    """A count that still grows: what it cannot undo is told at once, all else is held against the time gone."""
    if is_up and count >= target:
        return Standing.REACHED
    if not is_up and count > target:
        return Standing.MISSED
    if not running.gone:
        return Standing.OPEN
    is_off = pacing.is_off(count=count, target=target, gone=running.gone, is_up=is_up)
    return Standing.OFF_PACE if is_off else Standing.ON_PACE


def _may_be_chance(number: Number, target: float, around: tuple[float, float] | None, *, is_up: bool) -> bool:
    """Whether somebody exactly at the goal would be seen as far outside it in more than 2.5 % of such samples.

    Wilson’s interval misses by a little more than that at some counts, so a share is judged by the binomial itself; the
    interval of a median is known within the width of a bar, which is given to whoever is judged.
    """
    if number.hits is not None:
        tail = chance.at_most if is_up else chance.at_least
        return tail(number.hits, number.n, target) > chance.ACCUSED
    if around is None:
        return False
    return around[1] * (1 + histograms.ERROR) >= target if is_up else around[0] * (1 - histograms.ERROR) <= target


def bounds_of(number: Number) -> tuple[float, float] | None:
    """Return the 95 % interval of a share or of a median; None where there is none."""
    if number.low is not None and number.high is not None:
        return number.low, number.high
    if number.p50_low is not None and number.p50_high is not None and number.value == number.p50:
        return number.p50_low, number.p50_high
    return None
