"""Where an AI agent turns in circles: the same answer again, or the same question about the same words; and where it
contradicts itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from apps.analysis.reading import Read

PART = "loop"
VERSION = 1
MODEL = "answers held against each other"
LOOP, CONTRADICTION, STRAIGHT = "loop", "contradiction", "straight"
# As many alike answers in one conversation are a loop.
FEWEST_ALIKE = 2
# How many answers back a contradiction is looked for: what was said an hour ago is another matter.
REACH = 20
_PLACEHOLDER = re.compile(r"\[[a-z][a-z_ -]{0,30} \d{1,4}\]|\d+")
_WORD = re.compile(r"[^\W\d_]+")
_NOT = re.compile(r"\b(?:not|never|no|cannot|unable|without)\b|n['’]t\b", re.IGNORECASE)
_SMALL = frozenset(
    str.split(
        "i you we the a an is are am be was were it that this to of in on for and or but so your our my can could "
        "will would have has had do does did with at by from as if not no never cannot please thank thanks hi "
        "hello yes there"
    )
)


@dataclass(frozen=True, slots=True)
class Loop:
    """Answers that say the same: their places among the agent's turns, first to last."""

    places: tuple[int, ...]


def plain(text: str) -> str:
    """An answer without what differs between two fillings of one template."""
    return " ".join(_WORD.findall(_PLACEHOLDER.sub(" ", text.lower())))


def loops_in(answers: Sequence[str]) -> list[Loop]:
    """Find answers that an agent gave word for word again, short courtesies of up to three words left out."""
    by: dict[str, list[int]] = {}
    for place, text in enumerate(answers):
        if len((key := plain(text)).split()) > 3:
            by.setdefault(key, []).append(place)
    return [Loop(tuple(places)) for places in by.values() if len(places) >= FEWEST_ALIKE]


def contradictions_in(answers: Sequence[str]) -> list[tuple[int, int]]:
    """Find pairs of answers that speak of the same things, one with "not" and one without."""
    told = [
        (frozenset(_WORD.findall(_NOT.sub(" ", text.lower()))) - _SMALL, _NOT.search(text) is not None)
        for text in answers
    ]
    found = []
    for later in range(len(told)):
        for earlier in range(max(0, later - REACH), later):
            (a, not_a), (b, not_b) = told[earlier], told[later]
            if (
                not_a != not_b
                and min(len(a), len(b)) >= 2
                and len(a & b) / min(len(a), len(b)) >= 0.8
                and len(a & b) / max(len(a), len(b)) >= 0.6
            ):
                found.append((earlier, later))
    return found


def read(answers: Sequence[str]) -> list[Read]:
    """Read the masked answers of one AI agent in one conversation, oldest first. `score` is how many answers back the other one is."""
    back: dict[int, tuple[str, int]] = {}
    for earlier, later in contradictions_in(answers):
        back[later] = CONTRADICTION, later - earlier
    for loop in loops_in(answers):
        for earlier, later in pairwise(loop.places):
            back[later] = LOOP, later - earlier
    found = (back.get(place, (STRAIGHT, 0)) for place in range(len(answers)))
    return [Read(PART, label, float(far), 1.0, MODEL, VERSION) for label, far in found]
