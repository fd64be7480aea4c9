"""Who sees people as numbers alone sees no number of fewer than five of them, and none from which such a number follows.

A part is what a number can be asked for: everything, a team, a queue, a channel, and a team's queue or channel. Of all parts
those are shown that can be shown together (`suppression`); the others are refused, or missing where a number is divided. It is
asked wherever a number is made, so that pages, programs and files are held to the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count

from apps.access.roles import Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions.models import Queue
from apps.metrics.definitions.definition import Definition, Subject
from apps.metrics.models import NO_QUEUE
from apps.shared import suppression
from apps.shared.errors import Refusal

FEWEST = 5
# The roles whose cell of the access matrix says "agg".
NUMBERS_ALONE = frozenset({Role.OPS})
# Stands for the people who are in no team.
NO_TEAM = 0
# Stands for whoever answers a queue of no team: everybody may, so its numbers are of no small group.
ANYBODY = -1


class TooFew(Refusal):
    """The group is so small that its number would say something about single people."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a number is asked for; empty: everything."""

    team: int | None = None
    queue: UUID | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers what: how many people each team has, and each queue with its channel and the teams that answer it."""

    people: tuple[tuple[int, int], ...]
    queues: tuple[tuple[UUID, str, frozenset[int]], ...]


# The least that can be told apart: the queue, the channel, and whose work it is.
Atom = tuple[UUID, str, frozenset[int]]


def refuse(*, viewer: Viewer, metric: Definition, part: Part, of_people: bool) -> None:
    """Refuse a number of people that is of fewer than five, or from which one of fewer than five follows. Two statements at most.

    `of_people`: a team's number is of its people wherever they work, and not of the queues that it answers.

    :raises TooFew: with what to ask for instead.
    """
    if not _is_asked(viewer, metric) or part == Part():
        return
    found = _answering()
    if _is_hidden(part, found, of_people=of_people):
        raise TooFew(
            f"This group is too small: numbers of people are shown for {FEWEST} of them or more, and only where no number of fewer "
            "can be worked out from them. Ask for a larger part, or for everything."
        )


def withheld(*, viewer: Viewer, metric: Definition, parts: Sequence[Part], of_people: bool) -> set[Part]:
    """Return the parts whose numbers are not shown to the viewer. Two statements at most."""
    if not parts or not _is_asked(viewer, metric):
        return set()
    found = _answering()
    return {one for one in parts if _is_hidden(one, found, of_people=of_people)}


def _is_asked(viewer: Viewer, metric: Definition) -> bool:
    return viewer.role in NUMBERS_ALONE and metric.subject == Subject.HUMAN


def _answering() -> Answering:
    people = Agent.objects.people().order_by("team").values_list("team").annotate(n=Count("pk"))
    queues = Queue.objects.order_by("pk").annotate(of=ArrayAgg("teams")).values_list("pk", "channel", "of")
    return Answering(
        tuple((NO_TEAM if team is None else team, n) for team, n in people),
        tuple((key, channel, frozenset(team for team in teams if team is not None)) for key, channel, teams in queues),
    )


def _is_hidden(part: Part, found: Answering, *, of_people: bool) -> bool:
    atoms, shown = _shown(found, of_people)
    cell = _cell(part, atoms, found, of_people=of_people)
    if not cell:
        # A channel that none of these queues is for, or a queue where a team helped: of whoever was asked about.
        cell = _cell(Part(part.team, part.queue), atoms, found, of_people=of_people)
        cell = cell or _cell(Part(part.team), atoms, found, of_people=of_people)
    return bool(cell) and cell not in shown


@lru_cache(maxsize=16)  # who answers what seldom changes, and a page asks several times
def _shown(found: Answering, of_people: bool) -> tuple[frozenset[Atom], frozenset[suppression.Cell]]:  # noqa: FBT001  # a cache's key
    """Everything that can be told apart, and the parts that are shown."""
    everybody = frozenset(team for team, _ in found.people)
    channels = sorted({channel for _, channel, _ in found.queues} | {""})
    atoms: set[Atom] = set()
    for queue, channel, teams in found.queues:
        whose = teams or (everybody if of_people else everybody | {ANYBODY})
        for one in (channel,) if channel else channels:
            atoms |= {(queue, one, frozenset({team})) for team in whose} if of_people else {(queue, one, whose)}
    # What is in no queue is shown by itself, and mostly nothing: it hides nobody and is no atom.
    if of_people:
        known = {team for _, _, whose in atoms for team in whose}
        atoms |= {(NO_QUEUE, "", frozenset({team})) for team in everybody - known}
    of_teams = (None, *sorted(everybody.union(*(teams for _, _, teams in found.queues)) - {NO_TEAM}))
    of_queues = (None, *(queue for queue, _, _ in found.queues))
    every = frozenset(atoms)
    cells = {
        _cell(Part(team, queue, channel), every, found, of_people=of_people)
        for team in of_teams for queue in of_queues for channel in (None, *channels)
    }  # fmt: skip
    work = {atom: atom[2] for atom in every}
    return every, suppression.shown(
        cells=cells, teams=work, people={**dict(found.people), ANYBODY: FEWEST}, fewest=FEWEST
    )


def _cell(part: Part, atoms: frozenset[Atom], found: Answering, *, of_people: bool) -> suppression.Cell:
    """What of it a part is made of. A queue of no team is answered by everybody, and is none of the queues of a team."""
    own = {queue for queue, _, teams in found.queues if part.team in teams}
    return frozenset(
        (queue, channel, whose)
        for queue, channel, whose in atoms
        if (part.queue is None or queue == part.queue)
        and (part.channel is None or channel == part.channel)
        and (part.team is None or (part.team in whose if of_people else queue in own))
    )
