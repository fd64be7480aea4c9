"""What was asked before a customer's message: by it a bare answer is known for the order number or name that it is.

A pure function of all messages of a conversation, so that it is the same in whatever order they came in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.interactions.models import AuthorKind


@dataclass(frozen=True, slots=True)
class Line:
    """One message that the customer sees, without its words: what it asks for if it is ours, and which question stands at it."""

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
    asked, is_ours = ("", False) if before is None else (before.answers, not before.is_customers)
    for line in sorted(lines, key=lambda line: (line.sent_at, line.sequence, line.id)):
        if line.is_customers:
            is_ours = False
        elif line.asks or line.author_kind != AuthorKind.SYSTEM:
            asked = line.asks or (asked if is_ours else "")
            is_ours = True
        else:
            continue
        found[line.id] = asked
    return found
