"""The mask: personal data becomes typed, numbered placeholders, and what was found can be composed back exactly.

First version: checksummed cards and IBANs, e-mail addresses, phone numbers through `phonenumbers`, and the customer's
own known name, address and number. Precision before recall where a number could be an order or a date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from stdnum import iban, luhn

REGIONS = ("GB", "DE", "US", "ES", "FR")
LONGEST = 65536


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
# Something in a customer's own words that looks like a placeholder is taken out like a value, so that composing is exact.
_PLACEHOLDER = re.compile(r"\[(?:card|iban|email|phone|name|quoted) \d{1,4}\]")
_EMAIL = re.compile(r"[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")
_CARD = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w])")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}(?!\w)")
_PHONE_MAYBE = re.compile(r"(?:\+|\(|\b)\d[\d\s().\-/]{5,22}\d")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{3,}")
# Parts of names that are words of their own; the whole name is masked all the same.
_COMMON = frozenset(
    [
        "will",
        "may",
        "mark",
        "rose",
        "grace",
        "hope",
        "joy",
        "bill",
        "frank",
        "rich",
        "art",
        "dawn",
        "summer",
        "april",
        "june",
        "august",
        "baker",
        "king",
        "young",
        "long",
        "white",
        "black",
        "green",
        "brown",
        "gray",
        "grey",
        "price",
        "field",
        "hill",
        "wood",
        "woods",
        "stone",
        "rivers",
        "banks",
        "page",
        "read",
        "love",
        "day",
        "knight",
        "best",
        "good",
    ]
)


def _card(value: str) -> bool:
    digits = re.sub(r"[ -]", "", value)
    return 13 <= len(digits) <= 19 and digits[0] in "3456" and len(set(digits)) > 1 and luhn.is_valid(digits)


def _iban_end(text: str, start: int, end: int) -> int | None:
    """An IBAN written with spaces may run into the next word: the longest valid stretch counts."""
    words_ends = [end, *(start + m.start() for m in reversed(list(re.finditer(" ", text[start:end]))))]
    return next((stop for stop in words_ends if iban.is_valid(text[start:stop])), None)


@lru_cache(maxsize=4096)
def _names(names: tuple[str, ...]) -> re.Pattern[str] | None:
    wanted: set[str] = set()
    for name in names:
        whole = " ".join(name.split())
        if len(whole) >= 3:
            wanted.add(whole)
        wanted.update(part for part in _WORD.findall(whole) if part.casefold() not in _COMMON)
    if not wanted:
        return None
    words = "|".join(re.escape(w).replace(r"\ ", r"\s+") for w in sorted(wanted, key=lambda w: (-len(w), w)))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _digits_of(phones: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(d[-9:] for p in phones if len(d := "".join(_DIGIT.findall(p))) >= 7)


def _phones(text: str, known: tuple[str, ...]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    maybe = [m for m in _PHONE_MAYBE.finditer(text) if 7 <= len(_DIGIT.findall(m[0])) <= 16]
    for m in maybe:
        digits = "".join(_DIGIT.findall(m[0]))
        if any(digits.endswith(tail) for tail in known):
            spans.append(m.span())
            continue
        # `phonenumbers` costs as much as the rest together, so it sees only what may be a number.
        before = text[max(0, m.start() - 1) : m.start()]
        if before.isalnum() or before in ("-", "#", "/", "@", "_"):
            continue
        international = m[0].lstrip("(").startswith(("+", "00"))
        for region in ("ZZ",) if m[0].startswith("+") else REGIONS:
            # Without a country code only what is written like a number counts: an order number has no gaps.
            if not international and not re.search(r"[\s().\-/]", m[0].strip()) and not m[0].startswith("0"):
                break
            # With its country code a number need not be in service to be somebody's: possible is enough.
            leniency = phonenumbers.Leniency.POSSIBLE if region == "ZZ" else phonenumbers.Leniency.VALID
            matcher = phonenumbers.PhoneNumberMatcher(m[0], region, leniency=leniency, max_tries=3)
            if (hit := next(iter(matcher), None)) is not None:
                spans.append((m.start() + hit.start, m.start() + hit.end))
                break
    return spans


def mask(*, text: str, known: Known = NOBODY) -> Masked:
    """Take personal data out of a text. NUL is dropped and a lone surrogate becomes U+FFFD, because neither can be stored.

    The same value gets the same number; `compose(masked.text, masked.found)` gives the text back.
    """
    if "\x00" in text:
        text = text.replace("\x00", "")
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode() if any("\ud800" <= ch <= "\udfff" for ch in text) else text
    spans: list[tuple[int, int, str]] = []
    if "[" in text:
        spans += [(*m.span(), "quoted") for m in _PLACEHOLDER.finditer(text)]
    if "@" in text:
        spans += [(*m.span(), "email") for m in _EMAIL.finditer(text)]
    if _DIGIT.search(text):
        plain = text
        spans += [(*m.span(), "card") for m in _CARD.finditer(plain) if _card(m[0])]
        for m in _IBAN.finditer(plain):
            if (end := _iban_end(plain, *m.span())) is not None:
                spans.append((m.start(), end, "iban"))
        spans += [(a, b, "phone") for a, b in _phones(plain, _digits_of(known.phones))]
    if known.names and (pattern := _names(known.names)) is not None:
        spans += [(*m.span(), "name") for m in pattern.finditer(text)]
    for email in known.emails:
        spans += [(*m.span(), "email") for m in re.finditer(re.escape(email), text, re.IGNORECASE)]
    return _cut(text, spans) if spans else Masked(text, ())


_RANK = {kind: n for n, kind in enumerate(("quoted", "card", "iban", "email", "phone", "name"))}


def _cut(text: str, spans: list[tuple[int, int, str]]) -> Masked:
    found: dict[tuple[str, str], Found] = {}
    counts: dict[str, int] = {}
    out: list[str] = []
    place = 0
    for start, end, kind in sorted(spans, key=lambda s: (s[0], _RANK[s[2]], -s[1])):
        if start < place:
            continue
        value = text[start:end]
        if (kind, value) not in found:
            counts[kind] = counts.get(kind, 0) + 1
            hint = (
                "".join(_DIGIT.findall(value))[-4:]
                if kind in ("card", "phone")
                else value[-4:]
                if kind == "iban"
                else ""
            )
            found[kind, value] = Found(kind, counts[kind], value, hint)
        out += (text[place:start], found[kind, value].placeholder)
        place = end
    out.append(text[place:])
    return Masked("".join(out), tuple(found.values()))


def compose(text: str, found: tuple[Found, ...]) -> str:
    """Put the values back behind their placeholders: the original text, exactly. A placeholder without a value stays."""
    values = {one.placeholder: one.value for one in found}
    return _PLACEHOLDER.sub(lambda m: values.get(m[0], m[0]), text)
