"""Sources that are late, as the floor marks them: which queues show old figures, and from when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Queue, QueueIdentity
from apps.shared.reading import once
from apps.ui.templatetags.ui import CHANNELS


class Late(Protocol):
    """What the app that knows the sources says of a late one; it stands on this layer, so the settings name it."""

    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def since(self) -> datetime: ...
    @property
    def is_silent(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class LateLine:
    """One late source that touches a queue in scope. Other channels are not affected."""

    name: str
    since: datetime
    is_silent: bool
    channels: str
    href: str
    queues: frozenset[UUID]


def late(*, viewer: Viewer, at: datetime) -> list[LateLine]:
    """The late sources behind the queues in scope. One statement while none is late, else two."""
    viewer.require(Permission.VIEW_FLOOR)
    return once(("late", viewer.user.pk, viewer.scope, at), lambda: _read(viewer, at))


def _read(viewer: Viewer, at: datetime) -> list[LateLine]:
    sources: Sequence[Late] = import_string(settings.LATE_SOURCES)(at=at)
    if not sources:
        return []
    named = QueueIdentity.objects.filter(
        source__in=[one.slug for one in sources], queue__in=Queue.objects.visible_to(viewer)
    )
    fed: dict[str, dict[UUID, str]] = {}
    for source, queue, channel in named.values_list("source", "queue", "queue__channel"):
        fed.setdefault(source, {})[queue] = channel
    href = reverse("sources") if viewer.allows(Permission.MANAGE_SOURCES) else ""
    return [
        LateLine(one.name, one.since, one.is_silent, _spoken(fed[one.slug].values()), href, frozenset(fed[one.slug]))
        for one in sources
        if one.slug in fed
    ]


def _spoken(channels: Iterable[str]) -> str:
    words = sorted({CHANNELS.get(one, ("", one.capitalize()))[1] for one in channels if one})
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def oldest_of(lines: Sequence[LateLine]) -> dict[str, datetime]:
    """From when the figures of each affected queue are: the oldest of its late sources."""
    found: dict[str, datetime] = {}
    for line in lines:
        for queue in line.queues:
            found[str(queue)] = min(line.since, found.get(str(queue), line.since))
    return found
