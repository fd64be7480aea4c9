"""How everybody is measured: the dictionary as it is explained, each metric with where its reader may open it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind
from apps.metrics import queries, reviewed
from apps.metrics.definitions import DICTIONARY, FAMILIES
from apps.metrics.definitions.definition import Definition, Subject
from apps.metrics.measures import READINGS


@dataclass(frozen=True, slots=True)
class Line:
    """One metric as the page explains it."""

    metric: Definition
    guard: str
    whose: str
    clocks: str
    is_measured: bool
    # What the reader may open of it: their own number, else that of all they may see; empty when neither.
    opens: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Metrics that belong together, under their title."""

    id: str
    title: str
    lines: Sequence[Line]


WHOSE = {Subject.HUMAN: "people", Subject.AI: "AI agents", Subject.QUEUE: "queues"}


def method(*, viewer: Viewer) -> list[Family]:
    """Return the whole dictionary as it is explained to everybody. No number is in it, so nobody is asked who reads it.

    Each line names the scope in which the reader may open the number. One statement at most.
    """
    mine = None
    if not viewer.allows(Permission.VIEW_FLOOR):
        mine = Agent.objects.filter(user=viewer.user).values_list("pk", "kind").first()
    return [
        Family(
            f"family-{number}",
            title,
            [
                Line(
                    metric=one,
                    guard=DICTIONARY[one.guard].name,
                    whose=WHOSE[one.subject],
                    clocks=", ".join(one.clocks),
                    is_measured=queries.is_measured(one.key),
                    opens=_opens(viewer, one.key, mine),
                )
                for one in family
            ],
        )
        for number, (title, family) in enumerate(FAMILIES.items())
    ]


def _opens(viewer: Viewer, key: str, mine: tuple[UUID, str] | None) -> str:
    if (
        key not in READINGS
        and key not in reviewed.KEYS
        and not queries.is_of_time(key)
        and not queries.is_listed_now(key)
    ):
        return ""
    if viewer.allows(Permission.VIEW_SCORECARDS if queries.is_of_time(key) else Permission.VIEW_FLOOR):
        return "all"
    is_person = mine is not None and mine[1] == AgentKind.HUMAN
    return f"agent:{mine[0]}" if mine is not None and is_person and _is_of_single_people(key) else ""


def _is_of_single_people(key: str) -> bool:
    """Say whether a metric of single cases is kept for each person."""
    if key in reviewed.KEYS or queries.is_of_time(key) or queries.is_listed_now(key):
        return DICTIONARY[key].subject == Subject.HUMAN
    found = READINGS[key]
    kept = found.of_agent if found.misses is None else None
    return kept is not None and kept.subject == Subject.HUMAN
