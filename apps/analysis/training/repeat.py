"""Learn how rare words are, and how likeness adds up to "the same", from public conversations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from apps.analysis import artefact, meanings, repeat
from apps.analysis.training import softmax, talks
from apps.analysis.training.evaluation import auc

# How far the weights of directions may move from all the same, as scikit-learn's C; of these, the one that does best in domains
# that it did not learn from.
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
# Directions count so much beside their sum: products of vectors of length one are small.
SPREAD = 10.0
FALSE_ALARMS = 0.05
Array = repeat.Array


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


def learn_meanings(data: Path, *, tell: Callable[[str], None]) -> bytes:
    """Return the artefact of the second tier: weights of the directions of meanings, and the border of one in twenty false alarms.

    Strength and border are those of domains that were not learnt from: a floor's own is none of them. Deterministic on one machine.

    :raises NotThere: there is no MiniLM here.
    """
    pairs = talks.restatements(data, "train")
    texts = sorted({text for one in pairs for text in (one.first, one.second)})
    by = dict(zip(texts, meanings.vectors(texts), strict=True))
    rows = np.array([by[one.first] * by[one.second] for one in pairs], np.float64)
    same, domains = np.array([one.is_same for one in pairs]), np.array([one.domain for one in pairs])
    tell(f"{len(texts):,} texts, {len(pairs):,} pairs")

    def elsewhere(strength: float) -> Array:
        """The score of each pair by what was learnt from the other domains."""
        out = np.zeros(len(rows))
        for domain in sorted(set(domains)):
            here = domains == domain
            weights, bias = _directions(rows[~here], same[~here], strength)
            out[here] = rows[here] @ weights + bias
        return out

    tried = {strength: elsewhere(strength) for strength in STRENGTHS}
    found = {strength: auc(scores[same], scores[~same]) for strength, scores in tried.items()}
    for strength, area in found.items():
        tell(f"strength {strength:g}: AUC {area:.4f} in domains that were not learnt from")
    best = max(found, key=lambda strength: found[strength])
    border = np.sort(tried[best][~same])[int((1 - FALSE_ALARMS) * (~same).sum())]
    weights, bias = _directions(rows, same, best)
    return artefact.packed(
        weights=weights.astype(np.float32), bias=np.array([bias], np.float32),
        border=np.array([1 / (1 + np.exp(-border))], np.float32),
    )  # fmt: skip


def _directions(rows: Array, same: Array, strength: float) -> tuple[Array, float]:
    """Fit a logistic curve over the sum of all directions and over each."""
    nothing = softmax.Rows(np.zeros(len(rows), np.int64), np.zeros(len(rows)), np.arange(len(rows)), 1)
    thick = np.column_stack([rows * SPREAD, rows.sum(axis=1)])
    _, weights, bias = softmax.fit(nothing, thick, same.astype(np.int64), strength=strength, steps=200)
    one = weights[:, 1] - weights[:, 0]
    return one[:-1] * SPREAD + one[-1], float(bias[1] - bias[0])
