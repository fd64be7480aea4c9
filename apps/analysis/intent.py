"""A second opinion on what a customer wants, learnt in seconds from an AI agent's own examples.

It says which intent a message has and how sure it is: half by how much likelier that intent is than the others, half by how
like the message is to the nearest example. Little sure, the message is out of the agent's scope.
The first tier knows the examples' words; the second, where its extra is there, also what they mean (meanings.py): the likelihood is
then the mean of both. An opinion that was learnt with meanings reads by words alone where those cannot be had.
An AI agent's own confidence is no measure of that: on a fallback some print their threshold (`confidence_of`).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

import numpy as np

from apps.access.language import KNOWN, language_of
from apps.analysis.reading import Clue, Read

PART = "intent"
VERSION = 2
MODEL = "the agent’s own examples"
# Of what both tiers read together. It is the higher one: what both have read is not read again by the first alone.
VERSION_OF_BOTH = 3
MODEL_OF_BOTH = "the agent’s own examples + MiniLM"
NAMED, OUT_OF_SCOPE = "named", "out of scope"
# Below this confidence a message is taken for one that the agent does not know.
SURE = 0.4
# The same of both tiers: as many messages of intents that were never taught fall under it (59 in 100 of HINT3's examples, whole
# intents left out), and fewer of the known ones (14 instead of 18).
SURE_OF_BOTH = 0.44
# Fewer examples, or fewer intents, teach nothing.
FEWEST_EXAMPLES, FEWEST_INTENTS = 20, 2
MOST_EXAMPLES = 50_000
STRENGTH = 10.0
STEPS = 60
MOST_KNOWN = 20_000
# Of meanings: the penalty that did best on examples of HINT3's bots that were left out, and how many examples are heard.
STRENGTH_OF_MEANINGS = 100.0
MOST_MEANT = 5000
# So many examples tell which language they are in.
FEW = 50
Array = np.ndarray[Any, Any]
# Vectors of texts, or None where they cannot be had.
Hear = Callable[[Sequence[str]], Array | None]

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
class Meanings:
    """What was learnt of the examples' meanings: a weight for each direction (directions × labels), and biases."""

    table: Array
    bias: Array

    def shares(self, vector: Array) -> Array:
        """The probability of each label, in the order of the opinion's."""
        return _shares(vector @ self.table + self.bias)


def _shares(logits: Array) -> Array:
    raised = np.exp(logits - logits.max())
    told: Array = raised / raised.sum()
    return told


