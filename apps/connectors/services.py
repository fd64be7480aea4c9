"""Sources are made and looked after; deliveries are absorbed."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import accumulate

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Func

from apps.access.roles import Permission
from apps.access.sealed import open_value, seal
from apps.access.viewer import Viewer
from apps.connectors import admission as rules
from apps.connectors.admission import Admission
from apps.connectors.models import Delivery, DeliveryState, Ledger, Source
from apps.interactions import services as interactions
from apps.interactions.canonical import CanonicalEvent, decode
from apps.shared.errors import Refusal

log = structlog.get_logger(__name__)
LAST_TRY = 3
_partitions_made: set[date] = set()


class SourceExists(Refusal):
    """A source with this name is there already."""


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def create_source(*, by: Viewer | None, slug: str, name: str, kind: str, at: datetime) -> tuple[Source, str]:
    """Make a source and return it with its token, which is shown this once. `by` is None when the installation seeds.

    :raises SourceExists: the name is taken.
    """
    if by is not None:
        by.require(Permission.MANAGE_SOURCES)
    if Source.objects.filter(slug=slug).exists():
        raise SourceExists(f"A source called {slug} exists already. Choose another short name.")
    token = f"ms_{secrets.token_urlsafe(32)}"
    source = Source.objects.create(slug=slug, name=name, kind=kind, token_digests=[_digest(token)], created_at=at)
    return source, token


@transaction.atomic
def rotate_token(*, by: Viewer | None, source: Source, at: datetime) -> str:
    """Give a source a new token and return it; the one before stays valid until the next rotation."""
    if by is not None:
        by.require(Permission.MANAGE_SOURCES)
    token = f"ms_{secrets.token_urlsafe(32)}"
    locked = Source.objects.select_for_update().get(pk=source.pk)
    locked.token_digests = [_digest(token), *locked.token_digests[:1]]
    locked.save(update_fields=["token_digests"])
    return token


@transaction.atomic
def rotate_secret(*, by: Viewer | None, source: Source) -> str:
    """Give a source a new Standard Webhooks secret (`whsec_…`) and return it; the one before stays valid until the next."""
    if by is not None:
        by.require(Permission.MANAGE_SOURCES)
    secret = secrets.token_bytes(32)
    locked = Source.objects.select_for_update().get(pk=source.pk)
    locked.webhook_secrets = [seal(secret, context=locked.slug.encode()), *locked.webhook_secrets[:1]]
    locked.save(update_fields=["webhook_secrets"])
    return f"whsec_{base64.b64encode(secret).decode()}"


def switch(*, by: Viewer, source: Source, on: bool) -> None:
    """Open or close the door for a source. What it sent before stays."""
    by.require(Permission.MANAGE_SOURCES)
    Source.objects.filter(pk=source.pk).update(is_active=on)


def send_test_event(*, by: Viewer, source: Source, at: datetime) -> None:
    """Send a real event of a conversation called `test` through the same admission as every other one."""
    by.require(Permission.MANAGE_SOURCES)
    name = f"test-{at:%Y%m%dT%H%M%S%f}"
    event = {
        "specversion": "1.0", "id": name, "source": source.uri, "type": "midshift.conversation.started.v1",
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": {"conversation_id": name, "channel": "api", "direction": "inbound", "subject": "Test event",
                 "customer": {"kind": "customer", "id": name, "identity": "anonymous"}},
    }  # fmt: skip
    admit(source=source, body=json.dumps([event]).encode(), at=at)
    absorb(at=at)


def admit(*, source: Source, body: bytes, at: datetime) -> list[dict[str, str]]:
    """Take a body in as the door does, and return one result an event.

    :raises rules.Unreadable: the body as a whole cannot be read.
    """
    admission = Admission(source.pk, source.slug, body, at)
    rules.examine(admission)
    if admission.candidates:
        rules.commit([admission])
        marks: rules.Marks = {}
        rules.note_marks(marks, admission)
        rules.write_marks(marks)
    return admission.results


def absorb(*, at: datetime, most_events: int = 1500) -> int:
    """Record waiting deliveries, oldest first, up to about `most_events` events; return how many deliveries were taken.

    Deliveries that another worker holds are skipped. A delivery that cannot be recorded does not stop the others: it is
    tried again by itself and put aside with its reason after the third time. When a day has no partition yet, this call
    only makes it, before anything is written, so that no two workers wait for each other; the next call records.
    """
    with transaction.atomic():
        rows = _claim(most_events)
        if not rows:
            return 0
        try:
            events = {row.pk: events_of(row) for row in rows}
            if _make_partitions({event.time.date() for found in events.values() for event in found}, at):
                return len(rows)
            with transaction.atomic():
                _record(rows, events, at)
        except Exception:  # one of them is poison: each gets its own savepoint
            log.warning("batch failed, recording one by one", deliveries=len(rows), exc_info=True)
            for row in rows:
                _record_alone(row, at)
        Delivery.objects.bulk_update(rows, ["state", "attempts", "error", "absorbed_at"])
    return len(rows)


def _claim(most_events: int) -> list[Delivery]:
    queued = Delivery.objects.filter(state=DeliveryState.WAITING).order_by("id")
    # How many deliveries make about that many events is looked up without a lock, so that what is left stays free.
    sizes = list(queued.annotate(n=Func("accepted", function="cardinality")).values_list("n", flat=True)[:most_events])
    fitting = max(1, sum(1 for total in accumulate(sizes) if total <= most_events))
    waiting = queued.select_for_update(skip_locked=True, of=("self",)).select_related("source")[:fitting]
    taken: list[Delivery] = []
    events = 0
    for row in waiting:
        if taken and events + len(row.accepted) > most_events:
            break
        taken.append(row)
        events += len(row.accepted)
    return taken


def events_of(row: Delivery) -> list[CanonicalEvent]:
    """Open a delivery and read the events that were accepted."""
    raw = rules.split(open_value(bytes(row.body), context=row.source.slug.encode()))
    return [decode(raw[place]) for place in row.accepted]


def _record(rows: Sequence[Delivery], events: Mapping[int, list[CanonicalEvent]], at: datetime) -> None:
    by_source: dict[str, list[CanonicalEvent]] = {}
    for row in rows:
        by_source.setdefault(row.source.slug, []).extend(events[row.pk])
    for slug in sorted(by_source):
        interactions.record(events=by_source[slug], source=slug, at=at)
    for row in rows:
        row.state, row.absorbed_at, row.error = DeliveryState.ABSORBED, at, ""


def _make_partitions(days: set[date], at: datetime) -> bool:
    """Make the missing partitions of the days a batch brings; say whether any was made."""
    oldest = (at - timedelta(days=settings.RETENTION_DAYS["messages"])).date()
    wanted = sorted(day for day in days - _partitions_made if day >= oldest)
    if not wanted:
        return False
    with connection.cursor() as cursor:
        # Two workers that bring the same new day take turns.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('midshift.partitions'))")
    made = 0
    for day in wanted:
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        made += interactions.open_partitions(first=moment, last=moment)
    transaction.on_commit(lambda: _partitions_made.update(wanted))
    return made > 0


def _record_alone(row: Delivery, at: datetime) -> None:
    try:
        with transaction.atomic():
            _record([row], {row.pk: events_of(row)}, at)
    except Exception as raised:  # kept with its reason; an admin sees it and can have it read again
        row.attempts += 1
        row.state = DeliveryState.FAILED if row.attempts >= LAST_TRY else DeliveryState.WAITING
        row.error = f"{type(raised).__name__} while recording. The body is kept; have it read again after an update."
        log.exception("delivery not recorded", delivery=row.pk, attempts=row.attempts)


def read_again(*, by: Viewer, delivery: Delivery, at: datetime) -> None:
    """Put a failed delivery that held accepted events back into the line."""
    by.require(Permission.MANAGE_SOURCES)
    if not delivery.accepted:
        raise Refusal("This body could not be read as events. Mend the sender and send it again.")
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.FAILED).update(
        state=DeliveryState.WAITING, attempts=0, error=""
    )


def purge(*, at: datetime) -> None:
    """Delete bodies and ledger entries past their retention."""
    before = at - timedelta(days=settings.RETENTION_DAYS["deliveries"])
    Delivery.objects.filter(received_at__lt=before).exclude(state=DeliveryState.WAITING).delete()
    Ledger.objects.filter(first_seen_at__lt=at - timedelta(days=settings.RETENTION_DAYS["events"])).delete()
