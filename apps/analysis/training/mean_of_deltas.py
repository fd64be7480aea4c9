"""Several deltas of one model as one: what was taught from one beginning in different ways lies near enough for its mean to be better
than each (Wortsman et al. 2022, "Model soups").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

RANK = 16
Array = np.ndarray[Any, Any]


def mean_of(deltas: Sequence[Mapping[str, Array]], rank: int = RANK) -> dict[str, Array]:
    """Return the mean of deltas, cut to a rank by its largest directions; of the head the plain mean.

    Each holds NAME.A and NAME.B of every layer, whose product is what is added to the layer's weights, and arrays of a head.

    :raises ValueError: they are not of the same layers.
    """
    names = {frozenset(one) for one in deltas}
    if len(names) != 1:
        raise ValueError("The deltas are not of the same layers.")
    told: dict[str, Array] = {}
    for name in sorted(next(iter(names))):
        if name.endswith(".A"):
            layer = name[:-2]
            wide = np.concatenate([one[name] for one in deltas]).astype(np.float64)
            tall = np.concatenate([one[f"{layer}.B"] for one in deltas], axis=1).astype(np.float64) / len(deltas)
            told[name], told[f"{layer}.B"] = _cut(wide, tall, rank)
        elif not name.endswith(".B"):
            told[name] = np.mean([one[name] for one in deltas], axis=0).astype(np.float16)
    return told


def _cut(wide: Array, tall: Array, rank: int) -> tuple[Array, Array]:
    """Two factors of the nearest product of a rank. The large product itself is never made."""
    left, upper = np.linalg.qr(tall)
    right, lower = np.linalg.qr(wide.T)
    inner, sizes, outer = np.linalg.svd(upper @ lower.T)
    share = np.sqrt(sizes[:rank])
    return (
        ((outer[:rank] * share[:, None]) @ right.T).astype(np.float16),
        ((left @ inner[:, :rank]) * share).astype(np.float16),
    )
