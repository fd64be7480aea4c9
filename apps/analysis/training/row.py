"""One line of what is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `measured` against `target` (None: no bar), at most when `is_most`; `baseline` says what else there is."""

    part: str
    figure: str
    measured: float
    target: float | None
    n: int
    baseline: str = ""
    is_most: bool = False

    @property
    def passed(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.measured <= self.target if self.is_most else self.measured >= self.target

    def __str__(self) -> str:
        sign = "" if self.target is None else f"{'≤' if self.is_most else '≥'} {self.target:g}"
        mark = {True: "met", False: "MISSED", None: ""}[self.passed]
        return f"{self.part:16} {self.figure:58} {self.measured:9.3f} {sign:>9} {mark:7} {self.n:7,}  {self.baseline}"
