"""A floor by hand, and rules on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from apps.access.viewer import Viewer
from apps.alerts import evaluating
from apps.alerts.engine.people import Severity
from apps.alerts.models import Episode, Happening, Rule, RuleVersion
from apps.analysis.models import Mood, Reading
from apps.interactions.models import Conversation, Message, Queue
from tests.console.floors import conversation, granted, queue_named

GRID = evaluating.GRID


def rule(key: str = "queue-length", **values: Any) -> Rule:
    """A rule that fires when more than two wait in a queue; what is given is another one's."""
    words: dict[str, Any] = {
        "name": "The queue is long", "reader": "gauge", "severity": int(Severity.WARNING), "family": "promises",
        "action": "open_queue", "wait_seconds": 0, "keep_seconds": 0,
        "params": {"metric": "queue_length", "op": ">", "enter": 2.0, "leave": 1.0, "unit": "waiting"},
    }  # fmt: skip
    one = Rule.objects.create(
        key=key, is_prompt=values.pop("is_prompt", True), is_quality=values.pop("is_quality", False)
    )
    made_at = values.pop("made_at", datetime(2026, 11, 1, tzinfo=evaluating.UTC))
    RuleVersion.objects.create(rule=one, n=1, made_at=made_at, **{**words, **values})
    return one


def says(talk: Conversation, at: datetime, text: str = "agent please", *, asks: bool = False) -> UUID:
    """The customer writes; where it asks for a person, that was read."""
    key = uuid4()
    Message.objects.create(
        id=key,
        conversation_id=talk.pk,
        author_kind="customer",
        kind="text",
        text=text,
        sent_at=at,
        via="push",
        recorded_at=at,
    )
    if asks:
        Reading.objects.create(
            message_id=key, part="asks_for_human", conversation_id=talk.pk, sent_at=at, label="asked", model="rules", version=1,
            text_checksum=0, read_at=at,
        )  # fmt: skip
        Mood.objects.create(conversation_id=talk.pk, messages=1, asked=1, asked_at=at, told_at=at)
    return key


def fired(
    queue: Queue, at: datetime, *, key: str = "queue-length", talk: Conversation | None = None, message: UUID | None = None,
    is_over: bool = False,
) -> Episode:  # fmt: skip
    """An alert of a queue as an evaluation would have opened it; over again where it is told so."""
    found = Rule.objects.filter(key=key).first() or rule(key)
    one = Episode.objects.create(
        rule=found, version=found.versions.get(), series_key=f"queue={queue.pk}", queue=queue, state="firing", value=4.0, limit=2.0,
        sequence=Episode.objects.filter(rule=found, series_key=f"queue={queue.pk}").count() + 1, n=4, peak=4.0, peak_badness=1.0,
        fired_at=at, step_at=at, severity=found.versions.get().severity, conversation_id=None if talk is None else talk.pk,
        message_id=message, stage="resolved" if is_over else "open", resolved_at=at if is_over else None,
    )  # fmt: skip
    Happening.objects.create(episode=one, at=at, what="fired")
    return one


@pytest.fixture
def billing(db: None) -> Queue:
    return queue_named("Billing chat")


@pytest.fixture
def leads(lena: Viewer, billing: Queue) -> Viewer:
    """Lena, who leads the billing queue."""
    return granted(lena, queue=billing)


@pytest.fixture
def asked(billing: Queue, noon: datetime) -> Conversation:
    """A conversation whose customer asked for a person five minutes ago, after two other messages."""
    talk = conversation(billing, noon - timedelta(minutes=10))
    says(talk, noon - timedelta(minutes=9), "hello")
    says(talk, noon - timedelta(minutes=8), "my card is [card 1]")
    says(talk, noon - timedelta(minutes=5), "agent please, card [card 1]", asks=True)
    return talk
