"""Count buckets again from their rows, set-based: whole cells, never an addition to what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.metrics.histograms import KEY
from apps.metrics.measures import MEASURES, Form
from apps.metrics.observations import COLUMNS, FRESH, parameters

MINUTE, QUARTER, HOUR = "minute", "quarter", "hour"
WIDTH = {MINUTE: timedelta(minutes=1), QUARTER: timedelta(minutes=15), HOUR: timedelta(hours=1)}
# What comes within this time of its happening is live; what comes later corrects a bucket that was shown.
LIVE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Scope:
    """One of the two kinds of buckets: its table, the columns that name whose it is, and its finest grain."""

    table: str
    columns: dict[str, str]
    finest: str
    measures: tuple[str, ...]


QUEUES = Scope(
    "metrics_queuepoint",
    {"queue_id": "uuid", "channel": "text"},
    MINUTE,
    tuple(name for name, one in MEASURES.items() if one.by_queue),
)
AGENTS = Scope(
    "metrics_agentpoint",
    {"agent_id": "uuid"},
    QUARTER,
    tuple(name for name, one in MEASURES.items() if one.by_agent),
)
SCOPES = (QUEUES, AGENTS)
DURATIONS = [name for name, one in MEASURES.items() if one.form == Form.DURATION]

# A cell: measure, start, the scope's own columns.
Cell = tuple[Any, ...]


def bins(width: timedelta, column: str) -> str:
    """Write the start of the bucket that a moment lies in. Buckets start at multiples of their width in UTC."""
    return f"date_bin('{int(width.total_seconds())} s', {column}, '2000-01-01 00:00:00+00')"


# %(ids)s are locked by being marked: the recount has only one hand.
_REPLACE = f"""
WITH {FRESH.strip()}, late AS (
    SELECT * FROM unnest(%(late_ids)s::uuid[], %(late_at)s::timestamptz[]) AS l(conversation_id, marked_at)
), stored AS (
    SELECT {COLUMNS} FROM metrics_observation WHERE conversation_id = ANY(%(ids)s)
), changed AS MATERIALIZED (
    SELECT conversation_id, measure, n, f.at, f.queue_id, f.channel, f.agent_id, f.value, f.business,
           s.at AS old_at, s.queue_id AS old_queue_id, s.channel AS old_channel, s.agent_id AS old_agent_id
    FROM fresh f FULL JOIN stored s USING (conversation_id, measure, n)
    WHERE (f.at, f.queue_id, f.channel, f.agent_id, f.value, f.business)
        IS DISTINCT FROM (s.at, s.queue_id, s.channel, s.agent_id, s.value, s.business)
), gone AS (
    DELETE FROM metrics_observation o USING changed c
    WHERE c.at IS NULL AND o.conversation_id = c.conversation_id AND o.measure = c.measure AND o.n = c.n
), written AS (
    INSERT INTO metrics_observation ({COLUMNS}) SELECT {COLUMNS} FROM changed WHERE at IS NOT NULL
    ON CONFLICT (conversation_id, measure, n) DO UPDATE SET at = excluded.at, queue_id = excluded.queue_id,
        channel = excluded.channel, agent_id = excluded.agent_id, value = excluded.value,
        business = excluded.business
), touched AS (
    SELECT measure, at, queue_id, channel, agent_id, marked_at FROM changed LEFT JOIN late USING (conversation_id)
    WHERE at IS NOT NULL
    UNION ALL
    SELECT measure, old_at, old_queue_id, old_channel, old_agent_id, marked_at
    FROM changed LEFT JOIN late USING (conversation_id) WHERE old_at IS NOT NULL
)
SELECT true, measure, {bins(WIDTH[MINUTE], "at")}, queue_id, channel, NULL::uuid, max(marked_at)
FROM touched WHERE measure = ANY(%(of_queues)s) GROUP BY 2, 3, 4, 5
UNION ALL
SELECT false, measure, {bins(WIDTH[QUARTER], "at")}, NULL, NULL, agent_id, max(marked_at)
FROM touched WHERE measure = ANY(%(of_agents)s) AND agent_id IS NOT NULL GROUP BY 2, 3, 6
"""  # noqa: S608  # words of this app only


def replace_observations(
    *, conversations: Sequence[UUID], late: dict[UUID, datetime]
) -> dict[str, dict[Cell, datetime | None]]:
    """Observe some conversations again, store what differs, and return the finest cells that it touches, by table.

    A cell comes with the time of the late batch that touched it, None when no late one did. What differs touches the cell
    where it was and the one where it is.
    """
    cells: dict[str, dict[Cell, datetime | None]] = {scope.table: {} for scope in SCOPES}
    with connection.cursor() as cursor:
        cursor.execute(
            _REPLACE,
            {
                **parameters(conversations),
                "late_ids": list(late),
                "late_at": list(late.values()),
                "of_queues": list(QUEUES.measures),
                "of_agents": list(AGENTS.measures),
            },
        )
        for of_queue, measure, starts_at, queue, channel, agent, marked_at in cursor.fetchall():
            if of_queue:
                cells[QUEUES.table][(measure, starts_at, queue, channel)] = marked_at
            else:
                cells[AGENTS.table][(measure, starts_at, agent)] = marked_at
    return cells


def together(found: Sequence[dict[str, dict[Cell, datetime | None]]]) -> dict[str, dict[Cell, datetime | None]]:
    """Return the cells that any of some replacements touched; with the time of the latest late batch, if there was one."""
    cells: dict[str, dict[Cell, datetime | None]] = {scope.table: {} for scope in SCOPES}
    for one in found:
        for table, touched in one.items():
            for cell, by in touched.items():
                known = cells[table].get(cell)
                cells[table][cell] = by if known is None else known if by is None else max(by, known)
    return cells


def cases_of(scope: Scope, *, source: str, width: timedelta) -> str:
    """Write the SELECT of one case an observation, for `folding`. `source` is a table or a query of observations."""
    key = ", ".join(f"o.{name}" for name in scope.columns)
    return f"""
    SELECT o.measure, {bins(width, "o.at")} AS starts_at, {key}, CASE WHEN o.measure = ANY(%(durations)s) THEN {KEY} END AS bar,
           1 AS count, 1 AS n, coalesce(o.value, 0) AS total, (o.business IS NOT NULL)::int AS business_n,
           coalesce(o.business, 0) AS business_total, NULL::bool AS is_late FROM {source} o"""  # noqa: S608  # our own words


def _cases_of_hours(scope: Scope, *, source: str) -> str:
    key = ", ".join(f"o.{name}" for name in scope.columns)
    hour = bins(WIDTH[HOUR], "o.starts_at")
    return f"""
    SELECT o.measure, {hour}, {key}, NULL::int2, 0, o.n, o.total, o.business_n, o.business_total, NULL::bool FROM {source} o
    UNION ALL
    SELECT o.measure, {hour}, {key}, u.bar, u.count, 0, 0, 0, 0, NULL FROM {source} o, unnest(o.keys, o.counts) AS u(bar, count)
    """  # noqa: S608  # words of this app only


def folding(scope: Scope, *, cases: str, having: str = "") -> str:
    """Write the WITH queries that fold cases into `counted`: n, total and histogram of each cell.

    Cases are (measure, starts_at, the scope's columns, bar, count of the bar, n, total, n and total on the clock of business
    hours, is_late). Two groupings and no join,
    so that no wrong guess about the number of rows makes it slow.
    """
    key = ", ".join(scope.columns)
    return f"""
