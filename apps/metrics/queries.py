"""Read numbers for a viewer: one metric, a scope, a window, with all that says how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Min

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Shift, Team
from apps.agents.reach import FIELDS, Reach, held_to, reach_of
from apps.interactions.models import Queue
from apps.metrics import agent_states as states
from apps.metrics import gauges, reading, reviewed, small_groups, windows, working
from apps.metrics.active_time import Worked
from apps.metrics.agent_states import AgentState
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Definition, MixedFamilies, Subject
from apps.metrics.gauges import Moment
from apps.metrics.measures import READINGS, Measure, Reading
from apps.metrics.models import NO_QUEUE
from apps.metrics.reading import Number
from apps.metrics.small_groups import Part
from apps.metrics.windows import Window
from apps.shared.errors import OutOfScope, Refusal

BY = ("", "queue", "channel", "agent", "age")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked about: everything the viewer may see, what one team answers, one queue, or one agent."""

    queue_id: UUID | None = None
    agent_id: UUID | None = None
    team_id: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One number of an answer and what it belongs to; key and label are empty for the whole scope."""

    key: str
    label: str
    number: Number


@dataclass(frozen=True, slots=True)
class Series:
    """The sampled past of a gauge in one place; the key is a group's."""

    key: str
    moments: Sequence[Moment]


@dataclass(frozen=True, slots=True)
class Answer:
    """A metric over a window.

    `as_of`: everything recorded until then is counted; `is_complete` says that nothing waits. `is_provisional`: cases of
    this window may still be decided otherwise, such as by a reopening. `error`: how far a percentile may be off, as a share
    of its value. `revision` of a number counts how often late events corrected its buckets. A gauge's number is that of now,
    and `series` its samples over the window. `withheld`: how many groups are not among them, because they are of fewer than five
    people or would tell a number of fewer.
    """

    metric: Definition
    window: Window
    as_of: datetime
    is_complete: bool
    is_provisional: bool
    error: float
    groups: Sequence[Group]
    series: Sequence[Series] = ()
    withheld: int = 0


def is_measured(key: str) -> bool:
    """Say whether something measures a metric of the dictionary."""
    return key in READINGS or key in working.KEYS or key in gauges.KEYS or key in reviewed.KEYS


def is_of_time(key: str) -> bool:
    """Say whether a metric is made of stretches of people's time."""
    return key in working.KEYS


def is_of_people(key: str) -> bool:
    """Say whether a team's number of this metric is that of its people, wherever they work, and not that of its queues."""
    return key in working.KEYS or key in reviewed.KEYS


def part_of(*, scope: Scope, by: str, group: str) -> Part:
    """Return what a group of a divided number is a number of.

    :raises OutOfScope: no queue has such a key.
    """
    queue, channel = scope.queue_id, group if by == "channel" else None
    if by == "queue":
        try:
            queue = UUID(group)
        except ValueError:
            raise OutOfScope from None
    return Part(team=scope.team_id, queue=queue, channel=channel)


def is_listed_now(key: str) -> bool:
    """Say whether a metric is a gauge, whose conversations or people can be listed as they stand."""
    return key in gauges.KEYS


