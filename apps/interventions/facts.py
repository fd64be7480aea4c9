"""What this app announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.shared.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionsChanged(Fact):
    """Something was done, taken back, or judged."""

    intervention_ids: list[UUID]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverChanged(Fact):
    """A shift was handed over, or the note of it was read."""

    handover_id: UUID
    # The account that takes it.
    user_id: int
    at: datetime
