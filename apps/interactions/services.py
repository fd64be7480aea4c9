"""Record what happened: canonical events in, masked and sealed rows out, set-based and in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from apps.interactions import partitions, presence, projection, rows
from apps.interactions.batch import Batch
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.disclosures import open_sealed, tell_quality
from apps.interactions.erasure import erase
from apps.interactions.facts import ConversationsChanged, MessagesRedacted
from apps.interactions.forgetting import forget
from apps.interactions.remasking import conversations_since, remask
from apps.interactions.requests import ask, carry_out, confirm, finish_erasure, hold, lift, take_copy, withdraw
from apps.shared.outbox import announce

__all__ = [
    "Recorded", "ask", "carry_out", "confirm", "conversations_since", "erase", "finish_erasure", "forget", "hold", "keep_partitions", "lift",
    "open_partitions", "open_sealed", "record", "remask", "take_copy", "tell_quality", "withdraw", "without_partition",
]  # fmt: skip

DAYS_AHEAD = 7


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one call changed."""

    conversations: int
    messages: int


@transaction.atomic
def record(*, events: Sequence[CanonicalEvent], source: str, at: datetime) -> Recorded:
    """Record a batch of checked events of one source and announce which conversations changed.

    A bounded number of statements whatever the size of the batch. Recording an event again changes nothing, and any
    order, split or delay leaves the same rows. Text is masked and each value found is sealed before anything is written.
    Steps: (1) find or make agents, queues and customers; (2) lock the conversations in key order, so that two workers take
    turns on one conversation; (3) append events and messages, and mask again what is stored where something was learnt
    about its customer; (4) tell the course of each touched conversation again from its stored rows.
    """
    if not events:
        return Recorded(conversations=0, messages=0)
    batch = Batch(events=events, source=source, at=at)
    batch.resolve_parties()
    presence.record(rows=rows.presences(batch))
    batch.remember_customers()
    batch.lock_conversations()
    batch.learn_customers()
    messages = batch.append()
    projection.retell(conversations=batch.told, customers=batch.customer_of, since=batch.since)
    batch.forget_untold()
    announce(
        ConversationsChanged(
            conversation_ids=sorted(batch.conversations),
            queue_ids=sorted(set(batch.queues.values())),
            agent_ids=sorted(set(batch.agents.values())),
            since=batch.since,
            at=at,
        ),
        at=at,
    )
    if batch.redacted:
        announce(
            MessagesRedacted(
                message_ids=sorted(batch.redacted), conversation_ids=sorted(set(batch.redacted.values())), at=at
            ),
            at=at,
        )
    return Recorded(conversations=len(batch.told), messages=messages)


def keep_partitions(*, at: datetime) -> None:
    """Make the partitions of the coming week, and let go of what is past its retention. Running it again changes nothing."""
    today = at.date()
    partitions.ensure(first=today - timedelta(days=1), last=today + timedelta(days=DAYS_AHEAD))
    forget(at=at)


def without_partition(*, days: Sequence[date]) -> list[date]:
    """Which of these UTC days lack a partition of messages or of events. Two statements."""
    return partitions.missing(days)


def open_partitions(*, first: datetime, last: datetime) -> int:
    """Make the partitions for a span of the past before it is imported; return how many were made."""
    return partitions.ensure(first=first.date(), last=last.date())
