"""What this app announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.shared.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationsChanged(Fact):
    """A batch of events was recorded: these conversations, queues and agents look different now.

    `since` is the time of the earliest event of the batch: everything counted from then on may have moved.
    """

    conversation_ids: list[UUID]
    queue_ids: list[UUID]
    agent_ids: list[UUID]
    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningsRefused(Fact):
    """A person wanted to open more masked values within an hour than anybody may; the QA manager is to know."""

    user_id: int
    at: datetime
