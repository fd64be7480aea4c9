"""Goals: what a metric is to reach each day or week, for whom, from when; and what was reached.

A goal is never overwritten: setting it again adds a version with a date, and each day is judged by the version of that day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Team
from apps.agents.reach import FIELDS, held_to, reach_of
from apps.interactions.models import Queue
from apps.metrics import reading, working
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import SECONDS, SHARE, Definition, Direction, Kind, Subject
from apps.metrics.measures import READINGS
from apps.metrics.models import Goal
from apps.metrics.reading import Number
from apps.metrics.windows import Window
from apps.shared.errors import OutOfScope, Refusal

PERIODS = {"day": "each day", "week": "each week"}
KINDS = ("floor", "queue", "team", "person", "role")
# The key of the one scope that holds every queue.
ALL = "all"
# Scopes whose numbers are of queues and not of people.
OF_QUEUES = frozenset({"floor", "queue"})
# How many periods back a goal's page tells.
TOLD = 14
_DURATION = re.compile(r"(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+(?:\.\d+)?)\s*s?)?")
LAST_INSTANT = timedelta(microseconds=1)


class GoalRefused(Refusal):
    """There can be no such goal. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


class Scope(NamedTuple):
    """Whose goal it is: every queue together, one queue, team or person (also an AI agent), or everybody of a role."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The version of a goal that holds now, or comes next, with its names and values in words."""

    goal: Goal
    metric: Definition
    whose: str
    target: str
    threshold: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Reached:
    """One period: what was aimed at and what was reached.

    `is_reached` is None where nothing was measured, where there are fewer cases than the metric needs, and while it runs.
    """

    starts_on: date
    is_running: bool
    target: float | None
    number: Number
    is_reached: bool | None


def read_value(metric: Definition, text: str) -> float:
    """Read a value as a person writes it, in the metric's unit: `85 %`, `1m 30s`, `12`.

    :raises GoalRefused: it is none, or none of this unit.
    """
    told = text.strip().replace(",", ".")
    if metric.unit == SHARE:
        number = _number(told.removesuffix("%").strip())
        if number is None or not 0 < number <= 100:
            raise GoalRefused(
                "target",
                f"Saw “{text[:20]}”. {metric.name} is a share: expected a percentage from 0 to 100, such as 85.",
            )
        return number / 100
    if metric.unit == SECONDS:
        found = _DURATION.fullmatch(told)
        seconds = (
            0.0
            if found is None
            else sum(float(part or 0) * size for part, size in zip(found.groups(), (3600, 60, 1), strict=True))
        )
        if not 0 < seconds <= 366 * 86400:
            raise GoalRefused(
                "target", f"Saw “{text[:20]}”. {metric.name} is a time: expected one such as 45s, 1m 30s or 2h."
            )
        return seconds
    number = _number(told)
    if number is None or number <= 0:
        raise GoalRefused(
            "target", f"Saw “{text[:20]}”. {metric.name} counts {metric.unit}: expected a number above 0."
        )
    return number


