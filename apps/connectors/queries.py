"""Reads about sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Func, IntegerField, Max, Min, Q, Sum
from django.db.models.functions import Coalesce

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.connectors.models import Delivery, DeliveryState, Source
from apps.shared.errors import OutOfScope

LATE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one source is doing at a moment."""

    source: Source
    silent_seconds: float | None
    waiting: int
    waiting_since: datetime | None
    failed_today: int
    last_error: str
    deliveries_last_hour: int
    state: str  # live, late, silent, off, new


def backlog_events() -> int:
    """Count the accepted events that wait to be recorded, over the short index of what waits."""
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING)
    found = waiting.aggregate(n=Coalesce(Sum(Func("accepted", function="cardinality")), 0, output_field=IntegerField()))
    return int(found["n"])


def sources_health(*, viewer: Viewer, at: datetime) -> list[SourceHealth]:
    """Say how each source is doing: three statements whatever the number of sources."""
    viewer.require(Permission.MANAGE_SOURCES)
    sources = list(Source.objects.all())
    counts: dict[int, dict[str, Any]] = {
        row["source"]: dict(row)
        for row in Delivery.objects.filter(received_at__gte=at - timedelta(days=1))
        .values("source")
        .annotate(
            waiting=Count("pk", filter=Q(state=DeliveryState.WAITING)),
            waiting_since=Min("received_at", filter=Q(state=DeliveryState.WAITING)),
            failed=Count("pk", filter=Q(state=DeliveryState.FAILED)),
            failed_last=Max("pk", filter=Q(state=DeliveryState.FAILED)),
            hour=Count("pk", filter=Q(received_at__gte=at - timedelta(hours=1))),
        )
    }
    errors = dict(
        Delivery.objects.filter(pk__in=[r["failed_last"] for r in counts.values() if r["failed_last"]]).values_list(
            "pk", "error"
        )
    )
    found = []
    for source in sources:
        row: dict[str, Any] = counts.get(source.pk, {})
        silent = None if source.last_event_at is None else max(0.0, (at - source.last_event_at).total_seconds())
        found.append(
            SourceHealth(
                source=source, silent_seconds=silent, waiting=row.get("waiting", 0),
                waiting_since=row.get("waiting_since"), failed_today=row.get("failed", 0),
                last_error=errors.get(row.get("failed_last") or 0, ""), deliveries_last_hour=row.get("hour", 0),
                state=_state(source, silent),
            )
        )  # fmt: skip
    return found


def _state(source: Source, silent: float | None) -> str:
    if not source.is_active:
        return "off"
    if silent is None:
        return "new"
    return "live" if silent <= LATE_SECONDS else "late" if silent <= 10 * LATE_SECONDS else "silent"


def deliveries_not_recorded(*, viewer: Viewer, most: int = 50) -> list[Delivery]:
    """The latest deliveries of which something could not be recorded, newest first, without their bodies."""
    viewer.require(Permission.MANAGE_SOURCES)
    rows = Delivery.objects.not_recorded().select_related("source").defer("body")
    return list(rows.order_by("-pk")[:most])


def get_source(*, viewer: Viewer, pk: int) -> Source:
    """Return a source. :raises OutOfScope: there is none."""
    viewer.require(Permission.MANAGE_SOURCES)
    try:
        return Source.objects.get(pk=pk)
    except Source.DoesNotExist as raised:
        raise OutOfScope from raised


def get_delivery(*, viewer: Viewer, pk: int) -> Delivery:
    """Return a delivery without its body. :raises OutOfScope: there is none."""
    viewer.require(Permission.MANAGE_SOURCES)
    try:
        return Delivery.objects.defer("body").get(pk=pk)
    except Delivery.DoesNotExist as raised:
        raise OutOfScope from raised
