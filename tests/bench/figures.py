"""What a bench reports: a figure against its target and against a limit of the same run, and the table of all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure. `value` is what the target speaks about; `detail` holds what was measured beside it."""

    name: str
    unit: str
    value: float
    target: float
    n: int
    # The best that could be hoped for, measured in the same run by taking away what the figure is about.
    limit_name: str
    limit: float
    is_rate: bool = False  # more is better
    word: str = ""  # which of the values the target speaks about: p95, p99
    detail: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def passed(self) -> bool:
        """True when the target is met."""
        return self.value >= self.target if self.is_rate else self.value <= self.target

    @property
    def ratio(self) -> float:
        """The value as a share or a multiple of the limit."""
        return self.value / self.limit

    def as_row(self) -> list[str]:
        """The cells of its line in the table."""
        word = f"{self.word} " if self.word else ""
        measured = [f"{word}{spell(self.value)}"] + [f"{k} {spell(v)}" for k, v in self.detail.items()]
        return [
            self.name, f"{word}{'≥' if self.is_rate else '≤'} {spell(self.target)} {self.unit}", ", ".join(measured),
            f"{self.n:,}", f"{self.limit_name}: {spell(self.limit)}", f"{self.ratio:.3g}", "pass" if self.passed else "MISS",
        ]  # fmt: skip

    def as_record(self) -> dict[str, Any]:
        """What is kept in the JSON file."""
        return {**asdict(self), "passed": self.passed, "ratio": self.ratio}


def spell(value: float) -> str:
    """A number with three digits that say something, and no more."""
    if value == 0 or not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that a share of all of them does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """The usual words about latencies, from seconds to milliseconds."""
    found = {word: percentile(seconds, share) * 1000 for word, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}
    return {**found, "max": max(seconds) * 1000}


def latency(
    *, name: str, seconds: Sequence[float], word: str, target_ms: float, limit_name: str, limit_seconds: Sequence[float],
    note: str = "",
) -> Figure:  # fmt: skip
    """A figure about latencies, with its limit as the same percentile of another list."""
    found = milliseconds(seconds)
    value = found.pop(word)
    return Figure(
        name=name, unit="ms", value=value, target=target_ms, n=len(seconds), limit_name=f"{limit_name}, {word}",
        limit=milliseconds(limit_seconds)[word], word=word, detail=found, note=note,
    )  # fmt: skip


HEAD = ["figure", "target", "measured", "n", "limit of the same run", "ratio", ""]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lines of equal columns."""
    lines = [HEAD, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
