"""A weekly pattern and its exceptions: read from what people type, and turned into shifts. Pure.

Times of the day are on the wall clock of the person's zone, so a pattern stays at nine when clocks change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.shared.errors import Refusal

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_MINUTES, LONGEST_MINUTES = 24 * 60, 16 * 60
OFF = "off"
MOST_EXCEPTIONS = 200
_STRETCH = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)")  # people type both

# Minutes after midnight at which it begins and ends; the end may be after the next midnight.
Stretch = tuple[int, int]


class PlanRefused(Refusal):
    """The plan cannot be read. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


@dataclass(frozen=True, slots=True)
class Week:
    """When a person works: by weekday (1 is Monday), and by date otherwise; a date without a stretch is off."""

    zone: str
    days: Mapping[int, Stretch] = field(default_factory=dict)
    exceptions: Mapping[date, Stretch | None] = field(default_factory=dict)


def read_stretch(about: str, text: str) -> Stretch | None:
    """Read `09:00-17:30`; nothing is no work. An end at or before the beginning is on the day after.

    :raises PlanRefused: it is none, or longer than sixteen hours.
    """
    told = text.strip()
    if not told:
        return None
    found = _STRETCH.fullmatch(told)
    if found is None or (found[3] == "24" and found[4] != "00"):
        raise PlanRefused(about, f"Saw “{told[:20]}”. Expected one stretch, such as 09:00-17:30.")
    begins, ends = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    ends += DAY_MINUTES if ends <= begins else 0
    if ends - begins > LONGEST_MINUTES:
        raise PlanRefused(about, f"Saw “{told[:20]}”, which is longer than 16 hours. Expected the shift of one day.")
    return begins, ends


def say_stretch(stretch: Stretch | None) -> str:
    """Write a stretch as it is read; nothing for none."""
    if stretch is None:
        return ""
    begins, ends = stretch
    ends -= DAY_MINUTES if ends > DAY_MINUTES else 0
    return f"{begins // 60:02d}:{begins % 60:02d}-{ends // 60:02d}:{ends % 60:02d}"


def read_exceptions(text: str) -> dict[date, Stretch | None]:
    """Read a line each: `2026-12-24 off` or `2026-12-31 09:00-13:00`.

    :raises PlanRefused: a line is neither, or a date stands twice.
    """
    found: dict[date, Stretch | None] = {}
    for line in (one.strip() for one in text.splitlines()):
        if not line:
            continue
        on, _, what = line.partition(" ")
        try:
            day = date.fromisoformat(on)
        except ValueError:
            raise PlanRefused(
                "exceptions", f"Saw “{line[:30]}”. Expected a date and what holds on it, such as 2026-12-24 off."
            ) from None
        if day in found:
            raise PlanRefused("exceptions", f"{day:%Y-%m-%d} stands twice. Keep one line for it.")
        stretch = None if what.strip().lower() == OFF else read_stretch("exceptions", what)
        if stretch is None and what.strip().lower() != OFF:
            raise PlanRefused("exceptions", f"Saw “{line[:30]}”. Expected “off” or a stretch behind the date.")
        found[day] = stretch
    if len(found) > MOST_EXCEPTIONS:
        raise PlanRefused(
            "exceptions", f"Saw {len(found)} dates. Expected at most {MOST_EXCEPTIONS}; leave out past ones."
        )
    return found


def say_exceptions(told: Mapping[date, Stretch | None]) -> str:
    """Write exceptions as they are read."""
    return "\n".join(f"{day:%Y-%m-%d} {say_stretch(stretch) or OFF}" for day, stretch in sorted(told.items()))


def shifts(week: Week, *, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the shifts that begin in [since, until), in order."""
    zone = ZoneInfo(week.zone)
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        stretch = week.exceptions[day] if day in week.exceptions else week.days.get(day.isoweekday())
        if stretch is not None:
            begins, ends = (_moment(day, minute, zone) for minute in stretch)
            if since <= begins < until and ends > begins:
                yield begins, ends
        day += timedelta(days=1)


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, time(), zone) + timedelta(
        minutes=minute
    )  # on the wall clock: it is not UTC that is added to
    return wall.astimezone(UTC)
