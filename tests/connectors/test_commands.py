"""A platform follows a diversion: it asks who takes a conversation, fetches what to change, and what it reports is read back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.agents.models import AgentIdentity
from apps.connectors import commands
from apps.connectors import services as connectors
from apps.connectors.models import Command, Source
from apps.interactions.models import QueueIdentity
from apps.routing import services as routing
from apps.routing.facts import DiversionChanged
from apps.routing.models import Diversion
from apps.shared import outbox
from tests.routing.conftest import Floor
from tests.routing.conftest import floor as floor  # the same floor

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def token(floor: Floor, noon: datetime) -> str:
    """The chat's key; it calls the queues and Noor by names of its own. The phone knows none of them."""
    _, token = connectors.create_source(by=None, slug="chat", name="Chat", kind="api", at=noon)
    connectors.create_source(by=None, slug="phone", name="Phone", kind="api", at=noon)
    for name, queue in (("billing", floor.billing), ("whatsapp", floor.care)):
        QueueIdentity.objects.create(source="chat", external_id=name, queue=queue)
    AgentIdentity.objects.create(source="chat", external_id="noor.a", agent=floor.noor)
    return token


@pytest.fixture(autouse=True)
def _now(noon: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: noon + MINUTE)


def ask(client: Client, token: str, path: str = "/api/v1/commands", **given: str) -> Any:
    return client.get(path, given, headers={"Authorization": f"Bearer {token}"})


def moved(floor: Floor, noon: datetime) -> Diversion:
    one = routing.move(
        by=floor.lena,
        key=uuid4(),
        queue=floor.care.pk,
        to_queue=floor.billing.pk,
        people=[floor.noor.pk],
        minutes=30,
        at=noon,
    )
    while outbox.dispatch(at=noon):
        continue
    return one


def report(token: str, action: str, state: str, n: int, at: datetime) -> None:
    """The platform reports through the door of events, as it reports everything."""
    event = {
        "specversion": "1.0", "id": f"r{n}", "source": "/connections/chat", "type": "midshift.action.result.v1",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "data": {"action_id": action, "kind": "reassign", "state": state},
    }  # fmt: skip
    connectors.admit(source=Source.objects.get(slug="chat"), body=json.dumps([event]).encode(), at=at)
    while connectors.absorb(at=at):
        continue
    while outbox.dispatch(at=at):
        continue


def test_the_decision_is_told_in_the_names_of_the_source_that_asks(
    floor: Floor, token: str, client: Client, noon: datetime
) -> None:
    usual = ask(client, token, "/api/v1/routing/decision", queue="billing").json()
    assert (usual["handler"], usual["until"], usual["joining"]) == ("as_usual", None, [])
    one = moved(floor, noon)
    routing.divert(
        by=floor.lena, key=uuid4(), kind="pause", queue=floor.billing.pk, intent="refund_status", minutes=60, at=noon
    )
    told = ask(client, token, "/api/v1/routing/decision", queue="billing", intent="refund_status").json()
    assert (told["handler"], told["joining"], told["away"]) == ("people", ["noor.a"], [])
    assert told["until"] == one.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {because["kind"] for because in told["because"]} == {"move", "pause"}
    assert ask(client, token, "/api/v1/routing/decision", queue="whatsapp").json()["away"] == ["noor.a"]


