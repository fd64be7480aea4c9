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


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesRedacted(Fact):
    """The source took back what these messages said: it is to go wherever it lies, raw deliveries too."""

    message_ids: list[UUID]
    conversation_ids: list[UUID]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureConfirmed(Fact):
    """A second admin has confirmed that a customer is to be erased."""

    request_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerErased(Fact):
    """The rows of a customer are erased; whoever else keeps something of these conversations lets it go."""

    request_id: int
    customer_id: UUID
    conversation_ids: list[UUID]
    at: datetime
