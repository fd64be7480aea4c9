"""A fixed threshold: entered at one value, left at another, judged only with enough cases."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import isnan

from apps.alerts.engine.series import Judged, Verdict


class Compare(StrEnum):
    """How a value is held against a limit. Strict ones do not hold at equality."""

    OVER = ">"
    UNDER = "<"
    AT_LEAST = ">="
    AT_MOST = "<="
    EQUAL = "=="
    OTHER = "!="


_HOLDS: dict[Compare, Callable[[float, float], bool]] = {
    Compare.OVER: operator.gt, Compare.UNDER: operator.lt, Compare.AT_LEAST: operator.ge,
    Compare.AT_MOST: operator.le, Compare.EQUAL: operator.eq, Compare.OTHER: operator.ne,
}  # fmt: skip
UPWARDS = frozenset({Compare.OVER, Compare.AT_LEAST})
DOWNWARDS = frozenset({Compare.UNDER, Compare.AT_MOST})


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit in the unit of its metric. `leave`: until there it stays bad once it is; None: the limit itself."""

    compare: Compare
    enter: float
    leave: float | None = None
    least_n: int = 0

    def __post_init__(self) -> None:
        if self.leave is None:
            return
        lies = self.leave <= self.enter if self.compare in UPWARDS else self.leave >= self.enter
        if self.compare not in UPWARDS | DOWNWARDS or not lies:
            raise ValueError("The value at which it is over lies on the good side of the limit.")

    def breaches(self, value: float, *, is_alerting: bool) -> bool:
        """Say whether a value is bad. What is no number is not."""
        limit = self.leave if is_alerting and self.leave is not None else self.enter
        return not isnan(value) and _HOLDS[self.compare](value, limit)

    def judge(self, value: float | None, *, n: int | None = None) -> Judged:
        """Judge a value of so many cases; None of a value is no data, None of cases says that they do not matter."""
        if value is None:
            return Judged(Verdict.NO_DATA, n=n)
        if n is not None and n < self.least_n:
            return Judged(Verdict.INSUFFICIENT, value=value, n=n)
        enters = self.breaches(value, is_alerting=False)
        return Judged(
            Verdict.BREACH if enters else Verdict.OK,
            still=self.breaches(value, is_alerting=True), value=value, badness=self.badness(value), n=n,
        )  # fmt: skip

    def badness(self, value: float) -> float:
        """How far beyond the limit a value lies, as a share of it; nought at it, negative on the good side."""
        if isnan(value):
            return 0.0
        away = value - self.enter if self.compare in UPWARDS else self.enter - value
        if self.compare not in UPWARDS | DOWNWARDS:
            return 1.0 if _HOLDS[self.compare](value, self.enter) else 0.0
        return away / (abs(self.enter) or 1.0)
