"""Who sees what: scope narrows, permissions refuse with a reason, and what is outside does not exist."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.console import conversations, figures, floor, people, shift, transcript
from apps.console.regions import REGIONS
from apps.shared.errors import NotAllowed, OutOfScope
from tests.console.floors import conversation, granted, holds, on_shift, queue_named, waiting

pytestmark = pytest.mark.django_db

# Statuses of lena (a lead with a grant), nils (a lead without one), quentin (QA), mona, olu, asha (an agent), adam.
EVERYBODY = ("lena", "nils", "quentin", "mona", "olu", "asha", "adam")
PAGES = {
    "home": (200, 200, 302, 200, 200, 302, 200),
    "people": (200, 200, 403, 403, 403, 403, 403),
    "person": (200, 404, 403, 403, 403, 403, 403),
    "ai": (200, 200, 403, 200, 200, 403, 200),
    "queue": (200, 404, 403, 200, 200, 403, 200),
    "conversations": (200, 200, 200, 200, 403, 200, 403),
    "conversation": (200, 404, 404, 200, 403, 404, 403),
    "welcome": (403, 403, 403, 403, 403, 403, 200),
}


@pytest.mark.parametrize("place", PAGES)
@pytest.mark.parametrize("name", EVERYBODY)
def test_every_page_answers_every_role_as_agreed(
    place: str, name: str, request: pytest.FixtureRequest, client: Client
) -> None:
    lena: Viewer = request.getfixturevalue("lena")
    viewer: Viewer = request.getfixturevalue(name)
    team, billing, now = Team.objects.create(name="Billing"), queue_named("Billing chat"), timezone.now()
    asha = on_shift("Asha Rao", team, now)
    held = holds(asha, billing, now)
    granted(lena, queue=billing, team=team)
    key = {"person": asha.pk, "queue": billing.pk, "conversation": held.pk}.get(place)
    client.force_login(viewer.user)
    answer = client.get(reverse(place, args=[key] if key else []))
    assert answer.status_code == PAGES[place][EVERYBODY.index(name)]
    if answer.status_code == 403:
        assert "does not include this" in answer.content.decode()


def test_a_lead_sees_nothing_of_another_leads_queue(lena: Viewer, nils: Viewer, noon: datetime) -> None:
    hers, his = queue_named("Billing chat"), queue_named("Tech chat")
    one = waiting(hers, noon, 300)
    granted(lena, queue=hers)
    viewer = granted(nils, queue=his)
    assert [line.name for line in floor.queues(viewer=viewer, at=noon)] == ["Tech chat"]
    assert next(f for f in figures.figures(viewer=viewer, at=noon) if f.key == "waiting").value == "0"
    assert floor.verdict(lines=floor.queues(viewer=viewer, at=noon), at=noon)[0] == "The shift is inside its targets"
    assert shift.shift(viewer=viewer, at=noon) is None
    assert conversations.listing(viewer=viewer, wanted=conversations.Filter(), at=noon).rows == []
    with pytest.raises(OutOfScope):
        transcript.transcript(viewer=viewer, pk=one.pk, at=noon)
    assert not REGIONS["queue.now"].permitted(viewer, {"queue": str(hers.pk)})
    assert not REGIONS["queue.waiting"].permitted(viewer, {"queue": str(hers.pk)})
    assert not REGIONS["conversation.transcript"].permitted(viewer, {"conversation": str(one.pk)})


def test_a_lead_sees_only_the_people_of_the_teams_granted(lena: Viewer, noon: datetime) -> None:
    billing, tech = Team.objects.create(name="Billing"), Team.objects.create(name="Tech")
    on_shift("Asha Rao", billing, noon)
    other = on_shift("Tomás Reyes", tech, noon)
    viewer = granted(lena, team=billing)
    assert [one.name for one in people.people(viewer=viewer, at=noon)] == ["Asha Rao"]
    with pytest.raises(OutOfScope):
        people.get_person(viewer=viewer, pk=other.pk)


def test_an_agent_reads_own_conversations_only(asha: Viewer, noon: datetime) -> None:
    team, billing = Team.objects.create(name="Billing"), queue_named("Billing chat")
    me = Agent.objects.create(kind="human", name="Asha Rao", team=team, user=asha.user)
    own, foreign = holds(me, billing, noon), conversation(billing, noon)
    found = conversations.listing(viewer=asha, wanted=conversations.Filter(), at=noon)
    assert [row.key for row in found.rows] == [str(own.pk)]
    with pytest.raises(OutOfScope):
        transcript.get_conversation(viewer=asha, pk=foreign.pk)
    with pytest.raises(NotAllowed):
        floor.queues(viewer=asha, at=noon)


@pytest.mark.parametrize("name", sorted(REGIONS))
def test_a_switched_off_account_gets_no_region(name: str, mona: Viewer) -> None:
    mona.user.is_active = False
    assert not REGIONS[name].permitted(mona, {"queue": str(uuid4()), "conversation": str(uuid4())})


@pytest.mark.parametrize("given", [{}, {"queue": "x", "conversation": "x"}])
@pytest.mark.parametrize("name", ["queue.now", "queue.hour", "queue.waiting", "conversation.transcript"])
def test_a_region_without_a_proper_key_is_not_found(
    name: str, given: dict[str, str], mona: Viewer, client: Client
) -> None:
    client.force_login(mona.user)
    assert client.get(f"/live/regions/{name}", given).status_code == 404


@pytest.mark.parametrize("place", ["0", "-1", "x", "²", "9" * 40])
def test_a_page_number_that_is_none_does_no_harm(place: str, mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    assert client.get(reverse("conversations"), {"page": place}).status_code == 200
