"""Where telephone numbers stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from django.conf import settings

from apps.access.plain_text import Span, view_of

# Regions in which a number without its country code is looked for, unless the settings name others.
REGIONS = ("GB", "DE", "US", "ES", "FR")
# The library costs some 50 µs a number. A text with more candidates than this is masked by shape alone from there on.
MOST_LOOKUPS = 200

# Telephone numbers ---------------------------------------------------------------------------------------------------

_PHONE_RUN = re.compile(r"[+(]{0,2}\d(?:[ \t().\-/]{0,3}\d)+")
# A date is no number; five pairs that begin with a nought ("03.93.92.16.85") are no dates.
_DATE = re.compile(
    r"(?<!\d)(?P<pairs>0\d([-./])\d\d(?:\2\d\d){3}(?!\d))"
    r"|(?<!\d)(?:(?:19|20)\d\d([-./])\d{1,2}\3\d{1,2}|\d{1,2}([-./])\d{1,2}\4(?:19|20)?\d\d)(?![-./]?\d)(?:[T ]{1,2}\d{1,2}(?=[:.h]))?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_DATES = re.compile(rf"(?<!\d)(?:(?:19|20)\d\d([-./]){_DAY}\1{_DAY}|{_DAY}([-./]){_DAY}(?:\2(?:19|20)?\d\d)?)(?!\d)")
# Shapes in which people write a number without its country code and without a leading nought.
_NATIONAL = re.compile(
    r"\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}([-. ])\d{3}\1\d{4}|[67]\d\d([-. ])\d{3}\2\d{3}|[67]\d\d([-. ])\d\d\3\d\d\3\d\d"
)
_OTHER_NUMBER = re.compile(
    r"(?:order|ticket|ref|reference|invoice|tracking|parcel|case|article|item|customer|serial|bestellung|rechnung|auftrag"
    r"|bestellnummer|rechnungsnummer|sendung|pedido|factura|commande|facture)"
    r"[ :.#]{0,3}(?:number|numbers|no|nr|num|id|nummer|número)?[ :.#]{0,3}$",
    re.IGNORECASE,
)


_PHONE_CUE = re.compile(
    r"(?:phone|mobile|cell|telephone|tel|fax|whatsapp|handy|telefon|telefonnummer|handynummer|teléfono|móvil|téléphone"
    r"|portable|call (?:me|us|him|her)|reach me|text me|ring me|answering|messages to|registered|contact|desk|can call|please call)"
    r"(?: (?:number|numbers|no|nr|num|nummer))?\.?(?: (?:is|are|at|on|to|under|ist|es|est|unter|an))?[ :#=\n-]{0,3}[(+]{0,2}$",
    re.IGNORECASE,
)


_EXTENSION = re.compile(r"[ ]?(?:x|ext\.?)[ ]?\d{1,5}(?!\w)")


def are_dates(value: str) -> bool:
    """Say whether figures are dates and nothing else, such as "12.05.2024-13.05.2024"."""
    rest = _DATES.sub("", value)
    return rest != value and not any(map(str.isdigit, rest))


@lru_cache(maxsize=8192)
def _is_phone(value: str, regions: tuple[str, ...]) -> bool:
    """Ask the library. With its country code a number need not be in service to be somebody's: possible is enough."""
    international = value.lstrip("(").startswith(("+", "00"))
    if international:
        value, regions = "+" + value.lstrip("(+0"), ("ZZ",)
    for region in regions:
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) if international else phonenumbers.is_valid_number(number):
            return True
    return False


def phones(view: str, known: tuple[str, ...] = ()) -> Iterator[Span]:
    """Telephone numbers; `known` are the digits of numbers that are somebody's for certain: their last nine count.

    Precision before recall where a number could be an order or a date: without country code or leading nought only what
    is written like a telephone number counts, and a number that is called an order, a ticket or the like never does.
    """
    hidden = _DATE.sub(lambda m: m[0] if m["pairs"] else "\x01" * len(m[0]), view)
    asked = 0
    for run in _PHONE_RUN.finditer(hidden):
        start, end = run.span()
        if end - start < 7:
            continue
        digits = [place for place in range(start, end) if view[place].isdigit()]
        if len(digits) < 7:
            continue
        written = "".join(view[place] for place in digits)
        mine = [(at, number) for number in known for at in (written.find(number[-9:]),) if at >= 0]
        if mine:
            at, number = min(mine)
            # A country code or a nought before the known digits belongs to them, an order number does not.
            belongs = at <= 5 and (view[start] in "+(0" or number.endswith(written[:at] + number[-9:]))
            yield (start if belongs else digits[at]), digits[-1] + 1
            continue
        before = view[start - 1] if start else " "
        if (
            before.isalnum()
            or before in "-#/@_&="
            or (view[end : end + 1].isalpha() and not _EXTENSION.match(view, end))
            or view[end : end + 1] == "_"
        ):
            continue
        for piece in ((start, end), *_pieces(view, start, end)):
            a, b = piece
            value = view[a:b]
            count = sum(map(str.isdigit, value))
            if not 7 <= count <= 15 or not _may_be_phone(value, view[max(0, a - 40) : a]):
                continue
            asked += 1
            # What is called a telephone number is one, also with a digit too many or of a country nobody set up.
            if (
                asked > MOST_LOOKUPS
                or _PHONE_CUE.search(view[max(0, a - 40) : a])
                or _is_phone(value, getattr(settings, "PHONE_REGIONS", REGIONS))
            ):
                more = _EXTENSION.match(view, end) if b == end else None
                yield a, more.end() if more else b
                if b == end:
                    break


def _pieces(view: str, start: int, end: int) -> Iterator[Span]:
    """Several numbers in a row: a new one begins at a plus or a bracket, or at a nought after a whole number's digits."""
    count, first = 0, start
    whole = 11 if view.startswith(("+", "00", "(+"), start) else 9
    place = start
    while place < end:
        ch = view[place]
        begins = (ch in "+(" and count >= 7) or (ch == "0" and not view[place - 1].isdigit() and count >= whole)
        if begins:
            yield first, _trimmed(view, first, place)
            first, count = place, 0
            whole = 11 if view.startswith(("+", "00", "(+"), place) else 9
        count += ch.isdigit()
        place += 1
    if first != start:
        yield first, _trimmed(view, first, end)


def _trimmed(view: str, start: int, end: int) -> int:
    while end > start and not view[end - 1].isdigit():
        end -= 1
    return end


def _may_be_phone(value: str, before: str) -> bool:
    bare = value.lstrip("(")
    if bare.startswith("+"):
        return True
    if _OTHER_NUMBER.search(before):
        return False
    if _PHONE_CUE.search(before):
        return True
    if bare.startswith("0"):
        return sum(map(str.isdigit, value)) >= 9 or any(sign in value for sign in " -/.()")
    return _NATIONAL.fullmatch(value) is not None


@lru_cache(maxsize=4096)
def digits_of(numbers: tuple[str, ...]) -> tuple[str, ...]:
    """The digits of known numbers; one of fewer than seven could be anything and is left out."""
    digits = ("".join(ch for ch in view_of(number) if ch.isdigit()) for number in numbers)
    return tuple(one for one in digits if len(one) >= 7)
