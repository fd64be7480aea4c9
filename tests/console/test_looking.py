"""Looking at one team: every read is held to it, links and live parts carry it, and it never shows more than the grants."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Team
from apps.console import conversations, figures, floor, people
from apps.console.navigation import navigation_for
from apps.console.regions import REGIONS
from apps.console.scope import looking, teams
from apps.interactions.models import Queue
from apps.live.rendering import Workshop
from apps.shared.errors import OutOfScope
from tests.console.floors import granted, holds, on_shift, queue_named, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(noon: datetime) -> tuple[Team, Team]:
    """Billing with one who waits and Asha; Tech with two who wait and Tomás."""
    found = []
    for name, person, seconds in (("Billing", "Asha Rao", [30]), ("Tech", "Tomás Reyes", [10, 20])):
        team, queue = Team.objects.create(name=name), queue_named(f"{name} chat")
        queue.teams.add(team)
        for since in seconds:
            waiting(queue, noon, since)
        holds(on_shift(person, team, noon), queue, noon)
        found.append(team)
    return found[0], found[1]


def led(viewer: Viewer, *led_teams: Team) -> Viewer:
    """The same person with a grant on these teams and on the queues they answer."""
    for team in led_teams:
        granted(viewer, team=team)
        for queue in Queue.objects.filter(teams=team):
            granted(viewer, queue=queue)
    return viewer_for(viewer.user)


def test_every_read_is_held_to_the_team_that_is_looked_at(lena: Viewer, two: tuple[Team, Team], noon: datetime) -> None:
    viewer = looking(led(lena, *two), str(two[1].pk))
    assert [line.name for line in floor.queues(viewer=viewer, at=noon)] == ["Tech chat"]
    assert next(f for f in figures.figures(viewer=viewer, at=noon) if f.key == "waiting").value == "2"
    assert [one.name for one in people.people(viewer=viewer, at=noon)] == ["Tomás Reyes"]
    rows = conversations.listing(viewer=viewer, wanted=conversations.Filter(), at=noon).rows
    assert {row.queue for row in rows} == {"Tech chat"}
    assert len(rows) == 3


@pytest.mark.parametrize("name", ["mona", "olu", "adam"])
def test_who_sees_the_whole_organisation_can_look_at_one_team(
    name: str, two: tuple[Team, Team], noon: datetime, request: pytest.FixtureRequest
) -> None:
    whole: Viewer = request.getfixturevalue(name)
    assert len(floor.queues(viewer=whole, at=noon)) == 2
    assert [line.name for line in floor.queues(viewer=looking(whole, str(two[0].pk)), at=noon)] == ["Billing chat"]


def test_looking_at_a_team_never_shows_a_queue_without_a_grant(
    lena: Viewer, two: tuple[Team, Team], noon: datetime
) -> None:
    Queue.objects.get(name="Tech chat").teams.add(two[0])
    viewer = looking(led(granted(lena, team=two[0]), *two[:0]), str(two[0].pk))
    assert floor.queues(viewer=viewer, at=noon) == []
    granted(lena, queue=Queue.objects.get(name="Billing chat"))
    viewer = looking(viewer_for(lena.user), str(two[0].pk))
    assert [line.name for line in floor.queues(viewer=viewer, at=noon)] == ["Billing chat"]


def test_a_lead_who_looks_at_another_team_is_not_shown_among_its_people(
    lena: Viewer, two: tuple[Team, Team], noon: datetime
) -> None:
    me = on_shift("Lena", two[0], noon)
    me.user = lena.user
    me.save()
    viewer = looking(led(lena, *two), str(two[1].pk))
    assert [one.name for one in people.people(viewer=viewer, at=noon)] == ["Tomás Reyes"]


@pytest.mark.parametrize("given", ["x", "-1", "0", "²", "1 or 1", "9" * 40])
@pytest.mark.parametrize("place", ["home", "people", "ai", "conversations"])
def test_a_scope_that_is_none_is_not_found(given: str, place: str, lena: Viewer, client: Client) -> None:
    client.force_login(lena.user)
    assert client.get(reverse(place), {"scope": given}).status_code == 404


def test_a_team_of_another_lead_does_not_exist(
    lena: Viewer, nils: Viewer, quentin: Viewer, two: tuple[Team, Team], client: Client
) -> None:
    led(lena, two[0])
    led(nils, two[1])
    granted(quentin, queue=Queue.objects.get(name="Billing chat"))
    for viewer in (nils, quentin):
        client.force_login(viewer.user)
        for path in (reverse("home"), reverse("conversations"), "/live/regions/floor.queues"):
            assert client.get(path, {"scope": two[0].pk}).status_code == 404
    assert client.get(reverse("conversations")).status_code == 200
    with pytest.raises(OutOfScope):
        REGIONS["floor.people"].permitted(viewer_for(nils.user), {"scope": str(two[0].pk)})


def test_links_and_live_parts_carry_the_scope(lena: Viewer, two: tuple[Team, Team], client: Client) -> None:
    led(lena, *two)
    now = timezone.now()
    late = waiting(Queue.objects.get(name="Tech chat"), now, 400)
    someone = on_shift("Hana Sato", two[1], now)
    client.force_login(lena.user)
    scope = f"?scope={two[1].pk}"
    paths = (
        reverse("home"), reverse("people"), reverse("ai"), reverse("conversations"), reverse("person", args=[someone.pk]),
        reverse("queue", args=[late.queue_id]), reverse("conversation", args=[late.pk]),
    )  # fmt: skip
    for path in paths:
        answer = client.get(path + scope).content.decode()
        switch = re.search(r'<nav class="c-menu__list" aria-label="What is shown">.*?</nav>', answer, re.DOTALL)
        assert switch is not None
        links = re.findall(r'(?:href|data-href|data-palette-href)="(/[^"]*)"', answer.replace(switch[0], ""))
        # The list of masked values is a part of one conversation, the same in every scope.
        pages = [x for x in links if not x.startswith("/static") and not x.endswith("/masked") and x != "/"]
        assert pages
        assert [link for link in pages if scope not in link] == [], path
        regions = re.findall(r'data-params="([^"]*)"', answer)
        assert all(f"&quot;scope&quot;: &quot;{two[1].pk}&quot;" in params for params in regions), path
        assert 'aria-current="true">Tech</a>' in switch[0]


def test_one_team_or_none_is_no_choice(lena: Viewer, quentin: Viewer, two: tuple[Team, Team], client: Client) -> None:
    granted(quentin, queue=Queue.objects.get(name="Billing chat"))
    assert teams(quentin) == []
    for viewer, path in ((led(lena, two[0]), "home"), (quentin, "conversations")):
        client.force_login(viewer.user)
        assert "c-menu--scope" not in client.get(reverse(path)).content.decode()


def test_the_switch_leads_from_one_thing_to_the_list_it_stands_in(
    olu: Viewer, two: tuple[Team, Team], client: Client
) -> None:
    client.force_login(olu.user)
    request = client.get(reverse("queue", args=[Queue.objects.get(name="Tech chat").pk])).wsgi_request
    assert [(one.label, one.href) for one in navigation_for(request).scopes] == [
        ("All teams", "/"), ("Billing", f"/?scope={two[0].pk}"), ("Tech", f"/?scope={two[1].pk}"),
    ]  # fmt: skip


def test_a_socket_is_never_sent_another_teams_numbers(lena: Viewer, two: tuple[Team, Team], noon: datetime) -> None:
    """Two watches of one account differ in their scope alone: their HTML is kept apart by it."""
    user = led(lena, *two).user
    keys = [("floor.queues", (("scope", str(team.pk)),)) for team in two]
    shop = Workshop()
    places = shop.place(user.pk, keys)
    assert all(not place.refused for place in places.values())
    html = [shop.render(key, places[key].permission_class, [user.pk], noon).html or "" for key in keys]
    assert ["Billing chat" in one for one in html] == [True, False]
    assert ["Tech chat" in one for one in html] == [False, True]


def test_a_socket_loses_a_team_with_the_grant(lena: Viewer, nils: Viewer, two: tuple[Team, Team]) -> None:
    user = led(nils, two[1]).user
    key = ("floor.queues", (("scope", str(two[0].pk)),))
    assert Workshop().place(user.pk, [key])[key].refused
