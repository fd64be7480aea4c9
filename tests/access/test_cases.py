"""Attacks of the specification's list that have no other home; which test tries which stands in contracts/test_every_case.py."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm

from apps.access.models import AuditEntry, User
from apps.access.viewer import Viewer, viewer_for
from apps.alerts.facts import AlertsChanged
from apps.coaching.models import Note
from apps.connectors.admission import Admission, examine
from apps.interactions.models import Conversation, Queue, QueueUserObjectPermission
from apps.interactions.services import open_partitions
from apps.shared.models import Outbox
from apps.shared.outbox import announce
from tests.alerts.conftest import fired, says
from tests.console.floors import conversation, granted, on_shift, queue_named
from tests.contracts.layers import ROOT
from tests.contracts.test_every_url import TABLE
from tests.contracts.test_every_url import floor as floor  # one of everything that an address names

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [
    "customer__email__startswith", "_connector", "__class__", "pk__in[]", "expand", "fields", "ordering", "page_size",
])  # fmt: skip
def test_a_parameter_that_nobody_reads_is_refused(name: str, mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    for place in ("metric", "metric_rows"):
        path = reverse(place, args=["first_reply_time"])
        assert client.get(path, {"window": "60min"}).status_code == 200
        assert client.get(path, {"window": "60min", name: "a"}).status_code == 400


def test_a_word_of_a_megabyte_is_refused_and_the_longest_is_drawn_in_no_time(
    lena: Viewer, client: Client, plain_static: None
) -> None:
    """Case 45: what is on the way in, and what a page does with the longest text there may be. In CPU time: others share the machine."""
    now, queue = timezone.now(), queue_named("Billing chat")

    def sent(text: str) -> Admission:
        event = {"specversion": "1.0", "id": "1", "source": "/connections/shop", "type": "midshift.message.created.v1",
                 "time": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}", "data": {"conversation_id": "c", "message_id": "m", "visibility": "public", "text": text,
                                                   "author": {"kind": "customer", "id": "p", "identity": "anonymous"}}}  # fmt: skip
        one = Admission(1, "shop", json.dumps(event).encode(), now, "")
        examine(one)
        return one

    assert sent("a" * 65_536).results[0]["status"] == "accepted"
    refused = sent("a" * 1_000_000).results[0]
    assert (refused["status"], refused["pointer"]) == ("refused", "/data/text")
    talk = conversation(queue, now - timedelta(minutes=5))
    open_partitions(first=now, last=now)
    for text in ("a" * 65_536, "e" + "\u0301" * 10_000, "\u202eturned"):
        says(talk, now, text)
    client.force_login(granted(lena, queue=queue).user)
    path = reverse("conversation", args=[talk.pk])
    client.get(path)  # templates are read once a process
    began = time.process_time()
    assert "a" * 65_536 in client.get(path).content.decode()
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize("asked", [
    {"window": "5years"}, {"by": "everything"}, {"page": "100000"}, {"window": "28d", "page": "99999999999999999999"},
])  # fmt: skip
def test_a_question_without_bounds_is_refused(asked: dict[str, str], mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    assert client.get(reverse("metric_rows", args=["first_reply_time"]), asked).status_code == 400


@pytest.mark.parametrize("place", TABLE)
def test_no_address_takes_another_verb(place: str, floor: dict[str, Any], client: Client) -> None:
    """Whoever asks, and whether or not a view would have read the body."""
    path = "/api/v1/nothing" if place == "api/<path:rest>" else reverse(place, args=floor.get(place, []))
    for name in ("asha", "lena", "adam", "anon"):
        client.logout()
        if name != "anon":
            client.force_login(User.objects.get(username=name))
        for verb in ("PUT", "PATCH", "DELETE", "TRACE"):
            assert client.generic(verb, path, '{"score": 100}', content_type="application/json").status_code == 405


# What is set up for everybody; the matrix allows a lead none of it.
SET_UP = {"alert_rule.edit", "goal.edit", "masking_rule.edit", "retention.edit", "user_role.edit", "token.manage", "qa_form.edit",
          "wall.manage"}  # fmt: skip


def test_a_lead_changes_nothing_that_is_set_up(floor: dict[str, Any], client: Client) -> None:
    """By a form sent by hand, also where the page hides it or shows only what there is."""
    client.force_login(floor["viewer:lena"].user)
    hers = AuditEntry.objects.filter(by=floor["viewer:lena"].user).exclude(verb="session.opened")
    before = hers.count()
    places = [place for place, row in TABLE.items() if row.action in SET_UP and ":" not in place]
    assert len(places) > 15
    for place in [*places, "goals"]:
        asked = {
            "metric": "csat",
            "scope": "role:agent",
            "target": "1",
            "period": "day",
            "step": "role",
            "role": "admin",
        }
        assert client.post(reverse(place, args=floor.get(place, [])), asked).status_code in (403, 405), place
    assert hers.count() == before


def test_fields_that_nobody_asked_for_move_nothing(floor: dict[str, Any], client: Client) -> None:
    """A form reads the fields it has. What is nested, or names another's row, moves no row to anybody."""
    note = Note.objects.get(pk=floor["note_answer"][0])
    before = (note.agent_id, note.by_id, note.conversation_id, note.text)
    client.force_login(floor["viewer:asha"].user)
    extra = {"agent": str(uuid4()), "agent.user": "1", "by": floor["viewer:adam"].user.pk, "conversation": '{"agent": 7}',
             "conversation[agent]": "7", "text": "I am the best", "status": "published", "score": "100"}  # fmt: skip
    assert client.post(reverse("note_answer", args=[note.pk]), {"answer": "Will do", **extra}).status_code == 302
    note.refresh_from_db()
    assert (note.agent_id, note.by_id, note.conversation_id, note.text) == before
    client.force_login(floor["viewer:adam"].user)
    user = floor["viewer:lena"].user
    more = {"step": "role", "role": "qa", "is_staff": "on", "is_superuser": "on", "username": "root", "password": "x"}
    assert client.post(reverse("account_of", args=[user.pk]), more).status_code == 302
    user.refresh_from_db()
    assert (user.role, user.username, user.is_staff, user.is_superuser) == ("qa", "lena", False, False)


