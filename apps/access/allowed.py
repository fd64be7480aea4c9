"""Words that are nobody's name, found in a text: whole entries of one or more words, in any capitals."""

from __future__ import annotations

import re
from collections.abc import Iterable

from apps.access import tagger
from apps.access.plain_text import WORD, Span

_SIGNS = re.compile(r"[^\W_]+")


class Allowed:
    """The entries of one list (`allow_list`). A pure function of a text."""

    def __init__(self, entries: Iterable[str]) -> None:
        parts = sorted((_SIGNS.findall(entry) for entry in entries), key=len, reverse=True)
        # What a text must hold for any of them to be in it.
        self._firsts = frozenset(found[0].lower() for one in parts if (found := WORD.search(" ".join(one))))
        # Longest first. Between the words of an entry stands a space or a hyphen; its 's goes with it.
        told = "|".join(r"[\W_]{1,3}".join(map(re.escape, one)) for one in parts if one)
        self._pattern = re.compile(rf"(?<![^\W_])(?:{told})(?:['’]s)?(?![^\W_])", re.IGNORECASE) if told else None

    def spans(self, view: str, words: set[str]) -> list[Span]:
        """Return where entries stand in a view; `words` are its words in small letters."""
        if self._pattern is None or self._firsts.isdisjoint(words):
            return []
        return [found.span() for found in self._pattern.finditer(view)]


NOTHING = Allowed(())


def is_allowed(view: str, start: int, end: int, spared: Iterable[Span]) -> bool:
    """Say whether a guessed name is none: it holds an entry, and no word beside it but plain ones."""
    over = [(a, b) for a, b in spared if a < end and start < b]
    return bool(over) and all(
        any(a <= found.start() and found.end() <= b for a, b in over) or tagger.is_plain_word(found[0])
        for found in WORD.finditer(view, start, end)
    )
