"""The mask: personal data becomes typed, numbered placeholders, and what was found can be composed back exactly.

How each kind is found stands in `detectors` and `phones` (what shows itself by its shape or is known of the customer),
`cues` (what the word before it names), `addresses`, `identifiers` and `tagger` (what its surroundings give away); here is what
becomes of it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from apps.access import addresses, asking, cues, detectors, given_names, identifiers, no_names, parts, phones, tagger
from apps.access.allowed import NOTHING, Allowed, is_allowed
from apps.access.plain_text import Span, seen, view_of


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
# From, to, and what kind of value it is.
Claim = tuple[int, int, str]
# Finds names in a view beside what was found already.
Persons = Callable[[str, Sequence[Claim]], Sequence[Span]]
# Something in a customer's own words that looks like a placeholder is taken out like a value ("[quoted 1]"), so that
# every placeholder of a masked text is ours and composing is exact.
# Where two kinds claim the same place, the earlier one in this list has it.
KINDS = ("quoted", "card", "iban", "email", "secret", "password", "code", "id", "birthdate", "ip", "phone", "account",
         "order", "address", "name")  # fmt: skip
PLACEHOLDER = re.compile(rf"\[({'|'.join(KINDS)}) (\d{{1,4}})\]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_DIGITS = re.compile(r"\d+")
_LINE = re.compile(r"[^\s][^\r\n]*")
# Of somebody who speaks for us: the own name, which stays in the text. It is sealed all the same, so that a text that is
# masked again later leaves the same words in the open, whatever is known of its author by then.
OWN = "own"
_RANK = {kind: rank for rank, kind in enumerate((*KINDS, OWN))}
_LAST_FOUR = frozenset({"card", "phone", "iban", "account"})
# A text that could not be searched is taken out whole, as what nobody is shown unasked.
UNSEARCHED = "secret"
_LOG = logging.getLogger(__name__)
_TELLS: ContextVar[bool] = ContextVar("_TELLS", default=False)
# What has a checksum or a shape of its own ends where the detector says.
_EXACT = frozenset({"quoted", "card", "iban", "email", "secret", "ip", "birthdate", "phone"})
# A bare answer in figures to a question for a number, and one word to a question for a password.
_FIGURES = re.compile(r"[^\w+]{0,3}([A-Za-z]{0,4}[-. ]?\d(?:[-. /]?\w){1,24})[^\w]{0,3}")
# A message that is nothing but five figures or more is somebody's number; a day of this century is none.
_ALONE = re.compile(r"[\s\"'(#:]{0,3}((?!\d{1,4}20[0-4]\d\W*$)\d(?:[ -]?\d){4,18})[\s\"').!?]{0,3}")
_ONE_WORD = re.compile(r"[^\w]{0,3}(\S{4,64}?)[.!]{0,3}")
# In a text of which only what was not found is looked at: a plain word, beside which a capital is still inside a sentence.
_STANDS_FOR_A_VALUE = "it"
_ASKED_NAME = "NAME"
_NUMBERS = {"ID": "account", "PHONE": "phone", "CARD": "card", "SSN": "id"}
# A longer text is no answer but says something of its own.
_ANSWER_WORDS = 10
# How far a value that was begun in the message before may reach back into it.
_TAIL = 48


def storable(text: str) -> str:
    """Drop NUL and write U+FFFD for a lone surrogate: neither can be stored, and neither says anything."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def mask(
    *,
    text: str,
    known: Known = NOBODY,
    among: tuple[Found, ...] = (),
    own: frozenset[str] = frozenset(),
    before: str = "",
    asked: str = "",
    persons: Persons | None = None,
    allowed: Allowed = NOTHING,
) -> Masked:
    """Take personal data out of a text, after making it `storable`.

    The same value gets the same number; `compose(masked.text, masked.found)` gives the storable text back exactly.
    `among` are the values of texts that belong together with this one: numbers go on from theirs, and they are part of
    what is returned. `own` are the words of the author's own name, where the author speaks for us (`words_of_name`).
    `before` is the message before this one: a bare answer is known by its question, and a value may begin there. Who does
    not hold that message gives what it asked for (`asked_in`) as `asked`; `parts.as_part` of that where the text holds a part of a card
    number that is told in several messages. `persons` is a second reader of names (`persons.HERE.found_in`), where one is heard. `allowed`
    are words that are nobody's name here (`allow_list.current`): what was only guessed to be a name stays where it is one of them,
    with plain words at most. What is known of the customer, follows a cue or answers the question for a name is taken out all the same.
    A text that cannot be searched, whatever the error, is taken out whole.
    """
    text = storable(text)
    spans = searched(text, known, own, before, asked, persons, allowed)
    return _cut(text, spans, among) if spans else Masked(text, among)