def test_an_alert_is_called_by_its_rule_and_its_queue(lena: Viewer, client: Client) -> None:
    """No word of the conversation stands in its title, its address, its list's name or the hint about it."""
    now, queue = timezone.now(), queue_named("Billing chat")
    talk = conversation(queue, now - timedelta(minutes=5), subject="Greta Lindqvist is furious")
    one = fired(queue, now, talk=talk, message=says(talk, now, "I am Greta Lindqvist and furious"))
    announce(AlertsChanged(at=now), at=now)
    client.force_login(granted(lena, queue=queue).user)
    path = reverse("alert", args=[one.pk])
    page = client.get(path).content.decode()
    assert "furious" in page  # the evidence, to who may read it
    named = re.findall(r"<title>.*?</title>|<h[12][^>]*>.*?</h[12]>", page, re.DOTALL)
    hints = [str(row.payload) for row in Outbox.objects.all()]
    assert any("The queue is long" in one_ for one_ in named)
    assert not [text for text in (*named, path, *hints) if "Greta" in text or "furious" in text]


@pytest.mark.django_db(transaction=True)
def test_a_question_that_takes_too_long_is_stopped(
    lena: Viewer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the database, after the time that a web process allows; page and API say so in words."""

    def sleeps(**_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    client.force_login(lena.user)
    monkeypatch.setattr("apps.metrics.queries.measure", sleeps)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '200ms'")
        try:
            answers = [client.get(reverse(place, args=["first_reply_time"])) for place in ("metric", "metric_page")]
        finally:
            cursor.execute("SET statement_timeout = 0")
    for answer in answers:
        assert (answer.status_code, "longer than the portal lets" in answer.content.decode()) == (503, True)


def test_a_web_process_has_a_limit_and_a_worker_has_none() -> None:
    """What stands in the settings of each, asked of a process of its own."""
    told = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'].get('options', 'none'))"
    for first, said in (("import supervision.asgi", "-c statement_timeout=5s"), ("import supervision.celery", "none")):
        done = subprocess.run(
            [sys.executable, "-c", f"{first}; {told}"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip().splitlines()[-1] == said


def test_another_verb_is_refused(adam: Viewer, mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    for verb in ("put", "patch", "delete"):
        assert getattr(client, verb)(reverse("metric", args=["first_reply_time"])).status_code == 405
    talk = conversation(queue_named("Billing"), timezone.now())
    assert client.post(reverse("masked_values", args=[talk.pk]), {"_method": "DELETE"}).status_code == 405
    client.force_login(adam.user)
    for place, row in TABLE.items():
        if row.method == "post" and not re.search(r"<|:", place) and place in {"here", "find"}:
            assert client.put(reverse(place)).status_code == 405


def test_a_grant_dies_with_its_queue(lena: Viewer) -> None:
    queue = queue_named("Billing")
    granted(lena, queue=queue)
    key = queue.pk
    queue.delete()
    assert not QueueUserObjectPermission.objects.exists()
    again = Queue.objects.create(id=key, name="Another")
    conversation(again, timezone.now())
    assert not Conversation.objects.visible_to(viewer_for(lena.user)).exists()


def test_a_global_grant_opens_nothing(lena: Viewer, client: Client) -> None:
    """Neither on an account nor on a group; nor does being a superuser."""
    queue = queue_named("Billing")
    talk = conversation(queue, timezone.now())
    permission = Permission.objects.get(codename="work_queue", content_type=ContentType.objects.get_for_model(Queue))
    group = Group.objects.create(name="all")
    group.permissions.add(permission)
    user = User.objects.get(pk=lena.user.pk)
    user.groups.add(group)
    user.user_permissions.add(permission)
    User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    client.force_login(User.objects.get(pk=user.pk))
    assert client.get(reverse("conversation", args=[talk.pk])).status_code == 404
    assign_perm("interactions.work_queue", user, queue)
    assert client.get(reverse("conversation", args=[talk.pk])).status_code == 200


def test_no_transcript_is_in_the_back_office() -> None:
    from django.contrib import admin

    registered = {model.__name__ for model in admin.site._registry}
    assert registered & {"Message", "Conversation", "ConversationEvent", "SealedValue", "Customer", "CustomerValue", "Rating",
                         "Delivery", "AuditEntry", "Disclosure"} == set()  # fmt: skip


def test_the_description_of_the_api_names_nobody(asha: Viewer, client: Client) -> None:
    from apps.agents.models import Team

    on_shift("Wilhelmina Brandvold", Team.objects.create(name="Secret team"), timezone.now())
    queue_named("Secret queue")
    client.force_login(asha.user)
    text = client.get(reverse("api_schema")).content.decode()
    told = client.options(reverse("metric", args=["first_reply_time"])).content.decode()
    assert not [word for word in ("Wilhelmina", "Secret") if word in text + told]


def test_a_pattern_is_sought_as_the_words_it_is(mona: Viewer, client: Client) -> None:
    client.force_login(mona.user)
    conversation(queue_named("Billing"), timezone.now())
    for words in ("(a+)+$", "%", "_", "\\", "a" * 100):
        assert client.post(reverse("conversations"), {"q": words}).status_code == 200


def test_a_form_from_elsewhere_is_refused(lena: Viewer, adam: Viewer) -> None:
    """Without the token, from another site, and as JSON that claims to be plain text."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(adam.user)
    for place in ("retention", "privacy", "masking", "accounts", "find", "here", "signout"):
        assert client.post(reverse(place), {"x": "y"}).status_code == 403, place
        assert client.post(reverse(place), '{"x": "y"}', content_type="text/plain").status_code == 403, place
        foreign = client.post(reverse(place), {"x": "y"}, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403, place


def test_every_page_carries_its_headers(adam: Viewer, mona: Viewer, client: Client) -> None:
    for viewer, places in (
        (adam, ("home", "retention", "privacy", "masking", "accounts", "audit")),
        (mona, ("home", "conversations", "notices")),
    ):
        client.force_login(viewer.user)
        for place in places:
            answer = client.get(reverse(place), follow=True)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert "no-store" in answer.headers["Cache-Control"]
