"""Cases of a metric before and after a moment, where it was acted and in the comparison set, also on the days before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from apps.interventions.plans import DAY_MINUTES, LINE, SENTIMENT, Horizon, is_duration, is_line, is_score
from apps.interventions.verification import Cell, Stretch

DAYS = 28
# Stretches of a day before are cut at these minutes from the action's time of day: the same hours, more than one a day.
BESIDE = (-60, -30, 0, 30, 60)

_CASES = {
    "value": """
SELECT o.at, {whose} AS whose, {value} AS y FROM metrics_observation o
WHERE o.measure = %(measure)s AND o.at >= %(since)s AND o.at < %(until)s AND o.value IS NOT NULL AND {whose} = ANY(%(wanted)s)
""",
    # By when the work was done, not by when it was reviewed; what was chosen on purpose says nothing of what is usual.
    "line": """
SELECT c.last_event_at AS at, r.agent_id AS whose,
       (m.step - 1)::float8 / (CASE l.scale WHEN 'pass_fail' THEN 1 WHEN 'three' THEN 2 WHEN 'four' THEN 3 ELSE 4 END) AS y
FROM reviews_mark m JOIN reviews_line l ON l.id = m.line_id JOIN reviews_review r ON r.id = m.review_id
JOIN interactions_conversation c ON c.id = r.conversation_id
WHERE l.key = %(measure)s AND r.pick = 'random' AND r.submitted_at IS NOT NULL AND m.step IS NOT NULL
  AND c.last_event_at >= %(since)s AND c.last_event_at < %(until)s AND r.agent_id = ANY(%(wanted)s)
""",
    "mood": """
SELECT r.sent_at AS at, {whose} AS whose, r.score AS y FROM analysis_reading r
JOIN interactions_conversation c ON c.id = r.conversation_id
WHERE r.part = 'sentiment' AND r.sent_at >= %(since)s AND r.sent_at < %(until)s AND r.score IS NOT NULL AND {whose} = ANY(%(wanted)s)
""",
}
_CELLS = """
WITH cases AS MATERIALIZED ({cases}), cut AS (
    SELECT * FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS m(moment, place)
)
SELECT cut.place - 1, c.at >= cut.moment, c.whose = %(own)s, count(*), avg(c.y)::float8
FROM cut JOIN cases c ON c.at >= cut.moment - %(before)s * interval '1 second' AND c.at < cut.moment + %(after)s * interval '1 second' GROUP BY 1, 2, 3
"""


def stretches(
    *, metric: str, own: UUID, is_person: bool, others: Collection[UUID], at: datetime, horizon: Horizon,
    acted: Sequence[datetime],
) -> tuple[Stretch, list[Stretch]]:  # fmt: skip
    """Return the stretch of an action, and those of the 28 days before that say what usually follows; of a look that lasts weeks,
    of 28 times as many. One statement.

    Weekdays are told by weekdays and weekends by weekends, at the same hour of the clock of UTC (an hour beside it for the days
    after a change of clocks). `acted`: when else somebody acted there; stretches of the days before that hold one of these
    moments do not tell what follows when nobody does, and are left out.
    """
    moments = [at, *_before(at, horizon, acted)]
    before, after = timedelta(minutes=horizon.before_minutes), timedelta(minutes=horizon.minutes)
    cells: list[dict[tuple[bool, bool], Cell]] = [{} for _ in moments]
    with connection.cursor() as cursor:
        cursor.execute(
            _CELLS.format(cases=_cases(metric, is_person=is_person)),
            {
                "measure": metric.removeprefix(LINE), "since": min(moments) - before, "until": at + after, "wanted": [own, *others], "own": own,
                "moments": moments, "before": before.total_seconds(), "after": after.total_seconds(),
            },
        )  # fmt: skip
        for place, is_after, is_own, n, mean in cursor.fetchall():
            cells[place][is_after, is_own] = Cell(n, mean)
    found = [_stretch(one, has_others=bool(others)) for one in cells]
    return found[0], found[1:]


def _cases(metric: str, *, is_person: bool) -> str:
    """The words of the statement that reads cases: words of this module only."""
    if is_line(metric):
        return _CASES["line"]
    if metric == SENTIMENT:
        return _CASES["mood"].format(whose="c.holder_id" if is_person else "c.queue_id")
    value = (
        "ln(greatest(o.value, 1000000) / 1000000.0)"
        if is_duration(metric)
        else "o.value / 1000000.0"
        if is_score(metric)
        else "o.value"
    )
    whose = "o.agent_id" if is_person else "o.queue_id"
    return _CASES["value"].format(whose=whose, value=value)


def step_days(horizon: Horizon) -> int:
    """How many days lie between two stretches of the past: as many as one lasts, at least one, so that none tells twice."""
    return max(1, horizon.minutes // DAY_MINUTES)


def _before(at: datetime, horizon: Horizon, acted: Sequence[datetime]) -> list[datetime]:
    before, after = timedelta(minutes=horizon.before_minutes), timedelta(minutes=horizon.minutes)
    beside = (0,) if horizon.minutes >= DAY_MINUTES else BESIDE
    # The last whole stretch is over before the one that is judged begins.
    step = step_days(horizon)
    first = 1 if horizon.minutes < DAY_MINUTES else 2 * step
    moments = []
    for days in range(first, step * DAYS + 1, step):
        day = at - timedelta(days=days)
        if horizon.minutes < DAY_MINUTES and (day.weekday() >= 5) != (at.weekday() >= 5):
            continue
        moments += [day + timedelta(minutes=minutes) for minutes in beside]
    return [one for one in moments if not any(one - before <= other < one + after for other in acted)]


def _stretch(found: dict[tuple[bool, bool], Cell], *, has_others: bool) -> Stretch:
    nothing = Cell(0)
    own = found.get((False, True), nothing), found.get((True, True), nothing)
    if not has_others:
        return Stretch(*own)
    return Stretch(*own, found.get((False, False), nothing), found.get((True, False), nothing))


_DRAWN = """
WITH cases AS MATERIALIZED ({cases})
SELECT floor(extract(epoch FROM c.at - %(at)s) / %(step)s)::int, c.whose = %(own)s, count(*), avg(c.y)::float8
FROM cases c GROUP BY 1, 2 ORDER BY 1
"""


def course(
    *, metric: str, own: UUID, is_person: bool, others: Collection[UUID], at: datetime, since: datetime, until: datetime,
    step: timedelta,
) -> tuple[list[tuple[datetime, float, int]], list[tuple[datetime, float, int]]]:  # fmt: skip
    """The metric in steps about a moment, where it was acted and in the comparison set: (middle of the step, mean, cases). One statement."""
    found: dict[bool, list[tuple[datetime, float, int]]] = {True: [], False: []}
    with connection.cursor() as cursor:
        cursor.execute(
            _DRAWN.format(cases=_cases(metric, is_person=is_person)),
            {"measure": metric, "since": since, "until": until, "wanted": [own, *others], "own": own, "at": at, "step": step.total_seconds()},
        )  # fmt: skip
        for place, is_own, n, mean in cursor.fetchall():
            found[is_own].append((at + (place + 0.5) * step, mean, n))
    return found[True], found[False]
