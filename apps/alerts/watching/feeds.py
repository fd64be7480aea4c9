"""Sources that are late or silent, and the queues that hang on them alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from apps.interactions.models import QueueIdentity
from apps.shared.reading import once


def late(at: datetime) -> list[Any]:
    """Sources that are late at a moment. The app that knows them stands above this one, so the settings name it."""
    return once(("alerts.late", at), lambda: list(import_string(settings.LATE_SOURCES)(at=at)))


def only_source(queues: Iterable[UUID] | None = None) -> dict[UUID, str]:
    """The source of each queue that has exactly one; what two sources feed does not hang on either. One statement."""
    found: dict[UUID, set[str]] = defaultdict(set)
    names = QueueIdentity.objects.all() if queues is None else QueueIdentity.objects.filter(queue__in=list(queues))
    for queue, source in names.values_list("queue_id", "source"):
        found[queue].add(source)
    return {queue: next(iter(sources)) for queue, sources in found.items() if len(sources) == 1}


def silent_queues(at: datetime) -> frozenset[UUID]:
    """Queues from which nothing is heard, because their one source is silent: what is seen there may be long over, or not."""

    def read() -> frozenset[UUID]:
        silent = {one.slug for one in late(at) if one.is_silent}
        return (
            frozenset(queue for queue, source in only_source().items() if source in silent) if silent else frozenset()
        )

    return once(("alerts.silent", at), read)
