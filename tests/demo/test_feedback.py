"""The shop's feedback conversations: each face of one is there, made through the same verbs as by hand, and only once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.access.models import AuditEntry, User
from apps.access.viewer import viewer_for
from apps.agents.models import Agent
from apps.coaching.models import Sheet
from apps.console import feedback as page
from apps.demo import feedback
from tests.console.floors import holds
from tests.reviews.conftest import Floor, words
from tests.reviews.conftest import floor as floor
from tests.reviews.rows import judged

pytestmark = pytest.mark.django_db
NAMES = ("asha", "ben", "chloe", "dario", "elif")


def reviewed(floor: Floor, at: datetime) -> None:
    """Five people of Lena's with accounts, each with two reviews whose low marks a message shows."""
    for name in NAMES:
        if name == "asha":
            agent = floor.agent
        else:
            user = User.objects.create_user(username=name, role="agent", display_name=name.title())
            agent = Agent.objects.create(kind="human", name=name.title(), team=floor.team, user=user, is_listed=True)
        for n in (2, 3):
            talk = holds(agent, floor.queue, at - timedelta(hours=n))
            words(talk, talk.started_at)
            judged(agent, talk, floor.quentin.user, at - timedelta(hours=n), step=1)


def test_nothing_was_reviewed_so_nothing_is_talked_about(floor: Floor, noon: datetime) -> None:
    assert not feedback.fill(at=noon)
    assert not Sheet.objects.exists()


def test_two_are_answered_one_was_held_and_one_is_prepared_and_a_second_start_adds_nothing(
    floor: Floor, noon: datetime
) -> None:
    reviewed(floor, noon)
    assert feedback.fill(at=noon)
    faces = [
        (one.agent.name, one.held_at is not None, one.acknowledged_at is not None)
        for one in Sheet.objects.select_related("agent").order_by("agent__name")
    ]
    # Whoever the demo shows as an agent stands first, and with the fifth one is due.
    assert faces == [
        ("Asha Verma", True, True), ("Ben", True, True), ("Chloe", True, False), ("Dario", False, False),
    ]  # fmt: skip
    for sheet in Sheet.objects.all():
        assert 1 <= sheet.points.count() <= 2
        assert all(point.evidence or point.reviews for point in sheet.points.all())
        assert sheet.held_at is None or (sheet.steps and sheet.steps_by and sheet.held_at <= noon)
        assert sheet.acknowledged_at is None or (sheet.own_words and sheet.acknowledged_at <= noon)
    assert AuditEntry.objects.filter(verb="feedback.acknowledged").count() == 2
    made = set(Sheet.objects.values_list("pk", flat=True))
    assert feedback.fill(at=noon + timedelta(hours=1))
    assert set(Sheet.objects.values_list("pk", flat=True)) == made


def test_the_pages_of_it_are_filled(floor: Floor, noon: datetime) -> None:
    reviewed(floor, noon)
    feedback.fill(at=noon)
    found = page.feedback(viewer=floor.lena, at=noon)
    assert [row.due.agent.name for row in found.waiting] == ["Dario", "Elif"]
    assert len(found.held) == 3
    assert len(page.mine(viewer=viewer_for(User.objects.get(username="asha")))) == 1
    # What is prepared is its lead's alone.
    assert page.mine(viewer=viewer_for(User.objects.get(username="dario"))) == []
