"""A share against what is usual at this hour: a cumulative sum that finds a lasting change sooner than any window.

Each case adds the logarithm of how much likelier it is under the change than under the usual share (Page 1954; Wald's
likelihood ratio for a share), divided by how much more days scatter than chance alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import median
from typing import NamedTuple

from apps.alerts.detectors.chance import mid_p
from apps.alerts.engine.series import Judged, Verdict

# A share expected at nought or one would make a single case certain.
LEAST_RATE = 0.005
# The sum at which one series alone is an alert.
BASE = 5.0
# The sum is kept from growing without end, so that it comes down within reasonable time once all is well.
CEILING = 1.5


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some cases, how many of them hit, and the share that is usual then."""

    hits: int
    cases: int
    expected: float


class Marks(NamedTuple):
    """From which sum on it is an alert, under which one it is over, and how large the effect must be."""

    limit: float
    leave: float
    least_effect: float


@dataclass(frozen=True, slots=True)
class Watch:
    """What change is looked for: `shift` as a share of the usual (-0.4 a drop, +1.5 a rise), over so many series."""

    shift: float
    series: int = 1
    base: float = BASE
    least_effect: float = 0.1
    dispersion: float = 1.0

    def __post_init__(self) -> None:
        if not self.shift > -1 or self.shift == 0:
            raise ValueError(f"Saw a shift of {self.shift}. Expected a drop of less than the whole, or a rise.")

    @property
    def limit(self) -> float:
        """The sum at which it is an alert: more series, more chances to be wrong."""
        return self.base + log(max(self.series, 1))

    @property
    def marks(self) -> Marks:
        """What a sum is held against, worked out once."""
        return Marks(self.limit, self.limit / 2, self.least_effect)


@dataclass(frozen=True, slots=True)
class Track:
    """Where the sum stands, and what it is made of since it last stood at nought."""

    score: float = 0.0
    hits: int = 0
    cases: int = 0
    expected_hits: float = 0.0

    @property
    def effect(self) -> float:
        """How far the share lies from the usual one, as a part of it; nought without cases."""
        return self.hits / self.expected_hits - 1 if self.expected_hits else 0.0

    def p(self) -> float:
        """The chance of as much by chance alone (exact, mid-p), at the mean of the usual shares."""
        if not self.cases:
            return 1.0
        rate = min(max(self.expected_hits / self.cases, 0.0), 1.0)
        return mid_p(self.hits, self.cases, rate=rate, is_drop=self.hits < self.expected_hits)


def follow(watch: Watch, buckets: Iterable[Bucket], track: Track | None = None) -> Track:
    """Add buckets, oldest first, to the sum."""
    now = track or Track()
    for bucket in buckets:
        if bucket.cases:
            now = _added(watch, now, bucket)
    return now


def kept_off_ends(rate: float) -> float:
    """A usual share that is neither nought nor one."""
    return min(max(rate, LEAST_RATE), 1 - LEAST_RATE)


def weights(usual: float, shift: float) -> tuple[float, float]:
    """What a hit and what a miss add: the logarithm of how much likelier each is under the change than under the usual share."""
    rate = kept_off_ends(usual)
    changed = min(max(rate * (1 + shift), LEAST_RATE / 2), 1 - LEAST_RATE / 2)
    return log(changed / rate), log((1 - changed) / (1 - rate))


def _added(watch: Watch, track: Track, bucket: Bucket) -> Track:
    hit, miss = weights(bucket.expected, watch.shift)
    gained = bucket.hits * hit + (bucket.cases - bucket.hits) * miss
    score = track.score + gained / max(watch.dispersion, 1.0)
    if score <= 0:
        return Track()
    return Track(
        min(score, CEILING * watch.limit),
        track.hits + bucket.hits,
        track.cases + bucket.cases,
        track.expected_hits + bucket.cases * kept_off_ends(bucket.expected),
    )


def stands(marks: Marks, score: float, hits: int, expected_hits: float) -> tuple[bool, bool]:
    """Say whether a sum is beyond the limit with a large enough effect, and whether it is not over yet. Bare numbers: a back-test
    asks a hundred thousand times."""
    if score < marks.leave:
        return False, False
    effect = hits / expected_hits - 1 if expected_hits else 0.0
    return score >= marks.limit and abs(effect) >= marks.least_effect, True


def judge(watch: Watch, track: Track) -> Judged:
    """Judge where the sum stands: beyond the limit and the effect large enough. It is over at half the limit."""
    is_beyond, is_still = stands(watch.marks, track.score, track.hits, track.expected_hits)
    return Judged(
        Verdict.BREACH if is_beyond else Verdict.OK,
        still=is_still,
        value=track.hits / track.cases if track.cases else None,
        badness=track.score / watch.limit - 1,
        n=track.cases,
    )


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual share of an hour and how much more days scatter about it than chance alone (variance ratio, at least 1)."""

    rate: float
    dispersion: float
    days: int


def usual(days: Sequence[tuple[int, int]]) -> Usual | None:
    """Learn from (hits, cases) of the same hours of days alike; None where nothing was.

    The median of days, so that an incident does not become usual. The scatter is by the median distance, in units of what
    chance alone would give each day.
    """
    kept = [(hits, cases) for hits, cases in days if cases]
    if not kept:
        return None
    rate = median(hits / cases for hits, cases in kept)
    spread = rate * (1 - rate)
    if spread <= 0 or len(kept) < 3:
        return Usual(rate, 1.0, len(kept))
    distances = [abs(hits - cases * rate) / sqrt(cases * spread) for hits, cases in kept]
    return Usual(rate, max((1.4826 * median(distances)) ** 2, 1.0), len(kept))
