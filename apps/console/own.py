"""What waits for an agent on their first page: reviews and feedback they have not read, and the load of the queues they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min
from django.urls import reverse

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.coaching.models import Sheet
from apps.console.conversations import Row, rows_of
from apps.console.people import held_by
from apps.interactions.models import Conversation, Queue
from apps.metrics import scorecards
from apps.reviews.models import Review
from apps.shared.reading import once


@dataclass(frozen=True, slots=True)
class New:
    """One kind of thing that was not read yet."""

    text: str
    href: str
    icon: str


@dataclass(frozen=True, slots=True)
class Load:
    """One queue that the agent's team answers: how many wait, and since when the first of them. Nobody is named."""

    key: UUID
    name: str
    channel: str
    waiting: int
    oldest_since: datetime | None


def new(*, viewer: Viewer, at: datetime) -> list[New]:
    """Return what the agent has not read, in words; nothing for what is read. Two statements.

    :raises NotAllowed: the role has no page of its own.
    """
    viewer.require(Permission.VIEW_OWN_SCORECARD)
    reviews = Review.objects.visible_to(viewer, at).filter(read_at=None).count()
    sheets = Sheet.objects.visible_to(viewer).filter(held_at__isnull=False, acknowledged_at=None).count()
    told = (
        (reviews, "new review", "new reviews", "my_reviews", "clipboard-check"),
        (sheets, "feedback conversation to read again", "feedback conversations to read again", "my_feedback", "message-circle"),
    )  # fmt: skip
    return [New(f"{n} {one if n == 1 else many}", reverse(place), icon) for n, one, many, place, icon in told if n]


def _me(viewer: Viewer) -> Agent | None:
    """The person that the viewer is, read once for the parts of a page."""
    return once(("own agent", viewer.user.pk), lambda: scorecards.get_own(viewer))


def queues_of(viewer: Viewer) -> list[Queue]:
    """The queues that the agent's team answers, by name. Two statements."""
    agent = _me(viewer)
    return [] if agent is None or agent.team_id is None else list(Queue.objects.filter(teams=agent.team_id))


def load(*, viewer: Viewer) -> Sequence[Load]:
    """Return how full the queues are that the agent's team answers, by name. Three statements.

    :raises NotAllowed: the role has no page of its own.
    """
    viewer.require(Permission.VIEW_OWN_SCORECARD)
    queues = queues_of(viewer)
    counted = (
        Conversation.objects.filter(queue__in=queues, is_open=True, waiting_since__isnull=False)
        .values_list("queue").annotate(n=Count("pk"), oldest=Min("waiting_since"))
    )  # fmt: skip
    waits = {key: (n, oldest) for key, n, oldest in counted}
    return [Load(one.pk, one.name, one.channel, *waits.get(one.pk, (0, None))) for one in queues]


def topics_of_held(viewer: Viewer) -> list[str]:
    """What makes the list of what is in hand stale."""
    agent = _me(viewer)
    return [] if agent is None else [f"person:{agent.pk}"]


def held(*, viewer: Viewer) -> list[Row]:
    """Return the conversations in the agent's hands as list rows.

    :raises NotAllowed: the role has no page of its own.
    """
    viewer.require(Permission.VIEW_OWN_SCORECARD)
    agent = _me(viewer)
    return [] if agent is None else rows_of(viewer=viewer, keys=held_by(viewer=viewer, agent=agent))
