"""What is learnt of an AI agent's own sure turns, and what it says of the turns after them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.agents.models import Agent
from apps.analysis import intent, lessons, services
from apps.analysis.models import Lesson, Reading
from apps.analysis.queries import second_opinion
from apps.interactions.models import BotTurn, Conversation, Message, Queue
from tests.analysis.test_intent import EXAMPLES
from tests.console.floors import conversation, queue_named

pytestmark = pytest.mark.django_db


@pytest.fixture
def bo() -> Agent:
    return Agent.objects.create(kind="ai", name="Bo")


@pytest.fixture
def queue() -> Queue:
    return queue_named("Billing")


def turned(
    bo: Agent, queue: Queue, at: datetime, text: str, named: str, *, confidence: float = 0.9, is_fallback: bool = False
) -> UUID:
    talk = conversation(queue, at - timedelta(seconds=1))
    Conversation.objects.filter(pk=talk.pk).update(last_event_at=at)
    said = Message.objects.create(
        id=uuid4(), conversation_id=talk.pk, author_kind="customer", kind="text", text=text, sent_at=at, via="api", recorded_at=at
    )  # fmt: skip
    BotTurn.objects.create(
        id=uuid4(), conversation_id=talk.pk, message_id=said.pk, happened_at=at, event_id=uuid4(), agent_id=bo.pk, intent=named,
        confidence=confidence, is_fallback=is_fallback,
    )  # fmt: skip
    return said.pk


def taught(bo: Agent, queue: Queue, noon: datetime) -> None:
    for n, (text, label) in enumerate(EXAMPLES):
        turned(bo, queue, noon - timedelta(hours=2, minutes=n), text, label)
    assert lessons.learn_due(at=noon - timedelta(hours=1)) == 1


def test_only_sure_turns_teach_and_a_lesson_keeps_no_word(bo: Agent, queue: Queue, noon: datetime) -> None:
    for n in range(30):
        turned(bo, queue, noon - timedelta(hours=3, minutes=n), "unsure words", "guess", confidence=0.2)
        turned(bo, queue, noon - timedelta(hours=3, minutes=n), "lost words", "fallback", is_fallback=True)
    taught(bo, queue, noon)
    lesson = Lesson.objects.get()
    assert (lesson.agent_id, lesson.examples, lesson.intents) == (bo.pk, len(EXAMPLES), 2)
    assert b"parcel" not in bytes(lesson.weights)
    assert lessons.learn_due(at=noon) == 0
    assert lessons.learn_due(at=noon + timedelta(days=1)) == 1


def test_the_same_turns_give_the_same_lesson_and_a_kept_opinion_says_what_it_said(
    bo: Agent, queue: Queue, noon: datetime
) -> None:
    opinion = intent.learn(EXAMPLES)
    kept = lessons.unpacked(lessons.packed(opinion))
    for text in ("where is my parcel", "refund the chair", "qwx zzv", ""):
        label, sure = opinion.of(text)
        assert kept.of(text)[0] == label
        assert kept.of(text)[1] == pytest.approx(sure, abs=0.01)
        assert kept.read(text).label == opinion.read(text).label
    assert lessons.packed(opinion) == lessons.packed(intent.learn(EXAMPLES))


def test_an_agent_with_too_few_turns_has_an_empty_lesson_that_reads_nothing(
    bo: Agent, queue: Queue, noon: datetime
) -> None:
    turned(bo, queue, noon - timedelta(hours=2), "where is it", "track")
    lessons.learn_due(at=noon - timedelta(hours=1))
    turned(bo, queue, noon, "where is my parcel", "track")
    services.mark_since(since=noon - timedelta(days=1), at=noon)
    services.read_all(at=noon)
    assert (Lesson.objects.get().intents, Reading.objects.filter(part="intent").count()) == (0, 0)


def test_what_came_after_the_lesson_is_read_once_and_held_against_the_agents_own_word(
    bo: Agent, queue: Queue, noon: datetime
) -> None:
    taught(bo, queue, noon)
    other = queue_named("Sales")
    same = turned(bo, queue, noon, "where is my parcel", "track")
    differs = turned(bo, queue, noon, "refund the chair please", "track")
    lost = turned(bo, queue, noon, "where is the package", "", is_fallback=True)
    turned(bo, other, noon, "where is my order", "track")
    for _ in range(2):
        services.mark_since(since=noon - timedelta(days=1), at=noon)
        services.read_all(at=noon)
    told = dict(Reading.objects.filter(part="intent").values_list("message_id", "intent"))
    assert len(told) == 4
    assert (told[same], told[differs], told[lost]) == ("track", "refund", "track")
    span = {"agent": bo.pk, "since": noon - timedelta(hours=1), "until": noon + timedelta(hours=1)}
    found = second_opinion(**span, queues=[queue.pk])
    assert (found.read, found.sure, found.agreed, found.differs) == (2, 2, 1, [("track", "refund", 1)])
    assert second_opinion(**span, queues=None).agreed == 2


def test_reading_costs_the_same_statements_with_3_turns_and_with_30(bo: Agent, queue: Queue, noon: datetime) -> None:
    taught(bo, queue, noon)
    counts = []
    for many in (1, 3, 30):
        for n in range(many):
            turned(bo, queue, noon + timedelta(minutes=n), "where is my parcel", "track")
        services.mark_since(since=noon, at=noon)
        with CaptureQueriesContext(connection) as seen:
            services.read(at=noon)
        counts.append(len(seen))
    assert counts[1] == counts[2]
