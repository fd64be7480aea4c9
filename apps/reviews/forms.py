"""What a posted scoring form says. Parsing only; whether the form can hold it is asked of `drafts`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.exceptions import BadRequest
from django.utils.datastructures import MultiValueDict

from apps.reviews.drafts import Entry
from apps.reviews.sheets import NOT_APPLICABLE
from apps.shared.asking import key_of

MARK, CAUSE, EVIDENCE, COMMENT = "mark-", "cause-", "evidence-", "comment-"
LINES = (MARK, CAUSE, EVIDENCE, COMMENT)
OF_A_DRAFT = frozenset({"note", "based_on", "key", "active_seconds"})
OF_A_DECISION = frozenset({"outcome", "answer"})
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  # the name of a field


@dataclass(frozen=True, slots=True)
class PostedDraft:
    """A form as it came. What is no number or no key is left out, or stands for one that there is not."""

    entries: dict[str, Entry]
    note: str
    based_on: int
    key: UUID
    active_seconds: int


def posted_draft(data: MultiValueDict[str, str], *, messages: Sequence[UUID] = ()) -> PostedDraft:
    """Read a posted form. Evidence is named by the keys of messages or, without scripts, by their numbers in `messages`.

    :raises BadRequest: a field that the form does not have; a score is worked out, and nobody sets it.
    """
    _hold_to(data, OF_A_DRAFT, LINES)
    keys = dict.fromkeys(name.split("-", 1)[1] for name in data if name.startswith(LINES))
    return PostedDraft(
        entries={key: _entry(data, key, messages) for key in keys if _says(data, key)},
        note=data.get("note", ""), based_on=_number(data.get("based_on", "")), key=key_of(data.get("key", "")) or uuid4(),
        active_seconds=_number(data.get("active_seconds", "")),
    )  # fmt: skip


def _hold_to(data: MultiValueDict[str, str], known: frozenset[str], prefixes: tuple[str, ...]) -> None:
    others = sorted(name for name in data if name not in known and name != TOKEN and not name.startswith(prefixes))
    if others:
        raise BadRequest(f"Saw {', '.join(others)[:80]}. A form has no such field.")


def _says(data: MultiValueDict[str, str], key: str) -> bool:
    return any(data.get(f"{prefix}{key}", "").strip() for prefix in LINES)


def _entry(data: MultiValueDict[str, str], key: str, messages: Sequence[UUID]) -> Entry:
    mark = data.get(f"{MARK}{key}", "")
    named = [_message(word, messages) for word in data.get(f"{EVIDENCE}{key}", "").replace(",", " ").split()]
    return Entry(
        step=None if mark in ("", NOT_APPLICABLE) else _number(mark), is_na=mark == NOT_APPLICABLE,
        causes=tuple(data.getlist(f"{CAUSE}{key}")), evidence=tuple(dict.fromkeys(named)), comment=data.get(f"{COMMENT}{key}", ""),
    )  # fmt: skip


def _message(word: str, messages: Sequence[UUID]) -> UUID:
    number = _number(word)
    if number and number <= len(messages):
        return messages[number - 1]
    return key_of(word) or UUID(int=0)  # no message has this key, so the form says that it is not in the conversation


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def changes_in(data: MultiValueDict[str, str]) -> dict[str, int | None]:
    """Read the marks that a decision posts: a step by line, None where it does not apply. No choice is no change.

    :raises BadRequest: a field that the form does not have.
    """
    _hold_to(data, OF_A_DECISION, (MARK,))
    return {
        name.removeprefix(MARK): None if value == NOT_APPLICABLE else _number(value)
        for name in data
        if name.startswith(MARK) and (value := data.get(name, ""))
    }
