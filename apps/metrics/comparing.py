"""Numbers of two periods side by side, of many people, queues or AI agents at once, and the conflicts among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.agents.reach import Reach
from apps.metrics import conflicts, reading, volume, windows
from apps.metrics.conflicts import FEWEST_COUNTED, PAIRS, Conflict, Estimate, Level
from apps.metrics.measures import READINGS, Form
from apps.metrics.reading import Number
from apps.metrics.windows import Window

# Numbers of one metric by place: this period and the one before.
Sides = tuple[dict[str, Number], dict[str, Number]]


def before(span: Window, back: timedelta) -> Window:
    """Return the period that ends where a window begins, seen from as far into it as the window is into its own."""
    until = min(span.until - back, span.since - reading.INSTANT)
    return Window(span.name, span.since - back, until, is_exact=False)


def week(*, at: datetime) -> tuple[Window, Window]:
    """Return the last seven days and the seven before, both from full hours on."""
    days = timedelta(days=windows.DAYS["7d"])
    since = at.replace(minute=0, second=0, microsecond=0) - days
    span = Window("7d", since, at, is_exact=False)
    return span, before(span, days)


def estimate(key: str, number: Number) -> Estimate | None:
    """Return a number with its interval: a share, a median, or a count; None with too few cases or where there is none."""
    if not number.is_enough or number.value is None:
        return None
    if number.low is not None and number.high is not None:
        return Estimate(number.value, number.low, number.high, number.n)
    if number.p50 is not None and number.p50_low is not None and number.p50_high is not None:
        return Estimate(number.p50, number.p50_low, number.p50_high, number.n)
    is_count = READINGS[key].measure.form == Form.COUNT
    return conflicts.counted(number.n) if is_count and number.n >= FEWEST_COUNTED else None


def sides(
    keys: Iterable[str], *, span: Window, earlier: Window, of: Sequence[UUID] | None, by: str, of_agents: bool
) -> dict[str, Sides]:
    """Read some metrics over both periods; two statements, whatever the number of metrics, people or queues."""
    asked = []
    for key in keys:
        found = READINGS[key]
        kept = found.of_agent if of_agents else found.measure
        assert kept is not None  # noqa: S101  # whoever asks names metrics that are kept so
        asked.append((found, kept))
    now, then = (reading.merged_all(asked, one, of, by, of_agents=of_agents) for one in (span, earlier))
    return {found.metric.key: (now[found.metric.key], then[found.metric.key]) for found, _ in asked}


def conflicts_in(level: Level, told: dict[str, Sides], *, earlier: Window) -> dict[str, list[Conflict]]:
    """Return the conflicts of each place of which there are any. One statement where there are.

    None while the earlier period is not known from its beginning: of a part of a week, more is always handled in the next one.
    """
    found = {}
    for place in sorted({place for now, _ in told.values() for place in now}):
        now, then = (
            {key: estimate(key, one[side].get(place, Number.nothing())) for key, one in told.items()} for side in (0, 1)
        )
        if seen := conflicts.find(PAIRS[level], then, now):
            found[place] = seen
    return found if found and volume.is_known(earlier.since) else {}


def metrics_of(level: Level) -> list[str]:
    """Return the metrics that the pairs of a level are made of, each once."""
    return list(dict.fromkeys(key for pair in PAIRS[level] for key in (pair.driver, pair.guard)))


def conflicts_of(
    level: Level, *, span: Window, earlier: Window, of: Sequence[UUID] | None = None
) -> dict[str, list[Conflict]]:
    """Return the conflicts of people, AI agents or queues by key, or those of teams as wholes by the key of the team.

    `of` are agents, or queues of that level; None: everybody there is. People count for the team that they are in now. Two
    statements, and one where there are conflicts. For rules and for AI agents: no viewer is asked for.
    """
    by = {Level.PERSON: "agent", Level.AI: "agent", Level.QUEUE: "queue", Level.TEAM: "team"}[level]
    told = sides(
        metrics_of(level), span=span, earlier=earlier, by=by, of_agents=level is not Level.QUEUE,
        of=of if of is None or level is Level.QUEUE else Reach.whole(of),
    )  # fmt: skip
    return conflicts_in(level, told, earlier=earlier)
