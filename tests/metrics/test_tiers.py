"""An escalation goes to a queue of a higher tier; an admin says which those are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.interactions.services import record
from apps.metrics import drilldown, queries, services, tiers
from apps.metrics.behind import HITS, LEFT_OUT, Question
from apps.metrics.models import Mark, Observation, QueueTier
from apps.metrics.queries import Scope
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.outbox import dispatch
from tests.interactions.events import ASHA, CUSTOMER, SOURCE, assigned, at, queued, said, started, status

pytestmark = pytest.mark.django_db
LEVEL_2 = {"kind": "agent", "id": "tomas", "name": "Tomas"}


@pytest.fixture
def talks(noon: datetime) -> dict[str, Queue]:
    """Three handled conversations: one passed up, one passed to a colleague, one passed back down."""
    for name, first, then in (("up", "front", "experts"), ("along", "front", "front"), ("down", "experts", "front")):
        talk = {"conversation_id": name}
        record(
            events=[
                started(0, queue=first, **talk), said(1, CUSTOMER, message_id=f"{name}1", **talk), queued(2, first, **talk),
                assigned(3, ASHA, **talk), said(30, ASHA, message_id=f"{name}2", **talk), assigned(60, LEVEL_2, queue=then, **talk),
                said(70, LEVEL_2, message_id=f"{name}3", **talk), status(90, "resolved", **talk),
            ],
            source=SOURCE, at=at(100),
        )  # fmt: skip
    recounted()
    return {one.name: one for one in Queue.objects.all()}


def recounted() -> None:
    while dispatch(at=at(100)):
        continue
    services.recount_all(at=at(100))


def rate(viewer: Viewer) -> queries.Number:
    return (
        queries.measure(viewer=viewer, key="escalation_rate", scope=Scope(), window="60min", at=at(120))
        .groups[0]
        .number
    )


def rows(viewer: Viewer, part: str) -> drilldown.Drill:
    return drilldown.drill(viewer=viewer, question=Question("escalation_rate", Scope(), "60min", part=part), at=at(120))


def test_without_tiers_nothing_can_be_an_escalation_and_the_number_is_empty(
    mona: Viewer, talks: dict[str, Queue]
) -> None:
    assert (rate(mona).value, rate(mona).n) == (None, 0)
    found = rows(mona, LEFT_OUT)
    assert {row.reason for row in found.rows} == {"No queue is of a higher tier: nothing can be an escalation."}
    assert len(found.rows) == 3


def test_a_transfer_to_a_higher_tier_is_one_and_opens_its_rows(
    mona: Viewer, adam: Viewer, talks: dict[str, Queue]
) -> None:
    tiers.set_tiers(by=adam, wanted={talks["experts"].pk: 2}, at=at(110))
    recounted()
    assert (rate(mona).hits, rate(mona).n) == (1, 3), "along and down are none"
    found = rows(mona, HITS)
    assert [row.said for row in found.rows] == ["escalated"]
    assert found.answer.metric.name == "Escalation rate"


def test_tiers_taken_away_take_the_number_away(mona: Viewer, adam: Viewer, talks: dict[str, Queue]) -> None:
    tiers.set_tiers(by=adam, wanted={talks["experts"].pk: 3}, at=at(110))
    recounted()
    tiers.set_tiers(by=adam, wanted={talks["experts"].pk: 1}, at=at(111))
    recounted()
    assert not QueueTier.objects.exists()
    assert not Observation.objects.filter(measure="escalation_rate").exists()
    assert rate(mona).value is None


def test_saving_what_is_so_counts_nothing_again(adam: Viewer, talks: dict[str, Queue]) -> None:
    tiers.set_tiers(by=adam, wanted={talks["experts"].pk: 1}, at=at(110))
    assert not Mark.objects.exists()
    assert not AuditEntry.objects.filter(verb="tiers.changed").exists()
    tiers.set_tiers(by=adam, wanted={talks["experts"].pk: 2}, at=at(110))
    assert Mark.objects.count() == 3
    assert AuditEntry.objects.get(verb="tiers.changed").about == "experts: 2"


def test_only_who_sets_up_queues_changes_tiers(olu: Viewer, adam: Viewer, talks: dict[str, Queue]) -> None:
    with pytest.raises(NotAllowed):
        tiers.set_tiers(by=olu, wanted={talks["experts"].pk: 2}, at=at(110))
    with pytest.raises(Refusal, match="from 1 to 4"):
        tiers.set_tiers(by=adam, wanted={talks["experts"].pk: 9}, at=at(110))
    key = talks["experts"].pk
    talks["experts"].delete()
    with pytest.raises(OutOfScope):
        tiers.set_tiers(by=adam, wanted={key: 2}, at=at(110))


def test_the_page_says_and_saves_them(adam: Viewer, talks: dict[str, Queue], client: Client) -> None:
    client.force_login(adam.user)
    address, name = reverse("tiers"), f"tier_{talks['experts'].pk}"
    assert "its rate is empty, not nought" in client.get(address).content.decode()
    given: dict[str, Any] = {f"tier_{one.pk}": "1" for one in talks.values()} | {name: "2"}
    assert client.post(address, given).status_code == 302
    assert QueueTier.objects.get().tier == 2
    assert "is an escalation" in client.get(address).content.decode()
    assert client.post(address, {**given, name: "9"}).status_code == 422
