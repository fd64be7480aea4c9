"""The first steps of an empty portal."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.agents.models import Team
from apps.console import welcome
from apps.interactions.models import Queue
from apps.shared.errors import NotAllowed
from tests.console.floors import conversation, granted, queue_named

pytestmark = pytest.mark.django_db


def test_an_admin_of_an_untouched_portal_is_led_to_the_first_steps(adam: Viewer, client: Client) -> None:
    client.force_login(adam.user)
    assert client.get("/").headers["Location"] == reverse("welcome")
    Team.objects.create(name="Billing")
    assert client.get("/").status_code == 200


def test_a_team_and_a_queue_are_made_by_small_forms(adam: Viewer, client: Client) -> None:
    client.force_login(adam.user)
    client.post(reverse("welcome"), {"step": "team", "name": "Billing"})
    client.post(
        reverse("welcome"),
        {"step": "queue", "name": "Billing chat", "channel": "webchat", "reply_target_seconds": "60"},
    )
    assert Team.objects.get().name == "Billing"
    assert (Queue.objects.get().reply_target_seconds, Queue.objects.get().is_listed) == (60, True)
    assert [step.is_done for step in welcome.steps(viewer=adam)] == [True, True, False, False, False]


def test_a_wrong_form_says_why_and_makes_nothing(adam: Viewer, client: Client) -> None:
    Team.objects.create(name="Billing")
    client.force_login(adam.user)
    taken = client.post(reverse("welcome"), {"step": "team", "name": "Billing"})
    assert taken.status_code == 422
    assert "A team called Billing exists already." in taken.content.decode()
    bad = client.post(
        reverse("welcome"), {"step": "queue", "name": "X", "channel": "pigeon", "reply_target_seconds": "0"}
    )
    assert bad.status_code == 422
    assert not Queue.objects.exists()


def test_the_first_event_ends_the_steps(adam: Viewer, lena: Viewer) -> None:
    team = Team.objects.create(name="Billing")
    assert [step.is_done for step in welcome.steps(viewer=adam)] == [True, False, False, False, False]
    # An account alone leads nothing, and a grant of somebody who is no lead is none.
    granted(adam, team=team)
    assert not welcome.steps(viewer=adam)[2].is_done
    granted(lena, team=team)
    conversation(queue_named("Billing chat"), timezone.now())
    steps = welcome.steps(viewer=adam)
    assert [step.is_done for step in steps] == [True] * 5
    assert steps[-1].text == "The first conversation came from shop."


def test_nobody_else_sets_up_teams_and_queues(lena: Viewer) -> None:
    with pytest.raises(NotAllowed):
        welcome.create_team(by=lena, name="Mine")
    with pytest.raises(NotAllowed):
        welcome.create_queue(by=lena, name="Mine", channel="webchat", reply_target_seconds=1)
