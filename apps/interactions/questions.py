"""What was asked before a customer's message: by it a bare answer is known for the order number or name that it is.

And what was begun in the one before: "here: 5500 0055" - "5555 5559" is one number in two messages. Both are pure functions of all
messages of a conversation, so that they are the same in whatever order these came in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.access.parts import is_card, told_apart
from apps.interactions.models import AuthorKind

# In how many messages one number may be told.
MOST_PARTS = 3
# Lines before the first new one that are read: the last two may turn out to be parts, those before them say of what.
BEFORE = 2 * (MOST_PARTS - 1)


@dataclass(frozen=True, slots=True)
class Line:
    """One message that the customer sees, without its words: what it asks for if it is ours, else what it has of a number
    (`figures_in`); and which question stands at it, `as_part` where its figures are part of one."""

    id: UUID
    sent_at: datetime
    sequence: str
    author_kind: str
    asks: str
    answers: str = ""

    @property
    def is_customers(self) -> bool:
        """Whether the customer said it."""
        return self.author_kind == AuthorKind.CUSTOMER


def standing(lines: Iterable[Line], before: Line | None = None) -> dict[UUID, str]:
    """Return which question stands at each message: what one of the customer's answers, what one of ours leaves asked.

    `lines` are all messages from some moment on, in any order, and `before` is the last one of earlier moments with the question
    that stands at it. A question stands until our side speaks again: "one moment" and the number after it both answer it. Messages of
    ours that follow each other are one turn, in which the last question counts ("your order number, please" - "it is on the
    invoice"). A system's word that asks for nothing, such as who joined, is nobody's turn and left out.
    """
    found: dict[UUID, str] = {}
    asked, is_ours = ("", False) if before is None else (told_apart(before.answers)[0], not before.is_customers)
    for line in in_order(lines):
        if line.is_customers:
            is_ours = False
        elif line.asks or line.author_kind != AuthorKind.SYSTEM:
            asked = line.asks or (asked if is_ours else "")
            is_ours = True
        else:
            continue
        found[line.id] = asked
    return found


def in_order(lines: Iterable[Line]) -> list[Line]:
    """The lines in the order in which they were said."""
    return sorted(lines, key=lambda line: (line.sent_at, line.sequence, line.id))


def parts(lines: Iterable[Line]) -> set[UUID]:
    """Return those of a conversation's lines, in any order, that are parts of a card number told in two or three of them.

    Nobody of ours speaks in between. A system's word that asks for nothing is no word between them.
    """
    said = [line for line in in_order(lines) if line.asks or line.author_kind != AuthorKind.SYSTEM]
    found: set[UUID] = set()
    for first in range(len(said)):
        for last in range(first + 1, min(first + MOST_PARTS, len(said))):
            some = said[first : last + 1]
            if all(line.is_customers and line.asks for line in some) and is_card([line.asks for line in some]):
                found |= {line.id for line in some}
    return found