def asked_in(text: str) -> str:
    """Return what kind of value a message asks for, as `mask` takes it; nothing where it asks for none."""
    return asking.asked_in(view_of(seen(storable(text))[0]))


def figures_in(text: str) -> str:
    """Return what a message has of a number that is told in several (`parts.figures_in`); nothing where it has none."""
    return parts.figures_in(view_of(seen(storable(text))[0]))


def searched(
    text: str,
    known: Known = NOBODY,
    own: frozenset[str] = frozenset(),
    before: str = "",
    asked: str = "",
    persons: Persons | None = None,
    allowed: Allowed = NOTHING,
) -> list[Claim]:
    """Return what is taken out of a storable text (`spans_of`); all of it where it cannot be searched, whatever the error."""
    try:
        return spans_of(text, known, own, before, asked, persons, allowed)
    except Exception as raised:  # noqa: BLE001  # whatever it is: what was not searched does not get out
        # What is logged is masked as well: one word about it is enough.
        if not _TELLS.get():
            told = _TELLS.set(True)
            _LOG.error("a text could not be searched and was masked whole: %s", type(raised).__name__)
            _TELLS.reset(told)
        return [(0, len(text), UNSEARCHED)] if text else []


def words_of_name(*names: str) -> frozenset[str]:
    """The words of these names, as `mask` compares them."""
    return frozenset(word for name in names for word in name.casefold().split())


def spans_of(
    text: str,
    known: Known = NOBODY,
    own: frozenset[str] = frozenset(),
    before: str = "",
    asked: str = "",
    persons: Persons | None = None,
    allowed: Allowed = NOTHING,
) -> list[Claim]:
    """Return where personal data stands in a storable text, by place, none over another."""
    plain, places = seen(text)
    view = view_of(plain)
    lowered = _lowered(view)
    words = cues.words_of(view, lowered)
    digits = sum(map(len, _DIGITS.findall(view)))
    claims = _detected(view, plain, lowered, words, digits, known, own)
    asked, is_part = parts.told_apart(asked)
    if is_part:
        claims += [(start, end, "card") for start, end in parts.runs_in(view)]
    asked = "" if view.count(" ") >= _ANSWER_WORDS else asked or asking.asked_in(before)
    spared = [] if asked == _ASKED_NAME else allowed.spans(view, words)
    # A text is not worth a look for what is nobody's name, and the second reader hears that it is covered.
    beside = [(start, end, OWN) for start, end in spared]
    is_plain = not asked and _is_plain(view, words, digits, claims + beside)
    for start, end, guess in [] if is_plain else [*tagger.found_in(view, claims, asked)]:
        over = [claim for claim in claims if claim[0] < end and start < claim[1]]
        if any((a <= start and end <= b) or named in _EXACT for a, b, named in over):
            continue
        if guess == "name" and not over and asked != _ASKED_NAME and _is_none(view, start, end, spared):
            continue
        # A detector knows better what it is; the tagger how far it goes.
        kind = min((named for _, _, named in over if named != OWN), key=_RANK.__getitem__, default=guess)
        claims.append((start, end, _owned(kind, view[start:end], own)))
    if not is_plain:
        claims += [
            (start, end, _owned("name", view[start:end], own)) for start, end in given_names.found_in(view, claims)
        ]
        for start, end in () if persons is None else _by_line(view, persons(view, claims + beside)):
            over = [claim for claim in claims if claim[0] < end and start < claim[1]]
            if not over and asked != _ASKED_NAME and _is_none(view, start, end, spared):
                continue
            if not any(named in _EXACT for _, _, named in over):
                claims.append((start, end, _owned("name", view[start:end], own)))
    if before:
        claims += _begun_before(before, view)
    if asked:
        claims += _answer(asked, view)
    if not claims:
        found = _ALONE.fullmatch(view)
        if found is None or phones.are_dates(found[1]):
            return []
        claims.append((*found.span(1), "account"))
    if own:
        claims = _without_doubt(claims)
    if places is not None:
        claims = [(places[start], places[end - 1] + 1, kind) for start, end, kind in claims]
    return _apart(claims)


