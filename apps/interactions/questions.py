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
    """One message that the customer sees, without its words: what it asks for if it is ours, what it answers if not."""

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


def answered(lines: Iterable[Line]) -> dict[UUID, str]:
    """Return what each message of the customer may answer; nothing where nothing was asked.

    A question stands until our side speaks again: "one moment" and the number after it both come after it. Messages of ours
    that follow each other are one turn, in which the last question counts ("your order number, please" - "it is on the
    invoice"). A system's word that asks for nothing, such as who joined, is nobody's turn.
    """
    found: dict[UUID, str] = {}
    asked, is_ours = "", False
    for line in sorted(lines, key=lambda line: (line.sent_at, line.sequence, line.id)):
        if line.is_customers:
            found[line.id] = asked
            is_ours = False
        elif line.asks or line.author_kind != AuthorKind.SYSTEM:
            asked = line.asks or (asked if is_ours else "")
            is_ours = True
    return found
