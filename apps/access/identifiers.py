"""Numbers that a state or a network gives one person or one machine: identity numbers and IP addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.us import ssn

Span = tuple[int, int]

# By shape alone; those with a checksum are asked for it.
_SHAPES = re.compile(
    r"(?<![\w-])(?:(?P<us>\d{3}-\d\d-\d{4})|(?P<gb>[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ ]?\d\d[ ]?\d\d[ ]?\d\d[ ]?[A-D])"
    r"|(?P<dni>\d{8}-?[A-HJ-NP-TV-Z])|(?P<nie>[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z])"
    r"|(?P<it>[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z])"
    r"|(?P<fr>[12][ ]?\d\d[ ]?(?:0[1-9]|1[0-2])[ ]?\d[\dAB][ ]?\d{3}[ ]?\d{3}[ ]?\d\d))(?![\w-])"
)
_CHECKS: dict[str, Callable[[str], bool]] = {
    "us": ssn.is_valid, "dni": dni.is_valid, "nie": nie.is_valid, "it": codicefiscale.is_valid, "fr": nir.is_valid,
    "gb": lambda value: True,
}  # fmt: skip
_CALLED = re.compile(
    r"(?<!\w)(?:ssn|social security|social|ss|sin|nino|ni|national insurance|national id|id card|identity card|passport"
    r"|passnummer|reisepass|personalausweis|ausweis|driver['’]?s?[ ]licen[cs]e|driving[ ]licen[cs]e|licen[cs]e|tax[ ]id|steuer-?id"
    r"|steuernummer|idnr|dni|nie|nif|nhs|aadhaar|bsn|pesel|personnummer)"
    r"(?:[ ]{0,2}(?:number|no|nr|num|nummer|número|card|code|id)\b\.?){0,2}(?:[ ]{0,2}(?:is|ist|es|was|:|=|#|-)(?!\w)){0,2}[ ]{0,3}"
    r"(?P<value>[A-Z]{0,3}[ -]?\d[A-Z0-9]{1,20}(?:[ -]?[A-Z0-9]{0,4}\d[A-Z0-9]{0,8}){0,4}(?:[ ]?[A-Z])?)(?!\w)",
    re.IGNORECASE,
)  # fmt: skip
_ASKED = frozenset(
    [
        "ssn",
        "social",
        "ss",
        "sin",
        "nino",
        "ni",
        "national",
        "id",
        "identity",
        "passport",
        "passnummer",
        "reisepass",
        "personalausweis",
        "ausweis",
        "driver",
        "drivers",
        "license",
        "licence",
        "tax",
        "steuer",
        "steuerid",
        "steuernummer",
        "idnr",
        "dni",
        "nie",
        "nif",
        "nhs",
        "aadhaar",
        "bsn",
        "pesel",
        "personnummer",
    ]
)
_CARD_OF_GERMANY = re.compile(r"(?<![\w-])\d{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}(?![\w-])")
_IP4 = re.compile(r"(?<![\w.:-])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w-]|\.\d)")
_IP6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")
_VERSION = re.compile(r"(?:version|firmware|release|update|build|driver|ver|rev|v)\.?[ :]{0,2}$", re.IGNORECASE)


def identities(view: str, words: set[str]) -> Iterator[Span]:
    """Identity, tax and social security numbers, passports and driving licences."""
    for found in _SHAPES.finditer(view):
        kind = found.lastgroup or ""
        if _CHECKS[kind](found[0]):
            yield found.span()
    if not _ASKED.isdisjoint(words):
        for found in _CALLED.finditer(view):
            if sum(map(str.isdigit, found["value"])) >= 4:
                yield found.span("value")
        if "steuer" in words or "idnr" in words or "tax" in words:
            yield from (found.span() for found in _CARD_OF_GERMANY.finditer(view) if idnr.is_valid(found[0]))


def ips(view: str) -> Iterator[Span]:
    """Addresses of the Internet Protocol; four numbers that are called a version are one."""
    for found in _IP4.finditer(view):
        try:
            IPv4Address(found[0])
        except AddressValueError:
            continue
        # 10.0.0.0 stands for many or is a version; a machine's own address is nobody's.
        if not found[0].endswith(".0.0") and not _VERSION.search(view[max(0, found.start() - 12) : found.start()]):
            yield found.span()
    if view.count(":") > 1:
        for found in _IP6.finditer(view):
            if len(found[0]) < 7:
                continue
            try:
                IPv6Address(found[0])
            except AddressValueError:
                continue
            yield found.span()
