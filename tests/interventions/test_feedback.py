"""A feedback conversation is judged like any other action: by what was chosen, over days and weeks."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.access.viewer import Viewer
from apps.coaching.facts import FeedbackChanged
from apps.coaching.models import Sheet
from apps.interactions.models import Conversation
from apps.interventions import measuring, plans, queries, services, wording
from apps.interventions.models import Intervention, Look
from apps.interventions.verification import Verdict
from apps.reviews.models import Mark
from tests.reviews.conftest import Floor, another_talk
from tests.reviews.conftest import floor as floor
from tests.reviews.rows import judged

pytestmark = pytest.mark.django_db
WEEK, MONTH = plans.BY_KEY["week"], plans.BY_KEY["month"]


def talked(floor: Floor, at: datetime, metric: str) -> Sheet:
    made = Sheet.objects.create(
        agent=floor.agent,
        by=floor.lena.user,
        metric=metric,
        prepared_at=at,
        held_at=at,
        steps="The day, before every close.",
    )
    fact = FeedbackChanged(sheet_id=made.pk, user_id=floor.asha.user.pk, at=at)
    for _ in range(2):  # a fact that comes twice is one intervention
        services.feedback_changed(fact, at)
    return made


def marked(floor: Floor, at: datetime, key: str, step: int) -> None:
    """A review of a conversation that was over at the moment."""
    talk = another_talk(floor, at)
    Conversation.objects.filter(pk=talk.pk).update(last_event_at=at)
    review = judged(floor.agent, talk, floor.quentin.user, at + timedelta(days=1))
    Mark.objects.filter(review=review, line__key=key).update(step=step)


def test_a_number_is_looked_at_after_a_day_and_a_week_and_a_line_after_four_weeks(floor: Floor, noon: datetime) -> None:
    talked(floor, noon, "csat")
    looks = Look.objects.order_by("due_at").values_list("horizon", "metric", "after_until")
    assert list(looks) == [("day1", "csat", noon + timedelta(days=1)), ("week", "csat", noon + timedelta(days=7))]
    Intervention.objects.all().delete()
    talked(floor, noon, "line:next-step")
    one = Look.objects.get()
    assert (one.horizon, one.metric) == ("month", "line:next-step")
    assert one.due_at == noon + timedelta(days=28 + 7)  # a review may come a week after the work


def test_a_conversation_that_is_only_prepared_is_no_intervention(floor: Floor, noon: datetime) -> None:
    made = Sheet.objects.create(agent=floor.agent, by=floor.lena.user, metric="csat", prepared_at=noon)
    services.feedback_changed(FeedbackChanged(sheet_id=made.pk, user_id=1, at=noon), noon)
    assert Intervention.objects.count() == 0


def test_all_looks_at_one_number_together_flatter_no_more_than_one_in_twenty() -> None:
    assert sum(one.share for one in plans.CONVERSATION) == pytest.approx(0.05)
    assert sum(one.share for one in plans.REVIEWED) <= 0.05


def test_the_weeks_that_say_what_usually_follows_do_not_tell_twice_and_end_before_the_one_that_is_judged(
    noon: datetime,
) -> None:
    moments = measuring._before(noon, WEEK, [])
    assert moments == [noon - timedelta(weeks=n) for n in range(2, 29)]
    assert max(moments) + timedelta(weeks=1) <= noon - timedelta(weeks=1)


def test_a_line_is_measured_by_when_the_work_was_done_and_as_a_part_of_its_scale(floor: Floor, noon: datetime) -> None:
    for days, step in ((-3, 1), (-2, 3), (2, 4)):  # of four steps
        marked(floor, noon + timedelta(days=days), "shows-heard", step)
    here, _ = measuring.stretches(
        metric="line:shows-heard", own=floor.agent.pk, is_person=True, others=[], at=noon, horizon=MONTH, acted=[]
    )
    assert (here.before.n, here.after.n) == (2, 1)
    assert (here.before.mean, here.after.mean) == (pytest.approx(1 / 3), 1.0)


def test_it_is_too_early_to_tell_before_the_look_and_says_so_when_there_is_too_little(
    floor: Floor, noon: datetime
) -> None:
    made = talked(floor, noon, "line:shows-heard")
    [look] = queries.looks_of(viewer=floor.asha, subject=made.pk)
    assert (look.verdict, look.why) == ("Too early to tell", "Nothing is said before that.")
    for days in (-2, 2):
        marked(floor, noon + timedelta(days=days), "shows-heard", 3)
    assert services.verify_due(at=noon + timedelta(days=34)) == 0
    assert services.verify_due(at=noon + timedelta(days=35)) == 1
    assert Look.objects.get().verdict == Verdict.NOT_ENOUGH
    [look] = queries.looks_of(viewer=floor.asha, subject=made.pk)
    assert look.why.startswith("1 cases before and 1 after")


def test_a_verdict_says_how_far_back_it_looked(floor: Floor, noon: datetime) -> None:
    talked(floor, noon, "csat")
    Look.objects.update(judged_at=noon, verdict=Verdict.NO_EFFECT, before=0.7, after=0.7, expected=0.7, stretches=14)
    told = {one.horizon: wording.why(one) for one in Look.objects.all()}
    assert told["day1"].endswith("(14 stretches of the last 28 days).")
    assert told["week"].endswith("(14 stretches of the last 196 days).")


def test_what_came_of_it_is_for_the_agent_and_for_who_leads_them(floor: Floor, nils: Viewer, noon: datetime) -> None:
    made = talked(floor, noon, "csat")
    cast = {"asha": floor.asha, "lena": floor.lena, "nils": nils, "mona": floor.mona}
    assert [name for name, one in cast.items() if queries.effects(viewer=one, subjects=[made.pk])] == ["asha", "lena"]
    assert queries.effects(viewer=floor.lena, subjects=[uuid4()]) == {}
    assert (
        queries.effects(viewer=floor.lena, subjects=[made.pk])[made.pk].title == "Feedback conversation with Asha Verma"
    )
