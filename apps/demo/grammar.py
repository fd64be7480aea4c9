"""A small grammar for written speech: choices, optional parts and slots, expanded with a given random source.

`(a|b|c)` is one of several, `[x]` is there in half of the cases, `<name>` is a slot. Choices may be nested and may be
empty. The same pattern, random state and slots give the same text. A pattern is parsed once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

PIECE = re.compile(r"<[a-z_]+>|[()\[\]|]|[^<()\[\]|]+")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value that the caller gives."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several rows."""

    rows: tuple[Row, ...]


Row = tuple[str | Slot | Choice, ...]


class BadPattern(ValueError):
    """A pattern has a bracket without its partner."""


@cache
def parse(pattern: str) -> Row:
    """Read a pattern.

    :raises BadPattern: brackets do not match.
    """
    pieces = PIECE.findall(pattern)
    rows, rest = _read(pieces, 0, "")
    if rest != len(pieces):
        raise BadPattern(f"A bracket closes that was never opened, in: {pattern[:80]}")
    return rows[0]


def _read(pieces: list[str], at: int, closer: str) -> tuple[tuple[Row, ...], int]:
    """Read rows up to the closer; the place returned is the closer's own."""
    rows: list[list[str | Slot | Choice]] = [[]]
    while at < len(pieces):
        piece = pieces[at]
        if piece in {"(", "["}:
            inner, at = _read(pieces, at + 1, ")" if piece == "(" else "]")
            choice = Choice(inner)
            rows[-1].append(choice if piece == "(" else Choice(((choice,), ())))
        elif piece in {")", "]"}:
            if piece != closer:
                raise BadPattern(f"Saw {piece} where {closer or 'the end'} was expected.")
            return tuple(tuple(row) for row in rows), at
        elif piece == "|":
            if not closer:
                raise BadPattern("A choice has no brackets around it.")
            rows.append([])
        elif piece.startswith("<") and piece.endswith(">"):
            rows[-1].append(Slot(piece[1:-1]))
        else:
            rows[-1].append(piece)
        at += 1
    if closer:
        raise BadPattern(f"A bracket is never closed by {closer}.")
    return tuple(tuple(row) for row in rows), at


def expand(pattern: str, rng: Random, slots: Mapping[str, str], *, capital: bool = True) -> str:
    """Write one text from the pattern. An unknown slot is a mistake of the author and raises KeyError."""
    out: list[str] = []
    _write(parse(pattern), rng, slots, out)
    text = tidy("".join(out))
    return text[:1].upper() + text[1:] if capital else text


def _write(row: Row, rng: Random, slots: Mapping[str, str], out: list[str]) -> None:
    for part in row:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, Slot):
            out.append(slots[part.name])
        else:
            _write(part.rows[int(rng.random() * len(part.rows))], rng, slots, out)


BLANKS = re.compile(r"[ \t]{2,}")
BEFORE_STOP = re.compile(r" +([,.!?;:])(?=\s|$)")


def tidy(text: str) -> str:
    """Remove the double blanks and the blanks before stops that empty choices leave behind."""
    return BEFORE_STOP.sub(r"\1", BLANKS.sub(" ", text)).strip()


def join(*texts: str) -> str:
    """Put sentences after each other, leaving out the empty ones."""
    return " ".join(text for text in texts if text)
