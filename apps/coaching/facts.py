"""What this app announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.shared.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteChanged(Fact):
    """A note was sent, taken back, acknowledged or answered: its agent's open pages show it."""

    note_id: UUID
    # The agent's account.
    user_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesSeen(Fact):
    """An agent's notes were shown on a page of theirs, or read: their leads see how far they are."""

    # The agent's account.
    user_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackChanged(Fact):
    """A feedback conversation was held, or acknowledged by its agent."""

    sheet_id: UUID
    # The agent's account.
    user_id: int
    at: datetime
