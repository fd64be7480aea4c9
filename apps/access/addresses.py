"""Where somebody lives: streets with their numbers, post boxes, and postcodes that name a few doors only.

The word for a street is looked for first; only a text that has one and a digit pays for the patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

# Words that mean a street whatever stands before them, and words that do so only after a capital ("2 of the best way").
_STRONG = r"street|avenue|boulevard|lane|crescent|terrace|highway|parkway|ave|blvd|streets|squares"
_WEAK = (
    r"st|road|rd|ln|drive|dr|court|ct|close|way|place|pl|square|gardens|grove|mews|hill|row|walk|circle|cres|hwy|pkwy"
)
_NOT_IN_A_NAME = (
    r"(?:of|the|a|an|in|on|by|down|up|at|to|for|from|and|or|my|your|our|this|that|is|was|are|it|minutes?|mins?|hours?"
    r"|days?|weeks?|months?|years?|km|miles?|metres?|meters?|blocks?|items?|pcs|people|times|more|one|other)"
)
_WORD = r"[^\W\d_][\w'’.-]{0,24}"
_NUMBER = r"(?<![\w.,:/-])\d{1,5}(?:[ ]?[A-Za-z]|[-/]\d{1,4})?,?"
# A flat, a town and a postcode belong to the street before them.
_FLAT = r"(?:[,\s]{1,3}(?i:apt|apartment|suite|unit|flat|floor|ste|room)\.?[ ]?#?\w{1,6})?"
_POSTCODE = r"(?:[A-Z]{1,2}\d[A-Z\d]?[ ]\d[A-Z]{2}|\d{4,5}(?:-\d{4})?(?:[ ][A-Z]{2}(?!\w))?)"
_TOWN = r"(?:[,\s]{1,4}[^\W\da-z_][\w'’.-]{1,24}){0,5}"
_TAIL = rf"{_FLAT}(?:{_TOWN}[,\s]{{1,4}}(?:(?:[A-Z]{{2}}|nan),?[ ]{{1,2}})?{_POSTCODE}(?!\w))?"

_STREET = re.compile(
    rf"{_NUMBER}[ ](?:(?!{_NOT_IN_A_NAME}[ ])(?:{_WORD}|\d{{1,4}}(?:st|nd|rd|th)?)[ ]){{1,4}}?(?i:(?:{_STRONG})\b\.?){_TAIL}"
    rf"|{_NUMBER}[ ](?:[A-Z][\w'’.-]{{0,24}}[ ]|\d{{1,3}}(?:st|nd|rd|th)[ ]){{1,4}}?(?i:(?:{_WEAK})\b\.?){_TAIL}"
)
# The street's word first or last, and the number after it.
_NUMBER_LAST = re.compile(
    r"(?<!\w)[A-ZÄÖÜ][\wäöüß.-]{1,30}(?i:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee|straat|laan|gatan"
    r"|vej|utca|tie)[ ]\d{1,4}[ ]?[a-z]?(?!\w)(?:[,\s]{1,3}\d{4,5}[ ][A-ZÄÖÜ][\wäöüß-]{2,24})?"
    r"|(?<!\w)(?i:calle|c/|avenida|avda\.?|plaza|paseo|camino|via|viale|piazza|corso|rua|ulica|ul\.|straße|platz)[ ]"
    r"(?:[^\W\d_][\w'’.-]{0,24}[ ]?){1,4},?[ ]?(?:n[º°.]?[ ]?)?\d{1,4}(?:[ ]?[a-z])?(?!\w)"
)
_NUMBER_FIRST = re.compile(
    rf"{_NUMBER}(?:[ ](?:bis|ter))?[ ](?i:rue|boulevard|chemin|allée|impasse|quai|cours|place|avenue|via|ul\.|calle)[ ]"
    rf"(?:(?:de|du|des|la|le|les|d['’])[ ]?){{0,2}}[A-ZÀ-Ý][\w'’-]{{1,24}}(?:[ ][A-ZÀ-Ý][\w'’-]{{1,24}}){{0,3}}{_TAIL}"
)
_BOX = re.compile(
    r"(?<!\w)(?i:p\.?[ ]?o\.?[ ]?box|postfach|apartado|boîte postale|psc)[ ]?\d{1,6}(?:,?[ ]box[ ]\d{1,6})?(?!\w)"
    r"|(?<!\w)(?i:[AFD]PO[ ]A[AEP])[ ]\d{5}(?!\w)"
)
# Postcodes of the United Kingdom, with the areas that exist: sizes and models look like the rest of the alphabet.
_UK_INWARD = re.compile(r" \d[ABD-HJLNP-UW-Z]{2}(?!\w)")
_UK_OUTWARD = re.compile(r"(?<!\w)([A-Z]{1,2})\d[A-Z\d]?$")
_UK_AREAS = frozenset(["AB", "AL", "B", "BA", "BB", "BD", "BH", "BL", "BN", "BR", "BS", "BT", "CA", "CB", "CF", "CH", "CM", "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY", "E", "EC", "EH", "EN", "EX", "FK", "FY", "G", "GL", "GU", "GY", "HA", "HD", "HG", "HP", "HR", "HS", "HU", "HX", "IG", "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L", "LA", "LD", "LE", "LL", "LN", "LS", "LU", "M", "ME", "MK", "ML", "N", "NE", "NG", "NN", "NP", "NR", "NW", "OL", "OX", "PA", "PE", "PH", "PL", "PO", "PR", "RG", "RH", "RM", "S", "SA", "SE", "SG", "SK", "SL", "SM", "SN", "SO", "SP", "SR", "SS", "ST", "SW", "SY", "TA", "TD", "TF", "TN", "TQ", "TR", "TS", "TW", "UB", "W", "WA", "WC", "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE"])  # fmt: skip
# "My address is", and what follows it when it begins with a number and goes on with words.
_CALLED = re.compile(
    r"(?<!\w)(?i:address(?:[ ]is|[ ]to|[ ]with|[ ]it[ ]is)?|adresse(?:[ ]ist)?|dirección(?:[ ]es)?|live[ ]at|living[ ]at|sent[ ]to"
    r"|send[ ](?:it|them)?[ ]?to|ship(?:ped)?[ ](?:it[ ])?to|deliver(?:ed|y)?[ ](?:it[ ])?to|one[ ]to|is[ ]at"
    r"|meet[ ](?:me|you|us)[ ]at|off[ ]at)[ ]?:?\s{0,3}"
    rf"(?P<value>\d{{1,5}}[A-Za-z]?,?[ ](?:(?!{_NOT_IN_A_NAME}\b)[\w'’./#-]{{1,24}}[ ,]{{0,2}}){{1,5}}{_TAIL})"
)

_WORDS = frozenset(
    [
        "street",
        "streets",
        "avenue",
        "boulevard",
        "lane",
        "crescent",
        "terrace",
        "highway",
        "parkway",
        "ave",
        "blvd",
        "squares",
        "st",
        "road",
        "rd",
        "ln",
        "drive",
        "dr",
        "court",
        "ct",
        "close",
        "way",
        "place",
        "pl",
        "square",
        "gardens",
        "grove",
        "mews",
        "hill",
        "row",
        "walk",
        "circle",
        "cres",
        "hwy",
        "pkwy",
    ]
)
_FIRST = frozenset(
    ["rue", "boulevard", "chemin", "allée", "impasse", "quai", "cours", "place", "avenue", "via", "ul", "calle"]
)
_LAST = frozenset(
    [
        "calle",
        "c",
        "avenida",
        "avda",
        "plaza",
        "paseo",
        "camino",
        "via",
        "viale",
        "piazza",
        "corso",
        "rua",
        "ulica",
        "ul",
        "straße",
        "platz",
    ]
)
_ENDINGS = ("straße", "strasse", "str.", "weg ", "platz ", "allee ", "gasse ", "ring ", "damm ", "ufer ", "chaussee ",
            "straat ", "laan ", "gatan ", "vej ", "utca ", "tie ")  # fmt: skip
_BOXES = frozenset(["box", "postfach", "apartado", "postale", "psc", "apo", "fpo", "dpo"])
_ASKED = frozenset(
    [
        "address",
        "adresse",
        "dirección",
        "live",
        "living",
        "send",
        "sent",
        "ship",
        "shipped",
        "deliver",
        "delivered",
        "delivery",
        "meet",
        "off",
        "one",
    ]
)


def addresses(view: str, lowered: str, words: set[str]) -> Iterator[Span]:
    """Streets with a number, post boxes and postcodes. A town or a country alone is nobody's address."""
    if not _WORDS.isdisjoint(words):
        yield from (found.span() for found in _STREET.finditer(view))
    if not _LAST.isdisjoint(words) or any(ending in lowered for ending in _ENDINGS):
        yield from (found.span() for found in _NUMBER_LAST.finditer(view))
    if not _FIRST.isdisjoint(words):
        yield from (found.span() for found in _NUMBER_FIRST.finditer(view))
    if not _BOXES.isdisjoint(words):
        yield from (found.span() for found in _BOX.finditer(view))
    if not _ASKED.isdisjoint(words):
        for found in _CALLED.finditer(view):
            start, end = found.span("value")
            value = found["value"].rstrip(" ,.")
            # "sent to 3 people": two words at least, or one as long as a street's name.
            if len(value.split()) > 2 and any(map(str.isalpha, value)):
                yield start, end - len(found["value"]) + len(value)
    for found in _UK_INWARD.finditer(view):
        before = _UK_OUTWARD.search(view, max(0, found.start() - 5), found.start())
        if before is not None and before[1] in _UK_AREAS:
            yield before.start(), found.end()
