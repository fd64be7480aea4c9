"""Who sees people as numbers alone sees no number of fewer than five of them: it would be one of somebody."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Q

from apps.access.roles import Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind
from apps.interactions.models import Queue
from apps.metrics.definitions.definition import Definition, Subject
from apps.shared.errors import Refusal

FEWEST = 5
# The roles whose cell of the access matrix says "agg".
NUMBERS_ALONE = frozenset({Role.OPS})


class TooFew(Refusal):
    """The group is so small that its number would say something about single people."""


def _is_asked(viewer: Viewer, metric: Definition) -> bool:
    return viewer.role in NUMBERS_ALONE and metric.subject == Subject.HUMAN


def refuse(*, viewer: Viewer, metric: Definition, team: int | None, queue: UUID | None) -> None:
    """Refuse a number of people in a team, or in a queue that teams answer, of fewer than five. One statement at most.

    :raises TooFew: with what to ask for instead.
    """
    if not _is_asked(viewer, metric) or (team is None and queue is None):
        return
    if team is not None:
        is_small = Agent.objects.people().filter(team=team).count() < FEWEST
    else:
        is_small = queue in _answered_by_few([queue] if queue is not None else [])
    if is_small:
        raise TooFew(
            f"This group is too small: numbers of people are shown for {FEWEST} of them or more. Ask for a larger part, or "
            "for everything."
        )


def withheld(*, viewer: Viewer, metric: Definition, queues: Sequence[UUID]) -> set[UUID]:
    """Return the queues whose numbers of people are too small for the viewer. One statement at most."""
    return _answered_by_few(queues) if _is_asked(viewer, metric) else set()


def _answered_by_few(queues: Sequence[UUID]) -> set[UUID]:
    """Those of these queues that teams of fewer than five people answer; a queue of no team is answered by everybody."""
    people = Count("teams__agents", filter=Q(teams__agents__kind=AgentKind.HUMAN), distinct=True)
    counted = Queue.objects.filter(pk__in=queues, teams__isnull=False).annotate(people=people)
    return set(counted.filter(people__lt=FEWEST).values_list("pk", flat=True))
