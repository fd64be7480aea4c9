"""What an agent was told about a conversation stands in the transcript that is scored, for who leads them and nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.models import User
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.coaching.models import Note
from apps.interactions.models import Conversation, Message, Queue
from apps.reviews.models import Mark, Review
from tests.console.floors import granted, holds, queue_named
from tests.reviews.rows import judged

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_static(plain_static: None) -> None:
    """Pages find their static files where they lie."""


def talked(agent: Agent, queue: Queue, now: datetime) -> Conversation:
    """Somebody asked nine minutes ago, and was answered after three."""
    talk = holds(agent, queue, now - timedelta(minutes=9))
    for who, minutes in (("customer", 9), ("agent", 6)):
        Message.objects.create(
            id=uuid4(), conversation_id=talk.pk, author_kind=who, agent_id=None if who == "customer" else agent.pk, kind="text",
            text="Where is it?", sent_at=now - timedelta(minutes=minutes), via="push", recorded_at=now,
        )  # fmt: skip
    return talk


def noted(
    agent: Agent, by: Viewer, talk: Conversation, at: datetime, text: str, said: Message | None, **more: object
) -> None:
    Note.objects.create(
        agent=agent, by=by.user, text=text, conversation_id=talk.pk, message_id=None if said is None else said.pk, sent_at=at, **more,
    )  # fmt: skip


def test_a_note_stands_where_it_was_given_for_who_leads_the_agent_and_not_for_quality(
    lena: Viewer, quentin: Viewer, client: Client
) -> None:
    now = timezone.now()
    queue, team = queue_named("Billing"), Team.objects.create(name="Billing")
    asha, nobodys = (
        Agent.objects.create(kind="human", name=name, team=of)
        for name, of in (("Asha Verma", team), ("Tomás Reyes", Team.objects.create(name="Sales")))
    )
    talk = talked(asha, queue, now)
    said = Message.objects.filter(conversation_id=talk.pk).earliest("sent_at")
    lena, quentin = granted(lena, queue=queue, team=team), granted(quentin, queue=queue)
    noted(asha, lena, talk, now - timedelta(minutes=7), "Name the day.", said)
    noted(asha, lena, talk, now - timedelta(minutes=1), "A word on the whole.", None)
    noted(asha, lena, talk, now, "Taken back.", said, withdrawn_at=now)
    noted(nobodys, lena, talk, now, "Of another team.", said)

    def page(who: Viewer) -> str:
        Review.objects.all().delete()  # each part in a conversation is scored once
        review = judged(asha, talk, who.user, now, is_draft=True)
        client.force_login(User.objects.get(pk=who.user.pk))
        return client.get(reverse("review", args=[review.pk])).content.decode()

    shown = page(lena)
    line = f'<a href="#m1">{lena.user} to Asha Verma, about message 1</a>'
    assert shown.index('id="m1"') < shown.index(line) < shown.index("Name the day.") < shown.index('id="m2"')
    assert shown.index('id="m2"') < shown.index("A word on the whole.")
    assert "Taken back." not in shown
    assert "Of another team." not in shown
    # Quality scores what was said to the customer, not what a lead thought of it.
    assert "Name the day." not in page(quentin)


def test_a_note_is_no_message_and_nothing_to_mark(lena: Viewer, client: Client) -> None:
    now = timezone.now()
    queue, team = queue_named("Billing"), Team.objects.create(name="Billing")
    asha = Agent.objects.create(kind="human", name="Asha Verma", team=team)
    talk = talked(asha, queue, now)
    lena = granted(lena, queue=queue, team=team)
    review = judged(asha, talk, lena.user, now, is_draft=True)
    client.force_login(User.objects.get(pk=lena.user.pk))

    def form() -> tuple[int, str]:
        answer = client.get(reverse("review", args=[review.pk]))
        return Mark.objects.filter(review=review).count(), answer.context["messages_json"]

    before = form()
    noted(asha, lena, talk, now, "Name the day.", None)
    assert form() == before
