"""Promises used up too fast: how many times the allowed share of misses, over a long and a short window together.

The pair of windows is the SRE workbook's (chapter 5). With a goal of 80 % the burn can be 5 at most, so a shift has its own
budget: 2.5 over 30 and 5 minutes, 1.5 over 2 hours and 30 minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.alerts.engine.series import Judged, Verdict


@dataclass(frozen=True, slots=True)
class Window:
    """Cases of a window, and how many missed the promise."""

    total: int
    missed: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Both windows must burn faster than `burn`. Below `least_n` cases in the long one nothing is said."""

    goal: float
    long_minutes: float
    short_minutes: float
    burn: float
    least_n: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.goal < 1:
            raise ValueError(f"Saw a goal of {self.goal}. Expected a share between 0 and 1.")
        if self.burn >= largest(self.goal):
            raise ValueError(
                f"With a goal of {self.goal:.0%} the burn is {largest(self.goal):.1f} at most: this never fires."
            )


# Exactly as often as may be is not more often: 0.5 / (1 - 0.8) is a little over 2.5 in numbers of a computer.
NOUGHT = 1e-9
PAGE = {"long_minutes": 30.0, "short_minutes": 5.0, "burn": 2.5}
TICKET = {"long_minutes": 120.0, "short_minutes": 30.0, "burn": 1.5}


def largest(goal: float) -> float:
    """The burn when everything is missed."""
    return 1 / (1 - goal)


def budget_used(*, burn: float, minutes: float, period_minutes: float) -> float:
    """The share of a period's budget that such a burn uses up in so many minutes."""
    return burn * minutes / period_minutes


def burn_of(window: Window, *, goal: float) -> float:
    """How many times the allowed share was missed; nought where nothing was."""
    return window.missed / window.total / (1 - goal) if window.total else 0.0


def judge(pair: Pair, *, long: Window, short: Window) -> Judged:
    """Judge both windows. The short one ends the alert soon after the misses end."""
    slowest = min(burn_of(long, goal=pair.goal), burn_of(short, goal=pair.goal))
    value = 1 - long.missed / long.total if long.total else None
    if long.total < max(pair.least_n, 1):
        return Judged(Verdict.INSUFFICIENT, value=value, n=long.total)
    is_bad = slowest > pair.burn + NOUGHT
    return Judged(
        Verdict.BREACH if is_bad else Verdict.OK,
        still=is_bad,
        value=value,
        badness=slowest / pair.burn - 1,
        n=long.total,
    )
