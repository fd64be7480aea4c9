"""What this app announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.shared.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsChanged(Fact):
    """Alerts opened, changed, were taken on or are over."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertActed(Fact):
    """Somebody began what an alert advises."""

    episode_id: UUID
    # Their account.
    user_id: int
    at: datetime
