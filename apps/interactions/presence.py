"""Presence: status events of people become stretches, each ending where the next one starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from apps.agents.models import Agent
from apps.shared import bulk

COLUMNS = {
    "id": "uuid", "agent_id": "uuid", "queue": "text", "status": "text", "native": "text", "reason": "text",
    "capacity": "int", "started_at": "timestamptz", "sequence": "text",
}  # fmt: skip

# Only the stretches from the last one before the batch on can change their end.
_CLOSE = """
WITH touched AS (
    SELECT id, agent_id, queue, started_at, sequence FROM agents_presence
    WHERE agent_id = ANY(%(agents)s) AND started_at >= %(since)s
    UNION
    (SELECT DISTINCT ON (agent_id, queue) id, agent_id, queue, started_at, sequence FROM agents_presence
     WHERE agent_id = ANY(%(agents)s) AND started_at < %(since)s
     ORDER BY agent_id, queue, started_at DESC, sequence DESC, id DESC)
), told AS (
    SELECT id, lead(started_at) OVER (PARTITION BY agent_id, queue ORDER BY started_at, sequence, id) AS ends
    FROM touched
)
UPDATE agents_presence p SET ended_at = told.ends FROM told WHERE p.id = told.id AND p.ended_at IS DISTINCT FROM told.ends
"""


def record(*, rows: Sequence[tuple[Any, ...]]) -> None:
    """Store status events (in the order of `COLUMNS`) and end each person's stretches again where the batch touched."""
    if not rows:
        return
    people = sorted({row[1] for row in rows})
    # Two workers with statuses of the same person take turns.
    list(Agent.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk").values_list("pk"))
    bulk.write(table="agents_presence", columns=COLUMNS, rows=sorted(rows, key=lambda row: row[0]), conflict="id")
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, {"agents": people, "since": min(row[7] for row in rows)})