def _is_none(view: str, start: int, end: int, spared: Iterable[Span]) -> bool:
    """Say whether what a reader guessed to be a name is none: an allowed word, or a word of another kind."""
    return is_allowed(view, start, end, spared) or no_names.is_slip(view, start, end)


def _by_line(view: str, spans: Iterable[Span]) -> Iterator[Span]:
    """What goes over the end of a line, as its parts: a signature is a name above a firm."""
    for start, end in spans:
        for line in _LINE.finditer(view, start, end):
            yield line.span()


def _owned(kind: str, value: str, own: frozenset[str]) -> str:
    """The kind of a value, `OWN` of the own name of who speaks for us."""
    return OWN if own and kind == "name" and words_of_name(value) <= own else kind


def _is_plain(view: str, words: set[str], digits: int, claims: list[Claim]) -> bool:
    """Say whether what the detectors left of a text is not worth a look: plain words only (`tagger.is_plain`)."""
    if not claims:
        return tagger.is_plain(view, words, has_digit=digits > 0)
    left = _left_of(view, claims)
    return tagger.is_plain(left, cues.words_of(left, _lowered(left)), has_digit=_DIGITS.search(left) is not None)


def _left_of(view: str, claims: list[Claim]) -> str:
    """A text with a plain word for each value that was found in it."""
    left: list[str] = []
    place = 0
    for start, end, _ in sorted(claims):
        if start >= place:
            left += (view[place:start], _STANDS_FOR_A_VALUE)
        place = max(place, end)
    return "".join((*left, view[place:]))


def detected(view: str) -> list[Claim]:
    """Return what the detectors find in a view by shape, checksum or cue; places may overlap."""
    lowered, digits = _lowered(view), sum(map(len, _DIGITS.findall(view)))
    return _detected(view, view, lowered, cues.words_of(view, lowered), digits, NOBODY, frozenset())


def _detected(
    view: str, plain: str, lowered: str, words: set[str], digits: int, known: Known, own: frozenset[str]
) -> list[Claim]:
    claims: list[Claim] = []

    def add(kind: str, found: Iterable[Span]) -> None:
        for start, end in found:
            claims.append((start, end, kind))

    if "[" in view:
        add("quoted", (found.span() for found in PLACEHOLDER.finditer(plain)))
    if "@" in view:
        add("email", detectors.emails(view))
    add("email", detectors.spoken_emails(view, lowered))
    for kind, (start, end) in cues.called(view, lowered, words, has_digit=digits > 0):
        claims.append((start, end, _owned(kind, view[start:end], own)))
    if digits:
        add("address", addresses.addresses(view, lowered, words))
        # No detector is asked about a text that has fewer digits than its shortest number.
        if digits >= 12:
            add("card", detectors.cards(view))
            if not detectors.CARD_CUES.isdisjoint(words):
                add("card", detectors.called_cards(view))
        if digits >= 4:
            add("iban", detectors.ibans(view))
            add("id", identifiers.identities(view, words))
            if view.count(".") > 2 or view.count(":") > 1:
                add("ip", identifiers.ips(view))
        if digits >= 6:
            add("order", cues.references(view))
            add("phone", phones.phones(view, phones.digits_of(known.phones)))
    if "_" in view or "KIA" in view or "eyJ" in view or "AIza" in view or "xox" in view or "-----BEGIN" in view:
        add("secret", cues.secrets(view))
    folded = view.casefold() if known.names or known.emails else ""
    if known.names:
        add("name", detectors.names(view, folded, known.names))
    if known.emails:
        add("email", detectors.literals(view, folded, known.emails))
    return claims


