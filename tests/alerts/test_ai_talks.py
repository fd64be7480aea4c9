"""Single conversations of AI agents, and words that replies must not hold: the rules of the pack on their first case, and their past."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from apps.agents.models import Agent
from apps.alerts import evaluating, services
from apps.alerts.backtest.trying import try_out
from apps.alerts.models import Episode, Rule
from apps.analysis.models import Reading
from apps.interactions.models import BotTurn, Conversation, Participation, Queue
from apps.metrics.models import Observation
from tests.console.floors import conversation

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def bo(db: None) -> Agent:
    return Agent.objects.create(kind="ai", name="Bo")


@pytest.fixture
def talk(billing: Queue, bo: Agent, noon: datetime) -> Conversation:
    """A conversation that an AI agent has held for an hour."""
    services.seed(at=noon - timedelta(hours=2))
    Observation.objects.create(
        conversation_id=uuid4(),
        measure="ai_involvement_rate",
        n=1,
        at=noon - timedelta(days=2),
        queue_id=billing.pk,
        value=1,
    )
    return conversation(billing, noon - timedelta(hours=1), holder=bo)


def read(talk: Conversation, at: datetime, part: str, label: str) -> UUID:
    key = uuid4()
    Reading.objects.create(
        message_id=key,
        part=part,
        conversation_id=talk.pk,
        sent_at=at,
        label=label,
        model="rules",
        version=1,
        text_checksum=0,
        read_at=at,
    )
    return key


def turn(talk: Conversation, bo: Agent, at: datetime, confidence: float | None) -> UUID:
    message = uuid4()
    BotTurn.objects.create(
        id=uuid4(),
        conversation_id=talk.pk,
        happened_at=at,
        event_id=uuid4(),
        agent_id=bo.pk,
        confidence=confidence,
        message_id=message,
    )
    return message


def alert(key: str) -> Episode | None:
    assert not Rule.objects.exclude(error="").exists()
    return Episode.objects.filter(rule__key=key, resolved_at=None).first()


def past(key: str, at: datetime) -> list[tuple[float, float | None]]:
    version = Rule.objects.get(key=key).versions.get()
    tried = try_out(rule=version.rule, version=version, timing=evaluating.timing_of(version), at=at, days=1)
    return [(one.begins, one.ends) for place in tried.places for one in place.firings]


def taken_over(talk: Conversation, at: datetime) -> None:
    person = Agent.objects.create(kind="human", name="Asha")
    Participation.objects.create(conversation=talk, n=2, agent=person, joined_at=at)
    Conversation.objects.filter(pk=talk.pk).update(holder=person)


def test_an_ai_agent_that_says_the_same_again_is_told_of_until_a_person_comes(
    talk: Conversation, noon: datetime
) -> None:
    read(talk, noon - 9 * MINUTE, "loop", "straight")
    read(talk, noon - 8 * MINUTE, "loop", "loop")
    services.watch(at=noon)
    assert alert("ai-loop") is None
    second = read(talk, noon + MINUTE, "loop", "loop")
    services.watch(at=noon + 2 * MINUTE)
    one = alert("ai-loop")
    assert one is not None
    assert (one.value, one.message_id, one.conversation_id) == (2.0, second, talk.pk)
    taken_over(talk, noon + 5 * MINUTE)
    services.watch(at=noon + 6 * MINUTE)
    assert alert("ai-loop") is None
    assert past("ai-loop", noon + 10 * MINUTE) == [((noon + MINUTE).timestamp(), (noon + 5 * MINUTE).timestamp())]


def test_an_ai_agent_that_is_unsure_three_times_in_a_row_is_told_of(
    talk: Conversation, bo: Agent, noon: datetime
) -> None:
    for minutes, sure in ((1, 0.3), (2, 0.2), (3, 0.9), (4, 0.3), (5, None), (6, 0.1)):
        turn(talk, bo, noon + minutes * MINUTE, sure)
        services.watch(at=noon + minutes * MINUTE)
        assert alert("ai-unsure") is None, minutes
    last = turn(talk, bo, noon + 7 * MINUTE, 0.2)
    services.watch(at=noon + 7 * MINUTE)
    one = alert("ai-unsure")
    assert one is not None
    assert (round(one.value or 0, 2), one.limit, one.message_id) == (0.2, 0.4, last)
    turn(talk, bo, noon + 8 * MINUTE, 0.8)
    services.watch(at=noon + 8 * MINUTE)
    assert alert("ai-unsure") is None
    assert [begins for begins, _ in past("ai-unsure", noon + 10 * MINUTE)] == [(noon + 7 * MINUTE).timestamp()]


def test_a_reply_that_holds_what_it_must_not_is_told_of_for_an_hour_even_in_a_closed_conversation(
    talk: Conversation, noon: datetime
) -> None:
    read(talk, noon - 5 * MINUTE, "safety", "clean")
    Conversation.objects.filter(pk=talk.pk).update(is_open=False, resolved_at=noon)
    services.watch(at=noon)
    assert alert("unsafe-reply") is None
    hit = read(talk, noon + MINUTE, "safety", "flagged")
    services.watch(at=noon + 2 * MINUTE)
    one = alert("unsafe-reply")
    assert one is not None
    assert (one.value, one.message_id, one.severity) == (1.0, hit, 3)
    services.watch(at=noon + 62 * MINUTE)
    assert alert("unsafe-reply") is None
    assert past("unsafe-reply", noon + 70 * MINUTE) == [((noon + MINUTE).timestamp(), (noon + 61 * MINUTE).timestamp())]
