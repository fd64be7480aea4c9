"""Personal data that shows itself by its surroundings only: a learnt tagger (linear-chain CRF) over the words of a text.

It stands beside the detectors and never instead of them: what either finds is masked. What was learnt, from what, and how
well it finds what it never saw stands in the model card beside the artefact.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from apps.access.phones import are_dates

FOLDER = Path(__file__).parent / "artefacts"
ARTEFACT = FOLDER / "pii.crf"
NAMES = FOLDER / "names.txt"
PLAIN = FOLDER / "plain_words.txt"
VERSION = 1
MODEL = "words in their surroundings (CRF)"
# The learnt part looks at the first words of a text. A message is far shorter; a document that is longer is still searched
# to its end by the detectors.
MOST_WORDS = 1500
# What the tagger calls a value, and what the mask calls it. A guess: that it is masked is surer than what it is.
KIND_OF = {
    "NAME": "name", "ADDRESS": "address", "EMAIL": "email", "PHONE": "phone", "CARD": "card", "SSN": "id", "ID": "account",
    "PASSWORD": "password",
}  # fmt: skip

_PARTICLES = frozenset(
    {
        "van",
        "von",
        "de",
        "der",
        "den",
        "del",
        "della",
        "da",
        "di",
        "la",
        "le",
        "el",
        "bin",
        "al",
        "dos",
        "y",
        "'",
        "’",
        "-",
    }
)
_OF_FIGURES = frozenset({"phone", "card", "id", "account"})
# A number of an account has that many letters and figures at least, where nobody asked for one.
_FEWEST_SIGNS, _FEW_FIGURES = 4, 2
_MEASURE = re.compile(
    r"\s?(?:%|€|\$|£|(?:eur|usd|gbp|euros?|dollars?|pounds?|kg|km|cm|mm|gb|mb|mbit|mbps|min|minutes?|hours?|days?|pm|am)\b)",
    re.IGNORECASE,
)
_CURRENCY = re.compile(r"[$€£%]|\b(?:eur|usd|gbp)\b", re.IGNORECASE)
_DATED, _DATED_BEFORE = re.compile(r"[\d./-]+"), re.compile(r"[\d./-]+$")
# So many signs of a range of dates are looked at on either side.
_DATE_SIGNS = 24
_SUM = re.compile(r"[$€£#]\s?$")

# From, to, and what kind of value it is.
Claim = tuple[int, int, str]
# A word as it is written, and where.
Token = tuple[str, int, int]

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+|[^\w\s]|_")
_CAPITAL_INSIDE = re.compile(r"(?<=[^\W_][ ,;])[ ]?(?!I\b)[^\W\d_a-zà-öø-ÿ][^\W\d_]")
_REPEATS = re.compile(r"(.)\1{3,}")
STREET = frozenset(
    str.split(
        "street st avenue ave road rd boulevard blvd lane ln drive dr court ct place square terrace trail way "
        "parkway highway hwy circle apt suite unit colony nagar cross crescent close"
    )
)
COMMON = frozenset(
    str.split(
        "a an the and or but not in on at to for of with from by is am are was were be been being so very really "
        "just still also trying looking going having getting here there this that these those calling writing "
        "sorry happy sad angry upset unable able sure interested asking wondering waiting wanting using new old "
        "your you me my our we they he she it its i im ok okay yes no thanks thank please hi hello hey good great "
        "fine unhappy facing planning about after before out done ready back now currently already only all "
        "because since if when what how why who where which would could should can will need want like wrong "
        "misspelled incorrect appears correct sir madam maam mam customer agent user"
    )
)
# Words that compare, which some people are called too: alone on a line they answer "which size?".
COMPARED = frozenset(
    str.split(
        "shorter longer bigger smaller larger wider narrower cheaper darker lighter higher lower faster slower newer older "
        "earlier later better worse stronger softer harder warmer cooler colder thicker thinner tighter looser brighter cleaner "
        "easier simpler safer closer nearer heavier further rather shortest longest biggest smallest largest cheapest fastest newest"
    )
)
_NAMED = {
    word: kind
    for kind, words in {
        "name": "name named called mr mrs ms miss regards sincerely surname firstname lastname",
        "card": "card credit debit visa mastercard amex",
        "ssn": "ssn social security",
        "account": "account acct policy claim order booking confirmation reference ref ticket number no id member",
        "password": "password passcode pin otp code pwd cvv",
        "phone": "phone mobile cell call contact tel telephone fax reach text whatsapp",
        "email": "email mail",
        "address": "address live lives living deliver ship located",
    }.items()
    for word in words.split()
}

# What reads instead of the released file while something is measured.
_INSTEAD: ContextVar[Any | None] = ContextVar("_INSTEAD", default=None)


class Damaged(Exception):
    """The artefact is not the one its checksum was written for."""


def released(path: Path) -> bytes:
    """Read an artefact.

    :raises Damaged: it is not the one its checksum was written for.
    """
    raw = path.read_bytes()
    told = path.with_suffix(".sha256").read_text().split()[0]
    if hashlib.sha256(raw).hexdigest() != told:
        raise Damaged(f"{path.name} is not the file that was released. Take it from the release again.")
    return raw


@cache
def known_names() -> tuple[frozenset[str], frozenset[str]]:
    """First and last names of many countries, in small letters."""
    first, last = released(NAMES).decode().split("\n")[:2]
    return frozenset(first.split()), frozenset(last.split())


@cache
def _plain_words() -> frozenset[str]:
    """Words that were seen often and as good as never in personal data."""
    return frozenset(released(PLAIN).decode().split()) if PLAIN.is_file() else frozenset()


@cache
def tagger() -> Any | None:
    """Load what was learnt, None where there is none: then names in the middle of a sentence are not masked.

    :raises Damaged: the file is another one than was released.
    """
    if not ARTEFACT.is_file():
        return None
    released(ARTEFACT)
    return _opened(ARTEFACT)


def _opened(path: Path) -> Any:
    import pycrfsuite

    found = pycrfsuite.Tagger()
    # By its name: from memory the library keeps no copy of what it was given.
    found.open(str(path))
    return found


@contextmanager
def reading_by(path: Path) -> Iterator[None]:
    """Read by another file than the released one, for measuring."""
    other = _INSTEAD.set(_opened(path))
    try:
        yield
    finally:
        _INSTEAD.reset(other)


def is_plain_word(word: str) -> bool:
    """Say whether a word is one of the plain ones."""
    return word.casefold() in _plain_words()


def is_plain(view: str, words: set[str], *, has_digit: bool) -> bool:
    """Say whether a text is not worth a look: no number, plain words only, and no capital inside a sentence.

    Most messages are. What is spared is the tagger's time, not the detectors'.
    """
    return not has_digit and words <= _plain_words() and _CAPITAL_INSIDE.search(view) is None


def tokens_of(view: str) -> list[Token]:
    """The words, numbers and signs of a text, as many as the tagger looks at."""
    found: list[Token] = []
    for match in _TOKEN.finditer(view):
        found.append((match[0], match.start(), match.end()))
        if len(found) == MOST_WORDS:
            break
    return found


@lru_cache(maxsize=32768)
def _shape(word: str) -> str:
    if len(word) > 24:
        word = word[:24]
    plain = "".join("d" if ch.isdigit() else "x" if ch.islower() else "X" if ch.isalpha() else ch for ch in word)
    return _REPEATS.sub(r"\1\1\1+", plain)


@lru_cache(maxsize=65536)
def _list_of(word: str) -> str:
    """In which lists a word stands: first names, last names, words for a street, the commonest words."""
    first, last = known_names()
    return (
        ("f" if word in first else "") + ("l" if word in last else "") + ("s" if word in STREET else "")
        + ("t" if word in COMMON else "")
    )  # fmt: skip


@lru_cache(maxsize=65536)
def _own(word: str) -> tuple[str, ...]:
    """What a word says by itself."""
    small = word.lower()
    return (f"w={small}", f"s={_shape(word)}", f"p3={small[:3]}", f"x3={small[-3:]}", f"x2={small[-2:]}", f"g={_list_of(small)}",
            f"n={len(small) if small.isdigit() else ''}")  # fmt: skip


@lru_cache(maxsize=65536)
def _beside(word: str, far: int) -> tuple[str, ...]:
    """What a word says about the one that stands `far` places after it."""
    small = word.lower()
    told = (f"{far}w={small}", f"{far}g={_list_of(small)}", f"{far}n={len(small) if small.isdigit() else ''}")
    return (*told, f"{far}s={_shape(word)}") if abs(far) == 1 else told


def features_of(tokens: Sequence[Token], claims: Iterable[Claim], asked: str) -> list[list[str]]:
    """Return what the tagger counts of each word: itself, its neighbours, what the detectors say, and what was asked for."""
    count = len(tokens)
    said = [word for word, _, _ in tokens]
    small = [word.lower() for word in said]
    by = [""] * count
    for start, end, kind in claims:
        for n, (_, a, b) in enumerate(tokens):
            if a < end and start < b:
                by[n] = kind
            elif a >= end:
                break
    out: list[list[str]] = []
    named = ""
    for n, word in enumerate(said):
        if n and (before := _NAMED.get(small[n - 1])):
            named = before
        told = [*_own(word), f"r={by[n]}", f"k={named}"]
        digit = word.isdigit()
        if digit:
            told.append(f"nk={len(word)}{named}")
        for far in (-2, -1, 1, 2):
            if 0 <= n + far < count:
                told += _beside(said[n + far], far)
                if by[n + far]:
                    told.append(f"{far}r={by[n + far]}")
            else:
                told.append(f"{far}B")
        if n and n + 1 < count:
            told.append(f"ww={small[n - 1]}_{small[n + 1]}")
        if count <= 3:
            told.append(f"short{count}{_list_of(small[n])}")
        if asked:
            told += (
                f"q={asked}",
                f"qs={asked}{'d' if digit else _shape(word)}",
                f"qc={asked}{min(count, 6)}{'d' if digit else ''}",
            )
            if "t" in _list_of(small[n]):
                told.append(f"qt={asked}")
        out.append(told)
    return out


def found_in(view: str, claims: Sequence[Claim], asked: str = "") -> Iterator[Claim]:
    """Yield where the tagger sees personal data, in the mask's words; `claims` are what the detectors found already."""
    learnt = _INSTEAD.get() or tagger()
    tokens = tokens_of(view) if learnt is not None else []
    if not tokens or learnt is None:
        return
    for start, end, kind in spans_of_tags(tokens, learnt.tag(features_of(tokens, claims, asked))):
        if kind == "name":
            start = _without_lead(tokens, start, end)
            # Plain words in small letters are a slip of the tagger, unless a name was asked for.
            words = [word for word, a, _ in tokens if start <= a < end and word.isalpha()]
            is_slip = all(word.islower() and is_plain_word(word) for word in words)
            if asked == "NAME":
                # Asked for a name, some people answer with one that is a plain word as well.
                is_slip = is_slip and not any(_list_of(word).strip("st") for word in words)
            elif len(words) == 1 and words[0].lower() in COMPARED:
                is_slip = True
        elif kind == "address":
            is_slip = asked != "ADDRESS" and _is_said(tokens, start, end)
        else:
            is_slip = (kind in _OF_FIGURES and _is_other_number(view, start, end)) or (
                kind == "account" and asked != "ID" and sum(map(str.isalnum, view[start:end])) < _FEWEST_SIGNS
            )
        if not is_slip:
            yield start, end, kind