def get_metric(key: str) -> Definition:
    """Return the definition of a metric.

    :raises OutOfScope: there is none of this key.
    """
    if key not in DICTIONARY:
        raise OutOfScope
    return DICTIONARY[key]


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a metric that the viewer may ask: over which moments and places."""

    metric: Definition
    span: Window
    # Queues to count, or agents with the time that counts; None for everything.
    allowed: Sequence[UUID] | None
    of_agents: bool


@dataclass(frozen=True, slots=True)
class Asked(Question):
    """The same about a metric that is counted from single cases, and how it is read from them."""

    found: Reading


def question_of(*, viewer: Viewer, key: str, scope: Scope, window: str, by: str, at: datetime) -> Question:
    """Return what a question means for a viewer; raises what `measure` raises."""
    metric = get_metric(key)
    of_time = key in working.KEYS
    if by not in BY:
        raise Refusal(f"Saw the grouping {by!r}. Expected one of: queue, channel, agent, age, or none.")
    _refuse_division(metric, scope, by)
    if scope.agent_id is not None and by:
        raise Refusal(f"One agent's number is not divided by {by}. Ask for it as a whole.")
    if scope.queue_id is not None and by == "agent":
        raise Refusal(
            "Numbers of agents are kept for all their queues together. Ask for a team, or for the queue as a whole."
        )
    of_agents = scope.agent_id is not None or by == "agent" or of_time
    allowed = _agents(viewer, metric, scope) if of_agents else _queues(viewer, scope)
    if key in reviewed.KEYS and scope.team_id is not None and not of_agents:
        # What reviewers say of a team is said of its people, whatever queue they helped in.
        team = Agent.objects.people().filter(team=scope.team_id).only(*FIELDS)
        of_agents, allowed = True, reach_of(viewer, team)
    part = Part(team=scope.team_id, queue=scope.queue_id)
    small_groups.refuse(viewer=viewer, metric=metric, part=part, of_people=is_of_people(key))
    if not is_measured(key):
        raise Refusal(f"{metric.name} is defined, but nothing measures it yet.")
    span = windows.window(window, at=at, zone=viewer.zone, shift_since=_shift_since(scope, window, at))
    return Question(metric, span, allowed, of_agents)


def ask(*, viewer: Viewer, key: str, scope: Scope, window: str, by: str = "", at: datetime) -> Asked:
    """Return what a question about single cases means for a viewer; raises what `measure` raises."""
    question = question_of(viewer=viewer, key=key, scope=scope, window=window, by=by, at=at)
    if (found := READINGS.get(key)) is None:
        raise Refusal(
            f"{question.metric.name} is what the slots of people present leave, and not made of single cases."
        )
    return Asked(question.metric, question.span, question.allowed, question.of_agents, found)


def reviews_of(asked: Question, *, chosen: Sequence[UUID] | None, channel: str | None = None) -> reviewed.Place:
    """Which reviews a question is about; `chosen` are its queues or agents, or one of them."""
    return reviewed.Place(asked.span.since, asked.span.until, chosen, asked.of_agents, channel)


def measure(*, viewer: Viewer, key: str, scope: Scope, window: str, by: str = "", at: datetime) -> Answer:
    """Answer what a metric is in a scope over a window, as a whole or by queue, channel or agent.

    Five statements at most, nine for whoever sees people as numbers alone. Numbers of single people need a grant on their team, or are one's own.

    :raises OutOfScope: no such metric, queue or agent for this viewer.
    :raises NotAllowed: the role does not include such numbers.
    :raises TooFew: people of fewer than five, or what would tell such a number, for whoever sees people as numbers alone.
    :raises MixedFamilies: a number of people was asked of an AI agent, or the other way round.
    :raises Refusal: nothing measures it, or the question has no such window or grouping.
    """
    found = READINGS.get(key)
    question = question_of(viewer=viewer, key=key, scope=scope, window=window, by=by, at=at)
    metric, span = question.metric, question.span
    past: dict[str, list[Moment]] = {}
    if key in gauges.KEYS:
        numbers = gauges.numbers(key=key, queues=question.allowed, by=by, at=at)
        past = _past(key, question.allowed, by, span, at)
    elif found is not None:
        numbers = _numbers(found, span, question.allowed, by, of_agents=question.of_agents)
    elif key in reviewed.KEYS:
        numbers = reviewed.numbers(metric=metric, place=reviews_of(question, chosen=question.allowed), by=by)
    else:
        people = held_to(question.allowed or Reach.whole([]))
        numbers = working.numbers(key=key, people=people, since=span.since, until=at, by_agent=by == "agent")
    parts = {one: part_of(scope=scope, by=by, group=one) for one in numbers} if by in ("queue", "channel") else {}
    withheld = small_groups.withheld(
        viewer=viewer, metric=metric, parts=list(parts.values()), of_people=is_of_people(key)
    )
    numbers = {one: number for one, number in numbers.items() if parts.get(one) not in withheld}
    if not by:
        numbers = numbers or {"": Number.nothing()}
    as_of, is_complete = reading.progress(at=at, span=span)
    settles = timedelta(hours=metric.settles_after_hours)
    return Answer(
        metric=metric,
        window=span,
        as_of=as_of,
        is_complete=is_complete,
        is_provisional=bool(settles) and span.until + settles > at,
        error=0.0 if found is None else reading.error_of(found, span),
        groups=_labelled(numbers, by),
        withheld=len(withheld),
        series=[Series(key, moments) for key, moments in past.items()],
    )


def name_of(*, viewer: Viewer, scope: Scope) -> str:
    """Say what a scope is, for a viewer who was allowed to ask about it. One statement at most."""
    if scope.queue_id is not None:
        return Queue.objects.visible_to(viewer).filter(pk=scope.queue_id).values_list("name", flat=True).first() or ""
    if scope.agent_id is not None:
        return Agent.objects.visible_to(viewer).filter(pk=scope.agent_id).values_list("name", flat=True).first() or ""
    if scope.team_id is not None:
        return Team.objects.visible_to(viewer).filter(pk=scope.team_id).values_list("name", flat=True).first() or ""
    return "The whole organisation" if viewer.sees_everything else "All your queues and teams"


def ways_of(key: str) -> list[str]:
    """Return how a measured metric can be divided; the empty way is as a whole."""
    if key in reviewed.KEYS:
        return ["", "queue", "channel", *(["agent"] if DICTIONARY[key].subject == Subject.HUMAN else [])]
    if key in working.KEYS:
        return ["", "agent"]
    if key in gauges.KEYS:
        return ["", "queue", *(["age"] if key == "backlog" else [])]
    found = READINGS[key]
    return ["", "queue", "channel", *(["agent"] if found.of_agent is not None and found.misses is None else [])]


def _refuse_division(metric: Definition, scope: Scope, by: str) -> None:
    if metric.key in working.KEYS and (scope.queue_id is not None or by in ("queue", "channel")):
        raise Refusal(
            f"{metric.name} is of a person’s whole time, whatever it went into. Ask for people, not for a queue."
        )
    if by == "age" and metric.key != "backlog":
        raise Refusal(f"{metric.name} is not divided by age. Only the backlog is.")
    if metric.key in gauges.KEYS and by == "channel":
        raise Refusal(f"{metric.name} is looked at by queue. Ask by queue instead.")


def _past(key: str, allowed: Sequence[UUID] | None, by: str, span: Window, at: datetime) -> dict[str, list[Moment]]:
    """Return what was sampled of a gauge. Slots of several queues are not added up: a team's serve them all."""
    if by == "age" or (key == "free_slots" and by != "queue" and (allowed is None or len(allowed) > 1)):
        return {}
    return gauges.series(key=key, queues=allowed, by=by, span=span, at=at)


