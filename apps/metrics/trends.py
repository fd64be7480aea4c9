"""A person's numbers week by week, each with the band in which it likely lies, held against their goal where there is one.

No colour while a band contains the goal or a week has too few cases: one bad week does not make a poor agent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.agents.reach import Reach
from apps.metrics import reading, wording
from apps.metrics.aims import Aim, Standing, bounds_of, standing_of
from apps.metrics.definitions.definition import SHARE, Definition
from apps.metrics.measures import READINGS
from apps.metrics.models import Goal
from apps.metrics.reading import Number
from apps.metrics.windows import Window
from apps.ui.intervals import Plot, Point

WEEKS = 8
# Of what a person's numbers are, those with an interval.
KEYS = ("agent_first_reply_time", "response_time", "csat")
MARKS = {Standing.REACHED: "ok", Standing.MISSED: "warn"}


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a number. `mark`: "ok" or "warn" where the whole band lies on one side of the goal, else nothing."""

    starts_on: date
    is_running: bool
    value: str
    sure: str
    n: int
    is_enough: bool
    mark: str
    says: str


@dataclass(frozen=True, slots=True)
class Trend:
    """One number over the last weeks, drawn and as a table."""

    key: str
    label: str
    goal: str
    weeks: Sequence[Week]
    plot: Plot | None


def trends(*, person: Reach, aims: Sequence[Aim], zone: ZoneInfo, at: datetime) -> list[Trend]:
    """Return each number of one person over the last eight weeks, the running one last. One statement each.

    Whoever asks has asked whether they may.
    """
    monday = at.astimezone(zone).date()
    monday -= timedelta(days=monday.weekday())
    weeks = [monday - timedelta(weeks=n) for n in reversed(range(WEEKS))]
    since = datetime(weeks[0].year, weeks[0].month, weeks[0].day, tzinfo=zone).astimezone(at.tzinfo)
    told = []
    for key in KEYS:
        found = READINGS[key]
        assert found.of_agent is not None  # noqa: S101  # KEYS are such
        span = Window("weeks", since, at, is_exact=False)
        numbers = reading.merged(found, found.of_agent, span, person, "week", of_agents=True, zone=zone.key)
        goal = next((aim.goal for aim in aims if aim.metric.key == key and aim.goal.target is not None), None)
        told.append(_trend(found.metric, weeks, numbers, goal))
    return told


def _trend(metric: Definition, weeks: Sequence[date], numbers: dict[str, Number], goal: Goal | None) -> Trend:
    listed, points, highest = [], [], 0.0
    for place, week in enumerate(weeks):
        number = numbers.get(f"{week:%Y-%m-%d}", Number.nothing())
        around = bounds_of(number) if number.is_enough else None
        mark = "" if goal is None else MARKS.get(standing_of(goal, number), "")
        one = _week(metric, week, number, around, mark, is_running=place == len(weeks) - 1)
        listed.append(one)
        if number.is_enough and number.value is not None:
            low, high = around or (None, None)
            points.append(
                Point((place + 0.5) / len(weeks), number.value, low, high, f"{week.day} {week:%b}", one.says, mark)
            )
            highest = max(highest, number.value, high or 0.0)
    target = None if goal is None else goal.target
    said = "" if target is None else wording.told(target, metric.unit)
    top = 1.0 if metric.unit == SHARE else max(highest, target or 0.0) * 1.15 or 1.0
    plot = Plot(
        points, 0.0, top, (wording.told(0, metric.unit), wording.told(top, metric.unit)), f"{metric.name}, week by week",
        None if target is None else (target, target), f"the goal, {said}",
    ) if len(points) > 1 else None  # fmt: skip
    return Trend(metric.key, metric.name, said, listed, plot)


def _week(
    metric: Definition, week: date, number: Number, around: tuple[float, float] | None, mark: str, *, is_running: bool
) -> Week:
    value = (
        wording.told(number.value, metric.unit)
        if number.is_enough
        else "not enough yet"
        if number.n
        else wording.MISSING
    )
    sure = "" if around is None else " to ".join(wording.told(one, metric.unit) for one in around)
    says = f"From {week:%-d %b}: {value}{f', likely {sure}' if sure else ''}, {number.n} cases"
    return Week(week, is_running, value, sure, number.n, number.is_enough, mark, says)
