"""The mood of a customer's message: learnt weights over hashed words beside a lexicon's score, in numpy alone.

Method and figures: the model card beside the artefact. Without the artefact the lexicon reads alone and says so. A second
tier may be heard beside it (second_tier.py), which knows sentences and not only words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import sqrt
from typing import Any

import numpy as np

from apps.access.language import KNOWN, language_of
from apps.access.language import NAME as LANGUAGES
from apps.analysis import artefact
from apps.analysis.reading import NOT_ANALYSED, Clue, Read
from apps.analysis.words import Grams, Word, grams_of, words_of

PART = "sentiment"
VERSION = 1
# Of what both tiers read together. It is the higher one: what both have read is not read again by the first alone.
VERSION_OF_BOTH = 3
MODEL, MODEL_OF_BOTH = "hashed words + VADER", "hashed words + VADER + MiniLM"
LABELS = ("negative", "neutral", "positive")
ARTEFACT = artefact.FOLDER / "sentiment.npz"
MOST_CLUES = 4
# What the first of two readers counts for, and what both are told apart by besides: together they are too sure that a
# message is not neutral. Chosen on TweetEval's validation part. `LEAST` is the least that either believes a label.
FIRST_COUNTS, LEAST = 0.4, 1e-4
LEANING = np.array([-0.1, 0.0, -0.1])
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
    return _first(text, before)[0]


def read_many(
    asked: Sequence[tuple[str, tuple[str, ...]]],
    second: Callable[[Sequence[str]], np.ndarray[Any, Any] | None] | None = None,
) -> list[Read]:
    """Read masked texts, each with the earlier ones of its person, and hear a second reader beside the first.

    `second` gives the shares of `LABELS` in texts, or None where it cannot: then the first tier reads alone, and says so by its
    name and version.
    """
    found = [_first(text, before) for text, before in asked]
    if second is None:
        return [one for one, _ in found]
    known = [(n, shares) for n, (_, shares) in enumerate(found) if shares is not None]
    heard = second([asked[n][0] for n, _ in known]) if known else np.zeros((0, 3))
    if heard is None:
        return [one for one, _ in found]
    both = {n: _both(asked[n][0], first, also) for (n, first), also in zip(known, heard, strict=True)}
    # Where the lexicon reads alone, or nothing can be read, there was nothing for the second to add.
    return [both.get(n) or replace(one, version=VERSION_OF_BOTH) for n, (one, _) in enumerate(found)]


def _both(text: str, first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> Read:
    """One reading of two: the mean of their log shares. The words shown are those that the first tier has for the label."""
    logs = FIRST_COUNTS * np.log(np.maximum(first, LEAST)) + (1 - FIRST_COUNTS) * np.log(np.maximum(second, LEAST))
    raised = np.exp(logs + LEANING)
    shares = raised / raised.sum()
    place = int(shares.argmax())
    words, learnt = words_of(text), weights()
    clues = () if place == 1 or learnt is None else _clues(learnt, words, grams_of(words), place)
    return Read(PART, LABELS[place], *_score(shares, place), MODEL_OF_BOTH, VERSION_OF_BOTH, clues)


def _score(shares: np.ndarray[Any, Any], place: int) -> tuple[float, float]:
    return round(float(shares[2] - shares[0]), 4), round(float(shares[place]), 4)


def _first(text: str, before: tuple[str, ...]) -> tuple[Read, np.ndarray[Any, Any] | None]:
    """What the first tier reads, with its shares of the labels; None where it has none."""
    if language_of(text, before) != KNOWN:
        return Read(PART, NOT_ANALYSED, None, None, LANGUAGES, VERSION), None
    words = words_of(text)
    if not words:
        return Read(PART, NOT_ANALYSED, None, None, "no words", VERSION), None
    learnt = weights()
    features = lexicon_features(text)
    if learnt is None:
        return _by_lexicon(float(features[0])), None
    held = grams_of(words)
    shares = _shares(learnt, held, features)
    place = int(shares.argmax())
    clues = () if place == 1 else _clues(learnt, words, held, place)
    return Read(PART, LABELS[place], *_score(shares, place), MODEL, VERSION, clues), shares


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
