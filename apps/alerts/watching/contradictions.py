"""The reader of numbers that contradict each other: in a week, one improves and the one that keeps it honest gets worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from apps.agents.models import Agent
from apps.alerts.engine.series import Judged, Verdict
from apps.alerts.watching.seen import Params, Seen, of_queue, rows, targets
from apps.metrics import comparing
from apps.metrics.conflicts import Conflict, Level
from apps.shared.reading import once


def conflict(params: Params, at: datetime) -> list[Seen]:
    """Every queue over the last seven days against the seven before. The value is that of the number that got worse, the
    limit what it was; which pair it is stands in words. Three statements, however many queues.
    """
    found = once(("alerts.conflicts", at), lambda: _found(at))
    seen = []
    for queue in targets():
        worst = _worst(found.get(str(queue), []))
        if worst is None:
            seen.append(of_queue(queue, Judged(Verdict.OK, n=0), at=at, limit=None))
            continue
        one = of_queue(queue, _broken(worst), at=at, limit=worst.guard_before.value)
        seen.append(Seen(one.labels, one.judged, one.limit, queue=queue, about=worst.pair.says[:80]))
    return seen


# The queue in which each AI agent answered most in a week: there its alert stands, and there it is seen.
_HOME = """
SELECT DISTINCT ON (agent_id) agent_id, queue_id FROM (
    SELECT agent_id, queue_id, count(*) AS n FROM metrics_observation
    WHERE measure = 'handoff_rate' AND at > %(since)s AND at <= %(at)s AND agent_id IS NOT NULL GROUP BY 1, 2
) x WHERE queue_id = ANY(%(queues)s) ORDER BY agent_id, n DESC, queue_id
"""


def ai_conflict(params: Params, at: datetime) -> list[Seen]:
    """Every AI agent over the last seven days against the seven before, as `conflict` of a queue. It stands in the queue in which it
    answered most, whose leads see it. Twelve statements, however many AI agents.
    """
    span, earlier = comparing.week(at=at)
    names = {str(key): name for key, name in Agent.objects.ai().order_by("pk").values_list("pk", "name")}
    if not names:
        return []
    homes = {str(ai): queue for ai, queue in rows(_HOME, since=span.since, at=at, queues=list(targets()))}
    found = comparing.conflicts_of(Level.AI, span=span, earlier=earlier, of=[UUID(key) for key in names])
    seen = []
    for key, name in names.items():
        worst = _worst(found.get(key, []))
        judged = Judged(Verdict.OK, n=0) if worst is None else _broken(worst)
        about = "" if worst is None else f"{name[:26]}: {worst.pair.says}"[:80]
        limit = None if worst is None else worst.guard_before.value
        seen.append(Seen({"ai": key}, judged, limit, queue=homes.get(key), about=about))
    return seen


def _worst(told: Sequence[Conflict]) -> Conflict | None:
    return max(told, key=lambda one: abs(one.guard.value - one.guard_before.value), default=None)


def _broken(worst: Conflict) -> Judged:
    badness = abs(worst.guard.value - worst.guard_before.value)
    return Judged(Verdict.BREACH, still=True, value=worst.guard.value, badness=badness)


def _found(at: datetime) -> Mapping[str, list[Conflict]]:
    span, earlier = comparing.week(at=at)
    return comparing.conflicts_of(Level.QUEUE, span=span, earlier=earlier)
