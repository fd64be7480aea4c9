"""Readings are shown to who may read the conversation, and to nobody else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.viewer import Viewer
from apps.analysis import queries
from apps.interactions.models import Conversation, Queue
from tests.analysis.test_services import ANGRY, read, take_in
from tests.console.floors import granted
from tests.interactions.events import BO, CUSTOMER, assigned, queued, said, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk() -> Conversation:
    take_in(
        started(0), queued(1), assigned(2, BO), *(said(n, CUSTOMER, message_id=str(n), text=ANGRY) for n in range(3, 7)),
        said(8, CUSTOMER, message_id="8", text="agent please"),
    )  # fmt: skip
    read()
    return Conversation.objects.get()


def test_readings_and_moods_stay_inside_the_scope(talk: Conversation, lena: Viewer, nils: Viewer) -> None:
    lead = granted(lena, queue=Queue.objects.get())
    assert len(queries.readings_of(viewer=lead, conversation=talk.pk)) == 5
    assert queries.mood_of(viewer=lead, conversation=talk.pk) is not None
    assert set(queries.moods_of(viewer=lead, conversations=[talk.pk])) == {talk.pk}
    assert queries.readings_of(viewer=nils, conversation=talk.pk) == {}
    assert queries.mood_of(viewer=nils, conversation=talk.pk) is None
    assert queries.moods_of(viewer=nils, conversations=[talk.pk]) == {}


def test_the_transcript_shows_moods_requests_and_where_it_turned(
    talk: Conversation, lena: Viewer, client: Client
) -> None:
    lead = granted(lena, queue=Queue.objects.get())
    client.force_login(lead.user)
    page = client.get(reverse("conversation", args=[talk.pk])).content.decode()
    assert "c-mood-value" in page
    assert "asks for a person" in page
    assert "mood turned negative" in page
    assert "not granted for" in page
