"""Working days, for promises to people: Monday to Friday in a zone. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = 5
_SATURDAY = 5


def after(moment: datetime, *, zone: ZoneInfo, days: int = DAYS) -> datetime:
    """Return the end of the n-th working day after the day of a moment: midnight in the zone. Holidays are not known here."""
    day, left = moment.astimezone(zone).date(), days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    end = day + timedelta(days=1)
    return datetime(end.year, end.month, end.day, tzinfo=zone)
