"""One person's scorecard: goals with their pace, and each number beside its own past and the middle half of the team.

By METRICS.md section 7: under a metric's minimum there is no verdict, none while the interval contains the goal, nobody is
ranked, and of colleagues no more is said than where the middle half of at least five of them lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import quantiles
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentQuerySet
from apps.agents.reach import FIELDS, Reach, reach_of
from apps.metrics import (
    comparing,
    conflicts,
    day_by_day,
    queries,
    reading,
    reviewed,
    windows,
)
from apps.metrics.aims import Aim, aims_of, bounds_of
from apps.metrics.conflicts import Conflict, Level
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Definition, Direction, Subject
from apps.metrics.measures import READINGS
from apps.metrics.reading import Number
from apps.metrics.small_groups import FEWEST
from apps.metrics.windows import Window
from apps.shared.errors import OutOfScope, Refusal


class Choice(NamedTuple):
    """A window a scorecard is read over; what came before is looked at as many days back."""

    label: str
    days: int


WINDOWS = {"today": Choice("Today", 1), "7d": Choice("7 days", 7), "28d": Choice("28 days", 28)}
QUALITY, QUALITY_OVER = "internal_quality_score", "28d"
# Speed says little without what came of it: each stands beside its guard.
KEYS = ("volume", "agent_first_reply_time", "response_time", "handle_time", "missed", "reopen_rate", "csat")


@dataclass(frozen=True, slots=True)
class Half:
    """Where the middle half of a team lies, among how many colleagues with enough cases."""

    low: float
    high: float
    people: int


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a person over a window, that of as long a time before, and the middle half of the team.

    `change`: "better" or "worse", or "less" and "more" where neither is better; empty while the intervals overlap, while
    either number has too few cases, or where none is known.
    """

    metric: Definition
    number: Number
    before: Number
    change: str
    half: Half | None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What is counted of one person."""

    agent: Agent
    span: Window
    as_of: datetime
    aims: Sequence[Aim]
    lines: Sequence[Line]
    conflicts: Sequence[Conflict] = ()
    # Numbers that only stand in pairs, by metric: reviews, and time by days.
    beside: Mapping[str, Line] = field(default_factory=dict)
    # Of which time the numbers are, for whoever reads them.
    reach: Reach = field(default_factory=lambda: Reach([]))


def get_person(*, viewer: Viewer, pk: UUID) -> Agent:
    """Return one of the people whose scorecards the viewer reads.

    :raises NotAllowed: the role reads no scorecards of others.
    :raises OutOfScope: nobody of this key, or not the viewer's to see.
    """
    found = people(viewer=viewer).filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def people(*, viewer: Viewer) -> AgentQuerySet:
    """Return those whose scorecards the viewer reads, by name.

    :raises NotAllowed: the role reads no scorecards of others.
    """
    viewer.require(Permission.VIEW_SCORECARDS)
    return Agent.objects.visible_to(viewer).people().select_related("team", "user").order_by("name", "pk")


def scorecard(*, viewer: Viewer, agent: Agent, window: str, at: datetime) -> Scorecard:
    """Read one person's scorecard; a fixed number of statements, and one more a goal.

    :raises OutOfScope: not the viewer, and not one of the people they lead.
    :raises NotAllowed: the role reads no numbers of people.
    :raises Refusal: there is no such window.
    """
    if window not in WINDOWS:
        raise Refusal(f"Saw the window {window!r}. Expected one of: {', '.join(WINDOWS)}.")
    # Who may read one number of this person may read them all: it is asked once, where every number is asked for.
    asked = queries.ask(
        viewer=viewer, key=KEYS[0], scope=queries.Scope(agent_id=agent.pk), window=window, at=at
    )  # fmt: skip
    earlier = comparing.before(asked.span, timedelta(days=WINDOWS[window].days))
    as_of, _ = reading.progress(at=at, span=asked.span)
    counted = lines_of(viewer, [agent], span=asked.span, earlier=earlier)[agent.pk]
    person = reach_of(viewer, [agent])
    # A day has neither ten reviews nor ten days.
    beside = {} if window == "today" else _beside(person, (asked.span, earlier), viewer.zone)
    both = {**beside, **{line.metric.key: line for line in counted.lines}}
    then, now = (
        {key: comparing.estimate(key, line.before if side else line.number) for key, line in both.items()}
        for side in (1, 0)
    )
    return Scorecard(
        agent=agent,
        span=asked.span,
        as_of=as_of,
        aims=aims_of(viewer, [agent], at=at)[agent.pk],
        lines=counted.lines,
        conflicts=[*counted.conflicts, *conflicts.find(conflicts.ON_CARD, then, now)],
        beside=beside,
        reach=person,
    )


def quality(*, person: Reach, zone: ZoneInfo, at: datetime) -> Number:
    """Return what reviewers say of one agent, always over 28 days, for reviews are few: the number that the API tells. One statement.

    The caller has asked whether the viewer may see this agent's numbers, and how far back.
    """
    span = windows.window(QUALITY_OVER, at=at, zone=zone, shift_since=None)
    place = reviewed.Place(span.since, span.until, allowed=person, of_agents=True)
    return reviewed.numbers(metric=DICTIONARY[QUALITY], place=place, by="").get("", Number.nothing())


def _beside(person: Reach, spans: tuple[Window, Window], zone: ZoneInfo) -> dict[str, Line]:
    """The numbers of a person that only stand in pairs, now and as long before. Six statements."""
    quality = DICTIONARY[QUALITY]
    (key,) = person
    told = [
        {
            quality.key: reviewed.numbers(
                metric=quality,
                place=reviewed.Place(one.since, one.until, allowed=person, of_agents=True),
                by="agent",
            ).get(str(key), Number.nothing()),
            **days,
        }
        for one, days in zip(spans, day_by_day.of_days(person=person, spans=spans, zone=zone), strict=True)
    ]
    return {key: Line(DICTIONARY[key], told[0][key], told[1][key], "", None) for key in told[0]}


@dataclass(frozen=True, slots=True)
class Counted:
    """The lines of one person, and what contradicts itself in them."""

    lines: Sequence[Line]
    conflicts: Sequence[Conflict]


def lines_of(viewer: Viewer, agents: Sequence[Agent], *, span: Window, earlier: Window) -> dict[UUID, Counted]:
    """Return the lines of each person as far back as the viewer reads. Three statements, however many people and metrics."""
    mates: dict[int, list[UUID]] = {}
    teams = {agent.team_id for agent in agents if agent.team_id is not None}
    everybody = {agent.pk: agent for agent in agents}
    for mate in Agent.objects.people().filter(team__in=teams).only(*FIELDS):
        mates.setdefault(mate.team_id or 0, []).append(mate.pk)
        everybody.setdefault(mate.pk, mate)
    asked, whole = reach_of(viewer, agents), reach_of(viewer, everybody.values())
    read = []
    for key in KEYS:
        found = READINGS[key]
        kept = found.of_agent
        assert kept is not None and kept.subject == Subject.HUMAN  # noqa: S101, PT018  # KEYS are such
        read.append((found, kept))
    now_of = reading.merged_all(read, span, whole, "agent", of_agents=True)
    then_of = reading.merged_all(read, earlier, asked, "agent", of_agents=True)
    told: dict[str, comparing.Sides] = {key: (now_of[key], then_of[key]) for key in KEYS}
    halves = {
        (team, key): _half([now[str(one)] for one in keys if str(one) in now])
        for team, keys in mates.items()
        for key, (now, _) in told.items()
    }
    mine = {str(one) for one in asked}
    seen = comparing.conflicts_in(
        Level.PERSON,
        {key: ({one: n for one, n in now.items() if one in mine}, then) for key, (now, then) in told.items()},
        earlier=earlier,
    )
    return {
        agent.pk: Counted(
            lines=[
                _line(
                    key, str(agent.pk), told[key], None if agent.team_id is None else halves.get((agent.team_id, key))
                )
                for key in KEYS
            ],
            conflicts=seen.get(str(agent.pk), []),
        )
        for agent in agents
    }


def _line(key: str, who: str, told: comparing.Sides, half: Half | None) -> Line:
    number, before = (side.get(who, Number.nothing()) for side in told)
    metric = READINGS[key].metric
    return Line(metric, number, before, change_of(metric, number, before), half)


def _half(numbers: Sequence[Number]) -> Half | None:
    return half_of([one.value for one in numbers if one.is_enough])


def half_of(told: Iterable[float | None]) -> Half | None:
    """Return where the middle half of some values lies; None of fewer than five."""
    values = [one for one in told if one is not None]
    if len(values) < FEWEST:
        return None
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Half(low, high, len(values))


def change_of(metric: Definition, number: Number, before: Number) -> str:
    """Say which way a number moved, where it moved by more than chance: the intervals lie apart."""
    now, then = bounds_of(number), bounds_of(before)
    if now is None or then is None or not (number.is_enough and before.is_enough):
        return ""
    if now[0] <= then[1] and then[0] <= now[1]:
        return ""
    grew = now[0] > then[1]
    if metric.direction == Direction.NEUTRAL:
        return "more" if grew else "less"
    return "better" if grew is (metric.direction == Direction.UP) else "worse"


def get_own(viewer: Viewer) -> Agent | None:
    """Return the person on the floor that the viewer is; None when the account is linked to nobody."""
    return Agent.objects.people().select_related("team", "user").filter(user=viewer.user).first()
