"""The mask: personal data becomes typed, numbered placeholders, and what was found can be composed back exactly.

First version: checksummed cards and IBANs, e-mail addresses, phone numbers through `phonenumbers`, and the customer's
own known name, address and number. How each is found stands in `detectors`; here is what becomes of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from apps.access import detectors


@dataclass(frozen=True, slots=True)
class Found:
    """One value behind one placeholder. `hint` is what a role may see without opening it (the last four, or nothing)."""

    kind: str
    number: int
    value: str
    hint: str = ""

    @property
    def placeholder(self) -> str:
        return f"[{self.kind} {self.number}]"


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without its personal data, and what was taken out."""

    text: str
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the customer who speaks or is spoken to."""

    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


NOBODY = Known()
# Something in a customer's own words that looks like a placeholder is taken out like a value ("[quoted 1]"), so that
# every placeholder of a masked text is ours and composing is exact.
_PLACEHOLDER = re.compile(r"\[(?:card|iban|email|phone|name|quoted) \d{1,4}\]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_DIGIT = re.compile(r"\d")
# Where two kinds claim the same place, the earlier one in this list has it.
_RANK = {kind: rank for rank, kind in enumerate(("quoted", "card", "iban", "email", "phone", "name"))}
_LAST_FOUR = frozenset({"card", "phone", "iban"})


def storable(text: str) -> str:
    """Drop NUL and write U+FFFD for a lone surrogate: neither can be stored, and neither says anything."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def mask(*, text: str, known: Known = NOBODY, among: tuple[Found, ...] = ()) -> Masked:
    """Take personal data out of a text, after making it `storable`.

    The same value gets the same number; `compose(masked.text, masked.found)` gives the storable text back exactly.
    `among` are the values of texts that belong together with this one: numbers go on from theirs, and they are part of
    what is returned.
    """
    text = storable(text)
    view = detectors.view_of(text)
    spans: list[tuple[int, int, str]] = []

    def add(kind: str, found: Iterable[detectors.Span]) -> None:
        spans.extend((start, end, kind) for start, end in found)

    if "[" in text:
        add("quoted", (found.span() for found in _PLACEHOLDER.finditer(text)))
    if "@" in view:
        add("email", detectors.emails(view))
    if _DIGIT.search(view):
        add("card", detectors.cards(view))
        add("iban", detectors.ibans(view))
        add("phone", detectors.phones(view, detectors.digits_of(known.phones)))
    if known.names or known.emails:
        folded = text.casefold()
        add("name", detectors.names(text, folded, known.names))
        add("email", detectors.literals(text, folded, known.emails))
    return _cut(text, spans, among) if spans else Masked(text, among)


def _cut(text: str, spans: list[tuple[int, int, str]], among: tuple[Found, ...]) -> Masked:
    found = {(one.kind, one.value): one for one in among}
    counts: dict[str, int] = {}
    for one in among:
        counts[one.kind] = max(counts.get(one.kind, 0), one.number)
    out: list[str] = []
    place = 0
    for start, end, kind in _apart(spans):
        value = text[start:end]
        if (kind, value) not in found:
            counts[kind] = counts.get(kind, 0) + 1
            hint = "".join(ch for ch in value if ch.isalnum())[-4:] if kind in _LAST_FOUR else ""
            found[kind, value] = Found(kind, counts[kind], value, hint)
        out += (text[place:start], found[kind, value].placeholder)
        place = end
    out.append(text[place:])
    return Masked("".join(out), tuple(found.values()))


def _apart(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Take spans in the order of rank and length, leave out what overlaps with one taken before, and sort by place."""
    taken: list[tuple[int, int, str]] = []
    last = 0
    for start, end, kind in sorted(spans, key=lambda span: (span[0], _RANK[span[2]], -span[1])):
        if start >= last:
            taken.append((start, end, kind))
            last = end
        elif end > last:
            # A weaker claim that begins earlier must not leave the rest of a stronger one in the open: both are one.
            before = taken[-1]
            stronger = min(before[2], kind, key=_RANK.__getitem__)
            taken[-1] = (before[0], end, stronger)
            last = end
    return taken


def compose(text: str, found: tuple[Found, ...]) -> str:
    """Put the values back behind their placeholders: the original text, exactly. A placeholder without a value stays."""
    values = {one.placeholder: one.value for one in found}
    return _PLACEHOLDER.sub(lambda m: values.get(m[0], m[0]), text)
