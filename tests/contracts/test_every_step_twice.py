"""Delivered perhaps twice, effective once: every step of the pipeline, and the absorption of a delivery."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from apps.access.models import User
from apps.agents.models import Agent, Team
from apps.alerts import services as alerts
from apps.alerts.facts import AlertActed, AlertsChanged
from apps.alerts.models import Episode
from apps.analysis import services as analysis
from apps.analysis.facts import MessagesRead
from apps.coaching.facts import FeedbackChanged, NoteChanged, NotesSeen
from apps.coaching.models import Note, Sheet
from apps.connectors import services as connectors
from apps.connectors.models import Delivery, DeliveryState
from apps.interactions.facts import (
    ConversationsChanged,
    CustomerErased,
    ErasureConfirmed,
    MessagesRedacted,
    OpeningsRefused,
)
from apps.interactions.models import Conversation, Customer, CustomerRequest, Message, Queue
from apps.interventions.facts import HandoverChanged, InterventionsChanged
from apps.metrics import services as metrics
from apps.reviews.facts import DrawMade, ReviewChanged, SecondLookChanged
from apps.routing.facts import DiversionChanged, HelpChanged
from apps.routing.models import Diversion, HelpCall
from apps.shared import outbox
from apps.shared.facts import Fact
from apps.shared.models import Outbox
from apps.tuning.facts import ProposalChanged
from apps.tuning.models import Proposal
from supervision.pipeline import PIPELINE
from tests.alerts.conftest import fired, rule
from tests.contracts.tables import every_row
from tests.interactions.projections import dump
from tests.interactions.shop_day import SOURCE, day

pytestmark = pytest.mark.django_db


def conversations_changed(at: datetime) -> ConversationsChanged:
    """The fact of what stands in the tables."""
    talks = Conversation.objects.order_by("pk")
    return ConversationsChanged(
        conversation_ids=list(talks.values_list("pk", flat=True)),
        queue_ids=sorted(set(talks.exclude(queue=None).values_list("queue_id", flat=True))),
        agent_ids=sorted(set(talks.exclude(holder=None).values_list("holder_id", flat=True))),
        since=min(talks.values_list("started_at", flat=True)), at=at,
    )  # fmt: skip


def asked(at: datetime) -> CustomerRequest:
    """A confirmed erasure of somebody who has conversations."""
    someone = Conversation.objects.exclude(customer_id=None).order_by("pk")[0]
    adam, eve = (User.objects.get_or_create(username=name, role="admin")[0] for name in ("adam", "eve"))
    return CustomerRequest.objects.get_or_create(
        kind="erase", customer_id=someone.customer_id, source=Customer.objects.get(pk=someone.customer_id).source,
        defaults={"reason": "The customer asks", "asked_by": adam, "asked_at": at, "confirmed_by": eve, "confirmed_at": at},
    )[0]  # fmt: skip


def customer_erased(at: datetime) -> CustomerErased:
    request = asked(at)
    talks = Conversation.objects.filter(customer_id=request.customer_id).values_list("pk", flat=True)
    return CustomerErased(request_id=request.pk, customer_id=request.customer_id, conversation_ids=sorted(talks), at=at)


def messages_redacted(at: datetime) -> MessagesRedacted:
    message = Message.objects.order_by("pk")[0]
    return MessagesRedacted(message_ids=[message.pk], conversation_ids=[message.conversation_id], at=at)


def lead() -> User:
    return User.objects.get_or_create(username="lena", defaults={"role": "lead"})[0]


def noted(at: datetime) -> NoteChanged:
    agent = Agent.objects.filter(kind="human").order_by("pk")[0]
    note = Note.objects.create(agent=agent, by=lead(), text="Lead with the summary", sent_at=at)
    return NoteChanged(note_id=note.pk, user_id=1, at=at)


def talked(at: datetime) -> FeedbackChanged:
    agent = Agent.objects.filter(kind="human").order_by("pk")[0]
    one = Sheet.objects.create(agent=agent, by=lead(), metric="csat", prepared_at=at, held_at=at)
    return FeedbackChanged(sheet_id=one.pk, user_id=1, at=at)


def diverted(at: datetime) -> DiversionChanged:
    queue = Queue.objects.order_by("pk")[0]
    one = Diversion.objects.create(
        kind="seniors", queue=queue, by=lead(), keeper=lead(), made_at=at, starts_at=at, ends_at=at + timedelta(hours=1), state_at=at,
    )  # fmt: skip
    return DiversionChanged(diversion_id=one.pk, queue_ids=[queue.pk], at=at)


def helped(at: datetime) -> HelpChanged:
    queue = Queue.objects.order_by("pk")[0]
    one = HelpCall.objects.create(queue=queue, by=lead(), made_at=at, ends_at=at + timedelta(hours=1))
    return HelpChanged(call_id=one.pk, queue_ids=[queue.pk], at=at)


def proposed(at: datetime) -> ProposalChanged:
    bot, queue = Agent.objects.create(kind="ai", name="Bo"), Queue.objects.order_by("pk")[0]
    one = Proposal.objects.create(
        agent=bot, queue=queue, kind="article", text="Say that it takes five days", by=lead(), made_at=at
    )
    return ProposalChanged(proposal_id=one.pk, at=at)


def acted(at: datetime) -> AlertActed:
    rule("worst", action="open_worst")
    one = fired(Queue.objects.order_by("pk")[0], at, key="worst")
    Episode.objects.filter(pk=one.pk).update(acted_at=at)
    return AlertActed(episode_id=one.pk, user_id=lead().pk, at=at)


# A fact of each kind about the floor below. A fact without a row fails.
FACTS: dict[type[Fact], Callable[[datetime], Fact]] = {
    ConversationsChanged: conversations_changed,
    MessagesRead: lambda at: MessagesRead(conversation_ids=conversations_changed(at).conversation_ids, at=at),
    MessagesRedacted: messages_redacted,
    ErasureConfirmed: lambda at: ErasureConfirmed(request_id=asked(at).pk, at=at),
    CustomerErased: customer_erased,
    NoteChanged: noted,
    FeedbackChanged: talked,
    NotesSeen: lambda at: NotesSeen(user_id=1, at=at),
    DiversionChanged: diverted,
    HelpChanged: helped,
    ProposalChanged: proposed,
    AlertActed: acted,
    HandoverChanged: lambda at: HandoverChanged(handover_id=uuid4(), user_id=1, at=at),
    InterventionsChanged: lambda at: InterventionsChanged(intervention_ids=[uuid4()], at=at),
    AlertsChanged: lambda at: AlertsChanged(at=at),
    ReviewChanged: lambda at: ReviewChanged(
        review_id=uuid4(), conversation_id=uuid4(), reviewer_id=1, agent_user_id=2, at=at
    ),
    DrawMade: lambda at: DrawMade(draw_id=uuid4(), reviewer_ids=[1, 2], at=at),
    SecondLookChanged: lambda at: SecondLookChanged(
        second_look_id=uuid4(), review_id=uuid4(), reviewer_id=1, agent_user_id=None, at=at
    ),
    OpeningsRefused: lambda at: OpeningsRefused(user_id=User.objects.get_or_create(username="lena")[0].pk, at=at),
}
STEPS = [(fact, step) for fact, steps in PIPELINE.items() for step in steps]


@pytest.fixture
def floor(noon: datetime) -> datetime:
    """A floor of some three hundred events."""
    source, _ = connectors.create_source(by=None, slug=SOURCE, name="Shop", kind="api", at=noon)
    connectors.admit(source=source, body=json.dumps(day(seed=5, events=400)).encode(), at=noon)
    while connectors.absorb(at=noon):
        continue
    assert Conversation.objects.count() > 5
    return noon


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is put on the bus."""
    heard: list[Any] = []
    monkeypatch.setattr("apps.live.bus.publish", lambda topics, version: heard.append(sorted(topics)))
    return heard


