"""Wallboards: by a link that an admin makes and revokes, without names, and nothing to follow."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.models import AuditEntry, WallLink
from apps.access.roles import Permission
from apps.access.services import make_wall_link, open_wall, revoke_wall_link
from apps.access.viewer import Viewer
from apps.agents.models import Team
from apps.console.wall import release
from apps.interactions.models import Customer
from apps.shared.errors import NotAllowed, OutOfScope
from tests.console.floors import holds, on_shift, queue_named, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(adam: Viewer, noon: datetime) -> str:
    return make_wall_link(by=adam, name="Room 2", at=noon)


def test_a_wall_shows_queues_and_figures_to_whoever_has_the_link(token: str, client: Client) -> None:
    queue, now = queue_named("Billing chat"), timezone.now()
    waiting(queue, now, 30)
    answer = client.get(reverse("wall", args=[token]))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Billing chat" in page
    assert "The shift is inside its targets" in page
    assert answer.headers["Cache-Control"] == "no-store"
    part = client.get(reverse("wall", args=[token]), {"part": ""})
    assert part.content.decode().lstrip().startswith('<div class="s-wall__board" id="wall">')
    assert part.headers["X-Midshift-Release"] == release()
    assert abs(int(part.headers["X-Midshift-Now"]) / 1000 - timezone.now().timestamp()) < 60


def test_a_wall_names_nobody_and_leads_nowhere(token: str, client: Client) -> None:
    queue, now = queue_named("Billing chat"), timezone.now()
    asha = on_shift("Asha Verma", Team.objects.create(name="Billing"), now)
    held = holds(asha, queue, now)
    late = waiting(queue, now, 500)
    for one in (held, late):
        Customer.objects.create(id=one.pk, source="shop", label="Customer ••4821")
        type(one).objects.filter(pk=one.pk).update(customer_id=one.pk, subject="Where is my refund")
    page = client.get(reverse("wall", args=[token])).content.decode()
    for word in ("Asha", "Verma", "4821", "refund", str(held.pk), str(late.pk)):
        assert word not in page
    body = page[page.index("<main") :]
    assert re.findall(r"<(?:a|form|button)[ >]", body) == []


def test_the_viewer_of_a_wall_may_see_numbers_and_nothing_else(token: str, noon: datetime) -> None:
    _, viewer = open_wall(token=token, at=noon)
    assert {one for one in Permission if viewer.allows(one)} == {Permission.VIEW_FLOOR}
    assert viewer.user.pk is None


def test_a_revoked_link_looks_like_one_that_never_was(adam: Viewer, token: str, client: Client) -> None:
    link = WallLink.objects.get()
    client.force_login(adam.user)
    assert client.post(reverse("wall_revoke", args=[link.pk])).status_code == 302
    client.logout()
    gone, never = (client.get(reverse("wall", args=[word])) for word in (token, "x" * 43))
    assert (gone.status_code, never.status_code) == (404, 404)
    assert "opens nothing" in gone.content.decode()
    strip = re.compile(rb'(csrfmiddlewaretoken" value=|X-CSRFToken": ?|midshift-now" content=)"[^"]*"')
    assert strip.sub(b"", gone.content) == strip.sub(b"", never.content)
    assert client.post(reverse("wall_revoke", args=[link.pk])).status_code == 302  # to the sign-in
    assert [entry.verb for entry in AuditEntry.objects.filter(verb__startswith="wall.").order_by("pk")] == [
        "wall.made", "wall.revoked",
    ]  # fmt: skip


def test_the_token_is_shown_once_and_kept_as_a_digest(adam: Viewer, client: Client) -> None:
    client.force_login(adam.user)
    page = client.post(reverse("walls"), {"name": "Room 2"})
    assert page.status_code == 201
    (token,) = set(re.findall(r"/wall/([\w-]{43})", page.content.decode()))
    assert token not in client.get(reverse("walls")).content.decode()
    link = WallLink.objects.get()
    assert token not in f"{link.digest} {link.name}"
    assert client.get(reverse("wall", args=[token])).status_code == 200
    assert client.post(reverse("walls"), {"name": ""}).status_code == 422


def test_only_admins_make_and_end_links(lena: Viewer, token: str, noon: datetime) -> None:
    with pytest.raises(NotAllowed):
        make_wall_link(by=lena, name="Mine", at=noon)
    with pytest.raises(NotAllowed):
        revoke_wall_link(by=lena, pk=WallLink.objects.get().pk, at=noon)


def test_that_somebody_looks_is_written_once_a_minute(token: str, noon: datetime) -> None:
    for seconds, seen in ((0, 0), (30, 0), (61, 61)):
        open_wall(token=token, at=noon + timedelta(seconds=seconds))
        assert WallLink.objects.get().seen_at == noon + timedelta(seconds=seen)
    with pytest.raises(OutOfScope):
        open_wall(token="", at=noon)
