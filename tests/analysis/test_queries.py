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
from tests.interactions.events import ASHA, BO, CUSTOMER, assigned, queued, said, started

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


def test_the_transcript_shows_the_words_behind_a_reading_the_steps_and_how_the_hand_off_went(
    lena: Viewer, client: Client
) -> None:
    take_in(
        started(0), queued(1), assigned(2, BO), said(3, CUSTOMER, message_id="1", text=ANGRY),
        said(4, BO, message_id="2", text="Hello! I guarantee a refund. Is there anything else I can help with?"), assigned(5, ASHA),
        said(6, CUSTOMER, message_id="3", text="As I already told the bot, I am really angry and very disappointed with you"),
        said(7, CUSTOMER, message_id="4", text="Donde esta mi paquete? Lo espero desde hace dos semanas enteras"),
    )  # fmt: skip
    read()
    talk = Conversation.objects.get()
    client.force_login(granted(lena, queue=Queue.objects.get()).user)
    page = client.get(reverse("conversation", args=[talk.pk])).content.decode()
    for words in (
        "speaks for negative", "“disappointed”", "holds promises", "“I guarantee”", "not analysed: another language", "complained: “As I already told”",
        "Greets", "not assessed",
    ):  # fmt: skip
        assert words in page, words
