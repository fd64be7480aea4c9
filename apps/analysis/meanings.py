"""What sentences mean, as vectors: MiniLM as it came, which the second tiers of repeats and of intents hear.

It is left out like the second reader of moods, for reasons of its own (second_tier.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from apps.analysis import minilm
from apps.analysis.second_tier import SecondTier

NAME = "meanings"
Array = np.ndarray[Any, Any]


def vectors(texts: Sequence[str]) -> Array:
    """One vector of length one for each masked text.

    :raises NotThere: there is no MiniLM here.
    """
    found = minilm.encoder().vectors(texts)
    told: Array = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    return told


# Of this process: a worker's child reads by itself.
HERE = SecondTier(read=vectors, name=NAME)