def settled(at: datetime) -> dict[str, list[str]]:
    """Every row once the lists of work are worked off: two notes to count the same thing are as good as one."""
    while (
        metrics.recount(at=at)
        or metrics.count_hours(at=at, changed_by=at)
        or analysis.read(at=at)
        or connectors.wipe(at=at)
    ):
        continue
    alerts.watch(at=at)
    return every_row()


def differs_when_run_again(step: Callable[[Fact, datetime], None], fact: Fact, at: datetime) -> bool:
    """Whether a second run leaves other rows than the first."""
    step(fact, at)
    once = settled(at)
    step(fact, at)
    return settled(at) != once


def test_every_fact_has_its_row() -> None:
    assert set(FACTS) == set(PIPELINE)


@pytest.mark.parametrize(("fact", "step"), STEPS, ids=[step.__qualname__ for _, step in STEPS])
def test_a_step_that_is_run_twice_leaves_the_same_rows(
    fact: type[Fact], step: Any, floor: datetime, hints: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert not differs_when_run_again(step, FACTS[fact](floor), floor)


def test_the_contract_can_fail(floor: datetime) -> None:
    def adds_up(fact: Fact, at: datetime) -> None:
        Team.objects.create(name=f"Team {Team.objects.count()}")

    assert differs_when_run_again(adds_up, FACTS[ConversationsChanged](floor), floor)


def test_a_fact_that_is_delivered_twice_runs_each_step_once(floor: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Fact] = []

    def step(fact: Fact, at: datetime) -> None:
        runs.append(fact)

    monkeypatch.setattr(
        outbox, "_pipeline", lambda: ({"ConversationsChanged": ConversationsChanged}, {ConversationsChanged: [step]})
    )
    Outbox.objects.exclude(fact="ConversationsChanged").delete()
    announced = Outbox.objects.count()
    assert outbox.dispatch(at=floor) == announced
    Outbox.objects.update(dispatched_at=None)  # the mark was lost, what the steps did was not
    assert outbox.dispatch(at=floor) == announced
    assert len(runs) == announced > 0


def test_absorbing_a_delivery_again_leaves_the_same_rows(floor: datetime) -> None:
    once = dump()
    Delivery.objects.update(state=DeliveryState.WAITING, taken_at=None, absorbed_at=None)
    assert connectors.absorb(at=floor) == 1
    assert dump() == once


def test_the_pipeline_in_use_is_the_one_that_is_tested() -> None:
    assert settings.PIPELINE == "supervision.pipeline.PIPELINE"
