"""Values that are known by the word before them: an order's number, a password, a date of birth, a stranger's name.

The words of a text are looked through first, which costs about a microsecond. Only where a cue word stands is anything
searched, anchored at that word and bounded, so that no text makes a pattern run for long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from apps.access import tagger
from apps.access.plain_text import WORD

Span = tuple[int, int]

# What may stand between a cue and its value: "number", "is", a colon.
_NOUN = r"(?:[ \t]{0,2}(?:numbers?|no|nr|num|id|ids|code|nummer|número|numero|reference|ref|lautet)\b\.?|[ \t]{0,2}#)"
_IS = r"(?:[ \t]{0,2}(?:is|ist|es|est|was|lautet|=|:|-)(?![\w])){0,2}[ \t]{0,3}"
# A number with letters: at most two short groups of letters before the first digit, more groups only with two digits.
_NUMBER = (
    r"(?:[A-Za-z]{1,4}[ -]){0,2}[A-Za-z]{0,6}\d[A-Za-z0-9]{0,30}(?:[ -](?=[A-Za-z]{0,4}\d{2})[A-Za-z0-9]{2,24}){0,4}"
)


_NUMBERED = re.compile(rf"(?P<noun>{_NOUN}{{1,2}})?{_IS}(?P<value>{_NUMBER})(?![\w%€$£])", re.IGNORECASE)
# References that carry their kind with them, such as NW482133. It begins with a set of letters, which is found fast.
_REFERENCE = re.compile(r"[A-Z][A-Z]{1,2}-?(?:\d{6,12}|[A-Z0-9]{2,8}-?\d{3,12})(?![\w-])")
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LONG_REFERENCES = ("ORD", "INV", "RMA", "SO-", "PO-")
_OTHER_REFERENCES = ("EUR", "USD", "GBP", "CHF", "ISO", "EAN", "SKU")
_PRODUCT = re.compile(
    r"(?:item|article|artikel|product|produkt|model|modell|part|sku|ean|serial)\W{0,3}(?:no|nr|number|nummer)?\W{0,3}$",
    re.IGNORECASE,
)


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def numbered(view: str, start: int, end: int) -> Iterator[Span]:
    """A number that is called an order's, an account's or the like. How many were ordered and when is no such number."""
    if (found := _NUMBERED.match(view, end)) is not None:
        value = found["value"]
        count, mixed = _digits(value), any(map(str.isalpha, value))
        # "order 1500" may be a count; "order number 482" and "order NW482" are names.
        if re.match(r"\d{1,2} ", value):  # "order 12 4111 …": a count, and then something else
            return
        if count >= (3 if found["noun"] or mixed else 6) and not _is_prose(value):
            yield found.span("value")


def _is_prose(value: str) -> bool:
    """Say whether the letters before the first digit are words of the sentence and no part of a number."""
    head = re.match(r"[A-Za-z -]*", value)
    words = head[0].replace("-", " ").split() if head else []
    return any(word.casefold() in _SMALL for word in words)


_SMALL = frozenset({
    "is", "at", "on", "in", "for", "of", "and", "the", "my", "a", "an", "to", "it", "by", "we", "was", "has", "over",
    "from", "with", "i", "you", "or", "so", "not", "no", "are", "um", "am", "von", "der", "die", "das", "ist", "im",
    "que", "por", "de", "la", "el", "en", "y", "als", "und", "than", "that", "this", "your", "but", "all", "only",
    "each", "one", "two", "usd", "eur", "gbp",
})  # fmt: skip


def references(view: str) -> Iterator[Span]:
    """Reference numbers that show it by their shape: two or three capitals and six digits or more."""
    for found in _REFERENCE.finditer(view):
        start, value = found.start(), found[0]
        if (view[start - 1] if start else " ").isalnum() or view[start - 1 : start] in ("-", "_"):
            continue
        plain = len(value.lstrip(_CAPITALS).lstrip("-")) >= 6 and value.lstrip(_CAPITALS).lstrip("-").isdigit()
        if value.startswith(_OTHER_REFERENCES) or not (plain or value.startswith(_LONG_REFERENCES)):
            continue
        if not _PRODUCT.search(view[max(0, start - 24) : start]):
            yield found.span()


# Passwords, codes and secrets ------------------------------------------------------------------------------------------

_PASSWORD = re.compile(
    r"(?P<said>(?:[ \t]{1,2}(?:is|ist|es)\b)?[ \t]{0,2}[:=]?)[ \t]{0,3}['\"“]?(?P<value>[^\s'\"“”,;]{3,64})",
    re.IGNORECASE,
)  # fmt: skip
# Words that follow "the password is" without being one.
_NO_PASSWORD = frozenset({
    "not", "wrong", "incorrect", "invalid", "expired", "correct", "right", "the", "too", "still", "case", "required",
    "also", "now", "never", "always", "being", "very", "safe", "secure", "weak", "strong", "same", "different", "for",
    "on", "in", "and", "but", "reset", "change", "changed", "again", "missing", "empty", "rejected", "refused", "falsch",
    "nicht", "richtig", "abgelaufen", "zu", "immer", "incorrecta", "no", "correcta", "that", "this", "what", "unknown",
    "sent", "set", "stored", "saved", "gone", "there", "here", "protected", "needed", "accepted", "working", "only",
    "lost", "please", "with", "from", "has", "will", "does", "doesn't", "isn't", "stopped", "manager", "page", "link",
    "forgotten", "blocked", "locked", "updated", "your", "my", "one", "okay", "fine", "good", "it", "all",
})  # fmt: skip
_MORE_DIGITS = re.compile(r"[ ]\d{2,6}(?!\w)")
_CODE = re.compile(
    rf"2?(?:[ \t](?:code|number|nummer))?(?:[ \t]on[ \t]the[ \t]back)?{_IS}(?P<value>\d(?:[ -]?\d){{2,8}}|[A-Z0-9]{{3,4}}-[A-Z0-9]{{3,4}})(?![\w%])",
    re.IGNORECASE,
)  # fmt: skip
_OTHER_CODE = re.compile(
    r"(?:[zx]i[pb]|postal|post|error|area|country|dial\w*|status|discount|promo\w*|coupon|voucher|product|item|article|bar|qr"
    r"|dress|sort|source|response|exit|colou?r|swift|bank|region|language)[ -]?$",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"(?<![\w-])(?:[srp]k_(?:live|test)_\w{10,120}|gh[pousr]_\w{20,120}|github_pat_\w{20,120}|AKIA[0-9A-Z]{16}"
    r"|AIza[\w-]{35}|xox[abpr]-[\w-]{10,120}|whsec_[\w+/=]{16,120}|ms_[\w-]{30,60}|eyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{8,1000})"
    r"|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]{1,8000}(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?"
)
_SECRET_CALLED = re.compile(
    r"(?:[ \t]{1,2}(?:is|ist|es)\b)?"
    r"[ \t]{0,2}[:=]?[ \t]{0,3}(?P<value>(?=[\w./+=-]{0,63}\d)[\w./+=-]{12,400})",
    re.IGNORECASE,
)


def passwords(view: str, start: int, end: int) -> Iterator[Span]:
    """What is called a password. A word without a digit or sign counts only after "is" or a colon."""
    if (found := _PASSWORD.match(view, end)) is not None:
        value = found["value"].rstrip(".?)…")
        start = found.start("value")
        end = start + len(value)
        plain = value.isalpha()
        if not value or value.casefold() in _NO_PASSWORD or (plain and not found["said"].strip()):
            return
        if plain and value.casefold().endswith(("ing", "ed")) and not found["said"].rstrip().endswith((":", "=")):
            return
        # "shme 546": a short word whose digits were written apart.
        more = _MORE_DIGITS.match(view, end) if plain and len(value) <= 6 else None
        yield start, more.end() if more else end


def codes(view: str, start: int, end: int) -> Iterator[Span]:
    """One-time codes, PINs and the digits on the back of a card; not the code of an error, a voucher or a town."""
    if (found := _CODE.match(view, end)) is None:
        return
    if end - start == len("code") and (
        _OTHER_CODE.search(view[max(0, start - 14) : start]) or _digits(found["value"]) < 4
    ):
        return
    yield found.span("value")


def secrets(view: str) -> Iterator[Span]:
    """Keys and tokens by the shape their makers give them."""
    return (found.span() for found in _SECRET.finditer(view))


def called_secrets(view: str, start: int, end: int) -> Iterator[Span]:
    """What is called a key, a secret or a token and has a digit in it."""
    if (found := _SECRET_CALLED.match(view, end)) is not None:
        yield found.span("value")


# Dates of birth --------------------------------------------------------------------------------------------------------

_MONTH = (
    r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|dic|fév|avr|juin|juil|août|déc)"
    r"[^\W\d_]{0,8}\.?"
)
_BIRTHDATE = re.compile(
    r"[^\d\n]{0,24}?"
    rf"(?<![\w])(?P<value>(?:19|20)\d\d[-./]\d{{1,2}}[-./]\d{{1,2}}|\d{{1,2}}[-./ ]\d{{1,2}}[-./ ](?:\d{{4}}|\d\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?[ ](?:of[ ]|de[ ])?{_MONTH},?(?:[ ](?:de[ ])?(?:19|20)?\d\d)?)(?!\d)"
    rf"|[^\d\n]{{0,24}}?(?<!\w)(?P<us>{_MONTH}[ ]\d{{1,2}}(?:st|nd|rd|th)?,?[ ](?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)  # fmt: skip


def birthdates(view: str, start: int, end: int) -> Iterator[Span]:
    """A date that is called a birth; every other date stays."""
    if (found := _BIRTHDATE.match(view, end)) is not None:
        yield found.span("us" if found["us"] else "value")


# Names of strangers ----------------------------------------------------------------------------------------------------

_PART = r"[^\W\d_][^\W\d_'’]{0,30}(?:[-'’][^\W\d_]{1,30})?"
_BIG = r"(?=[^\W\d_a-zà-öø-ÿ])" + _PART
_PARTICLE = r"(?:van|von|de|der|den|del|della|da|di|la|le|el|bin|al|dos|y)"
_WHOLE = rf"(?P<value>{_BIG}(?:[ ](?:{_PARTICLE}[ ]){{0,2}}{_BIG}|[ ][A-Z]\.){{0,3}})"
_NAMED = re.compile(
    rf"(?:['’]s)?(?:[ \t](?i:is|are|as|es|ist))?[ \t]{{0,2}}:?[ \t]{{1,3}}"
    rf"(?P<value>{_PART}(?:[ ](?:{_PARTICLE}[ ]){{0,2}}{_PART}|[ ][A-Z]\.){{0,3}})"
)
_OTHER_NAME = re.compile(
    r"(?:company|city|town|file|brand|product|band|street|hotel|shop|store|group|team|item|model|bank|domain|host)[ ]$",
    re.IGNORECASE,
)
_TITLED = re.compile(rf"\.?[ ]{{1,2}}{_WHOLE}")
_TITLE = re.compile(r"(?:Mr|Mrs|Ms|Miss|Dr|Herrn?|Frau|Señora?|Sra?|Monsieur|Madame|Mme)\b")
_SIGNED = re.compile(rf"[,.!]?[ \t]{{0,2}}\n{{1,2}}[ \t]{{0,2}}{_WHOLE}[ \t]{{0,2}}(?=\n|$)")
# Two names at least: one capital after "I am" is a nation, a mood or the beginning of anything.
_FULL = re.compile(
    rf"(?:[ ](?:is|ist))?[ ](?P<value>{_BIG}(?:[ ](?:{_PARTICLE}[ ]){{0,2}}{_BIG}|[ ][A-Z]\.[ ]{_BIG}){{1,2}})"
)
# One name alone, as a letter or a chat begins: "Hi Joanna,". What follows it ends the greeting.
_SALUTED = re.compile(rf"[ ]{{1,2}}(?P<value>{_BIG})(?=[,!.:;–-]|[ \t]{{0,2}}(?:\n|$))")
_GREETINGS = frozenset({"hi", "hello", "hey", "dear"})
_BEGINS = re.compile(r"(?:^|[\n.!?][ \t]{0,2})$")
# Who else is greeted.
_NOBODY = frozenset({
    "there", "folks", "guys", "friend", "friends", "assistant", "bot", "everybody", "people", "community", "world", "again",
    "ladies", "gentlemen", "customers", "agent", "agents", "and", "members", "colleague", "colleagues", "both",
})  # fmt: skip
# What follows a cue without being anybody's name.
_NO_NAME = frozenset({
    "is", "on", "in", "not", "and", "the", "my", "a", "an", "of", "for", "to", "was", "are", "has", "have", "wrong", "it",
    "spelled", "spelt", "misspelled", "please", "with", "at", "as", "by", "from", "that", "this", "change", "changed",
    "correct", "incorrect", "here", "there", "still", "also", "but", "or", "so", "will", "would", "can", "could", "should",
    "already", "under", "your", "his", "her", "their", "our", "you", "i", "me", "we", "they", "he", "she", "address",
    "phone", "email", "e", "number", "account", "date", "birth", "order", "password", "ssn", "booking", "confirmation",
    "card", "policy", "claim", "contact", "mail", "mobile", "zip", "city", "name", "tag", "brand", "first", "last", "full",
    "madam", "sir", "team", "customer", "all", "everyone", "support", "service", "which", "what", "who", "how",
    "only", "now", "same", "different", "ok", "okay", "yes", "no", "sure", "if", "do", "does", "did", "be", "been",
    "ist", "und", "der", "die", "das", "auf", "nicht", "mit", "es", "en", "y", "con", "very", "great", "good", "bad",
    "new", "user", "field", "used", "registered", "listed", "provided", "given", "above", "below", "belongs", "appears",
    "thank", "thanks", "calling", "writing", "ending", "reservation", "because", "when", "where", "while", "then", "than",
    "just", "like", "too", "them", "one", "two", "some", "any", "each", "every", "title", "file", "company", "product",
    "suite", "apt", "street", "again", "sorry", "happy", "british", "american", "german", "french", "spanish", "english",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april",
    "june", "july", "august", "september", "october", "november", "december", "news", "vii", "i’m", "i'm",
    "into", "up", "out", "about", "got", "get", "need", "want", "something", "someone", "nothing", "anything", "more",
    "saved", "appear", "programmed", "stored", "written", "shown", "displayed", "kept", "entered", "known", "pronounced",
    "social", "security", "dob", "age", "using", "would've", "looks", "shows", "instead", "both", "may", "might",
})  # fmt: skip


def named(view: str, start: int, end: int) -> Iterator[Span]:
    """After "name" or "my name is": up to four names with capitals, up to two without."""
    found = _NAMED.match(view, end)
    if found is None or _OTHER_NAME.search(view[max(0, start - 9) : start]):
        return
    span = _name_in(view, *found.span("value"), most=2 if found["value"].islower() else 4)
    if span is not None:
        yield span


def titled(view: str, start: int, end: int) -> Iterator[Span]:
    """After Mr, Frau or the like."""
    if (found := _TITLED.match(view, end)) is not None and (
        span := _name_in(view, *found.span("value"), most=4)
    ) is not None:
        yield span


def signed(view: str, start: int, end: int) -> Iterator[Span]:
    """Alone on the line under the greeting of a letter."""
    if (found := _SIGNED.match(view, end)) is not None and (
        span := _name_in(view, *found.span("value"), most=4)
    ) is not None:
        yield span


def greeted(view: str, start: int, end: int) -> Iterator[Span]:
    """Two names after "I am", "this is", "dear" or "hello"; one where a greeting begins and ends with it."""
    if (found := _FULL.match(view, end)) is not None:
        if _TITLE.match(view, found.start("value")):
            return
        span = _name_in(view, *found.span("value"), most=4)
        if span is not None and len(WORD.findall(view[span[0] : span[1]])) >= 2:
            yield span
    elif view[start:end].lower() in _GREETINGS and _BEGINS.search(view[max(0, start - 4) : start]):
        found = _SALUTED.match(view, end)
        if found is not None and _is_somebody(found["value"]):
            yield found.span("value")


def _is_somebody(word: str) -> bool:
    """Say whether one greeted word is a name: a known first name, or a word that messages are not made of."""
    small = word.casefold()
    if small in _NO_NAME or small in _NOBODY or len(small) < 2:
        return False
    return small in tagger.known_names()[0] or not tagger.is_plain_word(small)


def _name_in(view: str, start: int, end: int, *, most: int) -> Span | None:
    """Cut what was taken for a name where it stops being one."""
    last = start
    lower = view[start : start + 1].islower()
    for count, word in enumerate(re.finditer(r"[^\s.]+", view[start:end])):
        if (
            word[0].strip("',’:!?;\"").casefold() in _NO_NAME
            or count >= most
            or (not lower and count and word[0].islower() and len(word[0]) > 5)
        ):
            break
        last = start + word.end()
    return (start, last) if last - start >= 2 else None


# Which words call for which search -------------------------------------------------------------------------------------

Find = Callable[[str, int, int], Iterator[Span]]

# Kind, search, whether only a text with a digit can have it, and the words that call for it.
_SEARCHES: tuple[tuple[str, Find, bool, str], ...] = (
    ("order", numbered, True,
     "order orders booking reservation confirmation tracking ordernumber bestellung bestellnummer bestellnr auftrag"  # noqa: ISC004
     " auftragsnummer rechnung rechnungsnummer sendung sendungsnummer pedido reserva commande réservation invoice"),
    ("account", numbered, True,
     "account acct customer member membership policy claim contract loyalty konto kontonummer kundennummer kunden"  # noqa: ISC004
     " vertragsnummer cuenta compte sort patient"),
    ("password", passwords, False, "password passwort passcode passwd kennwort passphrase contraseña"),
    ("code", codes, True, "pin otp cvv cvc tan mtan code"),
    ("birthdate", birthdates, True,
     "born birth birthday birthdate dob geboren geb geburtsdatum geburtstag nacido nacida nacimiento naissance né née"),
    ("secret", called_secrets, True, "secret key token bearer apikey schlüssel"),
    ("name", named, False, "name names surname firstname lastname fullname llamo nombre heiße heisse appelle"),
    ("name", titled, False, "mr mrs ms miss dr herr herrn frau señor señora sr sra monsieur madame mme"),
    ("name", signed, False,
     "regards sincerely cheers wishes thanks you grüße grüßen gruß saludos cordialement"),
    ("name", greeted, False, "am m this bin soy hier dear under hello hi hey"),
)  # fmt: skip
_CALLS: dict[str, tuple[str, Find, bool]] = {
    word: (kind, find, needs_digit) for kind, find, needs_digit, words in _SEARCHES for word in words.split()
}
_CUES = frozenset(_CALLS)
_LETTERS = bytes(code + 32 if 65 <= code <= 90 else code if 97 <= code <= 122 else 32 for code in range(256))


def words_of(view: str, lowered: str) -> set[str]:
    """The words of a text, in small letters."""
    if view.isascii():
        return set(view.encode().translate(_LETTERS).decode().split())
    return set(WORD.findall(lowered))


def called(view: str, lowered: str, words: set[str], *, has_digit: bool) -> Iterator[tuple[str, Span]]:
    """Yield (kind, place) of every value that the word before it names; `words` are the words of the text."""
    for word in words & _CUES:
        kind, find, needs_digit = _CALLS[word]
        if needs_digit and not has_digit:
            continue
        start = lowered.find(word)
        while start >= 0:
            end = start + len(word)
            if not (start and view[start - 1].isalpha()) and not view[end : end + 1].isalpha():
                for span in find(view, start, end):
                    yield kind, span
            start = lowered.find(word, end)
