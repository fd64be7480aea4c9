"""Ways of counting how well a reading reads, and the plain methods it is held against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

import numpy as np

from apps.analysis import sentiment
from apps.analysis.reading import Read
from apps.analysis.running import ALPHA
from apps.analysis.training import data

NAIVE = re.compile(
    r"\b(?:agents?|humans?|representatives?|persons?|managers?|supervisors?|operators?|someone)\b", re.IGNORECASE
)
SEQUENCES = 3000
FALSE_ALARMS = 0.05


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The chance that a positive scores above a negative, ties counting half (the area under the ROC curve)."""
    scores = np.concatenate([np.asarray(positive), np.asarray(negative)])
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    _values, first, times = np.unique(scores[order], return_index=True, return_counts=True)
    ranks[order] = np.repeat(first + (times + 1) / 2, times)
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / max(1, n * m))


def recalls(labels: Sequence[int], said: Sequence[int], kinds: int = 3) -> list[float]:
    """The share of each label's texts that were given it."""
    return [
        sum(s == label for one, s in zip(labels, said, strict=True) if one == label) / max(1, labels.count(label))
        for label in range(kinds)
    ]


def by_lexicon(text: str) -> int:
    """The number of the label that the lexicon alone gives a text."""
    score = float(sentiment.lexicon_features(text)[0])
    return 1 if abs(score) < sentiment.LEXICON_BORDER else 2 if score > 0 else 0


def by_reading(text: str) -> int:
    """The number of the label that the reading gives a text; what is not analysed counts as neutral."""
    return number_of(sentiment.read(text))


def number_of(found: Read) -> int:
    """The number of a reading's label; what is not analysed counts as neutral."""
    return sentiment.LABELS.index(found.label) if found.label in sentiment.LABELS else 1


def turns(told: data.Labelled, found: Sequence[Read]) -> tuple[float, float, float]:
    """Made sequences of six real messages: steady ones with a stray complaint in a third, and ones that turn for good.

    Return the share of the turns that the running mood finds at `FALSE_ALARMS`, the share found within two messages, and the
    mood from which it is called a turn there.
    """
    rng = Random("turns")  # noqa: S311  # made sequences, the same on every run
    score = {text: one.score or 0.0 for text, one in zip(told.texts, found, strict=True)}
    by = [[t for t, label in zip(told.texts, told.labels, strict=True) if label == kind] for kind in range(3)]
    steady = []
    for _ in range(SEQUENCES):
        kinds = rng.choices([1, 2], [0.7, 0.3], k=6)
        if rng.random() < 1 / 3:
            kinds[rng.randrange(6)] = 0
        steady.append(min(_course([score[rng.choice(by[kind])] for kind in kinds])[1:]))
    border = sorted(steady)[int(FALSE_ALARMS * SEQUENCES)]
    caught = soon = 0
    for _ in range(SEQUENCES):
        before = rng.randrange(2, 5)
        kinds = rng.choices([1, 2], [0.8, 0.2], k=before) + [0] * (6 - before)
        course = _course([score[rng.choice(by[kind])] for kind in kinds])
        first = next((n for n in range(before, 6) if course[n] < border), 99)
        caught += first < 99
        soon += first <= before + 1
    return caught / SEQUENCES, soon / SEQUENCES, border


def _course(scores: Sequence[float]) -> list[float]:
    felt, out = scores[0], []
    for number, one in enumerate(scores):
        felt = one if number == 0 else ALPHA * one + (1 - ALPHA) * felt
        out.append(felt)
    return out
