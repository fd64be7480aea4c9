"""A second opinion on what a customer wants, learnt in seconds from an AI agent's own examples.

It says which intent a message has and how sure it is; little sure of all of them, the message is out of the agent's scope.
An AI agent's own confidence is no measure of that: on a fallback some print their threshold (`confidence_of`).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np

from apps.analysis.reading import Clue, Read

PART = "intent"
VERSION = 1
MODEL = "words and pieces, by the agent’s own examples"
OUT_OF_SCOPE = "out of scope"
# Below this confidence a message is taken for one that the agent does not know.
SURE = 0.35
# Fewer examples, or fewer intents, teach nothing.
FEWEST_EXAMPLES, FEWEST_INTENTS = 20, 2
MOST_EXAMPLES = 50_000
STRENGTH = 10.0
STEPS = 60

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
        padded = f" {word} "
        for n in (2, 3, 4):
            pieces.update(f"\x00{padded[i : i + n]}" for i in range(max(1, len(padded) - n + 1)))
    return whole, pieces


@dataclass(frozen=True, slots=True)
class Opinion:
    """What was learnt of one AI agent."""

    labels: tuple[str, ...]
    places: Mapping[str, int]
    rarity: np.ndarray[Any, Any]
    table: np.ndarray[Any, Any]  # places × labels
    bias: np.ndarray[Any, Any]
    examples: int

    def row(self, text: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """The places of a text and how much of each: words and pieces, each part of length one."""
        places: list[int] = []
        values: list[float] = []
        for part in _counted(text):
            held = [(self.places[g], 1 + log(n)) for g, n in part.items() if g in self.places]
            if held:
                at = np.array([place for place, _ in held])
                much = np.array([n for _, n in held]) * self.rarity[at]
                places += at.tolist()
                values += (much / np.linalg.norm(much)).tolist()
        return np.array(places, np.int64), np.array(values)

    def shares(self, text: str) -> np.ndarray[Any, Any]:
        """The probability of each label, in the order of `labels`."""
        places, values = self.row(text)
        logits = self.bias + (values @ self.table[places] if len(places) else 0.0)
        raised = np.exp(logits - logits.max())
        told: np.ndarray[Any, Any] = raised / raised.sum()
        return told

    def of(self, text: str) -> tuple[str, float]:
        """The likeliest intent of a text and its probability."""
        shares = self.shares(text)
        best = int(shares.argmax())
        return self.labels[best], float(shares[best])

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
    )
    rows = [opinion.row(text) for text, _ in told]
    rows = [row if len(row[0]) else (np.zeros(1, np.int64), np.zeros(1)) for row in rows]
    starts = np.concatenate([[0], np.cumsum([len(places) for places, _ in rows])[:-1]])
    table, _, bias = softmax.fit(
        softmax.Rows(np.concatenate([p for p, _ in rows]), np.concatenate([v for _, v in rows]), starts, len(kept)),
        np.zeros((len(rows), 0)), np.array([labels.index(label) for _, label in told]), strength=STRENGTH, steps=STEPS, is_even=False,
    )  # fmt: skip
    return Opinion(labels, opinion.places, rarity, table, bias, len(told))


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
