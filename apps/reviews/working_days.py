"""Working days, for promises to people: Monday to Friday in a zone, less the holidays of the queue that it is about."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

DAYS = 5
_SATURDAY = 5
# So far ahead holidays are looked up: five working days are over by then in any year.
AHEAD = timedelta(days=60)
Holidays = Callable[..., frozenset[date]]


def after(moment: datetime, *, zone: ZoneInfo, days: int = DAYS, off: Collection[date] = ()) -> datetime:
    """Return the end of the n-th working day after the day of a moment: midnight in the zone. `off` are dates that are none. Pure."""
    day, left = moment.astimezone(zone).date(), days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY and day not in off
    end = day + timedelta(days=1)
    return datetime(end.year, end.month, end.day, tzinfo=zone)


def promised(moment: datetime, *, zone: ZoneInfo, queue: UUID | None) -> datetime:
    """Return the same with the holidays of a queue's calendar. One statement, none without a queue.

    Calendars belong to the numbers, which stand above reviews: their reader is found through the settings (decision 0053).
    """
    if queue is None:
        return after(moment, zone=zone)
    holidays: Holidays = import_string(settings.HOLIDAYS)
    first = moment.astimezone(zone).date()
    return after(moment, zone=zone, off=holidays(queue=queue, since=first, until=first + AHEAD))
