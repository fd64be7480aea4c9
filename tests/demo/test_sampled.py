"""The demo's plans, draws and sessions: made once, after everything else, through the verbs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.demo import sampled
from apps.interactions.models import Conversation
from apps.reviews import comparing
from apps.reviews.models import Assignment, Calibration, Draw, Review, SamplingPlan
from tests.demo.test_quality import play
from tests.reviews.conftest import Floor, submitted
from tests.reviews.conftest import floor as floor

pytestmark = pytest.mark.django_db


def test_nothing_is_planned_before_there_is_something_to_draw_from(floor: Floor, noon: datetime) -> None:
    play(floor, noon, 12)
    assert not sampled.fill(at=noon)
    assert SamplingPlan.objects.count() == 0


def test_a_played_day_has_plans_draws_and_sessions_once(floor: Floor, noon: datetime) -> None:
    play(floor, noon, 60)
    submitted(floor, noon - timedelta(days=3))
    assert sampled.fill(at=noon)
    assert [one.error for one in Draw.objects.all()] == ["", ""]
    given = Assignment.objects.count()
    done = Assignment.objects.filter(review__submitted_at__isnull=False).count()
    assert 0 < done < given
    sessions = comparing.sessions(viewer=floor.mona)
    assert len(sessions) > 2
    assert [one.is_over for one in sessions] == [False, *[True] * (len(sessions) - 1)]
    assert Calibration.objects.filter(notes__isnull=False).count() == len(sessions) - 1
    assert {one.percent.value is not None for one in comparing.by_line(viewer=floor.mona, at=noon)} == {True}
    counted = Review.objects.count()
    assert sampled.fill(at=noon + timedelta(hours=1))
    assert (Review.objects.count(), Assignment.objects.count()) == (counted, given)
    assert not Conversation.objects.filter(
        pk__in=Calibration.objects.values("conversation"), assignments__isnull=False
    ).exists()
