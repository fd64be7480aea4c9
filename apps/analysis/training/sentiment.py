"""Learn the weights of the sentiment reading from SemEval's tweets and write the artefact with its checksum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from apps.analysis import sentiment
from apps.analysis.artefact import packed
from apps.analysis.training import data, softmax
from apps.analysis.words import SIZE, grams_of, words_of

STRENGTH = 1.5
STEPS = 150


Counted = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
NO_WORDS: Counted = (np.zeros(1, np.int64), np.zeros(1, np.float32))


def rows_of(texts: Sequence[str]) -> tuple[list[Counted], np.ndarray[Any, Any]]:
    """Count the texts, and read each by the lexicon."""
    said = (words_of(text) for text in texts)
    held = [grams_of(words).counts() if words else NO_WORDS for words in said]
    return held, np.stack([sentiment.lexicon_features(text) for text in texts]).astype(np.float64)


def learn(folder: Path, *, tell: Callable[[str], None]) -> bytes:
    """Return the artefact, learnt from a folder of data."""
    told = data.semeval(folder)
    tell(f"{len(told.texts):,} texts")
    held, dense = rows_of(told.texts)
    seen = np.bincount(np.concatenate([places for places, _ in held]), minlength=SIZE)
    rarity = np.log((1 + len(held)) / (1 + seen)) + 1
    rows = normal_rows(held, rarity)
    sparse, lexicon, bias = softmax.fit(
        rows, dense, np.array(told.labels), strength=STRENGTH, steps=STEPS,
        tell=lambda step, loss: tell(f"step {step}, loss {loss:,.1f}") if step % 10 == 0 else None,
    )  # fmt: skip
    return packed(
        table=(sparse * rarity[:, None]).astype(np.float16), rarity=rarity.astype(np.float16),
        lexicon=lexicon.astype(np.float32), bias=bias.astype(np.float32),
    )  # fmt: skip


def normal_rows(held: Sequence[Counted], rarity: np.ndarray[Any, Any]) -> softmax.Rows:
    """Rows times rarity, each of length one."""
    lengths = np.array([len(places) for places, _ in held])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    places = np.concatenate([places for places, _ in held])
    values = np.concatenate([values.astype(np.float64) for _, values in held]) * rarity[places]
    norms = np.sqrt(np.add.reduceat(values**2, starts))
    norms[norms == 0] = 1.0
    return softmax.Rows(places, values / np.repeat(norms, lengths), starts, SIZE)
