"""Shifts out of files: iCalendar (RFC 5545, read by the library `icalendar`) and CSV. Pure.

Nothing is lost: what can be read becomes a row, and what cannot is told with its place, its words and the reason.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar

MOST_BYTES, MOST_ROWS, MOST_TIMES = 2_000_000, 10_000, 400
# What a repeated entry is followed over.
AROUND = timedelta(days=400)
LONGEST = timedelta(hours=16)
OPEN, BREAK, MEETING = "open", "break", "meeting"
# Words of an entry that say it is no work with customers, in the languages of the floor.
_WORDS = {
    BREAK: ("break", "lunch", "pause", "mittag", "descanso", "comida"),
    MEETING: ("meeting", "training", "coaching", "1:1", "schulung", "besprechung", "reunión", "formación"),
}
COLUMNS = ("person", "starts", "ends", "activity")


@dataclass(frozen=True, slots=True)
class Row:
    """One planned stretch. `place` says where in the file it stands; `person` is as the file names them, empty where it does not."""

    place: str
    text: str
    person: str
    starts_at: datetime
    ends_at: datetime
    kind: str = OPEN
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Bad:
    """What could not be used, and why."""

    place: str
    text: str
    why: str


class _NotRead(Exception):
    """One entry cannot be read; the words say why."""


def read(body: bytes, *, zone: ZoneInfo, at: datetime) -> tuple[list[Row], list[Bad]]:
    """Read a file of either kind; times without a zone are in `zone`."""
    if len(body) > MOST_BYTES:
        return [], [
            Bad("the file", "", f"It has {len(body):,} bytes. Expected at most {MOST_BYTES:,}: send it in parts.")
        ]
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [Bad("the file", "", "It is no text in UTF-8. Save it as UTF-8 and send it again.")]
    told = _calendar(text, zone, at) if text.lstrip().upper().startswith("BEGIN:VCALENDAR") else _table(text, zone)
    rows: list[Row] = []
    bad: list[Bad] = []
    for one in told:
        if isinstance(one, Row):
            rows.append(one)
        else:
            bad.append(one)
        if len(rows) > MOST_ROWS:
            return [], [Bad("the file", "", f"It plans more than {MOST_ROWS:,} stretches. Send it in parts.")]
    return rows, bad


def _checked(
    place: str, text: str, person: str, begins: datetime, ends: datetime, kind: str, *, cancelled: bool
) -> Row:
    if ends <= begins:
        raise _NotRead("It ends before it begins.")
    if ends - begins > LONGEST:
        raise _NotRead("It is longer than 16 hours. Expected the shift of one day.")
    return Row(place, text, person, begins.astimezone(UTC), ends.astimezone(UTC), kind, cancelled)


def _kind(words: str) -> str:
    told = words.casefold()
    return next((kind for kind, marks in _WORDS.items() if any(mark in told for mark in marks)), OPEN)


# --- CSV ----------------------------------------------------------------------------------------------------------------


def _table(text: str, zone: ZoneInfo) -> Iterator[Row | Bad]:
    head, _, _ = text.partition("\n")
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    names = {name.strip().casefold(): name for name in reader.fieldnames or () if name}
    missing = [name for name in COLUMNS[1:3] if name not in names]
    if missing:
        yield Bad(
            "line 1",
            head.strip()[:120],
            f"The columns {', '.join(missing)} are missing. Expected {', '.join(COLUMNS)}.",
        )
        return
    for line in reader:
        place, said = f"line {reader.line_num}", ", ".join(str(one) for one in line.values() if one)[:120]

        def cell(name: str, line: dict[str, Any] = line) -> str:
            return str(line.get(names.get(name, name)) or "").strip()

        try:
            begins, ends = (_moment(name, cell(name), zone) for name in ("starts", "ends"))
            yield _checked(place, said, cell("person"), begins, ends, _kind(cell("activity")), cancelled=False)
        except _NotRead as why:
            yield Bad(place, said, str(why))


def _moment(name: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _NotRead(
            f"Saw “{text[:30]}” under {name}. Expected a date and a time, such as 2026-12-01 09:00."
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


# --- iCalendar ----------------------------------------------------------------------------------------------------------


def _calendar(text: str, zone: ZoneInfo, at: datetime) -> Iterator[Row | Bad]:
    try:
        entries: list[Any] = [event for one in Calendar.from_ical(text, multiple=True) for event in one.walk("VEVENT")]
    except (ValueError, IndexError, KeyError) as error:
        yield Bad("the file", text[:120].strip(), f"It is no whole calendar: {error}"[:200])
        return
    begun = sum(line.strip().upper() == "BEGIN:VEVENT" for line in text.splitlines())
    if begun > len(entries):
        yield Bad(
            "the file",
            "",
            f"It is no whole calendar: {begun - len(entries)} of its {begun} entries are cut off or broken.",
        )
    moved = {
        (str(one.get("UID", "")), _stamp(one["RECURRENCE-ID"].dt, zone)) for one in entries if "RECURRENCE-ID" in one
    }
    for number, event in enumerate(entries, 1):
        said = str(event.get("SUMMARY", ""))[:120]
        place = f"entry {number}"
        try:
            yield from _entry(event, place, said, zone, at, moved)
        except _NotRead as why:
            yield Bad(place, said, str(why))


def _entry(
    event: Any, place: str, said: str, zone: ZoneInfo, at: datetime, moved: set[tuple[str, float]]
) -> Iterator[Row]:
    if event.errors:
        raise _NotRead(f"{event.errors[0][0]} cannot be read.")
    if "DTSTART" not in event:
        raise _NotRead("It has no beginning.")
    begins = event["DTSTART"].dt
    if not isinstance(begins, datetime):
        raise _NotRead("It is of a whole day and says no times. A day off is set on the person’s own page.")
    begins = _zoned(begins, zone)
    if "DTEND" in event and isinstance(event["DTEND"].dt, datetime):
        lasts = _zoned(event["DTEND"].dt, zone) - begins
    elif "DURATION" in event:
        lasts = event["DURATION"].dt
    else:
        raise _NotRead("It has no end.")
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    for start in _times(event, begins, zone, at, moved):
        yield _checked(
            place,
            said,
            _person(event),
            start,
            start + lasts,
            _kind(f"{said} {_categories(event)}"),
            cancelled=cancelled,
        )


def _times(
    event: Any, begins: datetime, zone: ZoneInfo, at: datetime, moved: set[tuple[str, float]]
) -> Iterator[datetime]:
    """When an entry begins: once, or as often as its rule says within a year around now, without the dates it leaves out."""
    if "RRULE" not in event:
        yield begins
        return
    rules = event["RRULE"] if isinstance(event["RRULE"], list) else [event["RRULE"]]
    left_out = event.get("EXDATE", [])
    skipped = {
        _stamp(one.dt, zone) for group in (left_out if isinstance(left_out, list) else [left_out]) for one in group.dts
    }
    uid = str(event.get("UID", ""))
    seen = 0
    for rule in rules:
        try:
            found = rrulestr(rule.to_ical().decode(), dtstart=begins)
        except (ValueError, TypeError) as error:
            raise _NotRead(f"How it repeats cannot be read: {error}"[:160]) from None
        for start in found.xafter(max(begins, at - AROUND), inc=True):
            if start > at + AROUND:
                break
            if start.timestamp() in skipped or (uid, start.timestamp()) in moved:
                continue
            seen += 1
            if seen > MOST_TIMES:
                raise _NotRead(
                    f"It repeats more than {MOST_TIMES} times within a year. Expected at most one shift a day."
                )
            yield start


def _zoned(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _stamp(moment: Any, zone: ZoneInfo) -> float:
    return _zoned(moment, zone).timestamp() if isinstance(moment, datetime) else 0.0


def _person(event: Any) -> str:
    """Whom an entry names: its attendee by name, else by the part of the address before the sign."""
    told = event.get("ATTENDEE")
    one = told[0] if isinstance(told, list) and told else told
    if not one:
        return ""
    named = str(one.params.get("CN", "")) if hasattr(one, "params") else ""
    return named or str(one).removeprefix("mailto:").removeprefix("MAILTO:").partition("@")[0]


def _categories(event: Any) -> str:
    told = event.get("CATEGORIES")
    if told is None:
        return ""
    return " ".join(
        str(one) for group in (told if isinstance(told, list) else [told]) for one in getattr(group, "cats", [group])
    )
