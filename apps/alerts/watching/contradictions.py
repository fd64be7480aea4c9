"""The reader of numbers that contradict each other: in a week, one improves and the one that keeps it honest gets worse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.alerts.engine.series import Judged, Verdict
from apps.alerts.watching.seen import Params, Seen, of_queue, targets
from apps.metrics import comparing
from apps.metrics.conflicts import Conflict, Level
from apps.shared.reading import once


def conflict(params: Params, at: datetime) -> list[Seen]:
    """Every queue over the last seven days against the seven before. The value is that of the number that got worse, the
    limit what it was; which pair it is stands in words. Ten statements, however many queues.
    """
    found = once(("alerts.conflicts", at), lambda: _found(at))
    seen = []
    for queue in targets():
        told = found.get(str(queue), [])
        if not told:
            seen.append(of_queue(queue, Judged(Verdict.OK, n=0), at=at, limit=None))
            continue
        worst = max(told, key=lambda one: abs(one.guard.value - one.guard_before.value))
        badness = abs(worst.guard.value - worst.guard_before.value)
        judged = Judged(Verdict.BREACH, still=True, value=worst.guard.value, badness=badness)
        one = of_queue(queue, judged, at=at, limit=worst.guard_before.value)
        seen.append(Seen(one.labels, one.judged, one.limit, queue=queue, about=worst.pair.says[:80]))
    return seen


def _found(at: datetime) -> Mapping[str, list[Conflict]]:
    span, earlier = comparing.week(at=at)
    return comparing.conflicts_of(Level.QUEUE, span=span, earlier=earlier)
