"""What this app announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.shared.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class DiversionChanged(Fact):
    """A diversion was planned, moved on at the platform, or is over."""

    diversion_id: UUID
    queue_ids: list[UUID]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpChanged(Fact):
    """Help was called for a queue, promised, or is needed no longer."""

    call_id: UUID
    queue_ids: list[UUID]
    at: datetime
