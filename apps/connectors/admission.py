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

from apps.access.sealed import seal
from apps.interactions.canonical import CanonicalEvent, Invalid, decode

LARGEST_BODY = 1024 * 1024
MOST_EVENTS = 500
AHEAD = timedelta(days=2)
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
    body: bytes
    at: datetime
    delivery_key: str = ""
    results: list[dict[str, str]] = field(default_factory=list)
    # (place in the body, digest of source and id, digest of the content, time of the event)
    candidates: list[tuple[int, bytes, bytes, datetime]] = field(default_factory=list)

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
            result["id"] = result["id"] or _id_of(raw)
            result |= {"pointer": invalid.pointer, "message": str(invalid)}
            admission.results[place] = result
            continue
        result["status"] = "accepted"
        name = sha256(f"{admission.slug}\x1f{event.id}".encode("utf-8", "surrogatepass")).digest()[:16]
        content = sha256(bytes(raw)).digest()[:16]
        admission.candidates.append((place, name, content, event.time))


def _check(event: CanonicalEvent, admission: Admission) -> None:
    expected = f"/connections/{admission.slug}"
    if event.source != expected:
        raise Invalid("/source", f"Saw the source {event.source[:80]!r}. This key opens the door for {expected} only.")
    if event.time > admission.at + AHEAD:
        raise Invalid("/time", "The event lies more than two days in the future. Check the clock of the source.")


def _id_of(raw: msgspec.Raw | bytes) -> str:
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
    names = sorted(wanted)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO connectors_ledger (digest, content, first_seen_at) "
            "SELECT * FROM unnest(%s::bytea[], %s::bytea[], %s::timestamptz[]) ON CONFLICT DO NOTHING RETURNING digest",
            [names, [wanted[n][0] for n in names], [wanted[n][1] for n in names]],
        )
        new = {bytes(row[0]) for row in cursor.fetchall()}
        again = [name for name in names if name not in new]
        for name in again:
            number, place = owner[name]
            admissions[number].results[place]["status"] = "duplicate"
        if again:
            cursor.execute("SELECT digest, content FROM connectors_ledger WHERE digest = ANY(%s)", [again])
            for digest, content in cursor.fetchall():
                conflicts[admissions[owner[bytes(digest)][0]].source_id] += bytes(content) != wanted[bytes(digest)][0]
        rows = [a for a in admissions if a.accepted]
        cursor.execute(
            "INSERT INTO connectors_delivery (source_id, delivery_key, received_at, body, accepted, state, attempts, error) "
            "SELECT s, k, r, b, string_to_array(a, ',')::smallint[], 'waiting', 0, '' "
            "FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bytea[], %s::text[]) AS v(s, k, r, b, a)",
            [
                [a.source_id for a in rows], [a.delivery_key for a in rows], [a.at for a in rows],
                [seal(a.body, context=a.slug.encode()) for a in rows],
                [",".join(map(str, a.accepted)) for a in rows],
            ],
        )  # fmt: skip
        _mark_sources(cursor, rows, conflicts)


def _mark_sources(cursor: Any, rows: Sequence[Admission], conflicts: Counter[int]) -> None:
    """Write what the sources' page tells, one statement a source, in key order so that two doors do not deadlock."""
    latest: dict[int, tuple[datetime, datetime]] = {}
    for admission in rows:
        newest = max(at for *_, at in admission.candidates)
        before = latest.get(admission.source_id, (admission.at, newest))
        latest[admission.source_id] = (max(before[0], admission.at), max(before[1], newest))
    for source in sorted({*latest, *(+conflicts)}):
        seen = latest.get(source)
        cursor.execute(
            "UPDATE connectors_source SET last_received_at = greatest(last_received_at, %s), "
            "last_event_at = greatest(last_event_at, %s), conflicts = conflicts + %s WHERE id = %s",
            [seen and seen[0], seen and seen[1], conflicts[source], source],
        )


def keep_unreadable(admission: Admission, *, why: str) -> None:
    """Keep a body that cannot be read, sealed, with the reason: nothing that was sent is lost."""
    from apps.connectors.models import Delivery, DeliveryState

    Delivery.objects.create(
        source_id=admission.source_id, received_at=admission.at, state=DeliveryState.FAILED, error=why,
        body=seal(admission.body, context=admission.slug.encode()), delivery_key=admission.delivery_key,
    )  # fmt: skip
