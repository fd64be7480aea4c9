"""How far people who judge the same thing agree, beyond what chance would bring about, and who judges more strictly.

Marks lie in a table of units (rows: what was judged) and graders (columns); `nan` where somebody gave no mark. Cohen's kappa
(1960; weighted 1968) is for two graders, Krippendorff's alpha (2004) for any number of them with gaps.
Intervals are percentile bootstraps over units: a resampled table is the same units with other weights, so a thousand of
them are one product of matrices. That is why alpha is written here: the library there is computes one table a call.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval"]
Weights = Literal["none", "linear", "quadratic"]

# Fewer units than this carry no interval: it would be an illusion of one (METRICS.md, section 5).
FEWEST_UNITS = 20
RESAMPLES = 1000
SEED = 20_261_129


@dataclass(frozen=True, slots=True)
class Agreement:
    """One measure of agreement over `n` units. None where it says nothing: no unit has two marks, or all marks are the same.

    `low` and `high` are the 95 % interval; None below twenty units.
    """

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None


def percent(marks: Floats) -> Agreement:
    """Return the share of pairs of marks on the same unit that are equal: what people feel, not corrected for chance."""
    kept = _judged(marks)
    equal, pairs = _pairs(kept)
    if not len(kept):
        return Agreement(None, 0)
    return _with_interval(float(equal.sum() / pairs.sum()), len(kept), lambda drawn: (drawn @ equal) / (drawn @ pairs))


def kappa(marks: Floats, *, weights: Weights = "none") -> Agreement:
    """Return Cohen's kappa of two graders over the units that both have judged.

    With `weights` a disagreement counts by its distance on the scale of the values that occur, linear or squared.

    :raises ValueError: not two columns.
    """
    if marks.shape[1] != 2:
        raise ValueError(f"Saw {marks.shape[1]} graders. Expected two; for more of them use alpha.")
    both = marks[~np.isnan(marks).any(axis=1)]
    if not len(both):
        return Agreement(None, 0)
    values, codes = np.unique(both, return_inverse=True)
    codes = codes.reshape(both.shape)
    size = len(values)
    tables = np.zeros((len(both), size, size))
    tables[np.arange(len(both)), codes[:, 0], codes[:, 1]] = 1
    cost = _cost(size, weights)

    def of(drawn: Floats) -> Floats:
        return kappa_of_tables((drawn @ tables.reshape(len(both), -1)).reshape(-1, size, size), cost)

    return _with_interval(_one(of(np.ones((1, len(both))))), len(both), of)


def kappa_of_tables(tables: Floats, cost: Floats) -> Floats:
    """Return weighted kappa of each square table of counts: 1 − what disagreement costs ÷ what it would cost by chance."""
    whole = tables.sum(axis=(1, 2))
    seen = (tables * cost).sum(axis=(1, 2)) / whole
    expected = np.einsum("ti,tj,ij->t", tables.sum(axis=2), tables.sum(axis=1), cost) / whole**2
    return _ratio(seen, expected)


def alpha(marks: Floats, *, level: Level = "nominal") -> Agreement:
    """Return Krippendorff's alpha over all units with two marks or more, gaps allowed."""
    kept = _judged(marks)
    if not len(kept):
        return Agreement(None, 0)
    values = np.unique(kept[~np.isnan(kept)])
    # How often each value was given to each unit, and from that what each unit adds to the table of coincidences.
    counts = np.stack([(kept == value).sum(axis=1) for value in values], axis=1).astype(float)
    given = counts.sum(axis=1)
    added = (counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(values))) / (given - 1)[
        :, None, None
    ]

    def of(drawn: Floats) -> Floats:
        tables = (drawn @ added.reshape(len(kept), -1)).reshape(-1, len(values), len(values))
        margins = tables.sum(axis=2)
        distance = _distance(values, margins, level)
        whole = margins.sum(axis=1)
        seen = (tables * distance).sum(axis=(1, 2)) / whole
        expected = (margins[:, :, None] * margins[:, None, :] * distance).sum(axis=(1, 2)) / (whole * (whole - 1))
        return _ratio(seen, expected)

    return _with_interval(_one(of(np.ones((1, len(kept))))), len(kept), of)


def _judged(marks: Floats) -> Floats:
    """The units that two graders or more have judged: nobody else's mark can be agreed with."""
    kept: Floats = marks[(~np.isnan(marks)).sum(axis=1) >= 2]
    return kept


def _pairs(kept: Floats) -> tuple[Floats, Floats]:
    """By unit, how many pairs of its marks are equal and how many there are."""
    equal, pairs = np.zeros(len(kept)), np.zeros(len(kept))
    for one in range(kept.shape[1]):
        for other in range(one + 1, kept.shape[1]):
            both = ~np.isnan(kept[:, one]) & ~np.isnan(kept[:, other])
            pairs += both
            equal += both & (kept[:, one] == kept[:, other])
    return equal, pairs


def _cost(size: int, weights: Weights) -> Floats:
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(float)
    return (apart > 0).astype(float) if weights == "none" else apart if weights == "linear" else apart**2


