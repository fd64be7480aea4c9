"""Looking at all of one's scope or at one team of it. The address says which, and every link and live part carries it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Team
from apps.interactions.models import Queue
from apps.shared.errors import OutOfScope


def teams(viewer: Viewer) -> list[Team]:
    """The teams the viewer may look at one by one; none for roles that have no floor. One statement."""
    return list(Team.objects.visible_to(viewer)) if viewer.allows(Permission.VIEW_FLOOR) else []


def looking(viewer: Viewer, given: str) -> Viewer:
    """Return the viewer held to one team: its people, and of the queues in scope those that it answers.

    :raises OutOfScope: there is no such team, or it is not among those the viewer may look at.
    """
    if given == viewer.scope:
        return viewer
    is_key = given.isascii() and given.isdigit() and len(given) < 19
    team = Team.objects.visible_to(viewer).filter(pk=int(given)).first() if is_key else None
    if team is None:
        raise OutOfScope
    queues = Queue.objects.visible_to(viewer).filter(teams=team).values_list("pk", flat=True)
    return viewer.looking_at(given, {Team: frozenset([team.pk]), Queue: frozenset(queues)})


def query(viewer: Viewer) -> str:
    """What a link adds to keep the scope."""
    return f"?scope={viewer.scope}" if viewer.scope else ""


def linked(viewer: Viewer, name: str, *args: Any) -> str:
    """The address of a page in the same part of the scope."""
    return _address(name, *args) + query(viewer)


@lru_cache(maxsize=4096)  # a page links the same rows each time it is drawn
def _address(name: str, *args: Any) -> str:
    return reverse(name, args=args)


def behind(viewer: Viewer, metric: str, *, queue: object = "", window: str = "60min") -> str:
    """The address of the rows behind a metric's number: of one queue, else of what the viewer looks at."""
    return _behind(metric, f"queue:{queue}" if queue else f"team:{viewer.scope}" if viewer.scope else "", window)


@lru_cache(maxsize=4096)
def _behind(metric: str, scope: str, window: str) -> str:
    asked = {"window": window, **({"scope": scope} if scope else {})}
    return f"{_address('metric_page', metric)}?{urlencode(asked)}"
