"""An AI agent's scorecard: every count by hand, each opens its conversations, and what contradicts itself is said in three places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind
from apps.alerts import evaluating
from apps.alerts.models import Episode, Rule
from apps.alerts.pack import seed
from apps.analysis.models import Reading
from apps.interactions.models import BotTurn, Conversation, Handoff, Message, Queue, SealedValue
from apps.metrics import ai_cards, ai_parts
from apps.metrics.models import Observation
from apps.reviews import services as reviews
from apps.reviews.models import Mark
from tests.console.floors import conversation, granted, known_for_weeks, queue_named
from tests.metrics.test_scorecards import counted as points
from tests.reviews.rows import judged

pytestmark = pytest.mark.django_db


@pytest.fixture
def bo(db: None) -> Agent:
    return Agent.objects.create(kind=AgentKind.AI, name="Bo")


@pytest.fixture
def billing(db: None) -> Queue:
    return queue_named("Billing chat")


def answered(
    bo: Agent, queue: Queue, at: datetime, *, intent: str, fallbacks: Sequence[bool] = (False,), **more: object
) -> Conversation:
    """A conversation with one turn a word of `fallbacks`, observed as handed over and solved or not."""
    talk = conversation(queue, at, is_open=False)
    said = {"model": "large-1", "prompt_version": "p-9", "knowledge": ["kb:refunds"], **more}
    handed, solved = bool(said.pop("handed", False)), bool(said.pop("solved", False))
    for n, is_fallback in enumerate(fallbacks):
        BotTurn.objects.create(
            id=uuid4(), conversation_id=talk.pk, happened_at=at + timedelta(seconds=n), event_id=uuid4(), agent_id=bo.pk, intent=intent,
            confidence=0.5, is_fallback=is_fallback, **said,
        )  # fmt: skip
    for measure, value in (("handoff_rate", handed), ("ai_resolution_rate", solved)):
        Observation.objects.create(
            conversation_id=talk.pk, measure=measure, n=1, at=at, queue_id=queue.pk, channel="webchat", agent_id=bo.pk, value=value,
        )  # fmt: skip
    return talk


def parts(bo: Agent, noon: datetime, viewer: Viewer) -> ai_parts.Parts:
    return ai_parts.parts_of(agent=bo, span=ai_cards.span_of(viewer=viewer, window="7d", at=noon))


def test_matters_and_versions_count_each_conversation_once(
    bo: Agent, billing: Queue, mona: Viewer, noon: datetime
) -> None:
    at = noon - timedelta(hours=3)
    for _ in range(20):
        answered(bo, billing, at, intent="refund", fallbacks=(True, False), solved=True)
    answered(bo, billing, at, intent="refund", handed=True, prompt_version="p-10", knowledge=["kb:refunds", "kb:late"])
    answered(bo, billing, at, intent="order", model="small-1", asked_for_human=True)
    answered(bo, billing, noon - timedelta(days=9), intent="refund")  # before the window
    found = parts(bo, noon, mona)
    refund, order = found.intents
    assert (refund.key, refund.talks, refund.turns) == ("refund", 21, 41)
    assert [(one.hits, one.n) for one in refund.shares] == [(20, 41), (20, 21), (1, 21), (0, 21)]
    assert (order.talks, order.asked, order.handed.value) == (1, ai_parts.Share(1, 1), None)  # one case has no share
    assert [(one.label, one.talks) for one in found.versions] == [
        ("p-9 on large-1", 20),
        ("p-10 on large-1", 1),
        ("p-9 on small-1", 1),
    ]
    assert [(one.label, one.talks) for one in found.knowledge] == [("kb:refunds", 22), ("kb:late", 1)]


def test_confidence_of_several_models_is_no_number(bo: Agent, billing: Queue, mona: Viewer, noon: datetime) -> None:
    for model in ("large-1", "small-1"):
        answered(bo, billing, noon, intent="refund", model=model)
    found = parts(bo, noon, mona)
    assert [one.confidence for one in found.intents] == [None]
    assert [one.confidence for one in found.versions] == [0.5, 0.5]


def said(talk: Conversation, at: datetime, *, mark: int | None = None, by: Agent | None = None) -> Message:
    one = Message.objects.create(
        id=uuid4(), conversation_id=talk.pk, author_kind="customer" if by is None else "bot", agent_id=None if by is None else by.pk,
        kind="text", text="[email 1]", sent_at=at, via="push", recorded_at=at,
    )  # fmt: skip
    if mark is not None:
        SealedValue.objects.create(
            message_id=one.pk, conversation_id=talk.pk, kind="email", number=1, sealed=b"", mark=mark
        )
    return one


def test_a_fact_given_again_after_a_hand_off_is_counted_and_opens_its_conversation(
    bo: Agent, billing: Queue, mona: Viewer, noon: datetime
) -> None:
    at = noon - timedelta(hours=1)
    again, calm = (conversation(billing, at) for _ in range(2))
    for talk, after in ((again, 7), (calm, 9)):
        Handoff.objects.create(
            conversation=talk,
            n=1,
            ai_agent_id=bo.pk,
            trigger="policy",
            summary="Asks for a refund",
            happened_at=at + timedelta(minutes=5),
        )
        said(talk, at, mark=7)
        said(talk, at + timedelta(minutes=6), mark=after)
    found = parts(bo, noon, mona)
    assert found.again == ai_parts.Share(1, 2)
    assert [(one.key, one.count, one.with_summary) for one in found.reasons] == [("policy", ai_parts.Share(2, 2), 2)]
    span = ai_cards.span_of(viewer=mona, window="7d", at=noon)
    behind = ai_parts.behind(viewer=mona, agent=bo, kind="again", key="", span=span)
    assert (behind.keys, behind.count, behind.hidden) == ([again.pk], 1, 0)


def test_a_reply_with_what_it_must_not_hold_is_counted(bo: Agent, billing: Queue, mona: Viewer, noon: datetime) -> None:
    talk = conversation(billing, noon)
    for label in ("flagged", "clean"):
        reply = said(talk, noon, by=bo)
        Reading.objects.create(
            message_id=reply.pk, part="safety", conversation_id=talk.pk, sent_at=noon, label=label, model="lists", version=1, text_checksum=1,
            read_at=noon,
        )  # fmt: skip
    assert parts(bo, noon, mona).held == ai_parts.Share(1, 2)


@pytest.mark.parametrize(("label", "kind"), [("loop", "loop"), ("contradiction", "contradiction")])
def test_where_it_turned_in_circles_is_counted_and_opens(
    label: str, kind: str, bo: Agent, billing: Queue, mona: Viewer, noon: datetime
) -> None:
    talks = [conversation(billing, noon) for _ in range(2)]
    for talk, read in zip(talks, (label, "straight"), strict=True):
        reply = said(talk, noon, by=bo)
        Reading.objects.create(
            message_id=reply.pk, part="loop", conversation_id=talk.pk, sent_at=noon, label=read, model="answers", version=1, text_checksum=1,
            read_at=noon,
        )  # fmt: skip
    found = parts(bo, noon, mona)
    assert {"loop": found.loops, "contradiction": found.contradictions}[kind] == ai_parts.Share(1, 2)
    span = ai_cards.span_of(viewer=mona, window="7d", at=noon)
    assert ai_parts.behind(viewer=mona, agent=bo, kind=kind, key="", span=span).keys == [talks[0].pk]


def test_what_a_reviewer_verified_is_counted_from_reviews_that_chance_picked(
    bo: Agent, billing: Queue, mona: Viewer, noon: datetime
) -> None:
    reviews.seed(at=noon - timedelta(days=2))
    for step in (4, 3, 2):
        one = judged(bo, conversation(billing, noon - timedelta(hours=5)), mona.user, noon - timedelta(hours=2))
        Mark.objects.filter(review=one, line__key="understands").update(step=step, is_na=False)
    found = ai_cards.ai_scorecard(viewer=mona, agent=bo, window="7d", at=noon)
    assert found.verified == ai_parts.Share(2, 3)


def test_behind_a_number_are_only_conversations_one_may_read(
    bo: Agent, billing: Queue, lena: Viewer, olu: Viewer, noon: datetime
) -> None:
    mine = answered(bo, billing, noon, intent="refund")
    answered(bo, queue_named("Sales chat"), noon, intent="refund")
    lena = granted(lena, queue=billing)
    span = ai_cards.span_of(viewer=lena, window="7d", at=noon)
    for viewer, keys, hidden in ((lena, [mine.pk], 1), (olu, [], 2)):
        found = ai_parts.behind(viewer=viewer, agent=bo, kind="intent", key="refund", span=span)
        assert (found.keys, found.count, found.hidden) == (keys, 2, hidden)


def better_than_it_is(bo: Agent, noon: datetime) -> None:
    """A week in which it handed over less, and more of its customers came back."""
    known_for_weeks(noon)
    for days, handed, back in ((9, 100, 10), (2, 40, 60)):
        points(bo, "handoff_rate", noon - timedelta(days=days), n=200, hits=handed)
        points(bo, "ai_repeat_contact_rate", noon - timedelta(days=days), n=150, hits=back)


def test_what_contradicts_itself_is_the_title_and_stands_on_the_floor(
    bo: Agent, billing: Queue, olu: Viewer, client: Client, noon: datetime, plain_static: None
) -> None:
    better_than_it_is(bo, noon)
    client.force_login(olu.user)
    with time_machine.travel(noon, tick=False):
        card, floor = (re.sub(r"\s+", " ", client.get(path).content.decode()) for path in (f"/ai/{bo.pk}", "/ai"))
    assert "Bo looks better than it is" in card
    assert (
        "It hands over less, and more customers come back: Deflection 50.0% → 80.0%, Repeat contact after an AI agent 6.7% → 40.0%."
        in card
    )
    assert f'href="/ai/{bo.pk}"' in floor
    assert "It hands over less, and more customers come back" in floor


def test_it_opens_one_alert_in_the_queue_where_it_answers_most(
    bo: Agent, billing: Queue, lena: Viewer, client: Client, noon: datetime, plain_static: None
) -> None:
    seed(at=noon - timedelta(days=1))
    Rule.objects.exclude(key="ai-contradiction").update(is_on=False)
    better_than_it_is(bo, noon)
    answered(bo, billing, noon - timedelta(days=1), intent="refund")
    evaluating.evaluate_due(at=noon)
    evaluating.evaluate_due(at=noon + timedelta(seconds=30))
    one = Episode.objects.get()
    assert (one.queue, one.value, one.limit) == (billing, 0.4, pytest.approx(10 / 150))
    assert one.about == "Bo: It hands over less, and more customers come back"
    client.force_login(granted(lena, queue=billing).user)
    page = client.get(f"/alerts/{one.pk}").content.decode()
    assert f'href="/ai/{bo.pk}"' in page


def test_a_window_that_there_is_not_is_refused(bo: Agent, olu: Viewer, client: Client, plain_static: None) -> None:
    client.force_login(olu.user)
    assert client.get(f"/ai/{bo.pk}?window=9d").status_code == 409
    assert client.get(f"/ai/{uuid4()}").status_code == 404
    assert client.get(f"/ai/{bo.pk}/conversations?of=everything").status_code == 404


def test_the_address_that_numbers_had_leads_to_the_page_for_good(
    bo: Agent, olu: Viewer, client: Client, plain_static: None
) -> None:
    client.force_login(olu.user)
    kept = client.get(f"/ai/{bo.pk}/scorecard?window=28d")
    assert (kept.status_code, kept["Location"]) == (301, f"/ai/{bo.pk}?window=28d")
    page = client.get(kept["Location"]).content.decode()
    assert re.findall(r'aria-current="[a-z]+"[^>]*>([^<]+)<', page).count("28 days") == 1