@pytest.mark.parametrize(
    ("key", "given", "status"),
    [
        ("wrong", {"queue": "billing"}, 401), ("", {"queue": "billing"}, 401), ("own", {"queue": "somebody else's"}, 404),
        ("own", {}, 400), ("own", {"queue": "billing", "q": "1"}, 400), ("own", {"queue": "billing", "complex": "perhaps"}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(
    token: str, client: Client, key: str, given: dict[str, str], status: int
) -> None:
    answer = ask(client, token if key == "own" else key, "/api/v1/routing/decision", **given)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")


def test_a_source_that_is_switched_off_is_told_nothing(floor: Floor, token: str, client: Client) -> None:
    Source.objects.update(is_active=False)
    assert ask(client, token).status_code == 401


def test_a_person_asks_by_our_key_and_only_about_their_queues(floor: Floor, client: Client) -> None:
    client.force_login(floor.lena.user)
    assert client.get("/api/v1/routing/decision", {"queue": str(floor.billing.pk)}).json()["handler"] == "as_usual"
    assert client.get("/api/v1/routing/decision", {"queue": str(uuid4())}).status_code == 404
    assert client.get("/api/v1/commands").status_code == 403


def test_a_command_is_planned_fetched_and_read_back(floor: Floor, token: str, client: Client, noon: datetime) -> None:
    one = moved(floor, noon)
    states = [Diversion.objects.get().state]
    [order] = ask(client, token).json()["commands"]
    states.append(Diversion.objects.get().state)
    assert {name: order[name] for name in ("what", "change", "queue", "to_queue", "agents", "intent")} == {
        "what": "begin", "change": "move", "queue": "whatsapp", "to_queue": "billing", "agents": ["noor.a"], "intent": None,
    }  # fmt: skip
    assert ask(client, token).json()["commands"] == [order]  # until it is reported on
    for n, state in enumerate(("accepted", "done", "accepted")):
        report(token, order["action_id"], state, n, noon + MINUTE)
        states.append(Diversion.objects.get().state)
    assert states == ["planned", "sent", "accepted", "done", "done"]
    assert ask(client, token).json()["commands"] == []
    services_end = one.ends_at
    routing.return_due(at=services_end)
    while outbox.dispatch(at=services_end):
        continue
    [back] = commands.hand_out(source=Source.objects.get(slug="chat"), at=services_end)
    assert (back.what, back.agents, back.until) == ("end", ["noor.a"], services_end)


def test_a_refusal_ends_the_diversion(floor: Floor, token: str, client: Client, noon: datetime) -> None:
    moved(floor, noon)
    [order] = ask(client, token).json()["commands"]
    report(token, order["action_id"], "unsupported", 1, noon + MINUTE)
    one = Diversion.objects.get()
    assert (one.state, one.ended_at is not None) == ("refused", True)
    assert ask(client, token, "/api/v1/routing/decision", queue="billing").json()["handler"] == "as_usual"
    assert ask(client, token).json()["commands"] == []


def test_what_was_never_fetched_need_not_be_taken_back(
    floor: Floor, token: str, client: Client, noon: datetime
) -> None:
    one = moved(floor, noon)
    routing.take_back(by=floor.lena, pk=one.pk, at=noon + timedelta(seconds=9))
    while outbox.dispatch(at=noon):
        continue
    assert ask(client, token).json()["commands"] == []


def test_a_diversion_is_planned_once_a_source_however_often_it_is_told(
    floor: Floor, token: str, noon: datetime
) -> None:
    one = moved(floor, noon)
    told = DiversionChanged(diversion_id=one.pk, queue_ids=[floor.care.pk, floor.billing.pk], at=noon)
    for _ in range(3):
        commands.plan_commands(told, noon)
    assert list(Command.objects.values_list("source__slug", "what")) == [("chat", "begin")]


def test_handing_out_and_deciding_cost_the_same_for_three_and_for_thirty(
    floor: Floor, token: str, client: Client, noon: datetime
) -> None:
    def cost(path: str, **given: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert ask(client, token, path, **given).status_code == 200
        return len(seen)

    def fill(since: int, until: int) -> None:
        for n in range(since, until):
            routing.divert(
                by=floor.lena, key=uuid4(), kind="pause", queue=floor.billing.pk, intent=f"m{n}", minutes=30, at=noon
            )
        while outbox.dispatch(at=noon):
            continue
        ask(client, token)

    fill(0, 3)
    few = cost("/api/v1/commands"), cost("/api/v1/routing/decision", queue="billing")
    fill(3, 30)
    assert (cost("/api/v1/commands"), cost("/api/v1/routing/decision", queue="billing")) == few