def gauges_now(*, at: datetime) -> list[gauges.Reading]:
    """Read every queue as it is now, for whoever watches all of them; no viewer is shown it as it stands. Three statements."""
    return gauges.now(queues=None, at=at)


def agent_states(*, viewer: Viewer, agent: UUID | None = None, at: datetime) -> list[AgentState]:
    """Return what everybody signed in, whom the viewer may see by name, does now; or one of them. Six statements at most.

    :raises NotAllowed: the role sees nobody by name.
    """
    viewer.require(Permission.VIEW_PEOPLE)
    visible = Agent.objects.visible_to(viewer).people()
    people = visible if agent is None else visible.filter(pk=agent)
    return states.read(people=list(people.values_list("pk", flat=True)), at=at)


def working_day(*, viewer: Viewer, agent: Agent, at: datetime) -> tuple[Window, Worked]:
    """Return what a person's day so far went into, from midnight where the viewer reads it. Four statements.

    :raises OutOfScope: not one of the viewer's people.
    """
    people = _agents(viewer, DICTIONARY["active_time"], Scope(agent_id=agent.pk))
    span = windows.window(windows.TODAY, at=at, zone=viewer.zone, shift_since=None)
    return span, working.time_of(people=people, since=span.since, until=at)[agent.pk]


def _queues(viewer: Viewer, scope: Scope) -> list[UUID] | None:
    """Return the queues to count, None for everything, conversations in no queue included."""
    viewer.require(Permission.VIEW_FLOOR)
    if scope.queue_id is None and scope.team_id is None and viewer.sees_everything:
        return None
    queues = Queue.objects.visible_to(viewer)
    if scope.team_id is not None:
        queues = queues.filter(teams=_team(viewer, scope.team_id))
    visible = list(queues.values_list("pk", flat=True))
    if scope.queue_id is None:
        return visible
    if scope.queue_id not in visible:
        raise OutOfScope
    return [scope.queue_id]


