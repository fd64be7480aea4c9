"""Whether a goal is fair, before it is set: how the last four weeks would have been judged by it, and what speaks against it.

Who sets goals for people does not see their numbers: of people only how many would have met it is told, and that of five or
more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind
from apps.agents.reach import Reach
from apps.interactions.models import Queue
from apps.metrics import goals, reading
from apps.metrics.conflicts import PAIRS, Level, Pair
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Definition, Direction
from apps.metrics.goals import ALL, OF_QUEUES, GoalRefused, Scope
from apps.metrics.measures import READINGS
from apps.metrics.models import Goal
from apps.metrics.reading import Number
from apps.metrics.small_groups import FEWEST
from apps.metrics.windows import Window

LOOKED_BACK = timedelta(days=28)
# A goal is called unreachable from so many judged periods on.
FEWEST_PERIODS = {"day": 10, "week": 3}


@dataclass(frozen=True, slots=True)
class Preview:
    """How the last four weeks would have been judged. `people` is 0 for a queue, and where they are too few to be told of.

    `people_met`: those who would have met it in at least half of their judged periods.
    """

    judged: int
    met: int
    people: int = 0
    people_met: int = 0
    is_withheld: bool = False


def preview(*, viewer: Viewer, metric: str, scope: Scope, period: str, target: str, at: datetime) -> Preview:
    """Say how a goal would have judged the last four weeks. One statement for what is kept in buckets, else one a period.

    :raises NotAllowed: not one who sets things up.
    :raises GoalRefused: there can be no such goal, or it is not fair.
    """
    viewer.require(Permission.MANAGE_SETUP)
    wanted, aim = goals.wanted(metric=metric, scope=scope, period=period, target=target)
    told = _past(wanted, scope, period, aim, viewer.zone, at)
    refuse(wanted, scope, period, aim, zone=viewer.zone, at=at, told=told)
    judged = sum(len(one) for one in told.values())
    met = sum(sum(one) for one in told.values())
    if scope.kind in OF_QUEUES or _is_ai(scope):
        return Preview(judged, met)
    if len(told) < FEWEST:
        return Preview(0, 0, is_withheld=True)
    return Preview(judged, met, len(told), sum(2 * sum(one) >= len(one) for one in told.values()))


def refuse(
    metric: Definition, scope: Scope, period: str, aim: float, *, zone: ZoneInfo, at: datetime,
    told: dict[str, list[bool]] | None = None,
) -> None:  # fmt: skip
    """Pass when nothing speaks against a goal.

    :raises GoalRefused: nobody reached it in four weeks, or it can be reached the wrong way and nothing guards it.
    """
    _refuse_unguarded(metric, scope)
    past = _past(metric, scope, period, aim, zone, at) if told is None else told
    judged = [one for periods in past.values() for one in periods]
    if len(judged) >= FEWEST_PERIODS[period] and not any(judged):
        raise GoalRefused(
            "target",
            f"Nobody reached this in the last four weeks, in none of {len(judged)} {period}s that could be judged. A goal "
            "outside what anybody reached is no goal: choose a nearer one, and set it again when that is reached.",
        )


def _refuse_unguarded(metric: Definition, scope: Scope) -> None:
    pairs = [one for one in PAIRS[_level(scope)] if one.driver == metric.key]
    if pairs and not any(_is_guarded(one, scope) for one in pairs):
        guards = " or ".join(DICTIONARY[one.guard].name for one in pairs)
        raise GoalRefused(
            "metric",
            f"{metric.name} alone can be reached the wrong way ({pairs[0].says[0].lower()}{pairs[0].says[1:]}). Set a goal "
            f"for {guards} there first.",
        )


def _level(scope: Scope) -> Level:
    if scope.kind in OF_QUEUES:
        return Level.QUEUE
    return Level.AI if _is_ai(scope) else Level.PERSON


def _is_ai(scope: Scope) -> bool:
    return scope.kind == "person" and Agent.objects.ai().filter(pk=scope.key).exists()


def _is_guarded(pair: Pair, scope: Scope) -> bool:
    """Whether a goal on the guard holds in the same scope, or in a wider one."""
    wide = Q(scope_kind=scope.kind, scope_key=scope.key)
    if scope.kind == "queue":
        wide |= Q(scope_kind="floor", scope_key=ALL)
    if scope.kind in ("person", "team"):
        wide |= Q(scope_kind="role", scope_key=Role.AGENT.value)
    if scope.kind == "person":
        team = Agent.objects.filter(pk=scope.key).values_list("team_id", flat=True).first()
        wide |= Q(scope_kind="team", scope_key=str(team))
    newest = (
        Goal.objects.filter(wide, metric=pair.guard).order_by("scope_kind", "scope_key", "period", "-from_on", "-id")
        .distinct("scope_kind", "scope_key", "period")
    )  # fmt: skip
    return any(goal.target is not None for goal in newest)


def _past(
    metric: Definition, scope: Scope, period: str, aim: float, zone: ZoneInfo, at: datetime
) -> dict[str, list[bool]]:
    """Whether each judged period of the last four weeks met the goal: of each person, or of the queue or AI agent."""
    is_up = metric.direction == Direction.UP
    return {
        who: [one.value >= aim if is_up else one.value <= aim for one in numbers if one.value is not None]
        for who, numbers in _numbers(metric, scope, period, zone, at).items()
        if numbers
    }


def _numbers(metric: Definition, scope: Scope, period: str, zone: ZoneInfo, at: datetime) -> dict[str, list[Number]]:
    """The numbers with enough cases of each period of the last four weeks, by whom they are of."""
    goal = Goal(metric=metric.key, scope_kind=scope.kind, scope_key=scope.key, period=period, zone=zone.key)
    today = at.astimezone(zone).date()
    last, _ = goals.period_of(goal, today)
    first = last - LOOKED_BACK
    whom = _whom(scope)
    found = READINGS.get(metric.key)
    told: dict[str, list[Number]] = {}
    if found is None or found.misses is not None:
        for begins, after in _periods(goal, first, last):
            numbers = goals.numbers_of(goal, whom, begins, after, zone, at, by_agent=found is None)
            _keep(told, numbers)
        return told
    of_agents = scope.kind not in OF_QUEUES
    kept = found.of_agent if of_agents else found.measure
    assert kept is not None  # noqa: S101  # there is such a goal
    since, until = (datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(at.tzinfo) for day in (first, last))
    span = Window(period, since, until - reading.INSTANT, is_exact=False)
    by = f"agent {period}" if of_agents else period
    numbers = reading.merged(found, kept, span, whom, by, of_agents=of_agents, zone=zone.key)
    for place, number in numbers.items():
        who = place.rpartition(" ")[0]
        _keep(told, {who: number})
    return told


def _keep(told: dict[str, list[Number]], numbers: dict[str, Number]) -> None:
    for who, number in numbers.items():
        if number.is_enough and number.value is not None:
            told.setdefault(who, []).append(number)


def _periods(goal: Goal, first: date, last: date) -> list[tuple[date, date]]:
    length = timedelta(days=7 if goal.period == "week" else 1)
    return [(first + n * length, first + (n + 1) * length) for n in range((last - first) // length)]


def _whom(scope: Scope) -> Sequence[UUID]:
    """The queues, or the people or AI agent, that a goal is for. Nobody's own numbers are shown of them."""
    if scope.kind == "floor":
        return list(Queue.objects.values_list("pk", flat=True))
    if scope.kind == "queue":
        return [UUID(scope.key)]
    if scope.kind == "person":
        return Reach.whole([UUID(scope.key)])
    people = Agent.objects.filter(kind=AgentKind.HUMAN)
    if scope.kind == "team":
        return Reach.whole(people.filter(team_id=int(scope.key)).values_list("pk", flat=True))
    return Reach.whole(people.filter(Q(user=None) | Q(user__role=scope.key)).values_list("pk", flat=True))


def says(told: Preview, period: str) -> Sequence[str]:
    """A preview in sentences."""
    if told.is_withheld:
        return (f"For fewer than {FEWEST} people nothing is told: it would be the number of one of them.",)
    if not told.judged:
        return (f"No {period} of the last four weeks has cases enough to say how it would have been.",)
    many = f"In {told.met} of {told.judged} judged {period}s of the last four weeks it would have been met."
    if not told.people:
        return (many,)
    return (f"{told.people_met} of {told.people} people would have met it in at least half of their {period}s.", many)
