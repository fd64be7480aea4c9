"""Where personal data stands in a text: one detector a kind, each linear in the length of the text.

Every detector reads a *view*: the text with other alphabets' digits, wide letters, dashes and spaces written plainly,
character for character, so that a place in the view is the same place in the text. Numbers are searched by hand between
the places that a simple pattern finds, because a pattern with nested repeats can be made to run for minutes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from stdnum import iban, luhn, numdb

from apps.access.plain_text import Span

_DIGITS = re.compile(r"\d+")
_CARD_GAP = re.compile(r"[ \t]{1,2}|[ \t]?[-./_][ \t]?")
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def _card_lengths(four: str) -> tuple[int, ...]:
    """Lengths of the card families with these first digits, the usual one first; none for other numbers."""
    first, two = four[0], four[:2]
    if first == "4":
        return (16, 19, 13)
    if two in ("34", "37"):
        return (15,)
    if "51" <= two <= "55" or "2221" <= four <= "2720":
        return (16,)
    if first == "6" or two in ("50", "56", "57", "58", "59"):
        return (16, 19, 18, 17, 15, 14, 13)
    if four in ("2131", "1800"):
        return (15,)
    if two == "35":
        return (16, 19, 18, 17)
    if two in ("36", "38", "39", "30"):
        return (14, 16, 19, 18, 17, 15)
    return ()


def cards(view: str) -> Iterator[Span]:
    """Card numbers of 13 to 19 digits with a right checksum, in groups or in one piece, also inside longer runs.

    A card begins and ends with a group of digits, and the same sign stands between all its groups.
    """
    groups: list[Span] = []
    gap = ""
    for found in _DIGITS.finditer(view):
        start, end = found.span()
        if groups:
            between = view[groups[-1][1] : start]
            same = len(between) <= 3 and _CARD_GAP.fullmatch(between) is not None and (not gap or gap == between)
            if not same:
                yield from _cards_of(view, groups)
                groups, between = [], ""
            gap = between
        groups.append((start, end))
    if groups:
        yield from _cards_of(view, groups)


def _cards_of(view: str, groups: list[Span]) -> Iterator[Span]:
    digits = "".join(view[a:b] for a, b in groups)
    if len(digits) < 13:
        return
    # Sums of digits up to each place, doubled at the odd and at the even ones: any window's Luhn sum is a difference.
    sums: tuple[list[int], list[int]] = ([0], [0])
    for place, digit in enumerate(map(int, digits)):
        for parity in (0, 1):
            sums[parity].append(sums[parity][-1] + (digit if place % 2 == parity else DOUBLED[digit]))
    starts = [0]
    for a, b in groups:
        starts.append(starts[-1] + b - a)
    group_at = {digit: number for number, digit in enumerate(starts)}
    number = 0
    while number < len(groups):
        start = starts[number]
        for length in _card_lengths(digits[start : start + 4]):
            last = group_at.get(start + length)
            if last is None:
                continue
            parity = (start + length - 1) % 2
            if (sums[parity][start + length] - sums[parity][start]) % 10:
                continue
            value = digits[start : start + length]
            if len(set(value)) > 1 and luhn.is_valid(value):
                yield groups[number][0], groups[last - 1][1]
                number = last - 1
                break
        number += 1


_CARD_CALLED = re.compile(
    r"(?<!\w)(?:card|credit|debit|visa|mastercard|amex|maestro|cc|karte|kreditkarte|tarjeta|carte)"
    r"(?:[ ]{1,2}(?:number|numbers|no|nr|num|nummer|número)\b\.?)?(?:[ ]{0,2}(?:is|ist|es|est|:|=|#|-)(?!\w)){0,2}[ ]{0,3}"
    r"(?P<value>\d(?:[ -]?\d){11,18})(?![\w-])",
    re.IGNORECASE,
)
CARD_CUES = frozenset(
    [
        "card",
        "credit",
        "debit",
        "visa",
        "mastercard",
        "amex",
        "maestro",
        "cc",
        "karte",
        "kreditkarte",
        "tarjeta",
        "carte",
    ]
)


def called_cards(view: str) -> Iterator[Span]:
    """Numbers of 12 to 19 digits that are called a card's: one with a slip of the finger is still somebody's."""
    return (found.span("value") for found in _CARD_CALLED.finditer(view))


# IBANs ---------------------------------------------------------------------------------------------------------------

_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}")
_LETTERS = {code: str(int(chr(code), 36)) for code in (*range(65, 91), *range(97, 123))} | {32: None, 45: None}


@lru_cache(maxsize=512)
def _iban_rest(country: str) -> re.Pattern[str] | None:
    """What follows country and check digits, from the registry that `stdnum` carries; None for no country."""
    about = numdb.get("iban").info(country)[0][1]
    if "bban" not in about:
        return None
    length = sum(map(int, re.findall(r"(\d+)!", about["bban"])))
    return re.compile(rf"(?:[ -]?[A-Za-z0-9]){{{length}}}(?![A-Za-z0-9])")


def ibans(view: str) -> Iterator[Span]:
    """Account numbers of the length their country gives them, with a right check number, with or without spaces."""
    place = 0
    for found in _IBAN_START.finditer(view):
        start, end = found.span()
        if start < place or (rest := _iban_rest(view[start : start + 2].upper())) is None:
            continue
        if (tail := rest.match(view, end)) is None:
            continue
        if int((tail[0] + found[0]).translate(_LETTERS)) % 97 == 1 and iban.is_valid(
            found[0] + tail[0], check_country=False
        ):
            place = tail.end()
            yield start, place


# E-mail --------------------------------------------------------------------------------------------------------------

_EMAIL = re.compile(r"(?:[\w+][\w.+%'-]{0,63})@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")


def emails(view: str) -> Iterator[Span]:
    """E-mail addresses, also with letters of any alphabet."""
    return (found.span() for found in _EMAIL.finditer(view))


# "john at mail dot com", "john (at) mail.com", and what a speech recogniser leaves of it.
_TLD = r"(?:com|net|org|info|io|co|uk|de|at|ch|fr|es|it|nl|be|eu|us|ca|in|au|test|example)"
_SPOKEN = re.compile(
    r"(?<![\w.@])[\w+][\w.+-]{0,63}[ ]{0,2}(?:[ ]at[ ]|[(\[][ ]?(?:at|@)[ ]?[)\]]|@)[ ]{0,2}[\w-]{2,63}"
    rf"(?:[ ]{{0,2}}(?:[ ]dot[ ]|[(\[][ ]?(?:dot|\.)[ ]?[)\]]|\.)[ ]{{0,2}}[\w-]{{2,63}}){{0,3}}?"
    rf"[ ]{{0,2}}(?:[ ]dot[ ]|[(\[][ ]?(?:dot|\.)[ ]?[)\]]|\.)[ ]{{0,2}}{_TLD}(?![\w-])"
    r"|(?<![\w.@])(?:(?:[\w.+-]{1,40}[ ])?\d{1,8}[ ]|[\w.+-]{0,39}[\w+-])(?:gmail|googlemail|yahoo|hotmail|outlook|icloud|gmx)"
    r"[ ]?(?:dot[ ]|\.)?(?:com|de|net)(?!\w)",
    re.IGNORECASE,
)
_SPOKEN_CUES = (" dot ", "(dot", "[dot", "[at", "(at", "(@", "gmail", "yahoo", "hotmail", "outlook", "icloud", "gmx")


def spoken_emails(view: str, folded: str) -> Iterator[Span]:
    """E-mail addresses that are written around: with words for the signs, or without the signs."""
    for cue in _SPOKEN_CUES:
        if cue in folded:
            yield from (found.span() for found in _SPOKEN.finditer(view))
            return


# Names and other known values ----------------------------------------------------------------------------------------

_WORD = re.compile(r"[^\W\d_]{3,}")
# Parts of names that are words of their own; the whole name is masked all the same.
_COMMON = frozenset({
    "will", "may", "mark", "rose", "grace", "hope", "joy", "bill", "frank", "rich", "art", "dawn", "summer",
    "april", "june", "august", "baker", "king", "young", "long", "white", "black", "green", "brown", "gray", "grey",
    "price", "field", "hill", "wood", "woods", "stone", "rivers", "banks", "page", "read", "love", "day", "knight",
    "best", "good", "von", "van", "der", "den", "del", "los", "las", "dos", "and", "the", "mrs", "miss", "herr",
    "frau", "señor", "señora", "klein", "lange", "gross", "weiss", "schwarz", "neu", "sol", "luz", "mar",
})  # fmt: skip
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def _spellings(word: str) -> set[str]:
    """A name as people type it: as it is, without accents, with ae for ä, in capitals."""
    bare = "".join(ch for ch in unicodedata.normalize("NFKD", word) if not unicodedata.combining(ch))
    return {word, bare, word.translate(_TWO_LETTERS), word.upper(), unicodedata.normalize("NFD", word)}


@lru_cache(maxsize=16384)
def _wanted(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words to look for, longest first, and the same folded for a quick look whether any is there."""
    words: set[str] = set()
    for name in names:
        whole = " ".join(name.split())
        if len(whole) >= 3:
            words |= _spellings(whole)
        for part in _WORD.findall(whole):
            if part.casefold() not in _COMMON:
                words |= _spellings(part)
    ordered = tuple(sorted(words, key=lambda word: (-len(word), word)))
    return ordered, tuple(sorted({word.split()[0].casefold() for word in ordered}))


@lru_cache(maxsize=4096)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(re.escape(word).replace(r"\ ", r"\s{1,3}") for word in _wanted(names)[0])
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


def names(view: str, folded: str, known: tuple[str, ...]) -> Iterator[Span]:
    """The known names, whole and in parts of three letters or more, in any case, at the borders of words.

    `folded` is the text casefolded: only a text that holds one of the words pays for the pattern.
    """
    words, firsts = _wanted(known)
    if words and any(first in folded for first in firsts):
        yield from (found.span() for found in _pattern(known).finditer(view))


def literals(text: str, folded: str, values: tuple[str, ...]) -> Iterator[Span]:
    """Known values that are looked for as they are, in any case."""
    for value in values:
        if len(value) >= 3 and value.casefold() in folded:
            yield from (found.span() for found in re.finditer(re.escape(value), text, re.IGNORECASE))
