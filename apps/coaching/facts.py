"""What this app announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.shared.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteChanged(Fact):
    """A note was sent, taken back, acknowledged or answered: the pages of its two people show it."""

    note_id: UUID
    agent_id: UUID
    user_ids: list[int]
    at: datetime
