"""How much a reply of ours is like texts that people called rude or toxic: learnt weights over hashed words, in numpy alone.

A guess that only sorts. It has no label that could raise an alarm, flags nothing and ranks nobody; what a reply must not hold is
told by lists (safety.py), and they need none of this. Method and figures: the model card beside the artefact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, sqrt
from typing import Any

import numpy as np
import structlog

from apps.access.language import KNOWN, language_of
from apps.access.language import NAME as LANGUAGES
from apps.analysis import artefact
from apps.analysis.reading import NOT_ANALYSED, Clue, Read
from apps.analysis.words import SIZE, Grams, Word, grams_of, words_of

log = structlog.get_logger(__name__)

PART = "roughness"
VERSION = 1
# What is stamped while there is nothing learnt: another version, so that it is read once there is.
NOTHING_LEARNT = 0
MODEL = "hashed words of rough texts"
# The only label of what was read: how much is a number to sort by, and from none of its values on is a reply rude.
READ = "read"
ARTEFACT = artefact.FOLDER / "roughness.npz"
# Below it lie 99 of 100 real replies of companies and of public bots. The index of readings holds from 0.5 on.
FLOOR = 0.5
MOST_CLUES = 4
_END = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learnt: a weight a place, with its inverse document frequency in it, the frequencies, and a bias."""

    table: np.ndarray[Any, Any]
    rarity: np.ndarray[Any, Any]
    bias: float


@cache
def weights() -> Weights | None:
    """Load what was learnt; None where there is none.

    A file that is not the released one is not used either, which the log says: replies are still held against the lists, and
    customers' moods are still read, while nothing is sorted.
    """
    try:
        kept = artefact.loaded(ARTEFACT)
    except artefact.Damaged as damaged:
        log.error("nothing is read for roughness", why=str(damaged))
        return None
    return None if kept is None else Weights(kept["table"], kept["rarity"], float(kept["bias"][0]))


def read(text: str, before: tuple[str, ...] = ()) -> Read:
    """Read a masked reply. `score`, from 0 to 1, is that of its roughest sentence, whose words are given.

    `before` are earlier replies of the same person or AI agent, oldest first: they tell the language of a short one. Without what
    was learnt, in another language or without words nothing is analysed, which is no score and not a low one.
    """
    learnt = weights()
    if learnt is None:
        return Read(PART, NOT_ANALYSED, None, None, "nothing learnt", NOTHING_LEARNT)
    if language_of(text, before) != KNOWN:
        return Read(PART, NOT_ANALYSED, None, None, LANGUAGES, VERSION)
    said = [(start, words) for start, end in sentences_of(text) if (words := words_of(text[start:end]))]
    if not said:
        return Read(PART, NOT_ANALYSED, None, None, "no words", VERSION)
    held = [grams_of(words) for _, words in said]
    odds = _odds(learnt, held)
    roughest = int(odds.argmax())
    start, words = said[roughest]
    score = round(1 / (1 + exp(-float(odds[roughest]))), 4)
    return Read(PART, READ, score, None, MODEL, VERSION, _clues(learnt, words, held[roughest], start))


def sentences_of(text: str) -> Iterator[tuple[int, int]]:
    """Yield where sentences stand: what is learnt is learnt of sentences, and much that is kind hides none that is not."""
    start = 0
    for match in _END.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _odds(learnt: Weights, held: Sequence[Grams]) -> np.ndarray[Any, Any]:
    """The log odds of each sentence, all of them in a few steps: a reply has many."""
    flat = [np.concatenate([one.places, one.pairs]) + n * SIZE for n, one in enumerate(held)]
    keys, times = np.unique(np.concatenate(flat), return_counts=True)
    starts = np.searchsorted(keys, np.arange(len(held)) * SIZE)
    places, values = keys % SIZE, 1 + np.log(times)
    lengths = np.sqrt(np.add.reduceat((values * learnt.rarity[places]) ** 2, starts))
    found: np.ndarray[Any, Any] = np.add.reduceat(values * learnt.table[places], starts) / lengths + learnt.bias
    return found


def _clues(learnt: Weights, words: list[Word], held: Grams, offset: int) -> tuple[Clue, ...]:
    """The words that spoke loudest for it: each with the weight of itself, its pieces and its pair with the one before."""
    told = np.add.reduceat(learnt.table[held.places], held.starts)
    told[1:] += learnt.table[held.pairs]
    told /= sqrt(len(words))
    loudest = sorted(np.argsort(-told, kind="stable")[:MOST_CLUES])
    return tuple(
        Clue(offset + words[n].start, offset + words[n].end, round(float(told[n]), 3)) for n in loudest if told[n] > 0
    )
