"""Business hours: what a calendar says, how much of a stretch of time lies in it, and how one is changed.

Times of the day are on the wall clock of the calendar's zone. On the day on which clocks go forward, a time that there is not
is as much later as the clocks jump; on the day on which they go back, a time that there is twice is the second one. So a
day that is open from 00:00 to 24:00 has 23, 24 or 25 hours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import available_timezones

from django.db import connection, transaction

from apps.access import audit
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.metrics.models import Calendar, Holiday, OpeningHours, QueueCalendar
from apps.shared.errors import OutOfScope, Refusal

DAY_MINUTES = 24 * 60
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STRETCH = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)")  # people type both
# Changing a calendar waits for the running recount and keeps the next one out: what it counts, it counts by one calendar.
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('midshift.metrics.recount'))"
_MARK = """
INSERT INTO metrics_mark (conversation_id, marked_at, is_late)
SELECT conversation_id, %(at)s, false FROM (
    SELECT conversation_id FROM interactions_carecycle WHERE queue_id = ANY(%(queues)s)
    UNION SELECT conversation_id FROM interactions_queuewait WHERE queue_id = ANY(%(queues)s)
) t
"""

# Minutes after local midnight at which it opens and closes; the second may be after the next midnight.
Stretch = tuple[int, int]


def open_time(*, calendar: str, since: str, until: str) -> str:
    """Write the SQL of the microseconds between two moments that lie in a calendar's opening hours.

    The arguments are SQL: a calendar's key and two moments. A stretch that opened the evening before is found too.
    """
    since, until = f"({since})", f"({until})"
    # Aliases end in _ so that none hides one of the statement around.
    return f"""(
        SELECT coalesce(sum(
            extract(epoch FROM least(o_.closes_at, {until}) - greatest(o_.opens_at, {since})) * 1000000), 0)::bigint
        FROM metrics_calendar k_
        CROSS JOIN LATERAL generate_series(
            ({since} AT TIME ZONE k_.zone)::date::timestamp - interval '1 day',
            ({until} AT TIME ZONE k_.zone)::date::timestamp, '1 day'
        ) AS d_(day)
        JOIN metrics_openinghours h_ ON h_.calendar_id = k_.id AND h_.weekday = extract(isodow FROM d_.day)
        CROSS JOIN LATERAL (
            SELECT (d_.day + h_.opens_minute * interval '1 minute') AT TIME ZONE k_.zone AS opens_at,
                   (d_.day + h_.closes_minute * interval '1 minute') AT TIME ZONE k_.zone AS closes_at
        ) o_
        WHERE k_.id = {calendar} AND o_.opens_at < {until} AND o_.closes_at > {since}
          AND NOT EXISTS (SELECT 1 FROM metrics_holiday y_ WHERE y_.calendar_id = k_.id AND y_.day = d_.day::date)
    )"""  # noqa: S608  # words of this app only


_STRETCHES = """
SELECT q.queue_id, o.opens_at, o.closes_at FROM metrics_queuecalendar q JOIN metrics_calendar k ON k.id = q.calendar_id
LEFT JOIN LATERAL (
    SELECT (d.day + h.opens_minute * interval '1 minute') AT TIME ZONE k.zone AS opens_at,
           (d.day + h.closes_minute * interval '1 minute') AT TIME ZONE k.zone AS closes_at
    FROM generate_series((%(since)s AT TIME ZONE k.zone)::date::timestamp - interval '1 day',
                         (%(until)s AT TIME ZONE k.zone)::date::timestamp, '1 day') AS d(day)
    JOIN metrics_openinghours h ON h.calendar_id = k.id AND h.weekday = extract(isodow FROM d.day)
    WHERE NOT EXISTS (SELECT 1 FROM metrics_holiday y WHERE y.calendar_id = k.id AND y.day = d.day::date)
) o ON o.opens_at < %(until)s AND o.closes_at > %(since)s
ORDER BY 1, 2
"""


def open_stretches(*, since: datetime, until: datetime) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """When each queue that has a calendar was open between two moments, the ends not cut off. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_STRETCHES, {"since": since, "until": until})
        told: dict[UUID, list[tuple[datetime, datetime]]] = {}
        for queue, opens_at, closes_at in cursor.fetchall():
            told.setdefault(queue, [])
            if opens_at is not None:
                told[queue].append((opens_at, closes_at))
    return told


