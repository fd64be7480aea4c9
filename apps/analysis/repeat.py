"""Whether a customer says after a hand-off what they said before it: how alike two texts are, and complaints about repeating.

The first tier: words and their pieces count by how rare they are; a small logistic curve over that, learnt on public
restatements, makes one score of it. Placeholders of the mask are words: the same kind of value is part of the same matter.
The second tier, where its extra is there: how alike the meanings of two texts are (meanings.py), each of their directions with a
weight that was learnt on the same restatements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, log, sqrt
from typing import Any
from zlib import crc32

import numpy as np

from apps.access.language import KNOWN, language_of
from apps.analysis import artefact
from apps.analysis.reading import Clue, Read

PART = "repeat"
VERSION = 1
MODEL = "rare words in common"
ARTEFACT = artefact.FOLDER / "repeat.npz"
# Of what the second tier reads. It is the higher one: what it has read is not read again by the first.
VERSION_OF_SECOND = 2
MODEL_OF_SECOND = "likeness of meaning (MiniLM)"
WEIGHTS = artefact.FOLDER / "repeat_minilm.npz"
REPEATED, NEW = "repeated", "new"
# From this score two texts are called the same: one in twenty that are not is called so too (model card).
BORDER = 0.75
BITS = 14
SIZE = 1 << BITS
# How many messages after a hand-off, and before it, are compared.
FIRST_AFTER, LAST_BEFORE = 3, 8
# Fewer words say nothing that could be said again.
FEWEST_WORDS = 3
# Words that are left out one by one to see what the likeness of meanings rests on, and those of them that are shown.
MOST_TRIED, MOST_CLUES = 8, 4
# A word without which two texts are hardly less alike decided nothing.
LEAST_WEIGHT = 0.01
Array = np.ndarray[Any, Any]
# Vectors of texts, or None where they cannot be had.
Hear = Callable[[Sequence[str]], Array | None]

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


@dataclass(frozen=True, slots=True)
class Meant:
    """What was learnt of meanings: a weight for each direction, and a bias; from `border` on two texts are called the same."""

    weights: Array
    bias: float
    border: float

    def likeness(self, one: Array, two: Array) -> float:
        """How likely two texts say the same, from 0 to 1, by their vectors."""
        return float(1 / (1 + np.exp(-((one * two) @ self.weights + self.bias))))


def meant() -> Meant | None:
    """What was learnt of meanings; None where there is no such file.

    :raises Damaged: the file is another one than was released.
    """
    kept = artefact.loaded(WEIGHTS)
    return None if kept is None else Meant(kept["weights"], float(kept["bias"][0]), float(kept["border"][0]))


def compared(before: Sequence[str]) -> list[str]:
    """Those of the texts before a hand-off that are compared."""
    return [one for one in before[-LAST_BEFORE:] if one.strip()]


def read_many(asked: Sequence[tuple[str, Sequence[str]]], second: Hear | None = None) -> list[Read]:
    """Read masked texts, each with those before the hand-off, by the second tier where it can be heard and by the first elsewhere.

    `second` gives vectors of length one. The clues are then the words without which the two are less alike.
    """
    found = [read(text, before) for text, before in asked]
    learnt = meant()
    if second is None or learnt is None:
        return found
    known = [n for n, (text, before) in enumerate(asked) if _has_meaning(text, before)]
    texts = list(dict.fromkeys(one for n in known for one in (asked[n][0], *compared(asked[n][1]))))
    heard = second(texts) if texts else np.zeros((0, 0))
    if heard is None:
        return found
    by = dict(zip(texts, heard, strict=True))
    # Where nothing can be compared, or in another language, there was nothing for the second to add.
    found = [replace(one, version=VERSION_OF_SECOND) for one in found]
    same: dict[int, tuple[str, Array, Array]] = {}
    for n in known:
        text, before = asked[n]
        score, nearest = max((learnt.likeness(by[text], by[one]), one) for one in compared(before))
        found[n] = _by_meaning(score, learnt.border, found[n].clues)
        if found[n].label == REPEATED:
            same[n] = text, by[text], by[nearest]
    for n, clues in _decisive(same, learnt, second).items():
        found[n] = replace(found[n], clues=clues)
    return found


def _by_meaning(score: float, border: float, shared: tuple[Clue, ...]) -> Read:
    """What a likeness of meanings says; words that both share are shown for the time being."""
    label, clues = (REPEATED, shared) if score >= border else (NEW, ())
    return Read(
        PART, label, round(score, 4), round(max(score, 1 - score), 4), MODEL_OF_SECOND, VERSION_OF_SECOND, clues
    )


def _has_meaning(text: str, before: Sequence[str]) -> bool:
    """Whether a text has enough words in the language that MiniLM knows, and there is something to compare it with."""
    held = compared(before)
    return bool(held) and len(words_of(text)) >= FEWEST_WORDS and language_of(text, tuple(held)) == KNOWN


def _decisive(same: dict[int, tuple[str, Array, Array]], learnt: Meant, second: Hear) -> dict[int, tuple[Clue, ...]]:
    """The words of each text that its likeness rests on: how much less likely it would be without each. None where it is not heard."""
    tried = [
        (n, match.span(), text[: match.start()] + text[match.end() :])
        for n, (text, _, _) in same.items()
        for match in [m for m in _TOKEN.finditer(text) if m[0].lower() not in _SMALL][:MOST_TRIED]
    ]
    heard = second([text for _, _, text in tried]) if tried else None
    if heard is None:
        return {}
    weighed: dict[int, list[Clue]] = {n: [] for n in same}
    for (n, place, _), vector in zip(tried, heard, strict=True):
        _, whole, near = same[n]
        less = learnt.likeness(whole, near) - learnt.likeness(vector, near)
        if less >= LEAST_WEIGHT:
            weighed[n].append(Clue(*place, round(less, 3)))
    return {
        n: tuple(sorted(sorted(held, key=lambda clue: -clue.weight)[:MOST_CLUES], key=lambda clue: clue.start))
        for n, held in weighed.items() if held
    }  # fmt: skip
