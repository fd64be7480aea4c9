"""Signs of life of the workers, kept where every process can read them."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.shared import bulk
from apps.shared.models import Pulse

# A task that is done several times a second is written down once in so long.
EVERY = timedelta(seconds=5)
_written: dict[str, datetime] = {}


def felt(*, task: str, worker: str, at: datetime) -> None:
    """Write down that a worker of this process brought a task to an end. One statement, at most every five seconds a task."""
    before = _written.get(task)
    if before is not None and timedelta(0) <= at - before < EVERY:
        return
    _written[task] = at
    bulk.write(
        table="shared_pulse", columns={"task": "text", "worker": "text", "done_at": "timestamptz"},
        rows=[(task, worker[:255], at)], conflict="task", update=("worker", "done_at"),
    )  # fmt: skip


def pulses() -> dict[str, Pulse]:
    """The last end of every task, by its name."""
    return {one.task: one for one in Pulse.objects.all()}