def _answer(asked: str, view: str) -> list[Claim]:
    """A bare answer to what was asked: figures to a question for a number, one odd word to a question for a password."""
    if asked in _NUMBERS and (found := _FIGURES.fullmatch(view)) is not None:
        return [(*found.span(1), _NUMBERS[asked])] if sum(map(str.isdigit, found[1])) > 2 else []
    if asked == "PASSWORD" and (found := _ONE_WORD.fullmatch(view)) is not None:
        return [] if tagger.is_plain_word(found[1]) else [(*found.span(1), "password")]
    return []


def _begun_before(before: str, view: str) -> list[Claim]:
    """The rest of a number that was begun in the message before: "my card is 4111 1111", "1111 1111"."""
    tail = view_of(seen(before)[0])[-_TAIL:].rstrip()
    if not (tail[-1:].isalnum() and view[:1].isalnum() and any(map(str.isdigit, view[:_TAIL]))):
        return []
    joined, border = f"{tail} {view[:_TAIL]}", len(tail) + 1
    found = [("card", span) for span in detectors.cards(joined)] + [("iban", span) for span in detectors.ibans(joined)]
    return [(0, end - border, kind) for kind, (start, end) in found if start < border < end]


def _without_doubt(claims: list[Claim]) -> list[Claim]:
    """An own name over which anything else lies, such as the customer's name, is taken out like any other name."""
    others = [claim for claim in claims if claim[2] != OWN]
    return [
        (start, end, "name") if kind == OWN and any(a < end and start < b for a, b, _ in others) else (start, end, kind)
        for start, end, kind in claims
    ]


def _lowered(view: str) -> str:
    """In small letters, of the same length: a capital that becomes two signs stays."""
    small = view.lower()
    return small if len(small) == len(view) else "".join(ch.lower() if len(ch.lower()) == 1 else ch for ch in view)


def _cut(text: str, spans: list[Claim], among: tuple[Found, ...]) -> Masked:
    found = {(one.kind, one.value): one for one in among}
    counts: dict[str, int] = {}
    for one in among:
        counts[one.kind] = max(counts.get(one.kind, 0), one.number)
    out: list[str] = []
    place = 0
    for start, end, kind in spans:
        value = text[start:end]
        if (kind, value) not in found:
            counts[kind] = counts.get(kind, 0) + 1
            found[kind, value] = Found(kind, counts[kind], value, _hint(kind, value))
        out += (text[place:start], value if kind == OWN else found[kind, value].placeholder)
        place = end
    out.append(text[place:])
    return Masked("".join(out), tuple(found.values()))


def _hint(kind: str, value: str) -> str:
    """The last four signs, where they are less than half of the value."""
    signs = "".join(ch for ch in value if ch.isalnum()) if kind in _LAST_FOUR else ""
    return signs[-4:] if len(signs) > 8 else ""


def _apart(spans: list[Claim]) -> list[Claim]:
    """Take spans in the order of rank and length, leave out what overlaps with one taken before, and sort by place."""
    taken: list[Claim] = []
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
    return PLACEHOLDER.sub(lambda m: values.get(m[0], m[0]), text)
