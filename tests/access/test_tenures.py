"""Grants have a beginning and an end: who worked a queue at the time of the record reads it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.models import Tenure, User
from apps.access.services import give_grant, take_grant
from apps.access.viewer import Viewer, viewer_for, viewers_of
from apps.agents.models import Team
from apps.console.accounts import set_grants
from apps.console.scope import looking
from apps.interactions.models import Conversation, Queue
from apps.live.rendering import Workshop
from tests.console.floors import conversation, granted, queue_named

pytestmark = pytest.mark.django_db
WORKS = "interactions.work_queue"


@pytest.fixture
def queue(noon: datetime) -> Queue:
    return queue_named("Billing chat")


def talk(queue: Queue, begins: datetime, *, lasts: int) -> Conversation:
    """A conversation that lasts so many minutes."""
    one = conversation(queue, begins)
    Conversation.objects.filter(pk=one.pk).update(last_event_at=begins + timedelta(minutes=lasts))
    return one


@pytest.fixture
def talks(queue: Queue, noon: datetime) -> dict[str, Conversation]:
    """Around a change at noon: one that was over before, one that goes on over it, one that comes later."""
    return {
        "over": talk(queue, noon - timedelta(hours=2), lasts=30),
        "on": talk(queue, noon - timedelta(minutes=10), lasts=30),
        "later": talk(queue, noon + timedelta(hours=1), lasts=5),
    }


def read(viewer: Viewer, talks: dict[str, Conversation]) -> set[str]:
    seen = set(Conversation.objects.visible_to(viewer_for(viewer.user)).values_list("pk", flat=True))
    return {name for name, one in talks.items() if one.pk in seen}


def test_a_team_changes_its_lead_at_noon(
    adam: Viewer, lena: Viewer, nils: Viewer, queue: Queue, talks: dict[str, Conversation], noon: datetime
) -> None:
    """Case 17: the old lead loses new records, the new one has them; what was over stays whose it was."""
    give_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon - timedelta(days=9))
    assert read(lena, talks) == {"over", "on", "later"}
    take_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon)
    give_grant(by=adam, user=nils.user, on=queue, permission=WORKS, at=noon)
    assert read(lena, talks) == {"over"}
    assert read(nils, talks) == {"on", "later"}
    assert not viewer_for(lena.user).granted(Queue)


def test_without_the_bounds_the_test_finds_it(
    adam: Viewer,
    nils: Viewer,
    queue: Queue,
    talks: dict[str, Conversation],
    noon: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give_grant(by=adam, user=nils.user, on=queue, permission=WORKS, at=noon)
    monkeypatch.setattr(Viewer, "spans", lambda self, model: [])
    assert read(nils, talks) == {"over", "on", "later"}


def test_a_conversation_that_is_opened_again_is_no_longer_the_old_leads(
    adam: Viewer, lena: Viewer, queue: Queue, talks: dict[str, Conversation], noon: datetime
) -> None:
    give_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon - timedelta(days=9))
    take_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon)
    Conversation.objects.filter(pk=talks["over"].pk).update(last_event_at=noon + timedelta(hours=3))
    assert read(lena, talks) == set()


def test_an_admin_may_give_and_take_the_past_too(
    adam: Viewer, lena: Viewer, queue: Queue, talks: dict[str, Conversation], noon: datetime
) -> None:
    give_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon, with_past=True)
    assert read(lena, talks) == {"over", "on", "later"}
    take_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon, with_past=True)
    assert read(lena, talks) == set()
    assert not Tenure.objects.exists()


def test_a_grant_from_before_there_were_bounds_ends_like_any_other(
    adam: Viewer, lena: Viewer, queue: Queue, talks: dict[str, Conversation], noon: datetime
) -> None:
    granted(lena, queue=queue)
    assert read(lena, talks) == {"over", "on", "later"}
    take_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon)
    assert read(lena, talks) == {"over"}


def test_who_comes_back_reads_both_stretches(
    adam: Viewer, lena: Viewer, queue: Queue, talks: dict[str, Conversation], noon: datetime
) -> None:
    give_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon - timedelta(days=9))
    take_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon - timedelta(hours=1))
    assert read(lena, talks) == {"over"}
    give_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon + timedelta(minutes=30))
    assert read(lena, talks) == {"over", "later"}


def test_list_search_page_and_live_part_agree(
    adam: Viewer, lena: Viewer, queue: Queue, talks: dict[str, Conversation], noon: datetime, client: Client
) -> None:
    """Case 2: every way asks the same question."""
    give_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon - timedelta(days=9))
    take_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon)
    client.force_login(User.objects.get(pk=lena.user.pk))
    page = client.get(reverse("conversations")).content.decode()
    shown = {name for name, one in talks.items() if str(one.pk) in page}
    opened = {n for n, one in talks.items() if client.get(reverse("conversation", args=[one.pk])).status_code == 200}
    keys = {n: ("conversation.transcript", (("conversation", str(one.pk)),)) for n, one in talks.items()}
    watched = {n for n, key in keys.items() if not Workshop().place(lena.user.pk, [key])[key].refused}
    assert shown == opened == watched == {"over"}


def test_two_with_other_bounds_are_not_shown_the_same_html(
    adam: Viewer, lena: Viewer, nils: Viewer, queue: Queue, noon: datetime
) -> None:
    for viewer, hours in ((lena, 1), (nils, 2)):
        give_grant(by=adam, user=viewer.user, on=queue, permission=WORKS, at=noon - timedelta(hours=hours))
    loaded = viewers_of(User.objects.filter(pk__in=[lena.user.pk, nils.user.pk]))
    one, other = loaded[lena.user.pk], loaded[nils.user.pk]
    assert one.permission_class != other.permission_class
    assert one.permission_class == viewer_for(lena.user).permission_class


def test_looking_at_one_team_does_not_bring_back_the_past_of_another(
    adam: Viewer, lena: Viewer, queue: Queue, talks: dict[str, Conversation], noon: datetime
) -> None:
    team, other = Team.objects.create(name="Sales"), queue_named("Sales chat")
    other.teams.add(team)
    give_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon - timedelta(days=9))
    take_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon)
    viewer = looking(granted(lena, queue=other, team=team), str(team.pk))
    seen = set(Conversation.objects.visible_to(viewer).values_list("pk", flat=True))
    assert seen & {one.pk for one in talks.values()} == set()


def test_bounds_and_grants_cost_one_statement_however_many_there_are(
    adam: Viewer, lena: Viewer, queue: Queue, noon: datetime
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            list(Conversation.objects.visible_to(viewer_for(lena.user))[:1])
        return len(seen)

    give_grant(by=adam, user=lena.user, on=queue, permission=WORKS, at=noon)
    few = cost()
    for n in range(30):
        one = queue_named(f"Queue {n}")
        give_grant(by=adam, user=lena.user, on=one, permission=WORKS, at=noon)
        if n % 2:
            take_grant(by=adam, user=lena.user, on=one, permission=WORKS, at=noon + timedelta(hours=1))
    assert cost() == few == 2


def test_the_page_of_an_account_says_it(
    adam: Viewer, lena: Viewer, queue: Queue, client: Client, noon: datetime
) -> None:
    client.force_login(adam.user)
    path = reverse("account_of", args=[lena.user.pk])
    client.post(path, {"step": "grants", "queues": [str(queue.pk)]})
    assert Tenure.objects.get().from_at is not None
    client.post(path, {"step": "grants", "with_past": "on"})
    assert not Tenure.objects.exists()
    set_grants(by=adam, user=lena.user, teams=[], queues=[queue], at=noon, with_past=True)
    assert Tenure.objects.get().from_at is None
