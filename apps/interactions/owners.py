"""Whose conversation it is, as all of its events say: the customer of its earliest start, whichever event came first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

Order = tuple[datetime, str, UUID]

_STARTS = """
SELECT DISTINCT ON (conversation_id) conversation_id, happened_at, sequence, id, (data->>'customer')::uuid
FROM interactions_conversationevent
WHERE conversation_id = ANY(%s) AND happened_at >= %s AND kind = 'started' AND data ? 'customer'
ORDER BY conversation_id, happened_at, sequence, id
"""


@dataclass(slots=True)
class Claims:
    """What a batch says about the customers of its conversations."""

    starts: dict[UUID, list[tuple[Order, UUID]]] = field(default_factory=dict)
    speakers: dict[UUID, set[UUID]] = field(default_factory=dict)

    def began(self, conversation: UUID, order: Order, customer: UUID) -> None:
        """A start names the customer."""
        self.starts.setdefault(conversation, []).append((order, customer))

    def spoke(self, conversation: UUID, customer: UUID) -> None:
        """A customer takes part. Where no start names one, the conversation is theirs."""
        self.speakers.setdefault(conversation, set()).add(customer)

    def settle(self, *, stored: Mapping[UUID, UUID | None], since: datetime) -> dict[UUID, UUID]:
        """Say whose each locked conversation is. Only where batch and row disagree the stored starts are asked."""
        claims = {key: {who for _, who in self.starts.get(key, ())} | self.speakers.get(key, set()) for key in stored}
        unclear = [key for key, who in stored.items() if who is not None and claims[key] - {who}]
        starts = {key: list(found) for key, found in self.starts.items()}
        if unclear:
            with connection.cursor() as cursor:
                cursor.execute(_STARTS, [sorted(unclear), since])
                for key, at, sequence, id_, customer in cursor.fetchall():
                    starts.setdefault(key, []).append(((at, sequence, id_), customer))
        settled: dict[UUID, UUID] = {}
        for key, who in stored.items():
            if starts.get(key):
                settled[key] = min(starts[key])[1]
            elif everybody := self.speakers.get(key, set()) | ({who} if who is not None else set()):
                # Several speak and no start says whose it is: the choice must not depend on who was heard first.
                settled[key] = min(everybody)
        return settled