cases (measure, starts_at, {key}, bar, count, n, total, business_n, business_total, is_late) AS ({cases}
), bars AS (
    SELECT measure, starts_at, {key}, bar, sum(count)::int AS count, sum(n)::int AS n, sum(total)::bigint AS total,
           sum(business_n)::int AS business_n, sum(business_total)::bigint AS business_total, bool_or(is_late) AS is_late
    FROM cases GROUP BY measure, starts_at, {key}, bar
), counted AS (
    SELECT measure, starts_at, {key}, sum(n)::int AS n, sum(total)::bigint AS total,
           sum(business_n)::int AS business_n, sum(business_total)::bigint AS business_total,
           coalesce(array_agg(bar ORDER BY bar) FILTER (WHERE bar IS NOT NULL), '{{}}') AS keys,
           coalesce(array_agg(count ORDER BY bar) FILTER (WHERE bar IS NOT NULL), '{{}}') AS counts, bool_or(is_late) AS is_late
    FROM bars GROUP BY measure, starts_at, {key} {having}
)"""  # noqa: S608  # words of this app only


def _write(scope: Scope, *, grain: str, rows: str, cases: str) -> str:
    """Write the statement that counts some cells again: `span` holds their measures and times, `rows` reads those."""
    key = ", ".join(scope.columns)
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in scope.columns.items())
    asked = f"{cases} UNION ALL SELECT measure, starts_at, {key}, NULL, 0, 0, 0, 0, 0, is_late FROM cell"  # noqa: S608  # our own words
    return f"""
