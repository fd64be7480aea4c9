"""Which reader reads what a rule watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from apps.alerts.watching import contradictions, now, talks, windows
from apps.alerts.watching.seen import Params, Seen

READERS: Mapping[str, Callable[[Params, datetime], list[Seen]]] = {
    "gauge": now.gauge, "mood": now.mood, "source": now.source, "watching": now.watching, "percentile": windows.percentile, "burn": windows.burning, "share": windows.share,
    "mean": windows.mean, "surge": windows.surge, "asked": talks.asked, "negative": talks.negative, "overdue": talks.overdue,
    "loop": talks.loop, "unsure": talks.unsure, "unsafe": talks.unsafe, **contradictions.READERS,
}  # fmt: skip
# What these return is bad; a series that they do not return any more is well again.
ONLY_BAD = frozenset({"source", "watching", "asked", "negative", "overdue", "loop", "unsure", "unsafe"})
