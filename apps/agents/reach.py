"""Whose rows a number is made of: some agents, and of people only the time in which the viewer led their team.

A grant on a team begins and ends, and numbers about a person keep to it as conversations do: a lead who took a team over at noon
reads nothing of what its people did before. Bounds lie on full hours, so that buckets and single rows are cut alike and a number
has exactly the rows behind it; the hour in which a grant begins or ends counts for nobody.

Every reader of numbers of agents is given a `Reach` and cuts by it: in metrics `reading`, `reviewed`, `working` and `left_out`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, overload
from uuid import UUID

from django.db.models import Q

from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Team

HOUR = timedelta(hours=1)
# From when up to before when; None: since ever, or still.
Bounds = tuple[datetime | None, datetime | None]
# What a reach reads of an agent.
FIELDS = ("pk", "team_id", "kind", "user_id")


@dataclass(frozen=True, slots=True)
class Part:
    """Some agents whose rows count from a moment up to before another; None: since ever, or still."""

    keys: tuple[UUID, ...]
    since: datetime | None = None
    before: datetime | None = None


class Reach(Sequence[UUID]):
    """Some agents, each with the time whose rows count. As a sequence it is their keys."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(parts)
        self._keys = tuple(dict.fromkeys(key for part in self.parts for key in part.keys))

    @classmethod
    def whole(cls, keys: Iterable[UUID]) -> Reach:
        """Agents with everything there is of them: for their own eyes, for AI agents, and where no single person is told of."""
        return cls([Part(tuple(keys))])

    @overload
    def __getitem__(self, at: int) -> UUID: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[UUID]: ...

    def __getitem__(self, at: int | slice) -> UUID | Sequence[UUID]:
        return self._keys[at]

    def __len__(self) -> int:
        return len(self._keys)

    def only(self, key: UUID) -> Reach:
        """The reach of one of them; of nobody when it is none of them."""
        return Reach([Part((key,), one.since, one.before) for one in self.parts if key in one.keys])

    @property
    def begins_at(self) -> datetime | None:
        """Before when nothing counts of anybody; None where something has no beginning."""
        begins = [one.since for one in self.parts]
        return None if not begins or None in begins else min(one for one in begins if one is not None)

    def stretches(self, key: UUID) -> list[Bounds]:
        """From when up to before when rows of one of them count."""
        return [(one.since, one.before) for one in self.parts if key in one.keys]

    def condition(self, row: str, *, at: str) -> str:
        """The condition on a row's agent and its moment, for a statement that is given `values()`."""
        found = []
        for n, one in enumerate(self.parts):
            since = "" if one.since is None else f" AND {row}.{at} >= %(reach_{n}_since)s"
            before = "" if one.before is None else f" AND {row}.{at} < %(reach_{n}_before)s"
            found.append(f"({row}.agent_id = ANY(%(reach_{n})s){since}{before})")
        return f"({' OR '.join(found)})" if found else "false"

    def values(self) -> dict[str, Any]:
        """The values of `condition()`."""
        found: dict[str, Any] = {}
        for n, one in enumerate(self.parts):
            found |= {f"reach_{n}": list(one.keys), f"reach_{n}_since": one.since, f"reach_{n}_before": one.before}
        return found

    def q(self, agent: str, *, at: str) -> Q:
        """The same for a queryset, given the names of both fields."""
        found = Q(pk__in=[])
        for one in self.parts:
            bounds = Q(**{f"{agent}__in": list(one.keys)})
            if one.since is not None:
                bounds &= Q(**{f"{at}__gte": one.since})
            if one.before is not None:
                bounds &= Q(**{f"{at}__lt": one.before})
            found |= bounds
        return found


def held_to(allowed: Sequence[UUID]) -> Reach:
    """Return the agents that a number is read of.

    :raises TypeError: keys without the time that counts. A reader that forgot to ask for it must not read everything.
    """
    if not isinstance(allowed, Reach):
        raise TypeError(
            f"Saw {type(allowed).__name__}. Expected a Reach: whose rows, and of which time, count for whom."
        )
    return allowed


def reach_of(viewer: Viewer, agents: Iterable[Agent]) -> Reach:
    """Return how far a viewer reads back in the numbers of these agents, whom they may see. One statement at most.

    Whole-organisation roles, one's own numbers and AI agents have no bounds. Nor have colleagues in a team that the viewer does
    not lead: of them nothing but the middle half of five or more is told.
    """
    parts: dict[Bounds, list[UUID]] = {}
    known: dict[int | None, list[Bounds]] = {None: [(None, None)]}
    for agent in agents:
        is_whole = viewer.sees_everything or agent.kind == AgentKind.AI or agent.user_id == viewer.user.pk
        team = None if is_whole else agent.team_id
        if team is not None and team not in known:
            known[team] = _led(viewer, team)
        for stretch in known[team]:
            parts.setdefault(stretch, []).append(agent.pk)
    return Reach(Part(tuple(keys), *stretch) for stretch, keys in parts.items())


def within(viewer: Viewer, *, agent: str, at: str) -> Q:
    """Hold a queryset about agents whom the viewer leads to the same time; `agent` and `at` name its fields. One statement at most."""
    found, bounded = Q(), []
    for team in () if viewer.sees_everything else viewer.granted(Team):
        bounds = _led(viewer, team)
        if bounds == [(None, None)]:
            continue
        bounded.append(team)
        for since, before in bounds:
            part = Q(**{f"{agent}__team": team})
            part &= Q() if since is None else Q(**{f"{at}__gte": since})
            part &= Q() if before is None else Q(**{f"{at}__lt": before})
            found |= part
    if not bounded:
        return found
    return (
        found
        | Q(**{f"{agent}__kind": AgentKind.AI})
        | Q(**{f"{agent}__team": None})
        | ~Q(**{f"{agent}__team__in": bounded})
    )


def _led(viewer: Viewer, team: int) -> list[Bounds]:
    """The stretches in which a viewer held a team, on full hours; one without bounds where the grant has none."""
    spans = [one for one in viewer.spans(Team) if one.key == str(team)]
    if team not in viewer.granted(Team) or all(one.until_at is not None for one in spans):
        return [(None, None)]
    return [(_up(one.from_at), None if one.until_at is None else _down(one.until_at)) for one in spans]


def _down(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _up(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return _down(at) if at == _down(at) else _down(at) + HOUR
