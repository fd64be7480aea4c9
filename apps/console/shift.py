"""The shift as one line: arrivals a quarter hour since it began, beside what is usual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.alerts.models import Episode as Alert
from apps.alerts.queries import episodes_of_shift, episodes_so_far
from apps.console.floor import queue_ids, rows
from apps.interventions.queries import marks
from apps.ui.lines import Episode, Mark, ShiftLine, clock_text

QUARTER = timedelta(minutes=15)
QUARTERS_A_DAY = 96
SHIFT = timedelta(hours=13)
# "Usual" is the mean of the two weeks before; with fewer days than this it is not drawn.
FEWEST_DAYS = 7
# What is usual hardly changes while a shift lasts, so each process works it out again only every few minutes.
USUAL_FOR = timedelta(minutes=5)
MOST_USUAL = 64
CRITICAL = 3

# By quarter hour: all of it, and what of it came within the last fifteen minutes. Before the shift only the latter is read.
_ARRIVALS = """
SELECT date_bin('15 minutes', started_at, 'epoch') AS quarter, count(*) FILTER (WHERE started_at >= %(starts)s),
       count(*) FILTER (WHERE started_at > %(at)s - interval '15 minutes')
FROM interactions_conversation
WHERE started_at >= least(%(starts)s, %(at)s - interval '15 minutes') AND started_at <= %(at)s AND queue_id = ANY(%(queues)s)
GROUP BY 1 ORDER BY 1
"""
# Read from an index alone, and the rest is worked out per quarter and not per row: two weeks are many conversations.
_USUAL = """
SELECT date_bin('15 minutes', started_at, 'epoch') AS quarter, count(*) FROM interactions_conversation
WHERE started_at >= %(starts)s - interval '14 days' AND started_at < %(starts)s AND queue_id = ANY(%(queues)s)
GROUP BY 1
"""

# By quarter of a UTC day; empty while there are too few days.
Usual = Sequence[float]
_usual_kept: dict[tuple[datetime, tuple[UUID, ...]], tuple[datetime, Usual]] = {}


def shift(*, viewer: Viewer, at: datetime, since: datetime | None = None) -> ShiftLine | None:
    """Arrivals a quarter hour since the shift began, beside what the last 14 days usually had. None before the first.

    `since`: where it begins; without it, where the shift of that moment does.

    Five statements, and one more every five minutes.
    """
    local = timezone.localtime(at, viewer.zone)
    starts = local.replace(hour=7, minute=0, second=0, microsecond=0)
    if local.hour < 8 or local.hour >= 21:
        starts = (local - timedelta(hours=8)).replace(minute=0, second=0, microsecond=0)
    starts = starts if since is None else since
    ends = max(starts + SHIFT, at)
    where = {"starts": starts, "at": at, "queues": queue_ids(viewer)}
    counted = rows(_ARRIVALS, where)
    arrivals = [(moment, float(count)) for moment, count, _ in counted if count]
    if not arrivals:
        return None
    # A quarter hour stands where it ends. The running one is not full yet and would look like a fall: the line reaches now
    # with what came within the last fifteen minutes.
    full = [(moment + QUARTER, count) for moment, count in arrivals if moment + QUARTER <= at]
    full.append((at, float(sum(lately for _, _, lately in counted))))
    usual = _usual(where)
    quarters = (starts + n * QUARTER for n in range((ends - starts) // QUARTER)) if usual else ()
    forecast = [(moment + QUARTER, usual[_quarter_of(moment)]) for moment in quarters]
    found = (
        episodes_so_far(viewer=viewer, since=starts)
        if since is None
        else episodes_of_shift(viewer=viewer, since=starts, at=at)
    )
    return ShiftLine(
        starts_at=starts, ends_at=ends, now_at=at, arrivals=full, forecast=forecast, episodes=_episodes(found, starts),
        actions=[Mark(moment, f"{clock_text(moment)} {words}", href) for moment, words, href in marks(viewer=viewer, since=starts, at=at)],
    )  # fmt: skip


def _episodes(found: Sequence[Alert], starts: datetime) -> list[Episode]:
    """Alerts on the same axis as what was done about them."""
    return [
        Episode(
            starts_at=max(one.fired_at, starts), ends_at=one.resolved_at, severity="crit" if one.severity >= CRITICAL else "warn",
            label=f"{clock_text(one.fired_at)} {one.version.name}{f', {one.queue.name}' if one.queue else ''}"
            f"{f', over at {clock_text(one.resolved_at)}' if one.resolved_at else ', open'}",
            href=reverse("alert", args=[one.pk]),
        )
        for one in found
    ]  # fmt: skip


def _quarter_of(moment: datetime) -> int:
    return int(moment.timestamp() // QUARTER.total_seconds()) % QUARTERS_A_DAY


def _usual(where: dict[str, Any]) -> Usual:
    """Mean arrivals in each quarter hour of the day, at most five minutes old."""
    key, at = (where["starts"], tuple(where["queues"])), where["at"]
    kept = _usual_kept.get(key)
    if kept is None or not timedelta(0) <= at - kept[0] < USUAL_FOR:
        while len(_usual_kept) >= MOST_USUAL:
            _usual_kept.pop(next(iter(_usual_kept)), None)
        kept = _usual_kept[key] = (at, _worked_out(where))
    return kept[1]


def _worked_out(where: dict[str, Any]) -> Usual:
    counts = [0] * QUARTERS_A_DAY
    days: set[int] = set()
    for moment, count in rows(_USUAL, where):
        days.add((moment - where["starts"]) // timedelta(days=1))
        counts[_quarter_of(moment)] += count
    return [count / len(days) for count in counts] if len(days) >= FEWEST_DAYS else []
