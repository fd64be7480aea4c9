"""Learn how rare words are, and how likeness adds up to "the same", from public conversations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from apps.analysis import artefact, repeat
from apps.analysis.training import softmax, talks


def learn(data: Path, *, tell: Callable[[str], None]) -> bytes:
    """Return the artefact. Both steps are deterministic."""
    said = [turn.text for talk in talks.talks(data, "train") for turn in talk.turns if len(turn.text.split()) >= 3]
    seen = np.zeros(repeat.SIZE)
    for text in said:
        words = repeat.words_of(text)
        places = {repeat.place_of(f"w{word}") for word in words} | {
            repeat.place_of(p) for word in words for p in repeat.pieces_of(word)
        }
        seen[list(places)] += 1
    rarity = (np.log((1 + len(said)) / (1 + seen)) + 1).astype(np.float16)
    pairs = talks.restatements(data, "train")
    tell(f"{len(said):,} texts, {len(pairs):,} pairs")
    exact = rarity.astype(np.float32)
    rows = np.array([repeat.features(repeat.count(one.first, exact), repeat.count(one.second, exact)) for one in pairs])
    labels = np.array([int(one.is_same) for one in pairs])
    nothing = softmax.Rows(np.zeros(len(rows), np.int64), np.zeros(len(rows)), np.arange(len(rows)), 1)
    _, weights, bias = softmax.fit(nothing, rows, labels, strength=1.0, steps=200)
    return artefact.packed(
        rarity=rarity,
        weights=(weights[:, 1] - weights[:, 0]).astype(np.float32),
        bias=np.array([bias[1] - bias[0]], np.float32),
    )
