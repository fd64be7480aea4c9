"""What this app announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.shared.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewChanged(Fact):
    """A review was begun, submitted, taken back or acknowledged: the lists of its reviewer and of its agent show it."""

    review_id: UUID
    conversation_id: UUID
    # The reviewer's account, and that of the person reviewed where they have one.
    reviewer_id: int
    agent_user_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLookChanged(Fact):
    """A second look at a review was asked for or decided."""

    second_look_id: UUID
    review_id: UUID
    reviewer_id: int
    agent_user_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawMade(Fact):
    """Conversations were drawn and given to reviewers: their lists show them."""

    draw_id: UUID
    reviewer_ids: list[int]
    at: datetime
