"""The people one leads, each with what there is to talk about. By name: nobody is ranked, and no list is sorted by a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.reach import reach_of
from apps.metrics import attention, comparing, scorecards
from apps.metrics.aims import Aim, aims_of
from apps.metrics.attention import Reason
from apps.metrics.conflicts import Conflict, Level
from apps.metrics.measures import READINGS
from apps.metrics.reading import Number
from apps.metrics.scorecards import Line
from apps.metrics.windows import Window


@dataclass(frozen=True, slots=True)
class Overseen:
    """One person: their goals, their numbers, and why they need time; `reasons` is empty where nothing is beyond chance."""

    agent: Agent
    aims: Sequence[Aim]
    lines: Sequence[Line]
    reasons: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everybody in scope over the last seven days against the seven before, by name."""

    span: Window
    people: Sequence[Overseen]


def overview(*, viewer: Viewer, at: datetime) -> Overview:
    """Read everybody whose scorecard the viewer reads; a fixed number of statements, and one more a goal.

    :raises NotAllowed: the role reads no scorecards of others.
    """
    agents = list(scorecards.people(viewer=viewer))
    span, earlier = comparing.week(at=at)
    counted = scorecards.lines_of(viewer, agents, span=span, earlier=earlier)
    aims = aims_of(viewer, agents, at=at)
    return Overview(
        span,
        [
            Overseen(
                agent=agent, aims=aims[agent.pk], lines=counted[agent.pk].lines,
                reasons=attention.reasons(
                    aims=aims[agent.pk], lines=counted[agent.pk].lines, conflicts=counted[agent.pk].conflicts
                ),
            )
            for agent in agents
        ],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TeamNumbers:
    """The people of one team as a whole, over the same two weeks."""

    lines: Sequence[Line]
    conflicts: Sequence[Conflict]


def team_numbers(*, viewer: Viewer, at: datetime) -> TeamNumbers:
    """Read the numbers of everybody whose scorecards the viewer reads as one; two statements a metric.

    :raises NotAllowed: the role reads no scorecards of others.
    """
    people = reach_of(viewer, scorecards.people(viewer=viewer))
    span, earlier = comparing.week(at=at)
    told = comparing.sides(scorecards.KEYS, span=span, earlier=earlier, of=people, by="", of_agents=True)
    lines = []
    for key, (now, then) in told.items():
        number, before = now.get("", Number.nothing()), then.get("", Number.nothing())
        metric = READINGS[key].metric
        lines.append(Line(metric, number, before, scorecards.change_of(metric, number, before), None))
    return TeamNumbers(lines, comparing.conflicts_in(Level.TEAM, told, earlier=earlier).get("", []))