def _distance(values: Floats, margins: Floats, level: Level) -> Floats:
    """The squared distance between two values, a table for each row of margins: only that of ranks depends on them."""
    if level == "nominal":
        return np.broadcast_to(1 - np.eye(len(values)), (len(margins), len(values), len(values)))
    if level == "interval":
        return np.broadcast_to(np.subtract.outer(values, values) ** 2, (len(margins), len(values), len(values)))
    # Half of one's own marks, all in between, half of the other's: the distance of the middles of their ranks.
    middles = np.cumsum(margins, axis=1) - margins / 2
    return np.asarray((middles[:, :, None] - middles[:, None, :]) ** 2)


def _ratio(seen: Floats, expected: Floats) -> Floats:
    """1 − seen ÷ expected; nan where chance alone would bring no disagreement."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - seen / expected, np.nan)


def _one(found: Floats) -> float | None:
    value = float(found[0])
    return None if np.isnan(value) else value


def _with_interval(value: float | None, n: int, of: Callable[[Floats], Floats]) -> Agreement:
    if value is None or n < FEWEST_UNITS:
        return Agreement(value, n)
    drawn = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(float)
    found = of(drawn)
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return Agreement(value, n, float(low), float(high))


@dataclass(frozen=True, slots=True)
class Mark:
    """One score of one grader. `case` is what it is compared within: the same person and form, or the same conversation."""

    grader: Hashable
    case: Hashable
    score: float


@dataclass(frozen=True, slots=True)
class Severity:
    """How many points a grader gives less (below 0) or more (above 0) than the others would for the same cases.

    None where nobody else judged any of their cases. The interval is a t interval; None below ten marks.
    """

    points: float | None
    n: int
    low: float | None = None
    high: float | None = None


FEWEST_MARKS = 10
# Two-sided 95 % of Student's t by degrees of freedom; in between the next lower one is taken, which is the wider interval.
T_95 = (
    (1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (6, 2.447), (7, 2.365), (8, 2.306), (9, 2.262), (10, 2.228),
    (12, 2.179), (14, 2.145), (16, 2.120), (18, 2.101), (20, 2.086), (25, 2.060), (30, 2.042), (40, 2.021), (60, 2.000),
    (120, 1.980), (1000, 1.962),
)  # fmt: skip


def severity(marks: Sequence[Mark]) -> dict[Hashable, Severity]:
    """Return each grader's severity, adjusted for the mix: a score is taken as what its case deserves plus what its grader adds.

    Both are fitted together by least squares, so a grader who is given the harder cases does not look strict for it.
    Graders are compared with those they are connected with through cases; the mean of such a group is 0.
    """
    found: dict[Hashable, Severity] = {}
    for group in _connected(marks):
        graders = sorted({one.grader for one in group}, key=repr)
        if len(graders) < 2:
            found |= {graders[0]: Severity(None, len(group))}
            continue
        found |= _fitted(group, graders)
    return found


def _fitted(marks: Sequence[Mark], graders: Sequence[Hashable]) -> dict[Hashable, Severity]:
    cases = sorted({one.case for one in marks}, key=repr)
    column = {case: at for at, case in enumerate(cases)}
    place = {grader: at for at, grader in enumerate(graders)}
    # Effects add up to nothing: the last grader is what the others leave.
    contrasts = np.vstack([np.eye(len(graders) - 1), -np.ones(len(graders) - 1)])
    design = np.zeros((len(marks), len(cases) + len(graders) - 1))
    scores = np.array([one.score for one in marks])
    for row, one in enumerate(marks):
        design[row, column[one.case]] = 1
        design[row, len(cases) :] = contrasts[place[one.grader]]
    solved, _, rank, _ = np.linalg.lstsq(design, scores, rcond=None)
    effects = contrasts @ solved[len(cases) :]
    free = len(marks) - int(rank)
    spread = np.full(len(graders), np.nan)
    if free > 0:
        noise = float(((scores - design @ solved) ** 2).sum()) / free
        covariance = np.linalg.pinv(design.T @ design)[len(cases) :, len(cases) :]
        spread = np.sqrt(np.clip(noise * np.einsum("gi,ij,gj->g", contrasts, covariance, contrasts), 0, None))
    found: dict[Hashable, Severity] = {}
    for grader, at in place.items():
        n = sum(one.grader == grader for one in marks)
        points = float(effects[at])
        if n < FEWEST_MARKS or free < 1:
            found[grader] = Severity(points, n)
        else:
            reach = t_95(free) * float(spread[at])
            found[grader] = Severity(points, n, points - reach, points + reach)
    return found


def t_95(free: int) -> float:
    """Return the two-sided 95 % point of Student's t, never too small."""
    return min(value for degrees, value in T_95 if degrees <= free)


def _connected(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Sort marks into groups between which no grader and no case leads."""
    parent: dict[tuple[str, Hashable], tuple[str, Hashable]] = {}

    def root(node: tuple[str, Hashable]) -> tuple[str, Hashable]:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one in marks:
        parent[root(("grader", one.grader))] = root(("case", one.case))
    groups: dict[tuple[str, Hashable], list[Mark]] = {}
    for one in marks:
        groups.setdefault(root(("case", one.case)), []).append(one)
    return list(groups.values())
