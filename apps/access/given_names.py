"""First names that are nothing else: "Jacob lives on", "said Antonio". With a capital they are names, whatever stands around them.

The tagger weighs a name by its surroundings, and where it has learnt of no such surroundings it leaves the name. These lists hold no
word of English, no place and no month, so that they need none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from apps.access import tagger
from apps.access.plain_text import Span, covered
from apps.access.tagger import Claim

LIST = tagger.FOLDER / "given_names.txt"
_WORD = re.compile(r"(?<![\w@#/.])[^\W\d_a-zß-öø-ÿ][^\W\d_]+(?:['’][^\W\d_]{2,})?")
# What goes on with a name: more names with capitals, a middle letter.
_MORE = re.compile(r"[ ](?:[^\W\d_]\.[ ])?([^\W\d_][^\W\d_]+(?:[-'’][^\W\d_]{2,})?)(?![\w@])")
# San Miguel and Saint Jean are towns, and so is what goes on as a street, a station or a school.
_OF_A_PLACE = re.compile(
    r"(?:\b(?:san|santa|santo|saint|st\.?|são|los|las|fort|port|mount|lake|new|el|la|de|the)|#|@)[ -]$", re.IGNORECASE
)
_IS_A_PLACE = re.compile(
    r"['’]?s?[ ](?:street|st|road|rd|avenue|ave|lane|drive|square|airport|station|hall|hotel|inn|park|beach|springs|city|county|island"
    r"|university|college|school|church|hospital|bank|store|shop|cafe|café|bar|grill|restaurant|theatre|theater|stadium|tower|house)\b",
    re.IGNORECASE,
)
_MOST_MORE = 2
_NO_NAME = tagger.STREET | tagger.COMMON


@cache
def _given() -> frozenset[str]:
    return frozenset(tagger.released(LIST).decode().split())


def is_given(word: str) -> bool:
    """Say whether a word is such a name, whatever its capitals."""
    return word.lower() in _given()


def found_in(view: str, claims: Sequence[Claim]) -> Iterator[Span]:
    """Yield where such names stand, each with the names that follow it; what lies in a claim is left to it."""
    given, taken, last = _given(), bytearray(), 0
    for found in _WORD.finditer(view):
        word = found[0]
        if not word[0].isupper() or not word[1:].islower() or word.lower() not in given:
            continue
        start, end = found.span()
        taken = taken or covered(len(view), claims)
        if start < last or any(taken[start:end]):
            continue
        if _OF_A_PLACE.search(view[max(0, start - 7) : start]):
            continue
        is_place = _IS_A_PLACE.match(view, end) is not None
        for _ in range(_MOST_MORE):
            more = _MORE.match(view, end)
            if is_place or more is None or not _goes_on(more[1]):
                break
            end = more.end()
            is_place = _IS_A_PLACE.match(view, end) is not None
        if not is_place:
            last = end
            yield start, end


def _goes_on(word: str) -> bool:
    is_name = word[0].isupper() and word[1:].islower() and word.lower() not in _NO_NAME
    return is_name and not tagger.is_plain_word(word)
