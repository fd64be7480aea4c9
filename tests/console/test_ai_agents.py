"""The page of one AI agent: its last hour, where it turned in circles, what its confidence is worth, and what would help it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.analysis import intent
from apps.analysis.models import Lesson, Reading
from apps.console.ai_agents import FEWEST, beside, now_of
from apps.interactions.models import Conversation, Message, Queue
from apps.reviews import rubrics, services
from apps.reviews.models import Line, Mark, Pick, Review
from apps.reviews.spec import Family
from apps.tuning.models import Proposal
from tests.console.floors import granted, queue_named, turn

pytestmark = pytest.mark.django_db


def answered(queue: Queue, ai: Agent, at: datetime, *labels: str) -> Conversation:
    """A conversation in which each answer of the agent was read so."""
    before = list(Conversation.objects.values_list("pk", flat=True))
    turn(queue, ai, at, 0.9)
    talk = Conversation.objects.exclude(pk__in=before).get()
    for n, label in enumerate(labels):
        said = Message.objects.create(id=uuid4(), conversation_id=talk.pk, author_kind="bot", agent_id=ai.pk, kind="text", text="x",
                                      sent_at=at + timedelta(seconds=n), via="api", recorded_at=at)  # fmt: skip
        Reading.objects.create(message_id=said.pk, part="loop", conversation_id=talk.pk, sent_at=said.sent_at, label=label, score=1,
                               model="m", version=1, text_checksum=1, read_at=at)  # fmt: skip
    return talk


def judged(ai: Agent, talk: Conversation, by: Viewer, at: datetime, *, step: int) -> None:
    version = rubrics.default_version(Family.AI)
    assert version is not None
    made = Review.objects.create(conversation=talk, agent=ai, version=version, reviewer=by.user, pick=Pick.RANDOM, begun_at=at,
                                 saved_at=at, submitted_at=at, releases_at=at, score=80)  # fmt: skip
    Mark.objects.create(review=made, line=Line.objects.get(version=version, key="understands"), step=step)


def test_where_it_turned_in_circles_is_told_of_ones_queues_and_of_a_week(
    lena: Viewer, mona: Viewer, noon: datetime
) -> None:
    hers, other = queue_named("Billing"), queue_named("Sales")
    bo = Agent.objects.create(kind="ai", name="Bo")
    answered(hers, bo, noon, "straight", "loop", "loop")
    answered(hers, bo, noon, "straight", "contradiction")
    answered(other, bo, noon, "loop")
    answered(hers, bo, noon - timedelta(days=8), "loop")
    at = noon + timedelta(hours=1)
    told = beside(viewer=granted(lena, queue=hers), agent=bo, at=at)
    assert sorted((one.what, one.times) for one in told.circling) == [
        ("contradicts an answer", 1),
        ("the same answer again", 2),
    ]
    assert len(beside(viewer=mona, agent=bo, at=at).circling) == 3


def test_the_last_hour_is_the_floors_row_of_it_in_ones_queues(lena: Viewer, mona: Viewer, noon: datetime) -> None:
    hers, other = queue_named("Billing"), queue_named("Sales")
    bo, bea = (Agent.objects.create(kind="ai", name=name) for name in ("Bo", "Bea"))
    for n in range(4):
        turn(hers, bo, noon - timedelta(minutes=5), 0.8, asked_for_human=n < 1, intent="track")
    turn(hers, bea, noon - timedelta(minutes=5), 0.1)
    turn(other, bo, noon - timedelta(minutes=5), 0.3, intent="track")
    turn(hers, bo, noon - timedelta(minutes=61), 0.1, intent="track")

    def said(viewer: Viewer, agent: Agent) -> dict[str, tuple[str, str]]:
        return {one.key: (one.value, one.target) for one in now_of(viewer=viewer, pk=agent.pk, at=noon)}

    lena = granted(lena, queue=hers)
    assert said(lena, bo)["ai-confidence"] == ("0.80", "n 4, last hour")
    assert said(lena, bo)["ai-match"] == ("1.00", "of 4 turns")
    assert said(lena, bo)["ai-asked"] == ("25%", "of 4, last hour")
    assert said(mona, bo)["ai-asked"] == ("20%", "of 5, last hour")
    elsewhere = Agent.objects.create(kind="ai", name="Bix")
    turn(other, elsewhere, noon - timedelta(minutes=5), 0.9)
    assert set(said(lena, elsewhere).values()) == {("", "in none of your queues for a day")}


def test_what_was_proposed_stands_beside_its_numbers(lena: Viewer, olu: Viewer, noon: datetime) -> None:
    hers, bo = queue_named("Billing"), Agent.objects.create(kind="ai", name="Bo")
    lena = granted(lena, queue=hers)
    for n in range(4):
        Proposal.objects.create(
            agent=bo, queue=hers, kind="article", text=f"Know {n}", by=lena.user, made_at=noon + timedelta(minutes=n),
            withdrawn_at=noon if n == 3 else None,
        )  # fmt: skip
    told = beside(viewer=lena, agent=bo, at=noon)
    assert [one.text for one in told.proposals] == ["Know 2", "Know 1", "Know 0"]
    assert told.tune_href == reverse("tune", args=[bo.pk])


def test_who_reads_no_conversations_is_led_to_none(olu: Viewer, noon: datetime) -> None:
    bo = Agent.objects.create(kind="ai", name="Bo")
    answered(queue_named("Billing"), bo, noon, "straight", "loop")
    (one,) = beside(viewer=olu, agent=bo, at=noon + timedelta(hours=1)).circling
    assert one.href == ""


def test_the_page_draws_a_curve_from_twenty_verdicts_on(mona: Viewer, client: Client, plain_static: None) -> None:
    now = timezone.now()
    queue, bo = queue_named("Billing"), Agent.objects.create(kind="ai", name="Bo")
    services.seed(at=now)
    client.force_login(mona.user)

    def page() -> str:
        return " ".join(client.get(reverse("ai_agent", args=[bo.pk])).content.decode().split())

    assert "Nobody has judged it yet" in page()
    for n in range(19):
        judged(bo, answered(queue, bo, now), mona, now - timedelta(minutes=1), step=4 if n < 10 else 1)
    assert "19 verdicts so far" in page()
    judged(bo, answered(queue, bo, now), mona, now - timedelta(minutes=1), step=1)
    shown = page()
    assert "It promises too much: in 20 reviews it was 40% surer than it was right." in shown
    assert "It said 0.90 and was right in 10 of 20: between 30 and 70 of 100 in the long run" in shown
    assert "Chance alone does not explain the distance" in shown


def test_the_second_opinion_has_a_share_with_its_interval_from_enough_messages_on(
    mona: Viewer, client: Client, plain_static: None
) -> None:
    now = timezone.now()
    queue, bo = queue_named("Billing"), Agent.objects.create(kind="ai", name="Bo")
    client.force_login(mona.user)

    def page() -> str:
        return " ".join(client.get(reverse("ai_agent", args=[bo.pk])).content.decode().split())

    def opined(count: int, named: str, model: str = "m") -> None:
        for _ in range(count):
            turn(queue, bo, now - timedelta(hours=1), 0.9, intent="track", message_id=(said := uuid4()))
            Reading.objects.create(message_id=said, part="intent", conversation_id=uuid4(), sent_at=now, label="named", intent=named,
                                   model=model, version=1, text_checksum=1, read_at=now)  # fmt: skip

    assert "Not learnt yet" in page()
    Lesson.objects.create(
        agent_id=bo.pk, weights=b"x", examples=40, intents=2, learnt_at=now - timedelta(days=1), version=1
    )
    opined(FEWEST - 1, "track")
    assert "Too few messages so far: 19. From 20 on there is a share." in page()
    opined(6, "refund")
    opined(2, "")
    shown = page()
    assert "names the same intent in" in shown
    assert "76%</span> of 25 messages (95 % interval 57% to 89%)" in shown
    assert "Of 27 messages it was sure enough in 25." in shown
    assert "rather refund, 6 times" in shown
    assert "by words and by meaning" not in shown
    opined(3, "track", intent.MODEL_OF_BOTH)
    assert "3 of 30 were read by words and by meaning." in page()
