"""How the detectors read a text: other alphabets' digits, wide letters, dashes and spaces written plainly."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

Span = tuple[int, int]

# A word, as it is written: what is no letter parts it from others.
WORD = re.compile(r"[^\W\d_]+")


@cache
def _plain() -> dict[int, str]:
    table: dict[int, str] = {}
    for code in range(0x80, 0x1FBFA):
        ch = chr(code)
        kind = unicodedata.category(ch)
        if kind == "Nd":
            table[code] = str(unicodedata.digit(ch))
        elif kind == "Zs":
            table[code] = " "
        elif kind == "Pd":
            table[code] = "-"
    table[0x2212] = "-"
    table |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code not in table}
    return table


def view_of(text: str) -> str:
    """Return the text as the detectors read it, of the same length."""
    return text if text.isascii() else text.translate(_plain())


@cache
def _unseen() -> re.Pattern[str]:
    marks = (chr(code) for code in range(0x80, 0x1FBFA) if unicodedata.category(chr(code)) == "Cf")
    return re.compile(f"[{re.escape(''.join(marks))}]")


def seen(text: str) -> tuple[str, list[int] | None]:
    """Leave out the marks that are not seen (joiners, soft hyphens): a value does not hide behind one.

    The second part gives the place in the text of each character that is left; None when nothing was left out.
    """
    if text.isascii() or _unseen().search(text) is None:
        return text, None
    hidden = _unseen()
    places = [place for place, ch in enumerate(text) if hidden.match(ch) is None]
    return "".join(text[place] for place in places), places


def covered(length: int, claims: Iterable[tuple[int, int, str]]) -> bytearray:
    """Return for each place of a text whether it lies in a claim: many words are asked about, and claims may be as many."""
    told = bytearray(length)
    for start, end, _ in claims:
        told[start:end] = b"\x01" * (min(end, length) - start)
    return told


# Cards ---------------------------------------------------------------------------------------------------------------