def holidays(*, queue: UUID, since: date, until: date) -> frozenset[date]:
    """Return the dates from one to another on which a queue's calendar opens nothing; none without a calendar. One statement."""
    found = Holiday.objects.filter(calendar__queue_rows__queue=queue, day__gte=since, day__lte=until)
    return frozenset(found.values_list("day", flat=True))


class CalendarRefused(Refusal):
    """The calendar contradicts itself. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


@dataclass(frozen=True, slots=True)
class Plan:
    """What a calendar is to say. Weekdays are 1 (Monday) to 7; one without stretches is closed."""

    name: str
    zone: str
    hours: Mapping[int, Sequence[Stretch]] = field(default_factory=dict)
    holidays: Mapping[date, str] = field(default_factory=dict)
    queues: frozenset[UUID] = frozenset()


def read_stretches(text: str) -> list[Stretch]:
    """Read the hours of a day as a person writes them: `09:00-12:30, 13:00-18:00`; nothing or `closed` is closed.

    An end at or before its beginning is on the day after.

    :raises CalendarRefused: a part is no stretch of time.
    """
    found = []
    for part in (one.strip() for one in text.split(",")):
        if not part or part.lower() == "closed":
            continue
        told = _STRETCH.fullmatch(part)
        if told is None:
            raise CalendarRefused(
                "hours",
                f"Saw “{part[:40]}”. Expected times such as 09:00-12:30, 13:00-18:00, or nothing for a closed day.",
            )
        opens, closes = int(told[1]) * 60 + int(told[2]), int(told[3]) * 60 + int(told[4])
        if max(opens, closes) > DAY_MINUTES:
            raise CalendarRefused("hours", f"Saw “{part}”. A day ends at 24:00.")
        found.append((opens % DAY_MINUTES, closes if closes > opens else closes + DAY_MINUTES))
    return sorted(found)


def say_stretches(stretches: Sequence[Stretch]) -> str:
    """Write the hours of a day as `read_stretches` reads them."""

    def clock(minute: int) -> str:
        shown = minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
        return f"{shown // 60:02}:{shown % 60:02}"

    return ", ".join(f"{clock(opens)}-{clock(closes)}" for opens, closes in stretches)


def read_holidays(text: str) -> dict[date, str]:
    """Read holidays, a line each: the date, then what it is called.

    :raises CalendarRefused: a line does not begin with a date.
    """
    found = {}
    for line in (one.strip() for one in text.splitlines()):
        if not line:
            continue
        told, _, name = line.partition(" ")
        try:
            found[date.fromisoformat(told)] = name.strip()[:80]
        except ValueError:
            raise CalendarRefused(
                "holidays", f"Saw “{line[:40]}”. Expected a line such as 2026-12-25 Christmas Day."
            ) from None
    return found


def plan_of(calendar: Calendar) -> Plan:
    """Return what a calendar says now."""
    hours: dict[int, list[Stretch]] = {}
    for one in calendar.hours.all():
        hours.setdefault(one.weekday, []).append((one.opens_minute, one.closes_minute))
    return Plan(
        name=calendar.name, zone=calendar.zone, hours=hours,
        holidays={one.day: one.name for one in calendar.holidays.all()},
        queues=frozenset(one.queue_id for one in calendar.queue_rows.all()),
    )  # fmt: skip


def calendars(*, viewer: Viewer) -> list[Calendar]:
    """Return every calendar with its hours, holidays and queues: four statements.

    :raises NotAllowed: not one who sets things up.
    """
    viewer.require(Permission.MANAGE_SETUP)
    return list(Calendar.objects.prefetch_related("hours", "holidays", "queue_rows"))


def get_calendar(*, viewer: Viewer, pk: int) -> Calendar:
    """Return one calendar.

    :raises OutOfScope: there is none of this key.
    """
    viewer.require(Permission.MANAGE_SETUP)
    found = Calendar.objects.prefetch_related("hours", "holidays", "queue_rows").filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


@transaction.atomic
def save(*, by: Viewer | None, calendar: Calendar | None, plan: Plan, at: datetime) -> Calendar:
    """Make a calendar, or let it say something else; `by` is None for the installation itself.

    A queue leaves the calendar it had. The conversations of every queue that is touched are counted again, also those of
    the past: a number is always what the calendar of today makes of it. Saving what it already says changes nothing.

    :raises CalendarRefused: two stretches overlap, the zone is unknown, or another calendar has the name.
    """
    if by is not None:
        by.require(Permission.MANAGE_SETUP)
    _check(plan, calendar)
    before = None if calendar is None else plan_of(calendar)
    if calendar is not None and before == plan:
        return calendar
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)
    if calendar is None:
        calendar = Calendar.objects.create(name=plan.name, zone=plan.zone)
    else:
        calendar.name, calendar.zone = plan.name, plan.zone
        calendar.save(update_fields=["name", "zone"])
        calendar.hours.all().delete()
        calendar.holidays.all().delete()
        calendar.queue_rows.exclude(queue__in=plan.queues).delete()
    _write(calendar, plan)
    touched = plan.queues | (before.queues if before is not None else frozenset())
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"queues": list(touched), "at": at})
    audit.record(by=by, verb="calendar.changed", subject=calendar, about=plan.name, at=at)
    return calendar


def _write(calendar: Calendar, plan: Plan) -> None:
    OpeningHours.objects.bulk_create(
        OpeningHours(calendar=calendar, weekday=weekday, opens_minute=opens, closes_minute=closes)
        for weekday, stretches in plan.hours.items()
        for opens, closes in stretches
    )
    Holiday.objects.bulk_create(Holiday(calendar=calendar, day=day, name=name) for day, name in plan.holidays.items())
    QueueCalendar.objects.bulk_create(
        [QueueCalendar(queue_id=queue, calendar=calendar) for queue in plan.queues],
        update_conflicts=True, unique_fields=["queue"], update_fields=["calendar"],
    )  # fmt: skip


def _check(plan: Plan, calendar: Calendar | None) -> None:
    if not plan.name.strip():
        raise CalendarRefused("name", "A calendar needs a name.")
    same = Calendar.objects.filter(name=plan.name).first()
    if same is not None and same != calendar:
        raise CalendarRefused(
            "name", f"There is a calendar called {plan.name} already. Change that one, or take another name."
        )
    if plan.zone not in available_timezones() or not _is_known_to_the_database(plan.zone):
        raise CalendarRefused("zone", f"Saw the time zone “{plan.zone[:40]}”. Expected a name such as Europe/Berlin.")
    week = sorted(
        ((weekday - 1) * DAY_MINUTES + opens, (weekday - 1) * DAY_MINUTES + closes)
        for weekday, stretches in plan.hours.items()
        for opens, closes in stretches
    )
    # The first stretch of Monday stands again behind Sunday's last one.
    following = [*week[1:], *((opens + 7 * DAY_MINUTES, closes) for opens, closes in week[:1])]
    for (opens, closes), (next_opens, _) in zip(week, following, strict=True):
        if closes > next_opens:
            day = WEEKDAYS[opens // DAY_MINUTES]
            raise CalendarRefused(
                "hours", f"{day} has two stretches that overlap, or one that runs into the next day’s first."
            )
    if Queue.objects.filter(pk__in=plan.queues).count() != len(plan.queues):
        raise OutOfScope


def _is_known_to_the_database(zone: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_timezone_names WHERE name = %s)", [zone])
        return bool(cursor.fetchone()[0])