def _team(viewer: Viewer, team: int) -> int:
    if not Team.objects.visible_to(viewer).filter(pk=team).exists():
        raise OutOfScope
    return team


def _agents(viewer: Viewer, metric: Definition, scope: Scope) -> Reach:
    """Return the agents to count, all of the metric's family, each with the time that counts."""
    if metric.subject == Subject.QUEUE:
        raise Refusal(f"{metric.name} is a number of queues: it judges nobody. Ask for a queue.")
    kind = AgentKind.AI if metric.subject == Subject.AI else AgentKind.HUMAN
    mine = Agent.objects.filter(user=viewer.user).values_list("pk", flat=True).first()
    own = viewer.user.is_active and scope.agent_id is not None and scope.agent_id == mine
    if not own:
        viewer.require(Permission.VIEW_FLOOR if kind == AgentKind.AI else Permission.VIEW_SCORECARDS)
    visible = Agent.objects.visible_to(viewer).only(*FIELDS)
    if scope.agent_id is None:
        if scope.team_id is not None:
            visible = visible.filter(team=_team(viewer, scope.team_id))
        return reach_of(viewer, visible.filter(kind=kind))
    agent = visible.filter(pk=scope.agent_id).first()
    if agent is None:
        raise OutOfScope
    if agent.kind != kind:
        raise MixedFamilies(f"{metric.name} is no number of {'AI agents' if agent.kind == AgentKind.AI else 'people'}.")
    return reach_of(viewer, [agent])


def _shift_since(scope: Scope, window: str, at: datetime) -> datetime | None:
    """Return when the running shift began: the agent's own, else the first of those that run now."""
    if window != windows.SHIFT:
        return None
    running = Shift.objects.filter(starts_at__lte=at, ends_at__gt=at)
    if scope.agent_id is not None:
        running = running.filter(agent=scope.agent_id)
    return running.aggregate(first=Min("starts_at"))["first"]  # type: ignore[no-any-return]


def _numbers(
    found: Reading, span: Window, allowed: Sequence[UUID] | None, by: str, *, of_agents: bool
) -> dict[str, Number]:
    if found.misses is not None:
        if of_agents:
            raise Refusal(
                f"{found.metric.name} is kept by queue. Ask for a queue, or for first reply time of a person."
            )
        return reading.against_promise(found, span, allowed, by)
    kept: Measure | None = found.of_agent if of_agents else found.measure
    if kept is None:
        raise Refusal(f"{found.metric.name} is kept by queue and not by agent. Ask for a queue.")
    source = reading.exact if span.is_exact else reading.merged
    return source(found, kept, span, allowed, by, of_agents=of_agents)


def _labelled(numbers: dict[str, Number], by: str) -> list[Group]:
    names: dict[str, str] = {}
    if by in ("queue", "agent"):
        table = "interactions_queue" if by == "queue" else "agents_agent"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id::text, name FROM {table} WHERE id = ANY(%s::uuid[])", [list(numbers)])  # noqa: S608
            names = dict(cursor.fetchall())
        names.setdefault(str(NO_QUEUE), "In no queue")
    found = [Group(key, names.get(key, key), number) for key, number in numbers.items()]
    return sorted(found, key=lambda group: group.label)
