"""The owner's lists of phrases that replies must not hold: read from a form, saved as versions, tried on what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.analysis import editions, safety
from apps.analysis.models import PhraseBook
from apps.analysis.safety import PhraseList
from apps.interactions.quotes import Quote, quotes
from apps.shared.errors import Refusal

VERB = "phrases.changed"
SEVERITIES = ((1, "have a look"), (2, "soon"), (3, "at once"))
MOST_LISTS, MOST_PHRASES, LONGEST = 20, 400, 120
# A phrase of fewer letters and figures is found everywhere; more stars make a search long.
FEWEST_SIGNS, MOST_STARS = 3, 3
REPLIES = 1000
MOST_SHOWN = 12


class ListsRefused(Refusal):
    """The lists cannot be used as they are. `mistakes` are all of them, a sentence each."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__(" ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists that hold, and the version they are of: 0 as long as nobody has changed what a portal begins with."""

    n: int
    lists: tuple[PhraseList, ...]

    @property
    def version(self) -> int:
        """What a reading by these lists is stamped with: another list or another way of reading is another version."""
        return safety.VERSION * 1000 + self.n


def current() -> Lists:
    """The lists that hold. One statement."""
    latest = editions.current(PhraseBook)
    return Lists(0, safety.DEFAULTS) if latest is None else Lists(latest.n, _lists(latest.content))


def _lists(content: Sequence[Mapping[str, Any]]) -> tuple[PhraseList, ...]:
    return tuple(PhraseList(one["name"], one["severity"], tuple(one["phrases"])) for one in content)


def posted(post: Mapping[str, str]) -> tuple[PhraseList, ...]:
    """Read a form: name-1, severity-1, phrases-1 (one a line), name-2 and so on. A list without a name and a phrase is none."""
    found = []
    for n in range(1, MOST_LISTS + 2):
        name = " ".join(post.get(f"name-{n}", "").split())
        lines = (" ".join(line.split()) for line in post.get(f"phrases-{n}", "").splitlines())
        phrases = tuple(dict.fromkeys(line for line in lines if line))
        if name or phrases:
            severity = post.get(f"severity-{n}", "")
            found.append(PhraseList(name, int(severity) if severity in ("1", "2", "3") else 0, phrases))
    return tuple(found)


def mistakes(lists: Sequence[PhraseList]) -> Iterator[str]:
    """Say what is wrong with lists, a sentence each."""
    if len(lists) > MOST_LISTS:
        yield f"Saw {len(lists)} lists. At most {MOST_LISTS} are kept."
    names = Counter(one.name.casefold() for one in lists)
    for one in lists:
        if not one.name or len(one.name) > 40:
            yield "Each list needs a name of at most 40 characters."
        elif names[one.name.casefold()] > 1 or one.name.casefold() == safety.RUDE:
            yield f"“{one.name}” is the name of another list."
        if not 1 <= one.severity <= len(SEVERITIES):
            yield f"“{one.name}” needs a severity from 1 to {len(SEVERITIES)}."
        if len(one.phrases) > MOST_PHRASES:
            yield f"“{one.name}” has {len(one.phrases)} phrases. At most {MOST_PHRASES} are kept."
        for phrase in one.phrases:
            if len(phrase) > LONGEST:
                yield f"“{phrase[:30]}…” has more than {LONGEST} characters."
            elif sum(map(str.isalnum, phrase)) < FEWEST_SIGNS:
                yield f"“{phrase}” would be found everywhere. A phrase has at least {FEWEST_SIGNS} letters or figures."
            elif phrase.count("*") > MOST_STARS:
                yield f"“{phrase}” has more than {MOST_STARS} stars."


def save(*, by: Viewer, lists: Sequence[PhraseList], says: str, based_on: int, at: datetime) -> int:
    """Let these lists hold for every reply from now on; return their version.

    :raises NotAllowed, EditionChanged: see `editions.save`.
    :raises ListsRefused: they cannot be used; with each mistake.
    """
    if wrong := tuple(dict.fromkeys(mistakes(lists))):
        by.require(Permission.EDIT_REPLY_RULES)
        raise ListsRefused(*wrong)
    content = [{"name": one.name, "severity": one.severity, "phrases": list(one.phrases)} for one in lists]
    return editions.save(PhraseBook, by=by, verb=VERB, content=content, says=says, based_on=based_on, at=at).n


# What they would have hit ----------------------------------------------------------------------------------------------

# The latest replies that were read, over the index by time.
_REPLIES = """
SELECT r.message_id, m.text FROM (
    SELECT message_id, sent_at FROM analysis_reading WHERE part = %s AND sent_at <= %s ORDER BY sent_at DESC LIMIT %s
) r JOIN interactions_message m ON m.id = r.message_id AND m.sent_at = r.sent_at
WHERE m.removed_at IS NULL ORDER BY r.sent_at DESC
"""


@dataclass(frozen=True, slots=True)
class Hits:
    """What one list hits: in how many replies, in how many by what holds now, and its words with their number, masked."""

    name: str
    severity: int
    replies: int
    before: int
    words: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """Lists tried on the latest replies. `quotes` are replies that they hit, as far as the viewer may read them."""

    replies: int
    struck: int
    hits: tuple[Hits, ...]
    quotes: tuple[Quote, ...]


def try_on_replies(*, viewer: Viewer, lists: Sequence[PhraseList], at: datetime) -> Tried:
    """Say what these lists would have hit in the latest `REPLIES` replies. Only words that were hit are shown to whoever may not
    read the conversations they stand in.

    :raises NotAllowed: the role may not change what replies are held against.
    :raises ListsRefused: they cannot be used; with each mistake.
    """
    viewer.require(Permission.EDIT_REPLY_RULES)
    if wrong := tuple(dict.fromkeys(mistakes(lists))):
        raise ListsRefused(*wrong)
    with connection.cursor() as cursor:
        cursor.execute(_REPLIES, [safety.PART, at, REPLIES])
        said: list[tuple[UUID, str]] = cursor.fetchall()
    now = current().lists
    before: Counter[str] = Counter()
    replies: Counter[str] = Counter()
    words: dict[str, Counter[str]] = {}
    struck: list[UUID] = []
    for message, text in said:
        before.update({hit.found_in for hit in safety.listed_in(text, now)})
        found = safety.listed_in(text, lists)
        replies.update({hit.found_in for hit in found})
        for hit in found:
            words.setdefault(hit.found_in, Counter())[text[hit.start : hit.end].lower()] += 1
        if found:
            struck.append(message)
    hits = (
        Hits(one.name, one.severity, replies[one.name], before[one.name], tuple(words.get(one.name, Counter()).most_common(MOST_SHOWN)))
        for one in lists
    )  # fmt: skip
    shown = quotes(viewer=viewer, messages=struck[:MOST_SHOWN], most=240)
    return Tried(len(said), len(struck), tuple(hits), tuple(shown[one] for one in struck[:MOST_SHOWN] if one in shown))