def _is_said(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Say whether an address is a slip: the commonest words and plain ones before a small number ("About more 12")."""
    inside = [word.lower() for word, a, _ in tokens if start <= a < end]
    words = [word for word in inside if word.isalpha()]
    return (
        bool(words)
        and words[0] in COMMON
        and all(is_plain_word(word) and word not in STREET for word in words)
        and sum(map(len, filter(str.isdigit, inside))) <= _FEW_FIGURES
    )


def _without_lead(tokens: Sequence[Token], start: int, end: int) -> int:
    """Where a name with capitals begins: small words before its first capital are the sentence's, unless they are particles."""
    inside = [(word, a) for word, a, _ in tokens if start <= a < end]
    first = next((n for n, (word, _) in enumerate(inside) if word[:1].isupper()), 0)
    while first and inside[first - 1][0] in _PARTICLES:
        first -= 1
    return inside[first][1]


def _is_other_number(view: str, start: int, end: int) -> bool:
    """Say whether figures are a part of something longer, such as a hash, or a sum, a measure or dates."""
    beside = view[start - 1 : start] + view[end : end + 1]
    return (
        any(map(str.isalpha, beside))
        or _MEASURE.match(view, end) is not None
        or _CURRENCY.search(view[start:end]) is not None
        or are_dates(_run_around(view, start, end))
        or _SUM.search(view[max(0, start - 3) : start]) is not None
    )


def _run_around(view: str, start: int, end: int) -> str:
    """The figures, with those that stand right beside them."""
    before, after = (
        _DATED_BEFORE.search(view[max(0, start - _DATE_SIGNS) : start]),
        _DATED.match(view[end : end + _DATE_SIGNS]),
    )
    return ((before[0] if before else "") + view[start:end] + (after[0] if after else "")).strip("./-")


def spans_of_tags(tokens: Sequence[Token], tags: Sequence[str]) -> Iterator[Claim]:
    """Put words that belong together into one value."""
    start = end = 0
    kind = ""
    for (_, a, b), tag in zip(tokens, tags, strict=True):
        if kind and tag == f"I-{kind}":
            end = b
            continue
        if kind:
            yield start, end, KIND_OF[kind]
        kind = tag[2:] if tag != "O" else ""
        start, end = a, b
    if kind:
        yield start, end, KIND_OF[kind]