WITH cell AS MATERIALIZED (
    SELECT * FROM unnest(%(measure)s::text[], %(starts_at)s::timestamptz[], {arrays}, %(is_late)s::bool[])
        AS c(measure, starts_at, {key}, is_late)
), span AS (
    SELECT DISTINCT measure, starts_at FROM cell
), found AS MATERIALIZED (
    SELECT f.* FROM span CROSS JOIN LATERAL ({rows} OFFSET 0) f
), {folding(scope, cases=asked, having="HAVING bool_or(is_late) IS NOT NULL")}
INSERT INTO {scope.table} AS p (grain, measure, starts_at, {key}, n, total, keys, counts, business_n, business_total, revision, counted_at)
SELECT '{grain}', measure, starts_at, {key}, n, total, keys, counts, business_n, business_total, is_late::int, %(at)s
FROM counted ORDER BY measure, starts_at, {key}
ON CONFLICT (grain, measure, starts_at, {key}) DO UPDATE SET n = excluded.n, total = excluded.total,
    keys = excluded.keys, counts = excluded.counts, business_n = excluded.business_n, business_total = excluded.business_total,
    revision = p.revision + excluded.revision, counted_at = excluded.counted_at
WHERE (p.n, p.total, p.keys, p.counts, p.business_n, p.business_total)
    IS DISTINCT FROM (excluded.n, excluded.total, excluded.keys, excluded.counts, excluded.business_n, excluded.business_total)
"""  # noqa: S608  # words of this app only


def _statements(scope: Scope) -> tuple[str, str]:
    """Return the recount of some of a scope's finest cells from observations, and that of some of its hours from those."""
    width = WIDTH[scope.finest]
    present = "".join(f" AND o.{name} IS NOT NULL" for name in scope.columns)
    observations = f"""
        SELECT o.* FROM metrics_observation o WHERE o.measure = span.measure AND o.at >= span.starts_at
          AND o.at < span.starts_at + interval '{int(width.total_seconds())} s'{present}"""  # noqa: S608  # our own words
    points = f"""
        SELECT o.* FROM {scope.table} o WHERE o.grain = '{scope.finest}' AND o.measure = span.measure
          AND o.starts_at >= span.starts_at AND o.starts_at < span.starts_at + interval '1 hour'"""  # noqa: S608  # our own words
    return (
        _write(scope, grain=scope.finest, rows=observations, cases=cases_of(scope, source="found", width=width)),
        _write(scope, grain=HOUR, rows=points, cases=_cases_of_hours(scope, source="found")),
    )


_RECOUNT = {scope.table: _statements(scope) for scope in SCOPES}


# The same moment in an earlier recount of another worker may be a later one by its clock: the earliest holds.
_DUE = """
INSERT INTO metrics_hourdue AS d (starts_at, since) SELECT unnest(%s::timestamptz[]), %s
ON CONFLICT (starts_at) DO UPDATE SET since = least(d.since, excluded.since)
"""


