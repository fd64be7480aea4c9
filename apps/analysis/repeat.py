"""Whether a customer says after a hand-off what they said before it: how alike two texts are, and complaints about repeating.

Words and their pieces count by how rare they are; a small logistic curve over that, learnt on public restatements, makes one
score of it. Placeholders of the mask are words: the same kind of value is part of the same matter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, sqrt
from typing import Any
from zlib import crc32

import numpy as np

from apps.analysis import artefact
from apps.analysis.reading import Clue, Read

PART = "repeat"
VERSION = 1
MODEL = "rare words in common"
ARTEFACT = artefact.FOLDER / "repeat.npz"
REPEATED, NEW = "repeated", "new"
# From this score two texts are called the same: one in twenty that are not is called so too (model card).
BORDER = 0.75
BITS = 14
SIZE = 1 << BITS
# How many messages after a hand-off, and before it, are compared.
FIRST_AFTER, LAST_BEFORE = 3, 8
# Fewer words say nothing that could be said again.
FEWEST_WORDS = 3

_TOKEN = re.compile(r"\[[a-z][a-z_ -]{0,30} \d{1,4}\]|[^\W_]+(?:['’][^\W_]+)*")
_NUMBER = re.compile(r" \d{1,4}\]$")
_SMALL = frozenset(
    str.split(
        "i you we the a an is are am be was were it that this to of in on for and or but so your our my me can "
        "could will would have has had do does did with at by from as if please thank thanks hi hello hey yes no "
        "ok okay there just want need like"
    )
)
_COMPLAINT = re.compile(
    r"\b(?:as|like) i (?:already |just |previously |have )?(?:said|told|mentioned|explained|wrote|stated)\b"
    r"|\bi(?:['’]ve| have)? (?:already|just) (?:told|said|given|gave|explained|provided|sent|answered|mentioned|did)\b"
    r"|\b(?:told|explained|said|repeat(?:ed|ing)?|asked)\b.{0,30}\b(?:already|again|twice|times)\b|\bagain and again\b|\bhow many times\b"
    r"|\brepeat (?:myself|everything|all|the whole)\b|\bstart (?:all )?over\b|\bsame (?:question|thing|info\w*)s? (?:again|over)\b"
    r"|\bread (?:the|my) (?:chat|previous|messages?|above|conversation)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A text as it is compared: its words and pieces with their weights, each part of length one, and its words that say something."""

    words: dict[int, float]
    pieces: dict[int, float]
    said: frozenset[str]
    count: int


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared; placeholders without their number."""
    return [_NUMBER.sub("]", match[0].lower().replace("’", "'")) for match in _TOKEN.finditer(text)]


@lru_cache(maxsize=65536)
def place_of(gram: str) -> int:
    """The place of a word or piece in the table of rarities."""
    return crc32(gram.encode("utf-8", "replace")) & (SIZE - 1)


@lru_cache(maxsize=32768)
def pieces_of(word: str) -> tuple[str, ...]:
    """Pieces of three and four letters inside the borders of a word."""
    padded = f" {word} "
    return tuple(f"c{padded[i : i + n]}" for n in (3, 4) for i in range(max(1, len(padded) - n + 1)))


def _rarities() -> np.ndarray[Any, Any]:
    kept = artefact.loaded(ARTEFACT)
    return np.ones(SIZE, np.float32) if kept is None else kept["rarity"]


def _unit(places: Sequence[int], rarity: np.ndarray[Any, Any]) -> dict[int, float]:
    held: dict[int, int] = {}
    for place in places:
        held[place] = held.get(place, 0) + 1
    much = {place: (1 + log(n)) * float(rarity[place]) for place, n in held.items()}
    length = sqrt(sum(value * value for value in much.values())) or 1.0
    return {place: value / length for place, value in much.items()}


def count(text: str, rarity: np.ndarray[Any, Any]) -> Counted:
    """Count a text with these rarities."""
    words = words_of(text)
    return Counted(
        _unit([place_of(f"w{word}") for word in words], rarity),
        _unit([place_of(piece) for word in words for piece in pieces_of(word)], rarity),
        frozenset(word for word in words if word not in _SMALL),
        len(words),
    )


@lru_cache(maxsize=4096)
def counted(text: str) -> Counted:
    """Count a text with the rarities that were learnt."""
    return count(text, _rarities())


def features(one: Counted, two: Counted) -> tuple[float, ...]:
    """How alike two texts are: by words, by pieces, by the share of common words of either, and how long they are."""
    common = len(one.said & two.said)
    return (
        _dot(one.words, two.words), _dot(one.pieces, two.pieces), common / max(1, min(len(one.said), len(two.said))),
        common / max(1, len(one.said | two.said)), min(common, 4) / 4, min(one.count, 30) / 30, min(two.count, 30) / 30,
        min(len(one.said), len(two.said), 10) / 10,
    )  # fmt: skip


def _dot(a: dict[int, float], b: dict[int, float]) -> float:
    if len(b) < len(a):
        a, b = b, a
    return sum(value * b[place] for place, value in a.items() if place in b)


def likeness(a: str, b: str) -> float:
    """How likely two texts say the same, from 0 to 1. Without the artefact it is how alike their pieces are."""
    told = features(counted(a), counted(b))
    kept = artefact.loaded(ARTEFACT)
    if kept is None:
        return told[1]
    z = float(kept["bias"][0]) + sum(w * x for w, x in zip(kept["weights"].tolist(), told, strict=True))
    return 1 / (1 + exp(-z))


def complaint_in(text: str) -> tuple[int, int] | None:
    """Where a customer complains of having to say things again; None where they do not."""
    found = _COMPLAINT.search(text)
    return None if found is None else found.span()


def read(text: str, before: Sequence[str]) -> Read:
    """Read whether a masked text repeats one of those before it; the clues are the words they share."""
    told = counted(text)
    best = max(((likeness(one, text), one) for one in before[-LAST_BEFORE:] if one.strip()), default=(0.0, ""))
    score, same = best
    clues: tuple[Clue, ...] = ()
    if same and told.count >= FEWEST_WORDS:
        shared = counted(same).said & told.said
        clues = tuple(Clue(*m.span(), 1.0) for m in _TOKEN.finditer(text) if _NUMBER.sub("]", m[0].lower()) in shared)
    label = REPEATED if told.count >= FEWEST_WORDS and score >= BORDER else NEW
    return Read(PART, label, round(score, 4), round(max(score, 1 - score), 4), MODEL, VERSION, clues)
