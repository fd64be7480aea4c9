"""People and access: an admin lets people in, says what they see, and every change is in the audit."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.models import AuditEntry, User
from apps.access.roles import Role
from apps.access.services import add_account, change_role, switch_account
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Team
from apps.agents.services import AgentTaken, link_agent, place_agents
from apps.interactions.models import Queue
from apps.shared.errors import NotAllowed
from tests.console.floors import queue_named

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(adam: Viewer, client: Client) -> Client:
    client.force_login(adam.user)
    return client


def verbs() -> list[str]:
    return list(AuditEntry.objects.exclude(verb="session.opened").order_by("pk").values_list("verb", flat=True))


def new(name: str = "lia", role: str = "lead", **more: str) -> dict[str, str]:
    return {"username": name, "display_name": name.title(), "role": role, "time_zone": "Europe/Berlin", **more}


def test_an_account_is_made_with_a_password_that_is_shown_once(admin: Client, client: Client) -> None:
    page = admin.post(reverse("accounts"), new())
    assert page.status_code == 201
    (password,) = re.findall(r"lia\n([\w-]{16})</pre>", page.content.decode())
    assert password not in admin.get(reverse("accounts")).content.decode()
    made = User.objects.get(username="lia")
    assert (made.role, made.display_name, made.time_zone, made.is_staff) == ("lead", "Lia", "Europe/Berlin", False)
    assert made.check_password(password)
    assert verbs() == ["account.made"]
    assert Client().login(username="lia", password=password)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (new("LENA"), "exists already"),
        (new(time_zone="Mars/North"), "no time zone Mars/North"),
        (new("a b"), "Enter a valid username"),
        (new(role="boss"), "Select a valid choice"),
    ],
)
def test_a_wrong_account_says_why_and_is_not_made(
    given: dict[str, str], said: str, admin: Client, lena: Viewer
) -> None:
    before = User.objects.count()
    page = admin.post(reverse("accounts"), given)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert User.objects.count() == before


def test_grants_are_given_and_taken_until_they_are_what_was_chosen(admin: Client, lena: Viewer) -> None:
    billing, sales = Team.objects.create(name="Billing"), Team.objects.create(name="Sales")
    chat, mail = queue_named("Chat"), queue_named("Mail")
    path = reverse("account_of", args=[lena.user.pk])
    admin.post(path, {"step": "grants", "teams": [billing.pk], "queues": [chat.pk]})
    admin.post(path, {"step": "grants", "teams": [billing.pk, sales.pk], "queues": [mail.pk]})
    viewer = viewer_for(User.objects.get(pk=lena.user.pk))
    assert viewer.granted(Team) == {billing.pk, sales.pk}
    assert viewer.granted(Queue) == {mail.pk}
    assert verbs() == ["grant.given", "grant.given", "grant.given", "grant.given", "grant.taken"]
    page = admin.get(reverse("accounts")).content.decode()
    assert "Billing, Sales" in page


def test_a_new_role_and_a_switched_off_account_end_the_session(admin: Client, lena: Viewer, client: Client) -> None:
    hers = Client()
    hers.force_login(lena.user)
    path = reverse("account_of", args=[lena.user.pk])
    admin.post(path, {"step": "switch"})
    assert hers.get(reverse("home")).status_code == 302
    admin.post(path, {"step": "switch"})
    hers.force_login(User.objects.get(pk=lena.user.pk))
    admin.post(path, {"step": "role", "role": "qa"})
    assert hers.get(reverse("home")).status_code == 302
    assert verbs() == ["account.switched_off", "account.switched_on", "role.changed"]


def test_an_admin_who_becomes_something_else_leaves_the_back_office(adam: Viewer, noon: datetime) -> None:
    other = User.objects.create_superuser(username="root", password="x", role=Role.ADMIN)
    change_role(by=adam, user=other, role=Role.QA, at=noon)
    other.refresh_from_db()
    assert (other.is_staff, other.is_superuser) == (False, False)


def test_an_account_is_linked_to_one_person_and_to_nobody_elses(admin: Client, asha: Viewer, adam: Viewer) -> None:
    one, other = (Agent.objects.create(kind="human", name=name) for name in ("Asha Rao", "Ben"))
    ai = Agent.objects.create(kind="ai", name="Bo")
    path = reverse("account_of", args=[asha.user.pk])
    admin.post(path, {"step": "agent", "agent": str(one.pk)})
    admin.post(path, {"step": "agent", "agent": str(other.pk)})
    assert list(Agent.objects.exclude(user=None).values_list("name", "is_listed")) == [("Ben", True)]
    assert admin.post(path, {"step": "agent", "agent": str(ai.pk)}).status_code == 422
    with pytest.raises(AgentTaken):
        link_agent(by=adam, user=adam.user, agent=other, at=timezone.now())
    admin.post(path, {"step": "agent", "agent": ""})
    assert not Agent.objects.exclude(user=None).exists()
    assert verbs() == ["agent.linked"] * 3


def test_people_whom_a_source_named_are_put_into_a_team(admin: Client) -> None:
    team, ben = Team.objects.create(name="Billing"), Agent.objects.create(kind="human", name="Ben Named")
    Agent.objects.create(kind="ai", name="Bo")
    page = admin.get(reverse("accounts")).content.decode()
    assert "Ben Named" in page
    assert admin.post(reverse("agents_placed"), {"agents": [str(ben.pk)], "team": team.pk}).status_code == 302
    ben.refresh_from_db()
    assert (ben.team, ben.is_listed) == (team, True)
    assert "Ben Named" not in admin.get(reverse("accounts")).content.decode()
    assert verbs() == ["agent.placed"]


def test_nobody_changes_their_own_access(admin: Client, adam: Viewer, noon: datetime) -> None:
    path = reverse("account_of", args=[adam.user.pk])
    page = admin.get(path).content.decode()
    assert "This is you" in page
    assert 'name="step"' not in page
    for step in (
        {"step": "switch"},
        {"step": "role", "role": "ops"},
        {"step": "grants", "queues": [queue_named("Q").pk]},
    ):
        assert admin.post(path, step).status_code == 403
    with pytest.raises(NotAllowed):
        switch_account(by=adam, user=adam.user, on=False, at=noon)


def test_only_admins_let_people_in(lena: Viewer, noon: datetime) -> None:
    with pytest.raises(NotAllowed):
        add_account(by=lena, username="x", display_name="X", role=Role.ADMIN, time_zone="UTC", at=noon)
    with pytest.raises(NotAllowed):
        place_agents(by=lena, agents=[], team=Team.objects.create(name="T"), at=noon)
    with pytest.raises(NotAllowed):
        link_agent(by=lena, user=lena.user, agent=None, at=noon)
