"""The mood of a customer's message: learnt weights over hashed words beside a lexicon's score, in numpy alone.

Method and figures: the model card beside the artefact. Without the artefact the lexicon reads alone and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import sqrt
from typing import Any

import numpy as np

from apps.analysis import artefact
from apps.analysis.language import KNOWN, language_of
from apps.analysis.language import NAME as LANGUAGES
from apps.analysis.reading import NOT_ANALYSED, Clue, Read
from apps.analysis.words import Grams, Word, grams_of, words_of

PART = "sentiment"
VERSION = 1
LABELS = ("negative", "neutral", "positive")
ARTEFACT = artefact.FOLDER / "sentiment.npz"
MOST_CLUES = 4
# The usual border of the lexicon's authors between neutral and not.
LEXICON_BORDER = 0.05


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learnt: a row of weights a place, with its inverse document frequency, weights of the lexicon's score, biases."""

    table: np.ndarray[Any, Any]  # places × labels, the frequency already in it
    rarity: np.ndarray[Any, Any]
    lexicon: np.ndarray[Any, Any]  # 4 × labels
    bias: np.ndarray[Any, Any]


@cache
def weights() -> Weights | None:
    """Load what was learnt, None where there is none.

    :raises Damaged: the file is another one than was released.
    """
    kept = artefact.loaded(ARTEFACT)
    return None if kept is None else Weights(**{name: kept[name] for name in ("table", "rarity", "lexicon", "bias")})


@cache
def _lexicon() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def lexicon_features(text: str) -> np.ndarray[Any, Any]:
    """The lexicon's score between -1 and 1, what of it lies above and below 0, and whether it says nothing."""
    score = float(_lexicon().polarity_scores(text)["compound"])
    return np.array([score, max(score, 0.0), min(score, 0.0), float(abs(score) < LEXICON_BORDER)], np.float32)


def read(text: str, before: tuple[str, ...] = ()) -> Read:
    """Read the mood of a masked text. `score` is p(positive) - p(negative), from -1 to 1.

    `before` are earlier texts of the same person, oldest first: they tell the language of a short one.
    """
    if language_of(text, before) != KNOWN:
        return Read(PART, NOT_ANALYSED, None, None, LANGUAGES, VERSION)
    words = words_of(text)
    if not words:
        return Read(PART, NOT_ANALYSED, None, None, "no words", VERSION)
    learnt = weights()
    features = lexicon_features(text)
    if learnt is None:
        return _by_lexicon(float(features[0]))
    held = grams_of(words)
    shares = _shares(learnt, held, features)
    place = int(shares.argmax())
    return Read(
        PART, LABELS[place], round(float(shares[2] - shares[0]), 4), round(float(shares[place]), 4), "hashed words + VADER",
        VERSION, () if place == 1 else _clues(learnt, words, held, place),
    )  # fmt: skip


def _by_lexicon(score: float) -> Read:
    label = "neutral" if abs(score) < LEXICON_BORDER else "positive" if score > 0 else "negative"
    return Read(PART, label, round(score, 4), round(abs(score), 4), "VADER", VERSION)


def _shares(learnt: Weights, held: Grams, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    places, times = held.counts()
    length = float(np.linalg.norm(times * learnt.rarity[places])) or 1.0
    logits = times @ learnt.table[places] / length + features @ learnt.lexicon + learnt.bias
    raised = np.exp(logits - logits.max())
    shares: np.ndarray[Any, Any] = raised / raised.sum()
    return shares


def _clues(learnt: Weights, words: list[Word], held: Grams, place: int) -> tuple[Clue, ...]:
    """The words that spoke loudest for the label: each with the weight of itself, its pieces and its pair with the one before."""
    against = 2 - place
    told = np.add.reduceat(learnt.table[held.places, place] - learnt.table[held.places, against], held.starts)
    told[1:] += learnt.table[held.pairs, place] - learnt.table[held.pairs, against]
    told /= sqrt(len(words))
    loudest = sorted(np.argsort(-told)[:MOST_CLUES])
    return tuple(Clue(words[n].start, words[n].end, round(float(told[n]), 3)) for n in loudest if told[n] > 0)
