"""Whether the portal itself works, and what an admin can have tried again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from apps.access.models import AuditEntry, User
from apps.access.viewer import Viewer
from apps.connectors import running, services
from apps.connectors.models import Delivery
from apps.interactions.services import keep_partitions
from apps.shared import outbox, pulse
from apps.shared.errors import NotAllowed, OutOfScope
from apps.shared.models import Outbox, Pulse
from supervision.celery import SCHEDULE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afresh(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "_written", {})
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def all_done(at: datetime) -> None:
    for entry in SCHEDULE.values():
        pulse.felt(task=entry["task"], worker="ingest@here", at=at)


def put_aside(at: datetime, error: str = "apps.live.topics.conversations_changed: KeyError") -> Outbox:
    lena = User.objects.get_or_create(username="somebody")[0]
    payload = {"user_id": lena.pk, "at": at.isoformat()}
    return Outbox.objects.create(
        fact="OpeningsRefused", payload=payload, announced_at=at, dispatched_at=at, attempts=5, error=error
    )


def title(viewer: Viewer, at: datetime) -> str:
    return running.verdict(running.running(viewer=viewer, at=at), at=at)[0]


def test_a_portal_that_works_says_so(adam: Viewer, noon: datetime) -> None:
    keep_partitions(at=noon)
    all_done(noon - timedelta(seconds=5))
    assert title(adam, noon) == "The portal works"
    now = running.running(viewer=adam, at=noon)
    assert (now.deliveries, now.facts, now.facts_aside, now.deliveries_aside) == (0, 0, 0, 0)
    assert set(now.partitions) == {"messages", "events"}
    assert min(now.partitions.values()) >= 7
    assert {one.worker for one in now.duties} == {"ingest@here"}


def test_workers_that_stopped_are_seen_after_half_a_minute(adam: Viewer, noon: datetime) -> None:
    keep_partitions(at=noon)
    all_done(noon)
    assert title(adam, noon + timedelta(seconds=29)) == "The portal works"
    assert title(adam, noon + timedelta(seconds=31)) == "No worker does its work"
    for entry in SCHEDULE.values():
        if entry["task"] != "connectors.absorb":
            pulse.felt(task=entry["task"], worker="w", at=noon + timedelta(seconds=30))
    assert title(adam, noon + timedelta(seconds=31)) == "“absorb waiting deliveries” is late"


def done_but(at: datetime, *left: str) -> None:
    for entry in SCHEDULE.values():
        if entry["task"] not in left:
            pulse.felt(task=entry["task"], worker="w", at=at)


def test_a_few_that_are_late_are_named_and_more_are_counted(adam: Viewer, noon: datetime) -> None:
    keep_partitions(at=noon)
    all_done(noon)
    later = noon + timedelta(minutes=2)
    done_but(later, "connectors.absorb", "shared.dispatch")
    assert title(adam, later) == "“absorb waiting deliveries” and “dispatch announced facts” are late"
    later = noon + timedelta(minutes=5)
    done_but(later, "connectors.absorb", "shared.dispatch", "alerts.guard", "connectors.wipe")
    assert title(adam, later) == "“absorb waiting deliveries”, “dispatch announced facts” and 2 more are late"


def test_in_a_new_portal_a_task_that_has_had_no_turn_yet_is_not_late(adam: Viewer, noon: datetime) -> None:
    keep_partitions(at=noon)
    MigrationRecorder.Migration.objects.update(applied=noon - timedelta(seconds=179))
    assert title(adam, noon) == "No worker does its work"
    done_but(noon, "alerts.guard", "connectors.wipe", "reviews.draw")
    assert title(adam, noon) == "The portal works"
    MigrationRecorder.Migration.objects.filter(app="access").update(applied=noon - timedelta(minutes=9))
    assert title(adam, noon) == "The portal works"
    MigrationRecorder.Migration.objects.update(applied=noon - timedelta(seconds=180))
    # The one of each minute is not known to have been due.
    assert title(adam, noon) == "“see that rules are evaluated” and “wipe kept deliveries” are late"


def test_what_waits_and_what_was_put_aside_is_counted(adam: Viewer, noon: datetime) -> None:
    keep_partitions(at=noon)
    all_done(noon)
    source, _ = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=noon)
    Delivery.objects.create(source=source, received_at=noon - timedelta(minutes=2), body=b"", accepted=[0])
    Delivery.objects.create(source=source, received_at=noon, body=b"", accepted=[0], state="failed")
    Outbox.objects.create(fact="X", payload={}, announced_at=noon - timedelta(minutes=3))
    put_aside(noon)
    now = running.running(viewer=adam, at=noon)
    assert (now.deliveries, now.facts, now.facts_aside, now.deliveries_aside) == (1, 1, 1, 1)
    assert (now.deliveries_since, now.facts_since) == (noon - timedelta(minutes=2), noon - timedelta(minutes=3))
    assert title(adam, noon) == (
        "Deliveries wait to be recorded; facts wait for their steps; 1 fact was put aside; 1 delivery was put aside"
    )


def test_partitions_that_are_not_made_ahead_are_told_of(adam: Viewer, noon: datetime) -> None:
    keep_partitions(at=noon)
    later = noon + timedelta(days=60)
    all_done(later)
    assert title(adam, later) == "Partitions are not made ahead"


def test_a_fact_is_handed_to_its_steps_again(adam: Viewer, client: Client) -> None:
    now = timezone.now()
    fact = put_aside(now)
    client.force_login(adam.user)
    page = client.get("/setup/health").content.decode()
    assert "apps.live.topics.conversations_changed: KeyError" in page
    assert client.post(f"/setup/facts/{fact.pk}/again").status_code == 302
    fact.refresh_from_db()
    assert (fact.dispatched_at, fact.attempts, fact.error) == (None, 0, "")
    assert AuditEntry.objects.get(verb="fact.retried").about == f"fact {fact.pk}"
    assert outbox.dispatch(at=now) == 1
    assert client.post(f"/setup/facts/{fact.pk}/again").status_code == 404
    assert outbox.put_aside(most=5) == []


def test_only_admins_look_behind_the_portal(lena: Viewer, noon: datetime) -> None:
    fact = put_aside(noon)
    with pytest.raises(NotAllowed):
        running.running(viewer=lena, at=noon)
    with pytest.raises(NotAllowed):
        running.try_again(by=lena, pk=fact.pk, at=noon)


def test_a_fact_that_was_not_put_aside_is_not_tried_again(adam: Viewer, noon: datetime) -> None:
    done = put_aside(noon, error="")
    with pytest.raises(OutOfScope):
        running.try_again(by=adam, pk=done.pk, at=noon)


def test_a_sign_of_life_is_written_every_five_seconds(noon: datetime) -> None:
    for seconds, written in ((0, 0), (4, 0), (5, 5), (6, 5)):
        pulse.felt(task="x", worker="w", at=noon + timedelta(seconds=seconds))
        assert Pulse.objects.get().done_at == noon + timedelta(seconds=written)
