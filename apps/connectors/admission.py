"""What becomes of each event of a body: accepted, a duplicate, or refused with a pointer and a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from django.db import connection, transaction

from apps.access.sealed import seal, seal_many
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.decoding import Invalid, decode
from apps.shared import bulk

LARGEST_BODY = 1024 * 1024
MOST_EVENTS = 500
AHEAD = timedelta(days=2)
_MS = timedelta(milliseconds=1)
# A body whose middle event is older than this tells of the past and not of the way here.
PAST_MS = 6 * 3_600_000
_ONE = msgspec.json.Decoder(msgspec.Raw)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


class Unreadable(Exception):
    """The body as a whole cannot be read; the message says what was seen and what is expected."""


class TooMany(Unreadable):
    """The batch holds more events than one request may."""


@dataclass(slots=True)
class Admission:
    """One request on its way through the door."""

    source_id: int
    slug: str
    body: bytes = field(repr=False)
    at: datetime
    delivery_key: str = ""
    results: list[dict[str, str]] = field(default_factory=list)
    # (place in the body, digest of source and id, digest of the content, time of the event)
    candidates: list[tuple[int, bytes, bytes, datetime]] = field(default_factory=list)
    # False as soon as one of its events says that it is imported or replayed.
    is_live: bool = True

    @property
    def accepted(self) -> list[int]:
        """Places of the events that were accepted."""
        return [place for place, *_ in self.candidates if self.results[place]["status"] == "accepted"]


def split(body: bytes) -> list[msgspec.Raw | bytes]:
    """Take a body apart into its events, one or a list.

    :raises Unreadable: not JSON, or neither an object nor a list. :raises TooMany: more than 500 events.
    """
    start = body.lstrip()[:1]
    if start == b"{":
        try:
            _ONE.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as raised:
            raise Unreadable(f"The body is not valid JSON: {raised}. Send one CloudEvent as a JSON object.") from raised
        return [body]
    if start != b"[":
        seen = "an empty body" if not body.strip() else "a body that starts with neither { nor ["
        raise Unreadable(f"Saw {seen}. Send one CloudEvent as a JSON object, or up to {MOST_EVENTS} of them as a list.")
    try:
        events: list[msgspec.Raw | bytes] = list(_LIST.decode(body))
    except (msgspec.MsgspecError, UnicodeDecodeError) as raised:
        raise Unreadable(f"The body is not valid JSON: {raised}. Send a JSON list of CloudEvents.") from raised
    except RecursionError as raised:
        raise Unreadable("The body is nested too deeply to be read. Send a JSON list of CloudEvents.") from raised
    if len(events) > MOST_EVENTS:
        raise TooMany(f"Saw {len(events)} events. Send at most {MOST_EVENTS} in one request.")
    return events


def examine(admission: Admission) -> None:
    """Check each event of the body and note what may be accepted. Nothing is written.

    :raises Unreadable: the body as a whole cannot be read.
    """
    for place, raw in enumerate(split(admission.body)):
        result = {"id": "", "status": "refused"}
        admission.results.append(result)
        try:
            event = decode(raw)
            result["id"] = event.id
            _check(event, admission)
        except Invalid as invalid:
            result["id"] = result["id"] or id_of(raw)
            result |= {"pointer": invalid.pointer, "message": str(invalid)}
            admission.results[place] = result
            continue
        result["status"] = "accepted"
        admission.is_live &= event.via not in ("import", "replay")
        name = sha256(f"{admission.slug}\x1f{event.id}".encode("utf-8", "surrogatepass")).digest()[:16]
        content = sha256(bytes(raw)).digest()[:16]
        admission.candidates.append((place, name, content, event.time))


def _check(event: CanonicalEvent, admission: Admission) -> None:
    expected = f"/connections/{admission.slug}"
    if event.source != expected:
        raise Invalid("/source", f"Saw the source {event.source[:80]!r}. This key opens the door for {expected} only.")
    if event.time > admission.at + AHEAD:
        raise Invalid("/time", "The event lies more than two days in the future. Check the clock of the source.")


def id_of(raw: msgspec.Raw | bytes) -> str:
    """Return the id of an event that cannot be read otherwise, or nothing."""
    try:
        found: Any = msgspec.json.decode(raw, type=dict[str, Any]).get("id")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return found[:255] if isinstance(found, str) else ""


def commit(admissions: Sequence[Admission]) -> None:
    """Write several requests in one transaction: the ledger first, then what is kept of each body.

    Sets each event's result to accepted or duplicate. When this returns, what was accepted is on disk.
    """
    wanted: dict[bytes, tuple[bytes, datetime]] = {}
    owner: dict[bytes, tuple[int, int]] = {}
    # Source id -> ids that came again with other content; the first one stays and the source's page says so.
    conflicts: Counter[int] = Counter()
    for number, admission in enumerate(admissions):
        for place, name, content, _ in admission.candidates:
            if name in wanted:
                admission.results[place]["status"] = "duplicate"
                conflicts[admission.source_id] += wanted[name][0] != content
            else:
                wanted[name] = (content, admission.at)
                owner[name] = (number, place)
    # Sorted, so that two doors that take the same events in do not wait for each other in turn.
    names = sorted(wanted)
    with transaction.atomic():
        again = _enter(names, [wanted[name][0] for name in names], admissions[0].at)
        for name in again:
            number, place = owner[name]
            admissions[number].results[place]["status"] = "duplicate"
        with connection.cursor() as cursor:
            if again:
                cursor.execute("SELECT digest, content FROM connectors_ledger WHERE digest = ANY(%s)", [again])
                for digest, content in cursor.fetchall():
                    source = admissions[owner[bytes(digest)][0]].source_id
                    conflicts[source] += bytes(content) != wanted[bytes(digest)][0]
            for source in sorted(+conflicts):
                cursor.execute(
                    "UPDATE connectors_source SET conflicts = conflicts + %s WHERE id = %s", [conflicts[source], source]
                )
        rows = [a for a in admissions if a.accepted]
        if rows:
            _keep(rows)


def look_up(admission: Admission, *, seen: set[bytes]) -> None:
    """Set each event's result as `commit` would, and write nothing. `seen` holds what earlier calls would have taken."""
    names = [name for _, name, *_ in admission.candidates]
    with connection.cursor() as cursor:
        cursor.execute("SELECT digest FROM connectors_ledger WHERE digest = ANY(%s)", [names])
        known = {bytes(row[0]) for row in cursor.fetchall()}
    for place, name, *_ in admission.candidates:
        if name in known or name in seen:
            admission.results[place]["status"] = "duplicate"
        seen.add(name)


