"""Waiting deliveries are recorded; an event that cannot be is put aside alone, with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import accumulate
from pathlib import Path
from traceback import walk_tb
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Func

from apps.access import retention
from apps.access.sealed import CannotOpen, open_value
from apps.connectors import admission as rules
from apps.connectors.models import ABOUT_TO_LOCK, Delivery, DeliveryState
from apps.interactions import services as interactions
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.decoding import Invalid, decode

log = structlog.get_logger(__name__)
# How many deliveries may be taken together that were taken this often before and brought to no end, because their worker
# was killed: the one that kills it is soon alone, and its neighbours are not blamed. Killed alone, it is put aside.
TOGETHER = (1500, 32, 1)
# After this many failed tries to record, a call leaves the rest of its deliveries to the next one.
MOST_FAILURES = 200
_partitions_made: set[date] = set()
# Deliveries whose taking must be taken back as soon as the database answers again.
_owed: list[int] = []


@dataclass(slots=True)
class Opened:
    """A delivery that is being recorded: its events by their place, and what is put aside of it."""

    row: Delivery
    events: dict[int, CanonicalEvent] = field(default_factory=dict)
    aside: list[dict[str, Any]] = field(default_factory=list)

    def put_aside(self, place: int, name: str, why: str) -> None:
        """Keep an event out, with its reason."""
        self.aside.append({"place": place, "id": name, "why": why})
        log.warning("event put aside", delivery=self.row.pk, place=place, why=why)


def absorb(*, at: datetime, most_events: int = 1500) -> int:
    """Record waiting deliveries, oldest first, up to about `most_events` events; return how many deliveries were taken.

    Deliveries that another worker holds are skipped. Steps: (1) note on each delivery that it is taken, so that one that
    kills its worker is found out; (2) record all of them together; (3) where that fails, each by itself, then in halves,
    until only the events that cannot be recorded are put aside. When a day has no partition yet, this call only makes
    it, holding nothing else, so that no two workers wait for each other; the next call records.

    :raises OperationalError, InterfaceError: the moment is bad, not the events; nothing changed, and it does not count.
    """
    if _owed:
        _give_back([])
    if not (taken := _take(most_events, at)):
        return 0
    try:
        with transaction.atomic():
            days = _work_off(taken, at)
        _make_partitions(days)
    except BaseException as raised:
        if is_passing(raised) or isinstance(raised, (KeyboardInterrupt, SystemExit)):
            _give_back(taken)
        raise
    return len(taken)


def is_passing(raised: BaseException) -> bool:
    """Say whether an error lies with the moment: a deadlock, a lost connection, a full disk. The events are not blamed."""
    if isinstance(raised, OperationalError):
        # Class 54: the event itself exceeds a limit of the database, and would do so again.
        return not str(getattr(raised.__cause__, "sqlstate", None) or "").startswith("54")
    return isinstance(raised, InterfaceError)


def _take(most_events: int, at: datetime) -> list[int]:
    """Choose deliveries and note on each that it is taken, in a transaction of its own: a kill leaves the note behind.

    One that was taken too often is put aside whole.
    """
    queued = (
        Delivery.objects.filter(state=DeliveryState.WAITING)
        .exclude(taken_at__gt=at - ABOUT_TO_LOCK)
        .order_by("id")
        .annotate(n=Func("accepted", function="cardinality"))
    )
    # How many deliveries make about that many events is looked up without a lock, so that what is left stays free.
    sizes = list(queued.values_list("n", flat=True)[:most_events])
    if not sizes:
        return []
    fitting = max(1, sum(1 for total in accumulate(sizes) if total <= most_events))
    taken: list[int] = []
    events, together = 0, TOGETHER[0]
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                # A killed worker does not undo it; a lost machine may, and then only a note is lost.
                cursor.execute("SET LOCAL synchronous_commit TO off")
        for pk, attempts, size in queued.select_for_update(skip_locked=True).values_list("pk", "attempts", "n")[
            :fitting
        ]:
            if attempts >= len(TOGETHER):
                _put_aside_whole(pk, attempts)
                continue
            together = min(together, TOGETHER[attempts])
            if taken and (events + size > most_events or len(taken) >= together):
                break
            taken.append(pk)
            events += size
        Delivery.objects.filter(pk__in=taken).update(attempts=F("attempts") + 1, taken_at=at)
    return taken


def _put_aside_whole(pk: int, attempts: int) -> None:
    why = f"Its worker was ended each of the {attempts} times it was taken. The body is kept; have it read again after an update."
    Delivery.objects.filter(pk=pk).update(state=DeliveryState.FAILED, error=why)
    log.error("delivery put aside", delivery=pk, attempts=attempts)


def _give_back(taken: Sequence[int]) -> None:
    """Undo the note that deliveries were taken; when the database is away, do so at the next call."""
    _owed.extend(taken)
    try:
        with transaction.atomic():
            _untake(_owed)
    except (OperationalError, InterfaceError):
        log.warning("deliveries not given back yet", deliveries=len(_owed))
        return
    _owed.clear()


def _untake(taken: Sequence[int]) -> None:
    waiting = Delivery.objects.filter(pk__in=taken, state=DeliveryState.WAITING, attempts__gt=0)
    waiting.update(attempts=F("attempts") - 1, taken_at=None)


def _work_off(taken: Sequence[int], at: datetime) -> list[date]:
    """Record what was taken; or return the days that need a partition first, and take the note back."""
    rows = (
        Delivery.objects.filter(pk__in=taken, state=DeliveryState.WAITING)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("source")
        .order_by("pk")
    )
    opened = [_open(row) for row in rows]
    if days := _without_partition({event.time.date() for one in opened for event in one.events.values()}, at):
        _untake([one.row.pk for one in opened])
        return days
    if failed := _failure(opened, at):
        log.warning("batch failed, recording one by one", deliveries=len(opened), why=failed)
        opened = _record_one_by_one(opened, at)
    whole = [one.row.pk for one in opened if not one.aside]
    Delivery.objects.filter(pk__in=whole).update(
        state=DeliveryState.ABSORBED, absorbed_at=at, attempts=0, error="", aside=[]
    )
    for one in opened:
        if one.aside:
            _close(one, at)
    return []


def _open(row: Delivery) -> Opened:
    """Open a delivery and read its accepted events; of one that is read again only those that were put aside."""
    opened = Opened(row)
    places = [int(one["place"]) for one in row.aside] or row.accepted
    try:
        raw = rules.split(open_value(bytes(row.body), context=row.source.slug.encode()))
    except (CannotOpen, rules.Unreadable) as raised:
        why = f"The kept body cannot be opened ({type(raised).__name__}). Is its key still in MIDSHIFT_SEAL_KEYS?"
        for place in places:
            opened.put_aside(place, "", why)
        return opened
    for place in places:
        try:
            opened.events[place] = decode(raw[place])
        except Invalid as raised:
            opened.put_aside(place, rules.id_of(raw[place]), f"No longer passes the check, at {raised.pointer or '/'}.")
    return opened


def _failure(opened: Sequence[Opened], at: datetime, places: Sequence[int] | None = None) -> str:
    """Record deliveries, or only these places of one, all or nothing; say why not, or nothing when they are recorded.

    :raises OperationalError, InterfaceError: the moment is bad.
    """
    by_source: dict[str, list[CanonicalEvent]] = {}
    for one in opened:
        events: Mapping[int, CanonicalEvent] = one.events
        by_source.setdefault(one.row.source.slug, []).extend(events[p] for p in (events if places is None else places))
    try:
        with transaction.atomic():
            for slug in sorted(by_source):
                interactions.record(events=by_source[slug], source=slug, at=at)
    except Exception as raised:  # whatever it is, it must not stop the events beside it
        if is_passing(raised):
            raise
        return _why(raised)
    return ""


def _record_one_by_one(opened: Sequence[Opened], at: datetime) -> list[Opened]:
    """Record each delivery by itself and return those that were brought to an end."""
    failures = 0
    for number, one in enumerate(opened):
        if failures > MOST_FAILURES:
            _untake([left.row.pk for left in opened[number:]])
            return list(opened[:number])
        failures += _record_parts(one, list(one.events), at)
    return list(opened)


def _record_parts(one: Opened, places: list[int], at: datetime) -> int:
    """Record these events, or else each half, down to the one that cannot be recorded; return how many tries failed."""
    if not places or not (why := _failure([one], at, places)):
        return 0
    if len(places) == 1:
        one.put_aside(places[0], one.events[places[0]].id, why)
        return 1
    half = len(places) // 2
    return 1 + _record_parts(one, places[:half], at) + _record_parts(one, places[half:], at)


def _why(raised: Exception) -> str:
    """Name the error and our line that it came from. Its own words stay out: they may quote what a customer wrote."""
    where = ""
    for frame, line in walk_tb(raised.__traceback__):
        path = Path(frame.f_code.co_filename)
        if "apps" in path.parts:
            where = f" in {path.parent.name}/{path.name} line {line}"
    return f"{type(raised).__name__}{where}."


def _close(one: Opened, at: datetime) -> None:
    aside, accepted = len(one.aside), len(one.row.accepted)
    one.aside.sort(key=lambda event: int(event["place"]))
    Delivery.objects.filter(pk=one.row.pk).update(
        state=DeliveryState.FAILED if aside == accepted else DeliveryState.ABSORBED,
        absorbed_at=None if aside == accepted else at,
        attempts=0,
        aside=one.aside,
        error=f"{aside} of {accepted} events could not be recorded. The body is kept; have them read again after an update.",
    )


def _without_partition(days: set[date], at: datetime) -> list[date]:
    """The days of a batch that have no partition yet, as far as this process knows and the database says."""
    oldest = (at - retention.kept("messages")).date()
    wanted = sorted(day for day in days - _partitions_made if day >= oldest)
    missing = interactions.without_partition(days=wanted) if wanted else []
    there = set(wanted) - set(missing)
    transaction.on_commit(lambda: _partitions_made.update(there))
    return missing


def _make_partitions(days: Sequence[date]) -> None:
    for day in days:
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        interactions.open_partitions(first=moment, last=moment)
