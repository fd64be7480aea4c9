"""Softmax regression over sparse rows in numpy: limited-memory BFGS, the same result from the same rows on every run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
REMEMBERED = 8
ENOUGH = 1e-5


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows, one after another: places and values of each, and where each row starts. No row is empty."""

    places: Array
    values: Array
    starts: Array
    width: int

    @property
    def lengths(self) -> Array:
        """How many places each row has."""
        return np.diff(np.append(self.starts, len(self.places)))

    def times(self, table: Array) -> Array:
        """The rows times a table of width × labels."""
        out: Array = np.add.reduceat(table[self.places] * self.values[:, None], self.starts, axis=0)
        return out

    def transposed_times(self, table: Array) -> Array:
        """The turned rows times a table of rows × labels."""
        owner = np.repeat(np.arange(len(self.starts)), self.lengths)
        columns = [
            np.bincount(self.places, self.values * table[owner, label], self.width) for label in range(table.shape[1])
        ]
        return np.stack(columns, axis=1)


def fit(
    rows: Rows,
    dense: Array,
    labels: Array,
    *,
    strength: float,
    steps: int,
    is_even: bool = True,
    offset: Array | None = None,
    tell: Callable[[int, float], None] = lambda n, loss: None,
) -> tuple[Array, Array, Array]:
    """Return weights of the sparse places, weights of the dense columns and biases.

    Each label counts alike, however many rows have it, unless `is_even` is False. `offset` is what is known beforehand of the
    last label's log odds, a row each. `strength` is the inverse of the penalty on the weights, as in
    scikit-learn's C; biases carry none.
    """
    kinds = int(labels.max()) + 1
    weight = (len(labels) / kinds / np.bincount(labels))[labels] if is_even else np.ones(len(labels))
    wanted = np.eye(kinds)[labels]
    width, extra = rows.width, dense.shape[1]

    def parts(flat: Array) -> tuple[Array, Array, Array]:
        table = flat.reshape(width + extra + 1, kinds)
        return table[:width], table[width:-1], table[-1]

    def loss_and_slope(flat: Array) -> tuple[float, Array]:
        sparse, thick, bias = parts(flat)
        logits = rows.times(sparse) + dense @ thick + bias
        if offset is not None:
            logits[:, -1:] += offset
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        shares /= shares.sum(axis=1, keepdims=True)
        off = (shares - wanted) * weight[:, None] * strength
        loss = -strength * float((weight * np.log(shares[np.arange(len(labels)), labels] + 1e-12)).sum())
        penalty = 0.5 * float((sparse**2).sum() + (thick**2).sum())
        slope = np.concatenate([rows.transposed_times(off) + sparse, dense.T @ off + thick, off.sum(axis=0)[None]])
        return loss + penalty, slope.ravel()

    found = _descend(loss_and_slope, np.zeros((width + extra + 1) * kinds), steps, tell)
    return parts(found)


def _descend(
    ask: Callable[[Array], tuple[float, Array]], at: Array, steps: int, tell: Callable[[int, float], None]
) -> Array:
    moved: list[tuple[Array, Array, float]] = []
    loss, slope = ask(at)
    for step in range(steps):
        way = -_scaled(slope, moved)
        down = float(way @ slope)
        length = 1.0 if moved else min(1.0, 1.0 / float(np.abs(slope).sum()))
        while True:
            new = at + length * way
            new_loss, new_slope = ask(new)
            if new_loss <= loss + 1e-4 * length * down or length < 1e-12:
                break
            length /= 2
        change, turned = new - at, new_slope - slope
        if (curve := float(change @ turned)) > 1e-10:
            moved = [*moved[-(REMEMBERED - 1) :], (change, turned, curve)]
        done = abs(loss - new_loss) < ENOUGH * max(abs(loss), 1.0) and step > 10
        at, loss, slope = new, new_loss, new_slope
        tell(step, loss)
        if done:
            break
    return at


def _scaled(slope: Array, moved: list[tuple[Array, Array, float]]) -> Array:
    """The slope times what is known of the inverse curvature."""
    way = slope.copy()
    kept: list[float] = []
    for change, turned, curve in reversed(moved):
        share = float(change @ way) / curve
        kept.append(share)
        way -= share * turned
    if moved:
        _, turned, curve = moved[-1]
        way *= curve / float(turned @ turned)
    for (change, turned, curve), share in zip(moved, reversed(kept), strict=True):
        way += (share - float(turned @ way) / curve) * change
    return way
