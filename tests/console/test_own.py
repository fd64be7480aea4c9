"""An agent's first page: what is new, the load of their own queues and what is in hand, each live and nobody else's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Team
from apps.coaching.facts import FeedbackChanged
from apps.console import own
from apps.interactions.facts import ConversationsChanged
from apps.interactions.models import Queue
from apps.live import topics
from apps.reviews.facts import ReviewChanged
from apps.reviews.models import Review
from apps.shared.errors import NotAllowed
from supervision.regions import REGIONS
from tests.coaching.rows import sheet_of
from tests.console.floors import holds, queue_named, waiting
from tests.reviews.rows import judged

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(asha: Viewer) -> Agent:
    team = Team.objects.create(name="Billing")
    return Agent.objects.create(kind=AgentKind.HUMAN, name="Asha Verma", team=team, is_listed=True, user=asha.user)


@pytest.fixture
def mine(me: Agent) -> Queue:
    queue = queue_named("Billing chat")
    assert me.team is not None
    queue.teams.add(me.team)
    return queue


def test_what_was_read_is_not_new(
    asha: Viewer, lena: Viewer, quentin: Viewer, me: Agent, mine: Queue, noon: datetime
) -> None:
    assert own.new(viewer=asha, at=noon) == []
    for n in range(2):
        judged(me, holds(me, mine, noon), quentin.user, noon - timedelta(hours=n + 1))
    judged(me, holds(me, mine, noon), quentin.user, noon + timedelta(hours=1))  # not released yet
    assert [one.text for one in own.new(viewer=asha, at=noon)] == ["2 new reviews"]
    Review.objects.filter(releases_at__lte=noon - timedelta(hours=2)).update(read_at=noon)
    sheet_of(me, lena.user, noon - timedelta(hours=1))
    assert [one.text for one in own.new(viewer=asha, at=noon)] == [
        "1 new review",
        "1 feedback conversation to read again",
    ]


def test_the_load_is_that_of_the_queues_that_ones_team_answers(
    asha: Viewer, me: Agent, mine: Queue, noon: datetime
) -> None:
    other, calm = queue_named("Sales"), queue_named("Calm")
    assert me.team is not None
    calm.teams.add(me.team)
    for minutes in (3, 9):
        waiting(mine, noon, 60 * minutes)
    waiting(other, noon, 3600)
    found = own.load(viewer=asha)
    assert [(one.name, one.waiting, one.oldest_since) for one in found] == [
        ("Billing chat", 2, noon - timedelta(minutes=9)), ("Calm", 0, None),
    ]  # fmt: skip
    with CaptureQueriesContext(connection) as few:
        own.load(viewer=asha)
    for n in range(9):
        queue = queue_named(f"Q{n}")
        queue.teams.add(me.team)
        waiting(queue, noon, 5)
    with CaptureQueriesContext(connection) as many:
        assert len(own.load(viewer=asha)) == 11
    assert len(few) == len(many)


def test_whoever_has_no_page_of_their_own_has_none_of_it(lena: Viewer, noon: datetime) -> None:
    for read in (lambda: own.new(viewer=lena, at=noon), lambda: own.load(viewer=lena), lambda: own.held(viewer=lena)):
        with pytest.raises(NotAllowed):
            read()


def test_each_part_hears_of_what_changes_it(
    asha: Viewer, me: Agent, mine: Queue, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(topics, "hint", lambda *, topics: heard.extend(topics))

    def hears(region: str) -> bool:
        return bool(set(REGIONS[region].topics(asha, {})) & set(heard))

    talk = holds(me, mine, noon)
    topics.conversations_changed(
        ConversationsChanged(conversation_ids=[talk.pk], queue_ids=[mine.pk], agent_ids=[me.pk], since=noon, at=noon),
        noon,
    )
    assert [hears(one) for one in ("me.held", "me.queues", "me.news")] == [True, True, False]
    for fact, step in (
        (
            ReviewChanged(
                review_id=talk.pk, conversation_id=talk.pk, reviewer_id=1, agent_user_id=asha.user.pk, at=noon
            ),
            topics.review_changed,
        ),
        (FeedbackChanged(sheet_id=talk.pk, user_id=asha.user.pk, at=noon), topics.feedback_changed),
    ):
        heard.clear()
        step(fact, noon)
        assert hears("me.news")
    assert hears("feedback.mine")