def _enter(names: Sequence[bytes], contents: Sequence[bytes], at: datetime) -> list[bytes]:
    """Write digests into the ledger and return those that were there already.

    All digests go as one value and are cut there: a list of thousands costs its driver more than the whole insert.
    """
    with bulk.plain_cursor() as cursor:
        cursor.execute(
            "INSERT INTO connectors_ledger (digest, content, first_seen_at) "
            "SELECT substring(%(names)b FROM n * 16 + 1 FOR 16), substring(%(contents)b FROM n * 16 + 1 FOR 16), %(at)s "
            "FROM generate_series(0, %(last)s) AS n ON CONFLICT DO NOTHING RETURNING digest",
            {"names": b"".join(names), "contents": b"".join(contents), "at": at, "last": len(names) - 1},
            binary=True,
        )
        new = {bytes(row[0]) for row in cursor.fetchall()}
    return [name for name in names if name not in new] if len(new) < len(names) else []


def _keep(rows: Sequence[Admission]) -> None:
    """Write what is kept of each body, sealed: places of accepted events, and how late they were when they came."""
    lags = [lag_of(a) for a in rows]
    with bulk.plain_cursor() as cursor:
        cursor.execute(
            "INSERT INTO connectors_delivery (source_id, delivery_key, received_at, body, accepted, state, attempts, error,"
            " least_lag_ms, usual_lag_ms) "
            "SELECT s, k, r, b, string_to_array(a, ',')::smallint[], 'waiting', 0, '', l, u FROM unnest(%s::bigint[],"
            " %s::text[], %s::timestamptz[], %b::bytea[], %s::text[], %s::bigint[], %s::bigint[]) AS v(s, k, r, b, a, l, u)",
            [
                [a.source_id for a in rows], [a.delivery_key for a in rows], [a.at for a in rows],
                seal_many((a.body, a.slug.encode()) for a in rows), [",".join(map(str, a.accepted)) for a in rows],
                [lag and lag[0] for lag in lags], [lag and lag[1] for lag in lags],
            ],
        )  # fmt: skip


def lag_of(admission: Admission) -> tuple[int, int] | None:
    """Say by how many ms the accepted events trailed their receipt: the least and the middle. None for the past.

    Only live events tell something about the way here and the source's clock: what is imported or replayed does not, nor
    what a source sends of its history, most of which happened long ago.
    """
    if not admission.is_live:
        return None
    lags = sorted((admission.at - time) // _MS for place, _, _, time in admission.candidates)
    middle = lags[len(lags) // 2]
    return None if middle > PAST_MS else (lags[0], middle)


Marks = dict[int, tuple[datetime, datetime]]


def note_marks(marks: Marks, admission: Admission) -> None:
    """Remember when a source was last heard of, and the time of its newest event."""
    if admission.candidates:
        newest = max(at for *_, at in admission.candidates)
        before = marks.get(admission.source_id, (admission.at, newest))
        marks[admission.source_id] = (max(before[0], admission.at), max(before[1], newest))


def write_marks(marks: Marks) -> None:
    """Write the marks for the sources' page: apart from the events and seldom, because every request of a source would
    wait for its one row. In key order, so that two doors do not wait for each other in turn."""
    with transaction.atomic(), connection.cursor() as cursor:
        for source, (received, newest) in sorted(marks.items()):
            cursor.execute(
                "UPDATE connectors_source SET last_received_at = greatest(last_received_at, %s), "
                "last_event_at = greatest(last_event_at, %s) WHERE id = %s",
                [received, newest, source],
            )


def keep_unreadable(admission: Admission, *, why: str) -> None:
    """Keep a body that cannot be read, sealed, with the reason: nothing that was sent is lost."""
    from apps.connectors.models import Delivery, DeliveryState

    Delivery.objects.create(
        source_id=admission.source_id, received_at=admission.at, state=DeliveryState.FAILED, error=why,
        body=seal(admission.body, context=admission.slug.encode()), delivery_key=admission.delivery_key,
    )  # fmt: skip
