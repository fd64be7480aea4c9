"""What an AI agent fails at, for whose queues they are, and a proposal that changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions.models import BotTurn
from apps.shared.errors import NotAllowed, OutOfScope
from apps.tuning import queries, services
from apps.tuning.models import Proposal
from apps.tuning.services import ProposalRefused
from tests.alerts.conftest import says
from tests.console.floors import conversation, granted, queue_named, turn

pytestmark = pytest.mark.django_db
TEXT = "Say that a refund takes five days"


@pytest.fixture
def bo(lena: Viewer, noon: datetime) -> dict[str, Any]:
    """Bo failed at refunds in two of three turns of Lena's queue, and in another queue at invoices."""
    billing, sales, bo = (
        queue_named("Billing chat"),
        queue_named("Sales chat"),
        Agent.objects.create(kind="ai", name="Bo"),
    )
    lena = granted(lena, queue=billing)
    for n, values in enumerate(({"is_fallback": True}, {"asked_for_human": True}, {})):
        turn(billing, bo, noon - timedelta(minutes=9 - n), 0.4, intent="refund_status", **values)
    turn(sales, bo, noon - timedelta(minutes=1), 0.2, intent="invoice_copy", is_fallback=True)
    turn(billing, bo, noon - timedelta(hours=25), 0.2, intent="old", is_fallback=True)
    talk = conversation(billing, noon - timedelta(minutes=20))
    said = says(talk, noon - timedelta(minutes=10), "my card [card 1] again")
    BotTurn.objects.create(
        id=uuid4(), conversation_id=talk.pk, happened_at=noon - timedelta(minutes=3), event_id=uuid4(), agent_id=bo.pk,
        message_id=said, intent="", is_fallback=True,
    )  # fmt: skip
    return {"lena": lena, "bo": bo, "billing": billing, "sales": sales}


def test_matters_are_counted_in_the_viewers_queues_within_a_day(bo: dict[str, Any], noon: datetime) -> None:
    told = queries.get_told(viewer=bo["lena"], pk=bo["bo"].pk, intent="", at=noon)
    assert [(one.label, one.turns, one.failed) for one in told.matters] == [
        ("refund status", 3, 2),
        ("not understood", 1, 1),
    ]
    assert told.matters[0].share == pytest.approx(2 / 3)
    assert len(told.failed) == 3
    assert str(told.failed[0].text) == "my card [card 1] again"
    one = queries.get_told(viewer=bo["lena"], pk=bo["bo"].pk, intent="refund_status", at=noon)
    assert len(one.failed) == 2


def test_who_reads_no_conversations_sees_numbers_and_no_word(bo: dict[str, Any], olu: Viewer, noon: datetime) -> None:
    told = queries.get_told(viewer=olu, pk=bo["bo"].pk, intent="", at=noon)
    assert (len(told.matters), told.failed) == (3, [])


def test_the_ai_agent_that_fails_most_in_a_queue_is_the_one_to_tune(bo: dict[str, Any], noon: datetime) -> None:
    other = Agent.objects.create(kind="ai", name="Ada")
    turn(bo["billing"], other, noon - timedelta(minutes=2), 0.9)
    assert queries.worst_ai(queue=bo["billing"].pk, at=noon) == bo["bo"].pk
    assert queries.worst_ai(queue=uuid4(), at=noon) is None


def test_a_proposal_is_masked_made_once_and_taken_back_by_its_author(
    bo: dict[str, Any], mona: Viewer, noon: datetime
) -> None:
    key, given = (
        uuid4(),
        {"by": bo["lena"], "agent": bo["bo"].pk, "kind": "article", "queue": bo["billing"].pk, "at": noon},
    )
    one = services.propose(key=key, text="Never repeat 4111 1111 1111 1111", **given)
    assert services.propose(key=key, text=TEXT, **given) == one
    assert one.text == "Never repeat [card 1]"
    assert AuditEntry.objects.get(verb="tuning.proposed").about == "A knowledge article of Bo"
    assert list(Proposal.objects.visible_to(mona)) == [one]
    with pytest.raises(OutOfScope):
        services.withdraw(by=mona, pk=one.pk, at=noon)
    services.withdraw(by=bo["lena"], pk=one.pk, at=noon)
    assert Proposal.objects.get().withdrawn_at == noon


def test_what_cannot_be_proposed_is_refused(bo: dict[str, Any], nils: Viewer, asha: Viewer, noon: datetime) -> None:
    given = {"key": uuid4(), "agent": bo["bo"].pk, "at": noon}
    for values in (
        {"kind": "model", "text": TEXT},
        {"kind": "prompt", "text": "Too short"},
        {"kind": "prompt", "text": "x" * 2001},
    ):
        with pytest.raises(ProposalRefused):
            services.propose(by=bo["lena"], **given, **values)
    with pytest.raises(OutOfScope):
        services.propose(by=nils, kind="prompt", text=TEXT, queue=bo["billing"].pk, **given)
    with pytest.raises(OutOfScope):
        services.propose(by=bo["lena"], kind="prompt", text=TEXT, **{**given, "agent": uuid4()})
    with pytest.raises(NotAllowed):
        services.propose(by=asha, kind="prompt", text=TEXT, **given)
    assert not Proposal.objects.exists()


def test_a_lead_proposes_on_the_page(bo: dict[str, Any], client: Client, plain_static: None) -> None:
    client.force_login(bo["lena"].user)
    path = f"/ai/{bo['bo'].pk}/tune"
    assert client.post(path, {"kind": "prompt", "text": "No"}).status_code == 422
    assert client.post(path, {"kind": "prompt", "text": TEXT, "intent": "refund_status"}).status_code == 302
    assert TEXT in client.get(path).content.decode()
