"""An action becomes an intervention once, with everything fixed, and is judged when its time has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.alerts import services as alerts
from apps.analysis.models import Reading
from apps.coaching import services as coaching
from apps.interactions.models import Conversation, Queue
from apps.interventions import plans, queries, services
from apps.interventions.models import Intervention, Look
from apps.interventions.verification import Verdict
from apps.metrics.models import Observation
from apps.routing import services as routing
from apps.shared import outbox
from apps.shared.errors import NotAllowed, OutOfScope
from apps.tuning import services as tuning
from tests.alerts.conftest import fired, rule
from tests.console.floors import granted, holds, on_shift, queue_named
from tests.routing.conftest import Floor
from tests.routing.conftest import floor as floor  # the same floor

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def dispatch(at: datetime) -> None:
    while outbox.dispatch(at=at):
        continue


def divert(floor: Floor, at: datetime, kind: str = "seniors", **more: Any) -> Any:
    one = routing.divert(by=floor.lena, key=uuid4(), kind=kind, queue=floor.billing.pk, minutes=60, at=at, **more)
    dispatch(at)
    return one


def cases(
    queue: Queue, at: datetime, seconds: float, *, n: int = 20, measure: str = "first_reply_time", over: int = 28
) -> None:
    """So many cases of one value, evenly over some minutes from a moment."""
    Observation.objects.bulk_create(
        Observation(
            conversation_id=uuid4(), measure=measure, n=1, at=at + k * over * MINUTE / n, queue_id=queue.pk, channel="webchat",
            value=int(seconds * 1_000_000),
        )
        for k in range(n)
    )  # fmt: skip


def usual(queue: Queue, at: datetime, *, seconds: float, slow: float, days: int = 28) -> None:
    """The days before: the half hour before this time of the day is slow on every other one, and goes on to be slow."""
    for day in range(1, days + 1):
        for minutes in (-90, -60, -30, 0, 30, 60):
            level = (slow if day % 2 else seconds) * (1 + 0.01 * (day % 3))
            cases(queue, at - day * DAY + minutes * MINUTE, level, n=20)


def test_a_diversion_fixes_everything_at_the_moment_it_is_made(floor: Floor, noon: datetime) -> None:
    other = queue_named("Tech chat")
    episode = fired(floor.billing, noon - 5 * MINUTE)
    one = divert(floor, noon, alert=episode.pk)
    done = Intervention.objects.get()
    assert (done.kind, done.subject_id, done.episode, done.queue, done.at) == (
        "seniors",
        one.pk,
        episode,
        floor.billing,
        noon,
    )
    assert set(done.others) == {floor.care.pk, other.pk}  # what the other queues' channel is answered like
    looks = list(
        Look.objects.order_by("due_at").values_list("horizon", "metric", "before_from", "after_until", "verdict")
    )
    assert looks == [
        ("10min", "first_reply_time", noon - 30 * MINUTE, noon + 10 * MINUTE, "too_early"),
        ("30min", "first_reply_time", noon - 30 * MINUTE, noon + 30 * MINUTE, "too_early"),
        ("day", "abandonment_rate", noon - DAY, noon + DAY, "too_early"),
    ]  # fmt: skip


def test_a_fact_that_comes_twice_is_one_intervention(floor: Floor, noon: datetime) -> None:
    from apps.routing.facts import DiversionChanged

    one = divert(floor, noon)
    services.diversion_changed(DiversionChanged(diversion_id=one.pk, queue_ids=[], at=noon), noon + MINUTE)
    assert (Intervention.objects.count(), Look.objects.count()) == (1, 3)


def test_a_move_is_judged_where_it_helps_and_what_it_left_is_no_comparison(floor: Floor, noon: datetime) -> None:
    tech = queue_named("Tech chat")
    routing.move(
        by=floor.lena,
        key=uuid4(),
        queue=floor.care.pk,
        to_queue=floor.billing.pk,
        people=[floor.noor.pk],
        minutes=30,
        at=noon,
    )
    dispatch(noon)
    done = Intervention.objects.get()
    assert (done.queue, done.others) == (floor.billing, [tech.pk])


def test_nothing_is_said_before_its_time(floor: Floor, noon: datetime) -> None:
    divert(floor, noon)
    assert services.verify_due(at=noon + 10 * MINUTE - timedelta(seconds=1)) == 0
    [row] = queries.recent(viewer=floor.lena, at=noon + MINUTE)
    assert row.verdict == "Too early to tell"


def test_replies_that_got_faster_where_slow_times_usually_go_on_are_an_improvement(
    floor: Floor, noon: datetime
) -> None:
    Queue.objects.filter(pk=floor.care.pk).delete()  # nothing to compare with: the days before tell
    usual(floor.billing, noon, seconds=40, slow=180)
    cases(floor.billing, noon - 30 * MINUTE, 180)
    cases(floor.billing, noon, 60, over=28)
    divert(floor, noon)
    assert Intervention.objects.get().others == []
    assert services.verify_due(at=noon + 31 * MINUTE) == 2
    look = Look.objects.get(horizon="30min")
    assert (look.verdict, look.n_before, look.n_after) == (Verdict.IMPROVED, 20, 20)
    assert look.effect == pytest.approx(-1.1, abs=0.05)  # the logarithm of a third
    assert services.verify_due(at=noon + 31 * MINUTE) == 0  # judged once
    told = queries.get_told(viewer=floor.lena, pk=look.intervention_id, at=noon + 31 * MINUTE)
    assert [one.verdict for one in told.looks] == ["Not enough data", "Improved", "Too early to tell"]
    assert told.looks[1].effect == "−67 %"
    assert "From 3m 00s to 1m 00s" in told.looks[1].why
    assert told.course is not None
    assert len(told.course.own) > 5
    [works] = queries.works(viewer=floor.lena, at=noon + 31 * MINUTE)
    assert (works.kind, works.improved, works.judged) == ("Complex conversations to seniors", 1, 1)


def test_what_got_faster_everywhere_is_no_effect_of_it(floor: Floor, noon: datetime) -> None:
    Queue.objects.filter(pk=floor.care.pk).update(channel="webchat")
    for queue in (floor.billing, floor.care):
        for day in range(1, 29):
            for minutes in (-90, -60, -30, 0, 30, 60):
                cases(queue, noon - day * DAY + minutes * MINUTE, 60 * (1 + 0.02 * ((day + (queue == floor.care)) % 3)))
        cases(queue, noon - 30 * MINUTE, 60)
        cases(queue, noon, 30)
    divert(floor, noon)
    services.verify_due(at=noon + 31 * MINUTE)
    assert Look.objects.get(horizon="30min").verdict == Verdict.NO_EFFECT


def test_days_on_which_somebody_acted_do_not_tell_what_follows_when_nobody_does(floor: Floor, noon: datetime) -> None:
    Queue.objects.filter(pk=floor.care.pk).delete()
    usual(floor.billing, noon, seconds=40, slow=180)
    cases(floor.billing, noon - 30 * MINUTE, 180)
    cases(floor.billing, noon, 60)
    for day in (5, 4, 1):
        divert(floor, noon - day * DAY)
    divert(floor, noon)
    services.verify_due(at=noon + 31 * MINUTE, most=50)
    found = Look.objects.get(horizon="30min", intervention__at=noon).stretches
    assert 0 < found < 100


def test_taken_back_at_once_it_is_not_measured(floor: Floor, noon: datetime) -> None:
    one = divert(floor, noon)
    routing.take_back(by=floor.lena, pk=one.pk, at=noon + timedelta(seconds=5))
    dispatch(noon + timedelta(seconds=5))
    assert Intervention.objects.get().undone_at == noon + timedelta(seconds=5)
    assert not Look.objects.exists()
    [row] = queries.recent(viewer=floor.lena, at=noon + MINUTE)
    assert row.verdict == "Taken back"
    assert queries.works(viewer=floor.lena, at=noon + MINUTE) == []


@pytest.fixture
def noted(floor: Floor, asha: Viewer, noon: datetime) -> Intervention:
    """A note to Asha about a conversation that set an alert off."""
    Agent.objects.filter(pk=floor.asha.pk).update(user=asha.user)
    on_shift("Tom", floor.asha.team, noon)
    talk = holds(floor.asha, floor.billing, noon)
    rule("negative", reader="negative", params={"unit": "mood"}, action="coach")
    fired(floor.billing, noon - 2 * MINUTE, key="negative", talk=talk)
    coaching.send(
        by=floor.lena, agent=floor.asha.pk, key=uuid4(), text="Lead with the summary", conversation=talk.pk, at=noon
    )
    dispatch(noon)
    return Intervention.objects.get()


def test_a_note_answers_the_alert_its_conversation_set_off_and_is_compared_with_colleagues(
    noted: Intervention, floor: Floor
) -> None:
    assert (noted.kind, noted.agent, noted.queue, len(noted.others)) == ("note", floor.asha, None, 1)
    assert noted.episode is not None
    assert set(noted.looks.values_list("metric", flat=True)) == {"sentiment", "csat"}


def test_a_note_is_shown_to_who_may_read_it_and_to_nobody_else(
    noted: Intervention, floor: Floor, olu: Viewer, mona: Viewer, nils: Viewer, asha: Viewer, noon: datetime
) -> None:
    elsewhere = granted(nils, queue=floor.billing, team=Team.objects.create(name="Sales"))
    assert [row.title for row in queries.recent(viewer=floor.lena, at=noon + MINUTE)] == ["Note to Asha Verma"]
    for viewer in (olu, mona, elsewhere):
        assert queries.recent(viewer=viewer, at=noon + MINUTE) == []
        with pytest.raises(OutOfScope):
            queries.get_told(viewer=viewer, pk=noted.pk, at=noon + MINUTE)
    with pytest.raises(NotAllowed):
        queries.recent(viewer=asha, at=noon)


def test_moods_are_read_from_what_customers_of_the_person_wrote(
    noted: Intervention, floor: Floor, noon: datetime
) -> None:
    talk = Conversation.objects.filter(holder=floor.asha).get()
    Reading.objects.bulk_create(
        Reading(
            message_id=uuid4(), part="sentiment", conversation_id=talk.pk, sent_at=noon + k * MINUTE, label="", score=-0.5 + k / 100,
            model="m", version=1, text_checksum=0, read_at=noon,
        )
        for k in range(-20, 20)
    )  # fmt: skip
    services.verify_due(at=noon + 31 * MINUTE)
    look = Look.objects.get(horizon="30min")
    assert (look.n_before, look.n_after, look.verdict) == (20, 20, Verdict.NOT_ENOUGH)  # no days before


def test_what_an_alert_advises_is_an_intervention_of_its_own_where_it_is_no_other_row(
    floor: Floor, noon: datetime
) -> None:
    for key, action in (("worst", "open_worst"), ("moved", "move_people")):
        rule(key, action=action)
        alerts.act(by=floor.lena, pk=fired(floor.billing, noon, key=key).pk, at=noon)
        alerts.act(by=floor.lena, pk=fired(floor.care, noon, key=key).pk, at=noon)
    dispatch(noon)
    assert sorted(Intervention.objects.values_list("kind", "queue__name")) == [
        ("worst", "Billing chat"),
        ("worst", "WhatsApp"),
    ]


def test_a_proposal_and_a_call_for_help_are_interventions_too(floor: Floor, noon: datetime) -> None:
    bo = Agent.objects.create(kind="ai", name="Bo")
    one = tuning.propose(
        by=floor.lena,
        key=uuid4(),
        agent=bo.pk,
        kind="prompt",
        text="Ask for the order number",
        queue=floor.billing.pk,
        at=noon,
    )
    routing.call_help(by=floor.lena, key=uuid4(), queue=floor.care.pk, at=noon)
    dispatch(noon)
    found = {done.kind: done.looks.order_by("due_at")[0].metric for done in Intervention.objects.all()}
    assert found == {"proposal": "fallback_rate", "help": "first_reply_time"}
    tuning.withdraw(by=floor.lena, pk=one.pk, at=noon + MINUTE)
    dispatch(noon + MINUTE)
    assert Intervention.objects.get(kind="proposal").undone_at == noon + MINUTE


def test_a_feed_has_no_number_to_be_judged_by(floor: Floor, noon: datetime) -> None:
    rule("silent", reader="source", action="check_feed", params={"unit": "seconds"})
    one = fired(floor.billing, noon, key="silent")
    alerts.act(by=floor.lena, pk=one.pk, at=noon)
    dispatch(noon)
    assert (Intervention.objects.get().kind, Look.objects.count()) == ("feed", 0)
    [row] = queries.recent(viewer=floor.lena, at=noon + MINUTE)
    assert row.verdict == "Not measured"


@pytest.mark.parametrize(
    ("kind", "watched", "metric"),
    [
        ("move", "", "first_reply_time"), ("move", "queue_length", "first_reply_time"), ("worst", "transfer_rate", "transfer_rate"),
        ("worst", "mood", "sentiment"), ("note", "negative", "sentiment"), ("looked", "overdue", "response_time"),
        ("pause", "asked_for_person_rate", "asked_for_person_rate"), ("pause", "", "asked_for_person_rate"), ("feed", "source", ""),
    ],
)  # fmt: skip
def test_what_an_action_is_judged_by(kind: str, watched: str, metric: str) -> None:
    assert plans.leading(kind, watched=watched) == metric
    assert plans.lagging(metric) in {*plans.LAGGING.values(), metric}


def test_judging_costs_few_statements_however_long_the_past(floor: Floor, noon: datetime) -> None:
    usual(floor.billing, noon, seconds=40, slow=180, days=28)
    divert(floor, noon)
    with CaptureQueriesContext(connection) as seen:
        services.verify_due(at=noon + 11 * MINUTE)
    assert len(seen) <= 9
