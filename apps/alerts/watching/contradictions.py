"""The reader of numbers that contradict each other: in a week, one improves and the one that keeps it honest gets worse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from apps.agents.models import Agent
from apps.alerts.engine.series import Judged, Verdict
from apps.alerts.watching.seen import Params, Seen, of_queue, rows, targets
from apps.metrics import comparing
from apps.metrics.conflicts import Conflict, Level
from apps.metrics.small_groups import FEWEST
from apps.shared.reading import once


def conflict(params: Params, at: datetime) -> list[Seen]:
    """Every queue over the last seven days against the seven before. The value is that of the number that got worse, the
    limit what it was; which pair it is stands in words. Three statements, and one where there is a conflict, however many queues.
    """
    found = once(("alerts.conflicts", at), lambda: _found(at))
    seen = []
    for queue in targets():
        worst = _worst(found.get(str(queue), []))
        if worst is None:
            seen.append(of_queue(queue, Judged(Verdict.OK, n=0), at=at, limit=None))
            continue
        one = of_queue(queue, _broken(worst), at=at, limit=worst.guard_before.value)
        seen.append(Seen(one.labels, one.judged, one.limit, queue=queue, about=worst.pair.says[:80]))
    return seen


def ai_conflict(params: Params, at: datetime) -> list[Seen]:
    """Every AI agent over the last seven days against the seven before, as `conflict` of a queue. It stands in the queue in which it
    answered most, whose leads see it. Three statements, and two where there is a conflict, however many AI agents.
    """
    names = {str(key): name for key, name in Agent.objects.ai().order_by("pk").values_list("pk", "name")}
    return [
        _of_agents("ai", key, worst, home, about=names[key])
        for key, worst, home in _among(Level.AI, {key: UUID(key) for key in names}, at)
    ]


def team_conflict(params: Params, at: datetime) -> list[Seen]:
    """Every team of five people or more as a whole, as `conflict` of a queue. It stands in the queue that the team answers most, and
    its leads see it. Three statements, and two where there is a conflict, however many teams.
    """
    teams: dict[str, list[Agent]] = defaultdict(list)
    for one in Agent.objects.people().filter(team__isnull=False).select_related("team").order_by("pk"):
        teams[str(one.team_id)].append(one)
    found = {key: people for key, people in teams.items() if len(people) >= FEWEST}
    return [
        _of_agents("team", key, worst, home, about=str(found[key][0].team), team=int(key))
        for key, worst, home in _among(Level.TEAM, found, at, [one.pk for people in found.values() for one in people])
    ]


def person_conflict(params: Params, at: datetime) -> list[Seen]:
    """Everybody in a team by themselves, as `conflict` of a queue. It stands in the queue that the person answers most, and the leads of
    the team see it; no name is kept with it. Three statements, and two where there is a conflict, however many people.
    """
    found = Agent.objects.people().filter(team__isnull=False).order_by("pk").values_list("pk", "team_id")
    teams = {str(key): team for key, team in found}
    return [
        _of_agents("agent", key, worst, home, team=teams[key])
        for key, worst, home in _among(Level.PERSON, teams, at, [UUID(key) for key in teams])
    ]


Told = tuple[str, Conflict | None, UUID | None]


def _among(level: Level, keys: Iterable[str], at: datetime, of: Sequence[UUID] | None = None) -> Iterator[Told]:
    """The worst conflict of each place, and the queue in which it is at home; both None where its numbers agree."""
    span, earlier = comparing.week(at=at)
    asked = list(keys)
    agents = [UUID(key) for key in asked] if of is None else list(of)
    found = comparing.conflicts_of(level, span=span, earlier=earlier, of=agents) if agents else {}
    worst = {key: _worst(found[key]) for key in asked if key in found}
    homes = _homes(level, list(worst), since=span.since, at=at) if worst else {}
    return ((key, worst.get(key), homes.get(key)) for key in asked)


# The queue in which each of some agents, or teams, answered most in a week.
_HOMES = """
SELECT DISTINCT ON (place) place, queue_id FROM (
    SELECT {place} AS place, o.queue_id, count(*) AS n
    FROM metrics_observation o JOIN agents_agent a ON a.id = o.agent_id JOIN interactions_queue q ON q.id = o.queue_id
    WHERE o.measure = %(measure)s AND o.at > %(since)s AND o.at <= %(at)s AND {place} = ANY(%(keys)s)
    GROUP BY 1, 2
) x ORDER BY place, n DESC, queue_id
"""
_HOME_OF = {
    Level.AI: ("a.id::text", "handoff_rate"), Level.PERSON: ("a.id::text", "response_time"), Level.TEAM: ("a.team_id::text", "response_time"),
}  # fmt: skip


def _homes(level: Level, keys: Sequence[str], *, since: datetime, at: datetime) -> dict[str, UUID]:
    place, measure = _HOME_OF[level]
    statement = _HOMES.format(place=place)
    return dict(rows(statement, measure=measure, since=since, at=at, keys=list(keys)))


def _of_agents(
    label: str, key: str, worst: Conflict | None, home: UUID | None, *, about: str = "", team: int | None = None
) -> Seen:
    """One agent or team as a reader found it; `about` is how it is named beside what contradicts itself."""
    if worst is None:
        return Seen({label: key}, Judged(Verdict.OK, n=0), team=team)
    says = f"{about[:26]}: {worst.pair.says}" if about else worst.pair.says
    return Seen({label: key}, _broken(worst), worst.guard_before.value, queue=home, team=team, about=says[:80])


# Whose numbers each of the rules compares.
READERS: Mapping[str, Callable[[Params, datetime], list[Seen]]] = {
    "conflict": conflict, "ai_conflict": ai_conflict, "team_conflict": team_conflict, "person_conflict": person_conflict,
}  # fmt: skip


def _worst(told: Sequence[Conflict]) -> Conflict | None:
    return max(told, key=lambda one: abs(one.guard.value - one.guard_before.value), default=None)


def _broken(worst: Conflict) -> Judged:
    badness = abs(worst.guard.value - worst.guard_before.value)
    return Judged(Verdict.BREACH, still=True, value=worst.guard.value, badness=badness, n=worst.guard.n)


def _found(at: datetime) -> Mapping[str, list[Conflict]]:
    span, earlier = comparing.week(at=at)
    return comparing.conflicts_of(Level.QUEUE, span=span, earlier=earlier)
