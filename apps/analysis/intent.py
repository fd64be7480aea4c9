"""A second opinion on what a customer wants, learnt in seconds from an AI agent's own examples.

It says which intent a message has and how sure it is: half by how much likelier that intent is than the others, half by how
like the message is to the nearest example. Little sure, the message is out of the agent's scope.
An AI agent's own confidence is no measure of that: on a fallback some print their threshold (`confidence_of`).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

import numpy as np

from apps.analysis.reading import Clue, Read

PART = "intent"
VERSION = 2
MODEL = "the agent’s own examples"
NAMED, OUT_OF_SCOPE = "named", "out of scope"
# Below this confidence a message is taken for one that the agent does not know.
SURE = 0.4
# Fewer examples, or fewer intents, teach nothing.
FEWEST_EXAMPLES, FEWEST_INTENTS = 20, 2
MOST_EXAMPLES = 50_000
STRENGTH = 10.0
STEPS = 60
MOST_KNOWN = 20_000

_WORD = re.compile(r"\w+")
_SPACE = re.compile(r"\s+")


class TooFew(ValueError):
    """There are not enough examples to learn from."""


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _counted(text: str) -> tuple[Counter[str], Counter[str]]:
    """Words with their pairs, and pieces of two to four signs inside the borders of words."""
    words = _words(text)
    whole = Counter(words)
    whole.update(f"{a} {b}" for a, b in itertools.pairwise(words))
    pieces: Counter[str] = Counter()
    for word in _SPACE.split(text.lower().strip()):
        pieces.update(_pieces_of(word))
    return whole, pieces


def _pieces_of(word: str) -> list[str]:
    padded = f" {word} "
    return [f"\x00{padded[i : i + n]}" for n in (2, 3, 4) for i in range(max(1, len(padded) - n + 1))]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What was learnt of one AI agent."""

    labels: tuple[str, ...]
    places: Mapping[str, int]
    rarity: np.ndarray[Any, Any]
    table: np.ndarray[Any, Any]  # places × labels
    bias: np.ndarray[Any, Any]
    examples: int
    # Which examples have a place, and how much of it: those of place n stand from `starts[n]` to `starts[n + 1]`.
    starts: np.ndarray[Any, Any]
    owners: np.ndarray[Any, Any]
    shares_of: np.ndarray[Any, Any]
    # Words that were met, with the places of their pieces.
    known: dict[str, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    def row(self, text: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """The places of a text and how much of each: words and pieces, each part of length one."""
        words = _words(text)
        whole: dict[int, int] = {}
        for gram in (*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))):
            if (place := self.places.get(gram)) is not None:
                whole[place] = whole.get(place, 0) + 1
        pieces: dict[int, int] = {}
        for word in _SPACE.split(text.lower().strip()):
            for place in self._pieces(word):
                pieces[place] = pieces.get(place, 0) + 1
        parts = [self._unit(held) for held in (whole, pieces) if held]
        if not parts:
            return np.zeros(0, np.int64), np.zeros(0)
        return np.concatenate([places for places, _ in parts]), np.concatenate([much for _, much in parts])

    def _unit(self, held: Mapping[int, int]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        places = np.fromiter(held.keys(), np.int64, len(held))
        much = (1 + np.log(np.fromiter(held.values(), np.float64, len(held)))) * self.rarity[places]
        return places, much / np.sqrt(much @ much)

    def _pieces(self, word: str) -> tuple[int, ...]:
        """The places of a word's pieces; the words of a floor are the same ones day by day."""
        found = self.known.get(word)
        if found is None:
            found = tuple(place for piece in _pieces_of(word) if (place := self.places.get(piece)) is not None)
            if len(self.known) < MOST_KNOWN:
                self.known[word] = found
        return found

    def shares(self, text: str) -> np.ndarray[Any, Any]:
        """The probability of each label, in the order of `labels`."""
        return self._shares(*self.row(text))

    def _shares(self, places: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        logits = self.bias + (values @ self.table[places] if len(places) else 0.0)
        raised = np.exp(logits - logits.max())
        told: np.ndarray[Any, Any] = raised / raised.sum()
        return told

    def likeness(self, places: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> float:
        """How like a row is to the example nearest to it: the cosine, 1 for the same words."""
        if not len(places):
            return 0.0
        first, held = self.starts[places], self.starts[places + 1] - self.starts[places]
        # Every place's part of the list, one after another.
        at = np.repeat(first - np.cumsum(held) + held, held) + np.arange(held.sum())
        near = np.bincount(self.owners[at], self.shares_of[at] * np.repeat(values, held), self.examples)
        return float(near.max() / np.sqrt(values @ values))

    def of(self, text: str) -> tuple[str, float]:
        """The likeliest intent of a text, and how sure it is from 0 to 1."""
        row = self.row(text)
        shares = self._shares(*row)
        best = int(shares.argmax())
        return self.labels[best], (float(shares[best]) + self.likeness(*row)) / 2

    def read(self, text: str) -> Read:
        """Read the intent of a masked text; the clues are the words that spoke for it."""
        label, sure = self.of(text)
        clues = []
        best = self.labels.index(label)
        for match in _WORD.finditer(text):
            place = self.places.get(match[0].lower())
            if place is not None and (weight := float(self.table[place, best] * self.rarity[place])) > 1:
                clues.append(Clue(*match.span(), round(weight, 3)))
        loudest = sorted(sorted(clues, key=lambda clue: -clue.weight)[:4], key=lambda clue: clue.start)
        return Read(PART, label if sure >= SURE else OUT_OF_SCOPE, None, round(sure, 4), MODEL, VERSION, tuple(loudest))


def learn(examples: Sequence[tuple[str, str]]) -> Opinion:
    """Learn from pairs of a text and its intent. The same pairs in the same order give the same opinion.

    :raises TooFew: there are fewer than `FEWEST_EXAMPLES`, or one intent only.
    """
    from apps.analysis.training import softmax

    told = [(text, label) for text, label in examples[:MOST_EXAMPLES] if text.strip() and label]
    labels = tuple(sorted({label for _, label in told}))
    if len(told) < FEWEST_EXAMPLES or len(labels) < FEWEST_INTENTS:
        raise TooFew(
            f"Saw {len(told)} examples of {len(labels)} intents. At least {FEWEST_EXAMPLES} of {FEWEST_INTENTS} are needed."
        )
    counted = [_counted(text) for text, _ in told]
    seen: Counter[str] = Counter()
    for whole, pieces in counted:
        seen.update(whole.keys())
        seen.update(pieces.keys())
    kept = sorted(gram for gram, n in seen.items() if n > 1 or not gram.startswith("\x00"))
    rarity = np.array([log((1 + len(told)) / (1 + seen[gram])) + 1 for gram in kept])
    opinion = Opinion(
        labels,
        {gram: n for n, gram in enumerate(kept)},
        rarity,
        np.zeros((len(kept), len(labels))),
        np.zeros(len(labels)),
        len(told),
        np.zeros(0),
        np.zeros(0),
        np.zeros(0),
    )
    rows = [opinion.row(text) for text, _ in told]
    rows = [row if len(row[0]) else (np.zeros(1, np.int64), np.zeros(1)) for row in rows]
    starts = np.concatenate([[0], np.cumsum([len(places) for places, _ in rows])[:-1]])
    table, _, bias = softmax.fit(
        softmax.Rows(np.concatenate([p for p, _ in rows]), np.concatenate([v for _, v in rows]), starts, len(kept)),
        np.zeros((len(rows), 0)), np.array([labels.index(label) for _, label in told]), strength=STRENGTH, steps=STEPS, is_even=False,
    )  # fmt: skip
    near = _by_place(rows, len(kept))
    return Opinion(labels, opinion.places, rarity, table, bias, len(told), *near)


def _by_place(
    rows: Sequence[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]], width: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Turn rows of examples: for each place the examples that have it, and how much of each of length one."""
    places = np.concatenate([at for at, _ in rows])
    owners = np.repeat(np.arange(len(rows)), [len(at) for at, _ in rows])
    values = np.concatenate([much / (np.linalg.norm(much) or 1.0) for _, much in rows])
    order = np.argsort(places, kind="stable")
    return np.searchsorted(places[order], np.arange(width + 1)), owners[order], values[order]


def confidence_of(
    *, confidence: float | None, is_fallback: bool, ranking: Sequence[tuple[str, float]] = ()
) -> float | None:
    """The confidence that an AI agent's turn may be judged by, from 0 to 1; None where none is to be trusted.

    On a fallback the printed confidence is the threshold it fell under: the first real intent of the ranking counts, and
    without a ranking there is none.
    """
    if not is_fallback:
        return confidence
    return next((score for name, score in ranking if "fallback" not in name.lower()), None)
