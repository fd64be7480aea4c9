"""Reads about sources."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Func, IntegerField, Sum
from django.db.models.functions import Coalesce

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentIdentity
from apps.connectors.lateness import LATE_SECONDS, LateSource, late_sources
from apps.connectors.models import ABOUT_TO_LOCK, Delivery, DeliveryState, Source
from apps.interactions.models import Queue, QueueIdentity
from apps.routing import queries as routing
from apps.routing.decision import Decision
from apps.routing.models import Diversion
from apps.shared.errors import OutOfScope

# A source whose events lie this far in the future has a clock that runs ahead: less is the way two clocks differ.
AHEAD_MS = 2000
CLOCK_MINUTES = 10

# Each part has its own short index: the last hour of a source, what waits, what was not recorded.
_HEALTH = """
SELECT s.id, h.events, h.usual_lag_ms, h.least_lag_ms, h.clock_lag_ms, w.events, w.since, a.events, a.unreadable
FROM connectors_source s
LEFT JOIN LATERAL (
    SELECT sum(cardinality(accepted)) AS events,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY usual_lag_ms) AS usual_lag_ms,
           min(least_lag_ms) AS least_lag_ms,
           min(least_lag_ms) FILTER (WHERE received_at > %(clock)s) AS clock_lag_ms
    FROM connectors_delivery WHERE source_id = s.id AND received_at > %(hour)s AND received_at <= %(at)s
) h ON true
LEFT JOIN (
    SELECT source_id, sum(cardinality(accepted)) AS events, min(received_at) AS since
    FROM connectors_delivery WHERE state = 'waiting' GROUP BY source_id
) w ON w.source_id = s.id
LEFT JOIN (
    SELECT source_id, count(*) FILTER (WHERE accepted = '{}') AS unreadable,
           sum(CASE WHEN aside = '[]'::jsonb THEN cardinality(accepted) ELSE jsonb_array_length(aside) END) AS events
    FROM connectors_delivery WHERE state = 'failed' OR (state = 'absorbed' AND NOT aside = '[]'::jsonb)
    GROUP BY source_id
) a ON a.source_id = s.id
"""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one source is doing at a moment."""

    key: int
    name: str
    slug: str
    state: str  # live, quiet, behind, silent, off, new
    last_event_at: datetime | None
    # The middle of how far its live events of the last hour trailed their receipt, by our clock; None: there was none.
    usual_lag_seconds: float | None
    # By how much its clock runs ahead of ours, told by its live events of the last minutes; None: nothing was live.
    clock_ahead_seconds: float | None
    events_last_hour: int
    waiting: int
    waiting_since: datetime | None
    put_aside: int
    unreadable: int
    conflicts: int


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """A delivery of which something could not be recorded or read."""

    key: int
    source: str
    received_at: datetime
    events: int
    accepted: int
    # What went wrong, how often, and the first few ids it happened to.
    reasons: list[tuple[str, int, str]]


def backlog_events() -> int:
    """Count the accepted events that wait to be recorded, over the short index of what waits."""
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING)
    found = waiting.aggregate(n=Coalesce(Sum(Func("accepted", function="cardinality")), 0, output_field=IntegerField()))
    return int(found["n"])


def has_waited(*, longer_than: timedelta, at: datetime) -> bool:
    """Say whether a delivery that no worker holds has waited for so long."""
    free = Delivery.objects.filter(state=DeliveryState.WAITING).exclude(taken_at__gt=at - ABOUT_TO_LOCK)
    return free.filter(received_at__lt=at - longer_than).exists()


def sources_health(*, viewer: Viewer, at: datetime) -> list[SourceHealth]:
    """Say how each source is doing: three statements whatever the number of sources."""
    viewer.require(Permission.MANAGE_SOURCES)
    late = {one.slug: one for one in late_sources(at=at)}
    with connection.cursor() as cursor:
        cursor.execute(
            _HEALTH, {"at": at, "hour": at - timedelta(hours=1), "clock": at - timedelta(minutes=CLOCK_MINUTES)}
        )
        told = {key: rest for key, *rest in cursor.fetchall()}
    found = []
    for source in Source.objects.all():
        events, usual, least, clock, waiting, since, aside, unreadable = told.get(source.pk, [None] * 8)
        found.append(
            SourceHealth(
                key=source.pk, name=source.name, slug=source.slug,
                state=_state(source, late.get(source.slug), at), last_event_at=source.last_event_at,
                usual_lag_seconds=None if usual is None else usual / 1000 + (_ahead(least) or 0),
                clock_ahead_seconds=_ahead(clock),
                events_last_hour=events or 0, waiting=waiting or 0, waiting_since=since, put_aside=aside or 0,
                unreadable=unreadable or 0, conflicts=source.conflicts,
            )
        )  # fmt: skip
    return found


def _state(source: Source, late: LateSource | None, at: datetime) -> str:
    if not source.is_active:
        return "off"
    if source.last_received_at is None:
        return "new"
    if late is not None:
        return "silent" if late.is_silent else "behind"
    return "live" if (at - source.last_received_at).total_seconds() <= LATE_SECONDS else "quiet"


def _ahead(least_lag_ms: int | None) -> float | None:
    if least_lag_ms is None:
        return None
    return -least_lag_ms / 1000 if least_lag_ms < -AHEAD_MS else 0.0


