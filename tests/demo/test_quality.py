"""The demo's reviews: made once, believable on every screen, and all through the verbs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.agents.models import Agent, Team
from apps.demo import quality
from apps.interactions.models import Conversation, Participation
from apps.reviews.models import Review, SecondLook
from tests.console.floors import holds
from tests.reviews.conftest import Floor, words
from tests.reviews.conftest import floor as floor

pytestmark = pytest.mark.django_db


def play(floor: Floor, at: datetime, of: int) -> None:
    """So many finished conversations of Asha's, a colleague's and the AI agent's."""
    other = Agent.objects.create(kind="human", name="Tomás Reyes", team=Team.objects.create(name="Sales"))
    for n in range(of):
        who = (floor.agent, other, floor.ai)[n % 3]
        talk = holds(who, floor.queue, at - timedelta(hours=n + 1))
        words(talk, talk.started_at)
        words(talk, talk.started_at + timedelta(seconds=30), by=who, text="Let me look.")
        Conversation.objects.filter(pk=talk.pk).update(is_open=False, customer_messages=2, holder=None)
    Participation.objects.update(messages=2)


def test_too_little_was_played_for_reviews_to_be_believable(floor: Floor, noon: datetime) -> None:
    play(floor, noon, 9)
    assert not quality.fill(at=noon)
    assert Review.objects.count() == 0


def test_a_played_floor_has_reviews_drafts_and_second_looks_once(floor: Floor, noon: datetime) -> None:
    play(floor, noon, 120)
    assert quality.fill(at=noon)
    counted = Review.objects.count()
    assert quality.fill(at=noon + timedelta(hours=1))
    assert Review.objects.count() == counted
    assert Review.objects.filter(submitted_at=None).count() == quality.DRAFTS
    assert Review.objects.submitted().filter(agent__kind="ai").count() == quality.OF_AI
    assert not Review.objects.filter(submitted_at__gt=noon).exists()
    assert {one.outcome for one in SecondLook.objects.all()} == {"accepted", "rejected", ""}
