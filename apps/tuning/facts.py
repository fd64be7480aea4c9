"""What this app announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.shared.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalChanged(Fact):
    """A change of what an AI agent knows or is told was proposed, or the proposal was taken back."""

    proposal_id: UUID
    at: datetime
