"""Working time by days: a mean with its interval from ten days on, and what contradicts itself on a person's card."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Presence, Shift
from apps.agents.reach import Reach
from apps.metrics import cards, day_by_day, scorecards
from apps.metrics.windows import Window
from apps.reviews import services as reviews
from apps.reviews.models import Review
from tests.console.floors import conversation, queue_named
from tests.metrics.test_scorecards import counted
from tests.reviews.rows import judged

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def me(asha: Viewer) -> Agent:
    return Agent.objects.create(kind="human", name="Asha", user=asha.user)


def works(me: Agent, day: datetime, *, late: float, planned: float = 8) -> None:
    """A shift from nine, signed in so many hours late and ready to its end; nothing is ever in hand."""
    begins = day.replace(hour=9, minute=0)
    Shift.objects.create(agent=me, starts_at=begins, ends_at=begins + planned * HOUR)
    for status, at in (("available", begins + late * HOUR), ("offline", begins + planned * HOUR)):
        Presence.objects.create(id=uuid4(), agent=me, status=status, started_at=at)


def test_days_are_counted_and_fewer_than_ten_say_nothing(me: Agent, asha: Viewer, noon: datetime) -> None:
    for back in range(1, 12):
        works(me, noon - timedelta(days=back), late=back % 2)
    span, short = (Window("x", noon - timedelta(days=n), noon, is_exact=False) for n in (20, 8))
    found, few = day_by_day.of_days(person=Reach.whole([me.pk]), spans=[span, short], zone=asha.zone)
    assert (found["adherence"].n, round(found["adherence"].value or 0, 4)) == (11, round((6 * 7 / 8 + 5) / 11, 4))
    assert found["idle_time"].value == pytest.approx((6 * 7 + 5 * 8) * 3600 / 11)
    assert found["adherence"].low is not None
    assert found["adherence"].low < found["adherence"].value  # type: ignore[operator]
    assert (few["adherence"].is_enough, few["adherence"].low) == (False, None)


def test_more_kept_to_the_plan_and_more_idle_is_said_on_the_card(me: Agent, asha: Viewer, noon: datetime) -> None:
    for back in range(1, 56):
        works(me, noon - timedelta(days=back), late=(0.2 if back < 28 else 3) + 0.1 * (back % 3))
    found = scorecards.scorecard(viewer=asha, agent=me, window="28d", at=noon)
    assert [one.pair.guard for one in found.conflicts] == ["idle_time"]
    told = next(pair for pair in cards.card(found, is_own=True).pairs if pair.state)
    assert told.sentence.startswith("More is kept to the plan, and more time passes with nothing in hand.")
    assert told.driver.href.startswith("/metrics/adherence?")


def test_faster_replies_and_worse_reviews_are_said_on_the_card(
    me: Agent, asha: Viewer, mona: Viewer, noon: datetime
) -> None:
    reviews.seed(at=noon - timedelta(days=90))
    queue = queue_named("Billing chat")
    for back, seconds, score in ((40, 60, 90), (10, 30, 55)):
        counted(me, "agent_first_reply_time", noon - timedelta(days=back), n=200, seconds=seconds)
        for n in range(12):
            at = noon - timedelta(days=back, hours=n)
            one = judged(me, conversation(queue, at - HOUR), mona.user, at)
            Review.objects.filter(pk=one.pk).update(score=score + n % 3)
    found = scorecards.scorecard(viewer=asha, agent=me, window="28d", at=noon)
    assert [one.pair.guard for one in found.conflicts] == ["internal_quality_score"]
    assert found.conflicts[0].guard.value == pytest.approx(56)
