"""MiniLM in plain floating point, to hold the graph of whole numbers against. Slow, one text at a time."""

from __future__ import annotations

from collections.abc import Mapping
from math import erf, sqrt
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_erf = np.vectorize(erf)


def pooled(w: Mapping[str, Array], ids: list[int]) -> Array:
    """The mean vector of one text."""

    def normal(x: Array, name: str) -> Array:
        x = x - x.mean(-1, keepdims=True)
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12) * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(x: Array, name: str) -> Array:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    n = len(ids)
    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:n]
    x = normal(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for number in range(6):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            linear(x, f"{layer}.attention.self.{one}").reshape(n, 12, 32).transpose(1, 0, 2)
            for one in ("query", "key", "value")
        )
        likeness = query @ key.transpose(0, 2, 1) / sqrt(32)
        raised = np.exp(likeness - likeness.max(-1, keepdims=True))
        seen = (raised / raised.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(n, 384)
        x = normal(x + linear(seen, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        wide = linear(x, f"{layer}.intermediate.dense")
        wide = wide * 0.5 * (1 + _erf(wide / sqrt(2)))
        x = normal(x + linear(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    return x.mean(0)