def recount(*, cells: dict[str, dict[Cell, datetime | None]], at: datetime) -> int:
    """Count the cells again from observations, and have their hours counted soon; return how many cells there were.

    A bucket that a late batch changes after it was shown gets a new revision, and so does its hour, at once.
    """
    frontier = _frontier()
    due: set[datetime] = set()
    for scope in SCOPES:
        touched = cells[scope.table]
        if not touched:
            continue
        fine, hours = _RECOUNT[scope.table]
        judged = {cell: _is_late(cell[1], WIDTH[scope.finest], by, frontier) for cell, by in touched.items()}
        _execute(scope, fine, judged, at)
        above = {_hour_of(cell): True for cell, is_late in judged.items() if is_late}
        if above:
            _execute(scope, hours, above, at)
        due |= {hour[1] for cell in judged if (hour := _hour_of(cell)) not in above}
    if due:
        with connection.cursor() as cursor:
            cursor.execute(_DUE, [sorted(due), at])
    return sum(len(touched) for touched in cells.values())


def _hour_of(cell: Cell) -> Cell:
    return (cell[0], cell[1].replace(minute=0), *cell[2:])


def _changed(scope: Scope) -> str:
    """Write the SELECT of the cells of hours that hold a finer one counted at %(since)s of the hour or later."""
    key = ", ".join(scope.columns)
    return f"""
SELECT DISTINCT measure, h.starts_at, {key} FROM unnest(%(hours)s::timestamptz[], %(since)s::timestamptz[]) AS h(starts_at, since)
CROSS JOIN unnest(%(measures)s::text[]) AS m(measure) CROSS JOIN LATERAL (
    SELECT {key} FROM {scope.table} p WHERE p.grain = '{scope.finest}' AND p.measure = m.measure AND p.starts_at >= h.starts_at
      AND p.starts_at < h.starts_at + interval '1 hour' AND p.counted_at >= h.since OFFSET 0) p
"""  # noqa: S608  # words of this app only


def count_hours(*, hours: dict[datetime, datetime], at: datetime) -> None:
    """Count buckets of some hours again where finer ones were counted since.

    `hours` are their starts, each with the moment since when its finer buckets count as changed. Two statements a scope.
    """
    for scope in SCOPES:
        with connection.cursor() as cursor:
            asked: dict[str, Any] = {
                "hours": list(hours),
                "since": list(hours.values()),
                "measures": list(scope.measures),
            }
            cursor.execute(_changed(scope), asked)
            cells: dict[Cell, bool] = dict.fromkeys(cursor.fetchall(), False)
        if cells:
            _execute(scope, _RECOUNT[scope.table][1], cells, at)


def _is_late(starts_at: datetime, width: timedelta, by: datetime | None, frontier: datetime | None) -> bool:
    # What lies behind everything counted so far was never shown: a first import corrects nothing.
    return by is not None and starts_at + width + LIVE < by and frontier is not None and starts_at < frontier


def _frontier() -> datetime | None:
    """Return the start of the latest minute that was counted before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT max(p.starts_at) FROM unnest(%s::text[]) AS m(measure) CROSS JOIN LATERAL (
                SELECT starts_at FROM metrics_queuepoint WHERE grain = 'minute' AND measure = m.measure
                ORDER BY starts_at DESC LIMIT 1) p
            """,
            [list(QUEUES.measures)],
        )
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


def _execute(scope: Scope, statement: str, cells: dict[Cell, bool], at: datetime) -> None:
    ordered: Iterable[Cell] = sorted(cells, key=repr)
    columns = list(zip(*((*cell, cells[cell]) for cell in ordered), strict=True))
    names = ["measure", "starts_at", *scope.columns, "is_late"]
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                **{name: list(column) for name, column in zip(names, columns, strict=True)},
                "durations": DURATIONS,
                "at": at,
            },
        )
