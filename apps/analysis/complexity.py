"""How long and hard a conversation is likely to become, from its opening: a table of factors with weights, and what was learnt
of words. The table is the floor's to edit; the learnt part can be left out."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp
from zlib import crc32

from apps.analysis import artefact
from apps.analysis.reading import Read

PART = "complexity"
VERSION = 1
MODEL = "weighted factors + words"
ARTEFACT = artefact.FOLDER / "complexity.npz"
COMPLEX, SIMPLE = "complex", "simple"
BORDER = 0.5
BITS = 14
SIZE = 1 << BITS
# From how many of a customer's messages on there is a score, and how many are looked at.
FEWEST, MOST = 1, 4

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_QUESTION = re.compile(r"\?|^(?:who|what|when|where|why|how|which|can|could|do|does|is|are|will)\b", re.IGNORECASE)
_AMOUNT = re.compile(r"[$€£]\s?\d|\b\d+(?:[.,]\d+)?\s?(?:dollars?|euros?|pounds?|usd|eur|gbp|bucks)\b", re.IGNORECASE)
_VALUE = re.compile(r"\[[a-z][a-z_ -]{0,30} \d{1,4}\]")
_SECOND = re.compile(
    r"\b(?:also|another|as well|too|second(?:ly)?|other (?:thing|question|issue)|and then|besides)\b", re.IGNORECASE
)
_AGAIN = re.compile(
    r"\b(?:again|still|twice|third time|already|yet|last (?:week|time)|days? ago|weeks? ago)\b", re.IGNORECASE
)

# A factor and what one step of it adds to the score (log odds). What each counts stands beside it. The middle ones are what
# public openings show, rounded; those below them come from METRICS and are the floor's to correct.
TABLE: dict[str, float] = {
    "start": -0.7,
    "values": -0.4,  # personal data that was given, up to six: what is given at once need not be asked for
    "questions": 0.5,  # questions, up to four
    "amounts": -0.2,  # sums of money, up to three: a clear matter
    "second matter": 0.3,  # "also", "another", up to three
    "again": 0.25,  # "still", "again", up to three
    "fallbacks": 0.5,  # turns that the AI agent did not understand, up to three
    "falling mood": 0.8,  # how much the running mood fell a message, from 0 to 1
    "asked for a person": 0.6,  # 1 when a person was asked for
    "repeat contact": 0.7,  # 1 when the customer was here in the last days
}


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a conversation besides its words."""

    fallbacks: int = 0
    slope: float = 0.0
    asked_for_person: bool = False
    is_repeat_contact: bool = False


NOTHING = About()


def factors(texts: Sequence[str], about: About = NOTHING) -> dict[str, float]:
    """What each factor counts in the opening of a conversation, in the customer's masked messages."""
    said = [text for text in texts[:MOST] if text.strip()]
    whole = "\n".join(said)
    return {
        "start": 1.0,
        "values": float(min(6, len(_VALUE.findall(whole)))),
        "questions": float(min(4, sum(_QUESTION.search(text) is not None for text in said))),
        "amounts": float(min(3, len(_AMOUNT.findall(whole)))),
        "second matter": float(min(3, len(_SECOND.findall(whole)))),
        "again": float(min(3, len(_AGAIN.findall(whole)))),
        "fallbacks": float(min(3, about.fallbacks)),
        "falling mood": min(1.0, max(0.0, -about.slope)),
        "asked for a person": float(about.asked_for_person),
        "repeat contact": float(about.is_repeat_contact),
    }


@lru_cache(maxsize=65536)
def _place(gram: str) -> int:
    return crc32(gram.encode("utf-8", "replace")) & (SIZE - 1)


def places_of(texts: Sequence[str]) -> list[int]:
    """Places of the words of an opening and of their pairs, each once; how the messages are filled is counted too."""
    grams: set[str] = set()
    said = [text for text in texts[:MOST] if text.strip()]
    for number, text in enumerate(said):
        words = [word.lower() for word in _WORD.findall(_VALUE.sub(lambda m: m[0].split()[0][1:], text))]
        grams.update(words)
        grams.update(f"{a} {b}" for a, b in itertools.pairwise(words))
        grams.update(f"{number}:{word}" for word in words[:6])
        grams.add(f"length {number} {min(12, len(words))}")
    return sorted({_place(gram) for gram in grams})


def score(
    texts: Sequence[str], about: About = NOTHING, table: Mapping[str, float] = TABLE, *, with_words: bool = True
) -> float:
    """The probability that a conversation becomes one of the long ones, from 0 to 1."""
    counted = factors(texts, about)
    z = sum(weight * counted[name] for name, weight in table.items())
    kept = artefact.loaded(ARTEFACT) if with_words else None
    if kept is not None:
        places = places_of(texts)
        if places:
            z += float(kept["bias"][0]) + float(kept["table"][places].sum()) / len(places) ** 0.5
    return 1 / (1 + exp(-z))


def read(texts: Sequence[str], about: About = NOTHING, table: Mapping[str, float] = TABLE) -> Read:
    """Read the opening of a conversation: the customer's masked messages, oldest first."""
    if len([text for text in texts if text.strip()]) < FEWEST:
        return Read(PART, "not_analysed", None, None, "no words", VERSION)
    found = score(texts, about, table)
    return Read(
        PART, COMPLEX if found >= BORDER else SIMPLE, round(found, 4), round(max(found, 1 - found), 4), MODEL, VERSION
    )
