"""Windows of time that numbers are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apps.shared.errors import Refusal

MINUTES = {"5min": 5, "15min": 15, "60min": 60}
DAYS = {"7d": 7, "28d": 28}
TODAY, SHIFT = "today", "shift"
NAMES = (*MINUTES, TODAY, SHIFT, *DAYS)
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time up to a moment.

    An exact window is read from observations, after `since` up to `until`. Any other is merged from buckets: it holds whole
    ones, from the one that starts at `since` to the one that `until` lies in.
    """

    name: str
    since: datetime
    until: datetime
    is_exact: bool


def window(name: str, *, at: datetime, zone: ZoneInfo, shift_since: datetime | None) -> Window:
    """Return the window of a name, as of a moment.

    Today starts at midnight in the zone. The shift starts at `shift_since`, brought down to the quarter of an hour. Seven
    and 28 days are counted back in hours from the running one.

    :raises Refusal: there is no such window, or nobody is on shift.
    """
    if name in MINUTES:
        return Window(name, at - timedelta(minutes=MINUTES[name]), at, is_exact=True)
    if name in DAYS:
        since = at.replace(minute=0, second=0, microsecond=0) - timedelta(days=DAYS[name])
        return Window(name, since, at, is_exact=False)
    if name == TODAY:
        midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return Window(name, midnight.astimezone(at.tzinfo), at, is_exact=False)
    if name != SHIFT:
        raise Refusal(f"Saw the window {name!r}. Expected one of: {', '.join(NAMES)}.")
    if shift_since is None:
        raise Refusal("Nobody is on shift now. Ask for today instead.")
    down = timedelta(minutes=shift_since.minute % 15, seconds=shift_since.second, microseconds=shift_since.microsecond)
    return Window(name, shift_since - down, at, is_exact=False)


def hours_within(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last full hour's start between two moments; equal when there is no full hour."""
    first = since.replace(minute=0, second=0, microsecond=0)
    if first < since:
        first += timedelta(hours=1)
    return first, max(first, until.replace(minute=0, second=0, microsecond=0))