@dataclass(frozen=True, slots=True)
class Opinion:
    """What was learnt of one AI agent."""

    labels: tuple[str, ...]
    places: Mapping[str, int]
    rarity: Array
    table: Array  # places × labels
    bias: Array
    examples: int
    # Which examples have a place, and how much of it: those of place n stand from `starts[n]` to `starts[n + 1]`.
    starts: Array
    owners: Array
    shares_of: Array
    # None where it was learnt by the first tier alone.
    meanings: Meanings | None = None
    # Words that were met, with the places of their pieces.
    known: dict[str, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    def row(self, text: str) -> tuple[Array, Array]:
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

    def _unit(self, held: Mapping[int, int]) -> tuple[Array, Array]:
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

    def shares(self, text: str) -> Array:
        """The probability of each label, in the order of `labels`."""
        return self._shares(*self.row(text))

    def _shares(self, places: Array, values: Array) -> Array:
        return _shares(self.bias + (values @ self.table[places] if len(places) else 0.0))

    def likeness(self, places: Array, values: Array) -> float:
        """How like a row is to the example nearest to it: the cosine, 1 for the same words."""
        if not len(places):
            return 0.0
        first, held = self.starts[places], self.starts[places + 1] - self.starts[places]
        # Every place's part of the list, one after another.
        at = np.repeat(first - np.cumsum(held) + held, held) + np.arange(held.sum())
        near = np.bincount(self.owners[at], self.shares_of[at] * np.repeat(values, held), self.examples)
        return float(near.max() / np.sqrt(values @ values))

    def of(self, text: str, vector: Array | None = None) -> tuple[str, float]:
        """The likeliest intent of a text, and how sure it is from 0 to 1; with its `vector`, as both tiers say."""
        row = self.row(text)
        shares = self._shares(*row)
        if vector is not None and self.meanings is not None:
            shares = (shares + self.meanings.shares(vector)) / 2
        best = int(shares.argmax())
        return self.labels[best], (float(shares[best]) + self.likeness(*row)) / 2

    def read_many(self, texts: Sequence[str], second: Hear | None = None) -> list[Read]:
        """Read the intents of masked texts, by both tiers where the second was learnt and can be heard."""
        heard = second(texts) if texts and second is not None and self.meanings is not None else None
        if heard is None:
            return [self.read(text) for text in texts]
        return [self.read(text, vector) for text, vector in zip(texts, heard, strict=True)]

    @property
    def version(self) -> int:
        """The version of what it reads where everything is there."""
        return VERSION if self.meanings is None else VERSION_OF_BOTH

    def read(self, text: str, vector: Array | None = None) -> Read:
        """Read the intent of a masked text; the clues are the words that spoke for it.

        With the text's vector both tiers read, if the second was learnt; the words are then those that the first has for the intent.
        """
        label, sure = self.of(text, vector)
        is_both = vector is not None and self.meanings is not None
        least = SURE_OF_BOTH if is_both else SURE
        model, version = (MODEL_OF_BOTH, VERSION_OF_BOTH) if is_both else (MODEL, VERSION)
        clues = []
        best = self.labels.index(label)
        for match in _WORD.finditer(text):
            place = self.places.get(match[0].lower())
            if place is not None and (weight := float(self.table[place, best] * self.rarity[place])) > 1:
                clues.append(Clue(*match.span(), round(weight, 3)))
        loudest = sorted(sorted(clues, key=lambda clue: -clue.weight)[:4], key=lambda clue: clue.start)
        return Read(
            PART, label if sure >= least else OUT_OF_SCOPE, None, round(sure, 4), model, version, tuple(loudest)
        )


def learn(examples: Sequence[tuple[str, str]], second: Hear | None = None) -> Opinion:
    """Learn from pairs of a text and its intent. The same pairs in the same order give the same opinion.

    `second` gives vectors of texts; where it can be heard, and knows the language, their meanings are learnt too.

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
    return Opinion(labels, opinion.places, rarity, table, bias, len(told), *near, _learn_meanings(told, labels, second))


def _learn_meanings(told: Sequence[tuple[str, str]], labels: Sequence[str], second: Hear | None) -> Meanings | None:
    from apps.analysis.training import softmax

    # Evenly over all of them: a maker's file is often in the order of its intents.
    some = told[:: -(-len(told) // MOST_MEANT)]
    if second is None or {label for _, label in some} != set(labels) or not _is_known_language(some):
        return None
    heard = second([text for text, _ in some])
    if heard is None:
        return None
    nothing = softmax.Rows(np.zeros(len(some), np.int64), np.zeros(len(some)), np.arange(len(some)), 1)
    _, table, bias = softmax.fit(
        nothing, heard.astype(np.float64), np.array([labels.index(label) for _, label in some]), strength=STRENGTH_OF_MEANINGS,
        steps=STEPS, is_even=False,
    )  # fmt: skip
    return Meanings(table, bias)


def _is_known_language(told: Sequence[tuple[str, str]]) -> bool:
    """Whether most of the examples are in the language that the second tier knows; short ones follow those before them."""
    some = [text for text, _ in told[:: -(-len(told) // FEW)]]
    known = [language_of(text, tuple(some[max(0, n - 3) : n])) == KNOWN for n, text in enumerate(some)]
    return 2 * sum(known) > len(known)


def _by_place(rows: Sequence[tuple[Array, Array]], width: int) -> tuple[Array, Array, Array]:
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
