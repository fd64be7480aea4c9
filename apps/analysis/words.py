"""A masked text as words with their places: what every learnt reading counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np

BITS = 16
SIZE = 1 << BITS

_NOT_SAID = re.compile(r"https?://\S+|\bwww\.\S+|[@#]\w+|\[[a-z][a-z_ -]{0,30} \d{1,4}\]")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[!?]+|[:;=8][-~']?[)(\]\[dDpP/\\|*]|<3|[☀-➿\U0001f300-\U0001faff]")
_NEGATION = frozenset(
    {"not", "no", "never", "nobody", "nothing", "none", "nor", "cannot", "without", "hardly", "barely"}
)
_REACH = 3


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is compared, and where it stands in the text."""

    said: str
    start: int
    end: int


@lru_cache(maxsize=64)
def _blank(length: int) -> str:
    return " " * length


def words_of(text: str) -> list[Word]:
    """Return the words, small, without addresses, names of accounts and placeholders: they say nothing about a mood.

    A word up to three places after a negation is another word: "not good" holds no "good".
    """
    plain = _NOT_SAID.sub(lambda found: _blank(len(found[0])), text)
    found: list[Word] = []
    reach = 0
    for match in _TOKEN.finditer(plain):
        said = match[0].lower().replace("’", "'")
        if not said[0].isalpha():
            reach = 0 if said[0] in "!?" else reach
            found.append(Word(said[:2] if said[0] in "!?" else said, *match.span()))
            continue
        is_negation = said in _NEGATION or said.endswith("n't")
        found.append(Word(f"{said}_not" if reach and not is_negation else said, *match.span()))
        reach = _REACH if is_negation else max(reach - 1, 0)
    return found


@lru_cache(maxsize=65536)
def _pieces(word: str) -> tuple[str, ...]:
    """Pieces of three to five letters inside a word and at its borders."""
    padded = f" {word.removesuffix('_not')} "
    return tuple(f"c{padded[i : i + n]}" for n in (3, 4, 5) for i in range(max(1, len(padded) - n + 1)))


@lru_cache(maxsize=262144)
def place_of(gram: str) -> int:
    """Return the place of a gram in the table of weights. The checksum is the same on every machine."""
    return crc32(gram.encode("utf-8", "replace")) & (SIZE - 1)


@lru_cache(maxsize=65536)
def _places_of(word: str) -> tuple[int, ...]:
    """The places of a word and of its pieces: few words make most of what people write."""
    return (place_of(word), *(place_of(piece) for piece in _pieces(word)))


@dataclass(frozen=True, slots=True)
class Grams:
    """What is counted of a text: the places of each word and its pieces one after another, where each word starts among them,
    and the places of the pairs of words."""

    places: np.ndarray[Any, Any]
    starts: np.ndarray[Any, Any]
    pairs: np.ndarray[Any, Any]

    def counts(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return the places that the text holds, each once, and how much of each: 1 + ln(times)."""
        places, times = np.unique(np.concatenate([self.places, self.pairs]), return_counts=True)
        return places, 1 + np.log(times).astype(np.float32)


def grams_of(words: list[Word]) -> Grams:
    """Return what is counted of a text with at least one word."""
    flat: list[int] = []
    starts: list[int] = []
    for word in words:
        starts.append(len(flat))
        flat += _places_of(word.said)
    pairs = [place_of(f"{a.said} {b.said}") for a, b in pairwise(words)]
    return Grams(np.array(flat, np.int64), np.array(starts, np.int64), np.array(pairs, np.int64))
