"""Days and weeks of a time zone, as stretches between two moments. A day of 23 or 25 hours is a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CADENCES = ("day", "week")


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment up to, and without, another. `first_on` is its first date in its zone."""

    cadence: str
    first_on: date
    from_at: datetime
    until_at: datetime


def period_from(*, cadence: str, first_on: date, zone: ZoneInfo) -> Period:
    """Return the day or week that begins on a date."""
    days = 1 if cadence == "day" else 7
    return Period(cadence, first_on, _midnight(first_on, zone), _midnight(first_on + timedelta(days=days), zone))


def period_of(*, cadence: str, zone: ZoneInfo, at: datetime) -> Period:
    """Return the day, or the week from Monday, that a moment lies in.

    :raises ValueError: a cadence that is neither.
    """
    if cadence not in CADENCES:
        raise ValueError(f"Saw the cadence “{cadence}”. Expected one of {', '.join(CADENCES)}.")
    today = at.astimezone(zone).date()
    first = today if cadence == "day" else today - timedelta(days=today.weekday())
    return period_from(cadence=cadence, first_on=first, zone=zone)


def last_ended(*, cadence: str, zone: ZoneInfo, at: datetime) -> Period:
    """Return the last day or week that was over at a moment."""
    running = period_of(cadence=cadence, zone=zone, at=at)
    before = running.first_on - timedelta(days=1 if cadence == "day" else 7)
    return period_from(cadence=cadence, first_on=before, zone=zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
