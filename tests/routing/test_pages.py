"""The pages of routing: a plan before it is made, a form, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.agents.models import Presence
from apps.routing import services
from apps.routing.models import Diversion, HelpCall
from tests.alerts.conftest import fired, rule
from tests.routing.conftest import Floor
from tests.routing.conftest import floor as floor  # the same floor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


@pytest.fixture(autouse=True)
def _now(floor: Floor) -> None:
    """Everybody has been at work for ten minutes as the clock of the pages goes."""
    Presence.objects.update(started_at=timezone.now() - timedelta(minutes=10))


def test_a_lead_looks_at_what_a_move_leaves_behind_and_makes_it(floor: Floor, client: Client) -> None:
    client.force_login(floor.lena.user)
    path = f"/queues/{floor.billing.pk}/bring"
    page = client.get(path).content.decode()
    assert "left behind" in page
    assert "Move 1 person" in page
    shown = client.get(path, {"shown": "1", "people": [str(floor.noor.pk), str(floor.esi.pk)]}).content.decode()
    assert "Move 2 people" in shown
    given = {"key": str(uuid4()), "from": str(floor.care.pk), "minutes": "30", "people": [str(floor.noor.pk)]}
    assert client.post(path, {**given, "people": []}).status_code == 422
    assert client.post(path, {**given, "minutes": "7"}).status_code == 422
    for _ in range(2):  # sent twice
        assert client.post(path, given).headers["Location"] == "/routing"
    page = client.get("/routing").content.decode()
    # What was just said is taken back from its toast.
    back = f"/routing/{Diversion.objects.get().pk}/back"
    assert f'<form method="post" action="{back}">' in page.partition("c-toast")[2]
    assert "1 person from WhatsApp to Billing chat" in page
    assert "Noor Aziz" in page
    assert "Not fetched by the platform yet." in page
    client.post(f"/routing/{Diversion.objects.get().pk}/back")
    assert "Everything goes its usual way" in client.get("/routing").content.decode()


def test_where_nobody_can_come_the_page_says_whom_to_call(floor: Floor, client: Client) -> None:
    Presence.objects.filter(agent__in=[floor.noor, floor.esi, floor.mei]).delete()
    client.force_login(floor.lena.user)
    assert "Nobody of yours can come now" in client.get(f"/queues/{floor.billing.pk}/bring").content.decode()
    assert client.post(f"/queues/{floor.billing.pk}/help").status_code == 302
    assert HelpCall.objects.get().queue == floor.billing
    assert "Billing chat needs help" in client.get("/routing").content.decode()


def test_a_diversion_is_refused_in_the_form_with_its_reason(floor: Floor, client: Client) -> None:
    client.force_login(floor.lena.user)
    path, given = f"/queues/{floor.billing.pk}/divert", {"kind": "pause", "intent": "", "minutes": "30"}
    assert client.get(path).status_code == 200
    assert client.post(path, given).status_code == 302
    again = client.post(path, given)
    assert (again.status_code, "runs in Billing chat already" in again.content.decode()) == (422, True)


def test_an_alert_leads_to_the_one_thing_to_do_and_the_diversion_knows_which_alert_it_answers(
    floor: Floor, client: Client
) -> None:
    rule("moved", action="move_people")
    one = fired(floor.billing, timezone.now(), key="moved")
    client.force_login(floor.lena.user)
    told = client.post(f"/alerts/{one.pk}/act", headers={"Accept": "application/json"}).json()
    assert told["href"] == f"/queues/{floor.billing.pk}/bring?alert={one.pk}"
    page = client.get(told["href"]).content.decode()
    assert f'name="alert" value="{one.pk}"' in page
    client.post(
        f"/queues/{floor.billing.pk}/bring",
        {"from": str(floor.care.pk), "people": [str(floor.noor.pk)], "alert": str(one.pk)},
    )
    assert Diversion.objects.get().alert_id == one.pk


def test_the_next_action_is_what_the_role_can_do(floor: Floor, olu: object, client: Client) -> None:
    rule("moved", action="move_people")
    one = fired(floor.billing, timezone.now(), key="moved")
    client.force_login(olu.user)  # type: ignore[attr-defined]
    told = client.post(f"/alerts/{one.pk}/act", headers={"Accept": "application/json"}).json()
    assert told["href"] == f"/queues/{floor.billing.pk}/help?alert={one.pk}"


def test_the_floor_shows_what_runs_and_who_calls(floor: Floor, client: Client) -> None:
    services.divert(by=floor.lena, key=uuid4(), kind="seniors", queue=floor.billing.pk, minutes=30, at=timezone.now())
    services.call_help(by=floor.lena, key=uuid4(), queue=floor.care.pk, at=timezone.now())
    client.force_login(floor.lena.user)
    page = client.get("/").content.decode()
    assert "Complex conversations of Billing chat go to seniors" in page
    assert "WhatsApp needs help" in page