def health_verdict(found: list[SourceHealth]) -> tuple[str, str]:
    """The title of the page, and the sentence under it: what is wrong first."""
    if not found:
        return (
            "Connect your first source",
            "It gets an address and a token, and its first event shows here as it arrives.",
        )
    aside = sum(one.put_aside for one in found)
    late = [one.name for one in found if one.state in ("silent", "behind")]
    ahead = [one.name for one in found if one.clock_ahead_seconds]
    told = []
    if late:
        told.append(f"{_names(late)} {'is' if len(late) == 1 else 'are'} late")
    if aside:
        told.append(f"{aside:,} {'event' if aside == 1 else 'events'} could not be recorded")
    unreadable = sum(one.unreadable for one in found)
    if unreadable:
        told.append(f"{unreadable:,} {'body' if unreadable == 1 else 'bodies'} could not be read")
    if ahead:
        told.append(f"the clock of {_names(ahead)} runs ahead")
    if told:
        title = "; ".join(told)
        return title[0].upper() + title[1:], "What the other sources send is not affected."
    hour = sum(one.events_last_hour for one in found)
    return (
        "All that was sent is recorded",
        f"{hour:,} {'event' if hour == 1 else 'events'} in the last hour, no source is late.",
    )


def _names(names: list[str]) -> str:
    return (
        names[0]
        if len(names) == 1
        else f"{', '.join(names[:-1])} and {names[-1]}"
        if len(names) < 4
        else f"{len(names)} sources"
    )


def not_recorded(*, viewer: Viewer, most: int = 50) -> list[NotRecorded]:
    """The latest deliveries of which something could not be recorded or read, newest first; no body is opened."""
    viewer.require(Permission.MANAGE_SOURCES)
    rows = Delivery.objects.not_recorded().select_related("source").defer("body").order_by("-pk")[:most]
    return [
        NotRecorded(
            key=row.pk, source=row.source.name, received_at=row.received_at, events=len(row.aside) or len(row.accepted),
            accepted=len(row.accepted), reasons=_reasons(row),
        )
        for row in rows
    ]  # fmt: skip


def _reasons(row: Delivery) -> list[tuple[str, int, str]]:
    if not row.aside:
        return [(row.error, len(row.accepted), "")]
    counts = Counter(one["why"] for one in row.aside)
    named = {why: [one["id"] for one in row.aside if one["why"] == why and one["id"]] for why in counts}
    return [
        (why, count, ", ".join(named[why][:3]) + (" …" if len(named[why]) > 3 else ""))
        for why, count in counts.most_common()
    ]


def sources(*, viewer: Viewer) -> list[Source]:
    """All sources, by name."""
    viewer.require(Permission.MANAGE_SOURCES)
    return list(Source.objects.all())


def first_queue(*, viewer: Viewer) -> str:
    """The name of the queue that a first event may be sent to: the first one that was set up."""
    viewer.require(Permission.MANAGE_SOURCES)
    found = Queue.objects.filter(is_listed=True).order_by("name").values_list("name", flat=True).first()
    return found or "Support"


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


def decision_for_source(*, source: Source, queue: str, intent: str, is_complex: bool, at: datetime) -> dict[str, Any]:
    """Who is to take a conversation, as a platform reads it: its own name of the queue, its own names of people. Five statements.

    :raises OutOfScope: the source never named this queue.
    """
    key = QueueIdentity.objects.filter(source=source.slug, external_id=queue).values_list("queue_id", flat=True).first()
    if key is None:
        raise OutOfScope
    found = routing.decision(queue=key, intent=intent, is_complex=is_complex, at=at)
    people = found.joining | found.away
    known = AgentIdentity.objects.filter(source=source.slug, agent__in=people).values_list("agent_id", "external_id")
    return _answered(found, dict(known), at)


def decision_for_viewer(*, viewer: Viewer, queue: str, intent: str, is_complex: bool, at: datetime) -> dict[str, Any]:
    """The same for a person who may reroute; people by our keys, and only those the viewer may see.

    :raises NotAllowed: the role reroutes nothing.
    :raises OutOfScope: no queue of theirs.
    """
    viewer.require(Permission.REROUTE)
    try:
        key = UUID(queue)
    except ValueError:
        raise OutOfScope from None
    if not Queue.objects.visible_to(viewer).filter(pk=key).exists():
        raise OutOfScope
    found = routing.decision(queue=key, intent=intent, is_complex=is_complex, at=at)
    known = (
        Agent.objects.visible_to(viewer).people().filter(pk__in=found.joining | found.away)
        if viewer.allows(Permission.VIEW_PEOPLE)
        else ()
    )
    return _answered(found, {one.pk: str(one.pk) for one in known}, at)


def _answered(found: Decision, names: dict[UUID, str], at: datetime) -> dict[str, Any]:
    because = Diversion.objects.filter(pk__in=found.because).order_by("made_at", "pk") if found.because else ()
    return {
        "as_of": at, "handler": found.handler, "until": found.until,
        "joining": sorted(names[key] for key in found.joining if key in names),
        "away": sorted(names[key] for key in found.away if key in names),
        "because": [{"id": one.pk, "kind": one.kind, "until": one.ends_at} for one in because],
    }  # fmt: skip