def say_value(metric: Definition, value: float | None) -> str:
    """Write a value in the metric's unit, as `read_value` reads it; a dash for none."""
    if value is None:
        return "—"
    if metric.unit == SHARE:
        return f"{100 * value:.4g}%"
    if metric.unit == SECONDS:
        whole, rest = int(value), value - int(value)
        parts = [(whole // 3600, "h"), (whole % 3600 // 60, "m")]
        seconds = [f"{whole % 60 + rest:.3g}s"] if whole % 60 or rest else []
        return " ".join([f"{n}{unit}" for n, unit in parts if n] + seconds)
    return f"{value:g}"


def _number(text: str) -> float | None:
    try:
        return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None
    except ValueError:
        return None


def metrics() -> list[Definition]:
    """Return the metrics that may have a goal: measured, over a period, and with a better side."""
    return [one for one in DICTIONARY.values() if _why_not(one) == ""]


def _why_not(metric: Definition) -> str:
    if metric.direction == Direction.NEUTRAL:
        return f"{metric.name} is better neither up nor down, so nothing is to be reached."
    if metric.kind == Kind.GAUGE:
        return f"{metric.name} is true of one moment: it has no value of a day or week."
    if metric.key not in READINGS and metric.key not in working.KEYS:
        return f"{metric.name} is defined, but nothing measures it yet."
    return ""


def _check(metric: Definition, scope: Scope) -> None:
    """Pass when the scope has a number of this metric."""
    refused = _why_not(metric)
    if refused:
        raise GoalRefused("metric", refused)
    found = READINGS.get(metric.key)
    if scope.kind in OF_QUEUES:
        if scope.kind == "queue":
            _get(Queue, scope.key)
        elif scope.key != ALL:
            raise OutOfScope
        if found is None:
            raise GoalRefused("scope", f"{metric.name} is of a person’s whole time. Choose a person, a team or a role.")
        if not found.measure.by_queue and found.misses is None:
            raise GoalRefused("scope", f"{metric.name} is not kept by queue. Choose a person, a team or a role.")
        return
    is_ai = scope.kind == "person" and _get(Agent, scope.key).kind == AgentKind.AI
    if scope.kind == "team":
        _get(Team, scope.key)
    elif scope.kind == "role" and scope.key != Role.AGENT:
        raise GoalRefused("scope", "Only agents answer customers: no other role has such a number.")
    family = Subject.AI if is_ai else Subject.HUMAN
    if metric.subject != family:
        whose = {Subject.AI: "AI agents", Subject.HUMAN: "people", Subject.QUEUE: "queues"}
        other = "an AI agent" if is_ai else "people"
        raise GoalRefused(
            "scope", f"{metric.name} is a number of {whose[metric.subject]}, and this is {other}: they are never mixed."
        )
    if found is not None and (found.of_agent is None or found.misses is not None):
        raise GoalRefused("scope", f"{metric.name} is kept by queue and not by person. Choose a queue.")


def scopes(*, viewer: Viewer) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return whom a goal may be for, in groups of (value, name); three statements.

    :raises NotAllowed: not one who sets things up.
    """
    viewer.require(Permission.MANAGE_SETUP)
    found = [
        ("Floor", [(f"floor:{ALL}", "Every queue together")]),
        ("Role", [(f"role:{Role.AGENT}", f"Everybody in the role {Role.AGENT.label}")]),
    ]
    for title, kind, rows in (
        ("Queues", "queue", Queue.objects.values_list("pk", "name")),
        ("Teams", "team", Team.objects.values_list("pk", "name")),
        ("People and AI agents", "person", Agent.objects.filter(is_listed=True).values_list("pk", "name")),
    ):
        found.append((title, [(f"{kind}:{key}", name) for key, name in rows]))
    return found


def _get(model: type[Queue] | type[Agent] | type[Team], key: str) -> Any:
    try:
        found = model._default_manager.filter(pk=int(key) if model is Team else str(UUID(key))).first()
    except ValueError:
        raise OutOfScope from None
    if found is None:
        raise OutOfScope
    return found


def wanted(*, metric: str, scope: Scope, period: str, target: str) -> tuple[Definition, float]:
    """Return what a goal is about and its value.

    :raises OutOfScope: no such metric, period or scope. :raises GoalRefused: the metric has no such number, or the value is not of its unit.
    """
    if metric not in DICTIONARY or scope.kind not in KINDS or period not in PERIODS:
        raise OutOfScope
    told = DICTIONARY[metric]
    _check(told, scope)
    return told, read_value(told, target)


def _visible(viewer: Viewer) -> Q:
    """Goals of what the viewer may see; who sets them up sees all."""
    if viewer.allows(Permission.MANAGE_SETUP):
        return Q()
    viewer.require(Permission.VIEW_PEOPLE)
    queues = [str(key) for key in Queue.objects.visible_to(viewer).values_list("pk", flat=True)]
    teams = [str(key) for key in Team.objects.visible_to(viewer).values_list("pk", flat=True)]
    people = [str(key) for key in Agent.objects.visible_to(viewer).values_list("pk", flat=True)]
    return (
        Q(scope_kind__in=["floor", "role"]) | Q(scope_kind="queue", scope_key__in=queues) | Q(scope_kind="team", scope_key__in=teams)
        | Q(scope_kind="person", scope_key__in=people)
    )  # fmt: skip


def goals(*, viewer: Viewer) -> list[Shown]:
    """Return the newest version of every goal that has not ended, by metric and name. Seven statements at most.

    :raises NotAllowed: neither sets goals nor leads anybody.
    """
    newest = (
        Goal.objects.filter(_visible(viewer)).select_related("made_by")
        .order_by("metric", "scope_kind", "scope_key", "period", "-from_on", "-id")
        .distinct("metric", "scope_kind", "scope_key", "period")
    )  # fmt: skip
    return shown([goal for goal in newest if goal.target is not None])


def shown(found: Sequence[Goal]) -> list[Shown]:
    """Name what some goals are about; three statements."""
    names: dict[tuple[str, str], str] = {("role", role.value): f"Everybody in the role {role.label}" for role in Role}
    names["floor", ALL] = "Every queue together"
    for kind, model in (("queue", Queue), ("team", Team), ("person", Agent)):
        keys = {goal.scope_key for goal in found if goal.scope_kind == kind}
        pairs = model._default_manager.filter(pk__in=keys).values_list("pk", "name")
        names |= {(kind, str(key)): f"Team {name}" if kind == "team" else name for key, name in pairs}
    told = [
        Shown(
            goal, DICTIONARY[goal.metric], names.get((goal.scope_kind, goal.scope_key), "Nobody any more"),
            say_value(DICTIONARY[goal.metric], goal.target), say_value(DICTIONARY[goal.metric], goal.threshold),
            str(goal.made_by),
        )
        for goal in found
    ]  # fmt: skip
    return sorted(told, key=lambda one: (one.metric.name, one.whose, one.goal.period))


def get_goal(*, viewer: Viewer, pk: int) -> Goal:
    """Return one goal by any of its versions.

    :raises OutOfScope: none of this key, or of somebody the viewer does not see.
    """
    found = Goal.objects.filter(_visible(viewer), pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def versions(goal: Goal) -> list[Goal]:
    """Return every version of a goal, newest first."""
    same = Goal.objects.filter(
        metric=goal.metric, scope_kind=goal.scope_kind, scope_key=goal.scope_key, period=goal.period
    )
    return list(same.select_related("made_by").order_by("-from_on", "-id"))


def version_on(told: Sequence[Goal], day: date) -> Goal | None:
    """Return the version that holds on a day, of all of them newest first; None before the first."""
    return next((one for one in told if one.from_on <= day), None)


def period_of(goal: Goal, day: date) -> tuple[date, date]:
    """Return the first day of the goal's period that a day lies in, and the day after its last. Weeks begin on Monday."""
    if goal.period == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    return day, day + timedelta(days=1)


def history(*, viewer: Viewer, goal: Goal, at: datetime) -> list[Reached]:
    """Return what was reached in the last periods since the goal began, the running one first; one statement a period.

    Who sets goals for people does not thereby see their numbers: those need people's own permission.

    :raises NotAllowed: the role does not include such numbers.
    :raises OutOfScope: not somebody the viewer sees.
    """
    told = versions(goal)
    allowed = _allowed(viewer, goal)
    zone = ZoneInfo(goal.zone)
    today = at.astimezone(zone).date()
    start, after = period_of(goal, today)
    length = after - start
    found = []
    for _ in range(TOLD):
        holding = version_on(told, start)
        if holding is None and version_on(told, start + length - timedelta(days=1)) is None:
            break
        if holding is not None and holding.target is not None:
            number = number_of(goal, allowed, start, start + length, zone, at)
            is_running = start + length > today
            found.append(
                Reached(start, is_running, holding.target, number, _judged(goal, holding.target, number, is_running))
            )
        start -= length
    return found


def _judged(goal: Goal, target: float, number: Number, is_running: bool) -> bool | None:  # noqa: FBT001  # a fact of the period
    if number.value is None or not number.is_enough or is_running:
        return None
    return number.value >= target if DICTIONARY[goal.metric].direction == Direction.UP else number.value <= target


def _allowed(viewer: Viewer, goal: Goal) -> Sequence[UUID]:
    """Return the queues whose cases count, or the agents with the time that counts."""
    found: Sequence[UUID]
    if goal.scope_kind in OF_QUEUES:
        viewer.require(Permission.VIEW_FLOOR)
        queues = Queue.objects.visible_to(viewer)
        if goal.scope_kind == "queue":
            queues = queues.filter(pk=goal.scope_key)
        found = list(queues.values_list("pk", flat=True))
    else:
        viewer.require(Permission.VIEW_PEOPLE)
        agents = Agent.objects.visible_to(viewer)
        if goal.scope_kind == "person":
            agents = agents.filter(pk=goal.scope_key)
        elif goal.scope_kind == "team":
            agents = agents.people().filter(team_id=int(goal.scope_key))
        else:
            agents = agents.people().filter(Q(user=None) | Q(user__role=goal.scope_key))
        found = reach_of(viewer, agents.only(*FIELDS))
    if not found and goal.scope_kind in ("queue", "person"):
        raise OutOfScope
    return found


def number_of(goal: Goal, allowed: Sequence[UUID], first: date, last: date, zone: ZoneInfo, at: datetime) -> Number:
    """Return the number a goal is about, of the queues or agents that count, from one day up to before another."""
    return numbers_of(goal, allowed, first, last, zone, at).get("", Number.nothing())


def numbers_of(
    goal: Goal,
    allowed: Sequence[UUID],
    first: date,
    last: date,
    zone: ZoneInfo,
    at: datetime,
    *,
    by_agent: bool = False,
) -> dict[str, Number]:
    """Return the same under the empty key, or of each person under theirs. One statement, four of working time."""
    since, end = (datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(at.tzinfo) for day in (first, last))
    found = READINGS.get(goal.metric)
    if found is None:
        until = min(end, at)
        return working.numbers(key=goal.metric, people=held_to(allowed), since=since, until=until, by_agent=by_agent)
    span = Window(goal.period, since, end - LAST_INSTANT, is_exact=False)
    if found.misses is not None:
        return reading.against_promise(found, span, allowed, "")
    of_agents = goal.scope_kind not in OF_QUEUES
    kept = found.of_agent if of_agents else found.measure
    assert kept is not None  # noqa: S101  # refused when it was set
    return reading.merged(found, kept, span, allowed, "agent" if by_agent else "", of_agents=of_agents)
