"""Whoever is shown a transcript stands in the audit, also where its live part is fetched or watched without its page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.interactions.models import Conversation
from apps.live.rendering import NOT_RENEWED, Workshop
from tests.console.floors import conversation, granted, queue_named

pytestmark = pytest.mark.django_db
REGION = "conversation.transcript"


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


@pytest.fixture
def talk(lena: Viewer) -> Conversation:
    queue = queue_named("Billing chat")
    granted(lena, queue=queue)
    return conversation(queue, timezone.now())


def entries() -> list[tuple[str, Any]]:
    return list(AuditEntry.objects.filter(verb="transcript.viewed").values_list("by__username", "conversation_id"))


def fetch(client: Client, viewer: Viewer, talk: Conversation) -> int:
    client.force_login(viewer.user)
    return client.get(reverse("region", args=[REGION]), {"conversation": str(talk.pk)}).status_code


def test_a_transcript_that_is_fetched_alone_is_read(
    client: Client, lena: Viewer, nils: Viewer, talk: Conversation
) -> None:
    assert fetch(client, nils, talk) in (403, 404)
    assert entries() == []
    assert fetch(client, lena, talk) == 200
    assert entries() == [("lena", talk.pk)]


def test_a_page_that_renews_itself_is_one_reading_in_a_quarter_of_an_hour(
    client: Client, lena: Viewer, talk: Conversation
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.force_login(lena.user)
        client.get(reverse("conversation", args=[talk.pk]))
        for _ in range(3):
            clock.shift(timedelta(minutes=4))
            assert fetch(client, lena, talk) == 200
        assert len(entries()) == 1
        clock.shift(timedelta(minutes=4))
        fetch(client, lena, talk)
        assert len(entries()) == 2


def test_a_transcript_that_is_watched_over_the_socket_is_read(lena: Viewer, nils: Viewer, talk: Conversation) -> None:
    key = (REGION, (("conversation", str(talk.pk)),))
    assert Workshop().place(nils.user.pk, [key])[key].refused
    assert entries() == []
    assert not Workshop().place(lena.user.pk, [key])[key].refused
    assert entries() == [("lena", talk.pk)]


def test_what_cannot_be_written_down_is_not_shown(
    lena: Viewer, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 31, for reading."""

    def away(**_: object) -> None:
        raise RuntimeError("the audit is locked")

    monkeypatch.setattr("apps.console.transcript.audit.record", away)
    key = (REGION, (("conversation", str(talk.pk)),))
    assert Workshop().place(lena.user.pk, [key])[key].refused == NOT_RENEWED
