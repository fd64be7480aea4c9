"""What a confidence is worth: how often an AI agent was right when it was so sure, by what people judged. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from apps.reviews.shares import FEWEST
from apps.shared.intervals import wilson

# The axis of confidence is cut into as many parts of one width, so that two agents stand on the same axis.
PARTS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """One verdict: how sure the agent was, from 0 to 1, and whether people found it right."""

    confidence: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Verdicts of one part of the axis: how sure on average, how often right, and the 95 % interval of that (Wilson 1927)."""

    low: float
    high: float
    n: int
    right: int
    confidence: float
    interval: tuple[float, float]

    @property
    def share(self) -> float:
        """How often it was right."""
        return self.right / self.n

    @property
    def words(self) -> str:
        """The bin in a sentence."""
        low, high = (round(100 * border) for border in self.interval)
        return f"It said {self.confidence:.2f} and was right in {self.right} of {self.n}: between {low} and {high} of 100 in the long run"

    @property
    def is_off(self) -> bool:
        """Chance alone does not explain the distance: the mean confidence lies outside the interval."""
        return not self.interval[0] <= self.confidence <= self.interval[1]


@dataclass(frozen=True, slots=True)
class Curve:
    """A reliability curve. `steps` is the isotonic fit: (from this confidence on, share that is right), rising."""

    n: int
    right: int
    bins: tuple[Bin, ...] = ()
    steps: tuple[tuple[float, float], ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether there are verdicts enough to say anything but their number."""
        return self.n >= FEWEST

    @property
    def error(self) -> float | None:
        """The expected calibration error (Naeini, Cooper and Hauskrecht 2015): the mean distance between how sure and how often
        right, from 0 to 1, weighed by verdicts; None below `FEWEST`."""
        if not self.is_enough:
            return None
        return sum(abs(one.share - one.confidence) * one.n for one in self.bins) / self.n

    @property
    def gap(self) -> float | None:
        """How much surer than right on average: above 0 it promises too much. None below `FEWEST`."""
        if not self.is_enough:
            return None
        return (sum(one.confidence * one.n for one in self.bins) - self.right) / self.n

    @property
    def gap_under(self) -> float | None:
        """How much righter than sure on average: the gap the other way round."""
        return None if self.gap is None else -self.gap

    @property
    def few(self) -> str:
        """How many verdicts there are, in words."""
        return "One verdict so far" if self.n == 1 else f"{self.n} verdicts so far"

    def worth(self, confidence: float) -> float | None:
        """How often it is right when it is so sure, by the isotonic fit; None below `FEWEST`."""
        if not self.is_enough:
            return None
        place = bisect_right([start for start, _ in self.steps], confidence) - 1
        return self.steps[max(place, 0)][1]


def curve(judged: Sequence[Judged]) -> Curve:
    """Return the reliability curve of verdicts, in whatever order they come."""
    parts: dict[int, list[Judged]] = {}
    for one in judged:
        parts.setdefault(min(int(one.confidence * PARTS), PARTS - 1), []).append(one)
    return Curve(
        n=len(judged), right=sum(one.is_right for one in judged),
        bins=tuple(_bin(part, held) for part, held in sorted(parts.items())), steps=_isotonic(judged),
    )  # fmt: skip


def _bin(part: int, held: Sequence[Judged]) -> Bin:
    n, right = len(held), sum(one.is_right for one in held)
    mean = sum(one.confidence for one in held) / n
    return Bin(part / PARTS, (part + 1) / PARTS, n, right, mean, wilson(right, n))


def _isotonic(judged: Sequence[Judged]) -> tuple[tuple[float, float], ...]:
    """Pool adjacent violators (Ayer and others 1955): the rising step function nearest to the verdicts by least squares."""
    blocks: list[tuple[float, int, int]] = []  # from this confidence on, right, of so many
    for confidence, held in groupby(sorted(judged, key=lambda one: one.confidence), key=lambda one: one.confidence):
        same = list(held)
        blocks.append((confidence, sum(one.is_right for one in same), len(same)))
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][2] >= blocks[-1][1] * blocks[-2][2]:
            (start, a, n), (_, b, m) = blocks[-2:]
            blocks[-2:] = [(start, a + b, n + m)]
    return tuple((start, right / n) for start, right, n in blocks)
