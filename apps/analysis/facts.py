"""What this app announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.shared.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesRead(Fact):
    """Messages of these conversations were read, and how their customers feel may be another thing now."""

    conversation_ids: list[UUID]
    at: datetime
