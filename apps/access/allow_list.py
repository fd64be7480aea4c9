"""The allow list: words that are nobody's name here, such as the firm's and its products'. Versioned; the latest version holds.

A reader of names knows no firm and no product and takes many for people. The list only keeps a guess in the open: a customer
who is known by such a word, or says "my name is", is masked as before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import transaction

from apps.access import audit, given_names
from apps.access.allowed import Allowed
from apps.access.models import AllowList
from apps.access.plain_text import WORD
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.shared.errors import Refusal

VERB = "allow_list.changed"
MOST, LONGEST, FEWEST_LETTERS = 500, 40, 3
HISTORY = 20


class ListChanged(Refusal):
    """Another version holds than the one that was looked at."""


class ListRefused(Refusal):
    """The list cannot be used. `mistakes` are all that is wrong with it, a sentence each."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__(" ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Version:
    """One version: who made it when, and which entries it added and took out."""

    number: int
    by: str
    at: datetime
    added: Sequence[str]
    removed: Sequence[str]


def entries() -> tuple[str, ...]:
    """The entries that hold, as they were written, by alphabet."""
    return tuple(AllowList.objects.order_by("-pk").values_list("entries", flat=True).first() or ())


def version() -> int:
    """The number of the version that holds; 0 where nobody has made one."""
    return AllowList.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def current() -> Allowed:
    """The words that are nobody's name, as the mask takes them. One statement."""
    return _made_of(entries())


@lru_cache(maxsize=4)
def _made_of(listed: tuple[str, ...]) -> Allowed:
    return Allowed(listed)


def read(text: str) -> tuple[str, ...]:
    """Read a form's text, an entry a line; the same entry counts once, whatever its capitals."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return tuple(sorted({line.lower(): line for line in lines if line}.values(), key=str.lower))


def mistakes(listed: Sequence[str]) -> Iterator[str]:
    """Say what is wrong with a list, a sentence each."""
    if len(listed) > MOST:
        yield f"Saw {len(listed)} entries. At most {MOST} are kept."
    for entry in listed:
        words = WORD.findall(entry)
        if len(entry) > LONGEST:
            yield f"“{entry[:30]}…” has more than {LONGEST} characters. List single words."
        elif not any(len(word) >= FEWEST_LETTERS for word in words):
            yield f"“{entry}” has no word of {FEWEST_LETTERS} letters or more, so it would let initials through."
        elif all(map(given_names.is_given, words)):
            yield f"“{entry}” is a first name: customers who are called so would stand in the open. Leave it out, or list it with more words."


def differences(before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[str]]:
    """What a list adds to another one and takes out of it, by alphabet."""
    old, new = set(before), set(after)
    return sorted(new - old, key=str.lower), sorted(old - new, key=str.lower)


def history() -> list[Version]:
    """The latest versions, newest first. One statement."""
    rows = list(AllowList.objects.select_related("made_by").order_by("-pk")[: HISTORY + 1])
    before = [*(row.entries for row in rows[1:]), []]
    told = [
        Version(row.pk, str(row.made_by), row.made_at, *differences(old, row.entries))
        for row, old in zip(rows, before, strict=False)
    ]
    return told[:HISTORY]


@transaction.atomic
def change(*, by: Viewer, listed: Sequence[str], at: datetime, based_on: int | None = None) -> AllowList:
    """Let another list hold for every text that is masked from now on. What was masked before stays so until `remask`.

    The view has shown what it does and has asked for the password again. `based_on` is the version it was made from.

    :raises ListRefused: an entry cannot be used; with each mistake.
    :raises ListChanged: another admin was faster.
    """
    by.require(Permission.MANAGE_MASKING)
    if wrong := tuple(mistakes(listed)):
        raise ListRefused(*wrong)
    # Two admins take turns; the lock stays until the new version is there for all.
    list(AllowList.objects.select_for_update().order_by("-pk")[:1])
    if based_on is not None and based_on != version():
        raise ListChanged("Another admin has saved a version meanwhile. Look at the list again, then decide.")
    added, removed = differences(entries(), listed)
    made = AllowList.objects.create(entries=list(listed), made_by=by.user, made_at=at)
    audit.record(by=by, verb=VERB, subject=made, about=f"{len(added)} added, {len(removed)} taken out", at=at)
    return made
