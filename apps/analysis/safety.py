"""Whether a reply of ours holds words it must not hold: rude ones, and phrases that the owner of the floor has listed.

Lists and nothing learnt: the base rate in replies is tiny, so an alarm has to be right. Words are compared as they are
meant: with digits for letters, letters apart, stretched or starred out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from apps.analysis.reading import Clue, Read

PART = "safety"
VERSION = 1
MODEL = "word and phrase lists"
FLAGGED, CLEAN = "flagged", "clean"
# The list of LDNOOBW (CC BY 4.0), see the model card; one word or phrase a line.
WORDS = Path(__file__).parent / "artefacts" / "rude_words.txt"
RUDE = "rude words"

# What that list leaves out: plurals and spellings of slurs, and the commonest abbreviations.
_MORE = (
    r"hoes?|nigg(?:er|a|ah|uh|az|let)s?|nicc?as?|nigs?|nigg?lets?|chinks?|fag(?:got)?s?|retard(?:s|ed)?|dykes?|cunts?|puss(?:y|ies)|slut(?:s|ty)?|whores?"
    r"|twats?|queers?|stfu|gtfo|f(?:uc|u|c)k(?:s|ed|er|ers|in|ing|face|wit)?|fuc+|mother ?f(?:uc|u)k\w*|bitch(?:es|y|in|ing)?|biatch"
    r"|bullshit(?:ting)?|shit(?:s|ty|ting|head)?|ass ?holes?|arse ?holes?|bastards?|douche(?:bag)?s?|dumb ?ass(?:es)?|jack ?ass(?:es)?"
    r"|dickheads?|pricks?|wankers?|bollocks|scumbags?|imbeciles?|morons?|tits?|titties"
)
# Words of that list that honest replies hold too: they are places, names, products and plain words.
_HONEST = frozenset(
    str.split(
        "sex sexy sexual sexually sexuality suck sucks xx domination escort hardcore intercourse nude nudity "
        "snatch tit undressing topless bareback barenaked barely strip poof poon taste twinkie threesome voyeur "
        "butt vibrator pantie panties women swinger negro bondage bust butthole honkey coon coons mong juggs"
    )
)
_LEET = str.maketrans(
    {"4": "a", "@": "a", "3": "e", "1": "i", "!": "i", "|": "i", "0": "o", "$": "s", "5": "s", "7": "t", "+": "t"}
)
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_TOKEN = re.compile(r"[^\s]+")
_LETTER = re.compile(r"[a-z]")
_EDGES = "\"'“”‘’.,;:?()[]{}<>#…-–"
# Letters apart: "f u c k", "f.u.c.k", "s-h-i-t".
_APART = re.compile(r"(?<![\w@$*])(?:[a-z@$!][ ._*-]{1,2}){2,7}[a-z@$!](?![\w@$*])", re.IGNORECASE)
# Starred out: what the stars stand for is clear.
_STARRED = re.compile(
    r"(?<!\w)(?:f[*#@$%!-]{1,3}c?k(?:\w{0,3}|ing)|f\*+(?:ing|er|ed)?|s[*#@$%!-]{1,2}t(?:ty)?|sh[*#@$%!]t(?:ty)?|b[*#@$%!-]{1,4}ch(?:es)?|b!tch(?:es)?"
    r"|c[*#@$%!-]{1,2}nt|a[*#$%!-]{1,2}hole|d[*#@$%!]ck(?:head)?|n[*#@$%!-]{3,4}[ar]s?)(?!\w)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\[[a-z][a-z_ -]{0,30} \d{1,4}\]|https?://\S+|[@#]\w+")


@dataclass(frozen=True, slots=True)
class PhraseList:
    """Phrases that replies must not hold. `severity` is from 1 (have a look) to 3 (at once)."""

    name: str
    severity: int
    phrases: tuple[str, ...]


# What a floor begins with; its owner edits them.
DEFAULTS: tuple[PhraseList, ...] = (
    PhraseList("promises", 2, (
        "i guarantee", "we guarantee you", "guaranteed to arrive", "i promise you", "i can promise", "you will definitely get your money",
        "100% guaranteed", "you have my word", "no risk at all",
    )),
    # Whom a floor competes with only its owner knows.
    PhraseList("competitors", 1, ()),
    PhraseList("legal claims", 3, (
        "you can sue", "you could sue", "you should sue", "we are not liable", "it is our fault legally", "take us to court",
        "you have no legal right", "legally binding promise",
    )),
    PhraseList("medical claims", 3, (
        "stop taking your medication", "stop taking your medicine", "you do not need a doctor", "you don't need a doctor", "cures cancer",
        "will cure you", "increase your dose", "double the dose", "safe during pregnancy",
    )),
    PhraseList("internal links", 2, (
        "://intranet*", "://jira*", "://confluence*", "://wiki.internal*", "://*.internal*", "://*.corp/*", "://localhost*", "docs.google.com/*",
    )),
    PhraseList("blame", 2, (
        "that's your problem", "that is your problem", "not my problem", "it's your own fault", "you should have read", "calm down",
        "learn to read", "as i already told you", "stop complaining", "what do you expect",
    )),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """One word or phrase that a reply must not hold, where it stands, and how bad it is."""

    start: int
    end: int
    found_in: str
    severity: int


@cache
def _rude() -> tuple[frozenset[str], re.Pattern[str]]:
    listed = [line.strip() for line in WORDS.read_text(encoding="utf-8").splitlines()]
    single = frozenset(w for w in listed if w and " " not in w and w not in _HONEST)
    several = [w for w in listed if " " in w and not w.startswith(("alaskan", "barely", "black cock", "taste my"))]
    both = "|".join(re.escape(w).replace(r"\ ", r"[ -]") for w in sorted(several, key=len, reverse=True))
    return single, re.compile(rf"(?<!\w)(?:{both})(?!\w)")


_MORE_RUDE = re.compile(rf"(?:{_MORE})")


def _is_rude(word: str) -> bool:
    single, _ = _rude()
    if word in _HONEST:
        return False
    return word in single or _MORE_RUDE.fullmatch(word) is not None


@lru_cache(maxsize=65536)
def _meant(token: str) -> bool:
    """Say whether a word without spaces is rude, as it is written or as it is meant."""
    word = token.strip(_EDGES)
    if not word or _LETTER.search(word) is None:
        return False
    plain = word.rstrip("!*")
    if _is_rude(plain) or _is_rude(plain.removesuffix("'s").removesuffix("’s")):
        return True
    if any(part != plain and _is_rude(part) for part in re.split(r"[-/_.,&;:'’\"]+", plain) if len(part) > 2):
        return True
    # A number with a unit ("5s", "a55") is no word in disguise: the digits must be fewer than the letters.
    digits = sum(map(str.isdigit, word))
    read = word.translate(_LEET) if 0 < digits * 2 < len(word) or any(ch in "@$!|" for ch in word[:-1]) else word
    if read != word and len(read) > 3 and _is_rude(read.strip("i") if word.endswith("!") else read):
        return True
    short = _STRETCHED.sub(r"\1", read)
    return short != read and len(short) > 2 and (_is_rude(short) or _is_rude(_STRETCHED.sub(r"\1\1", read)))


def rude(text: str) -> Iterator[tuple[int, int]]:
    """Yield where rude words stand, none over another."""
    plain = _PLACEHOLDER.sub(lambda m: " " * len(m[0]), text)
    small = plain.lower()
    if len(small) != len(plain):
        small = "".join(ch.lower() if len(ch.lower()) == 1 else ch for ch in plain)
    found = [_without_edges(match) for match in _TOKEN.finditer(small) if _meant(match[0])]
    if " " in small:
        found += (match.span() for match in _rude()[1].finditer(small))
        found += (m.span() for m in _APART.finditer(small) if _is_rude(re.sub(r"[ ._*-]", "", m[0]).translate(_LEET)))
    if any(ch in small for ch in "*#@$%!-"):
        found += (match.span() for match in _STARRED.finditer(small))
    last = 0
    for start, end in sorted(found):
        if start >= last:
            yield start, end
            last = end


def _without_edges(match: re.Match[str]) -> tuple[int, int]:
    start = match.start() + len(match[0]) - len(match[0].lstrip(_EDGES))
    return start, match.start() + len(match[0].rstrip(_EDGES))


@lru_cache(maxsize=64)
def _compiled(lists: tuple[PhraseList, ...]) -> tuple[tuple[PhraseList, re.Pattern[str]], ...]:
    return tuple(
        (
            one,
            re.compile(
                "|".join(_pattern(phrase) for phrase in sorted(one.phrases, key=len, reverse=True)), re.IGNORECASE
            ),
        )
        for one in lists
        if any(phrase.strip() for phrase in one.phrases)
    )


def _pattern(phrase: str) -> str:
    """A phrase at the borders of words, any space between its words; `*` stands for what is no space."""
    words = [re.escape(word).replace(r"\*", r"[^\s]{0,80}").replace("'", "['’]?") for word in phrase.split()]
    body = r"\s{1,3}".join(words)
    return rf"(?<!\w){body}(?!\w)" if phrase[:1].isalnum() else body


def hits_in(text: str, lists: Sequence[PhraseList] = DEFAULTS) -> list[Hit]:
    """Return every word and phrase that a reply must not hold, by place."""
    found = [Hit(start, end, RUDE, 3) for start, end in rude(text)] + listed_in(text, lists)
    return sorted(found, key=lambda hit: (hit.start, hit.end))


def listed_in(text: str, lists: Sequence[PhraseList]) -> list[Hit]:
    """Return the phrases of lists alone, list after list."""
    return [
        Hit(*match.span(), one.name, one.severity)
        for one, pattern in _compiled(tuple(lists))
        for match in pattern.finditer(text)
        if match[0]
    ]


def read(text: str, lists: Sequence[PhraseList] = DEFAULTS, version: int = VERSION) -> Read:
    """Read a masked reply. `score` is the worst severity as a share: 1 is severity 3, 0 is clean."""
    found = hits_in(text, lists)
    worst = max((hit.severity for hit in found), default=0)
    return Read(
        PART, FLAGGED if found else CLEAN, round(worst / 3, 4), 1.0, MODEL, version,
        tuple(Clue(hit.start, hit.end, float(hit.severity), hit.found_in) for hit in found),
    )  # fmt: skip
