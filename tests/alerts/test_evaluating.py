"""Rules on rows: what opens, who is called, what a crash, a second worker and a broken rule change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.viewer import Viewer
from apps.alerts import episodes, evaluating, services
from apps.alerts.engine.people import Severity
from apps.alerts.models import Call, Due, Episode, Evaluation, Happening, Rule, Series
from apps.alerts.pack import PACK
from apps.alerts.watching import reading
from apps.alerts.watching.seen import Seen
from apps.interactions.models import Conversation, Queue
from apps.metrics.models import Calendar, Observation, QueueCalendar
from tests.alerts.conftest import GRID, rule
from tests.console.floors import queue_named, waiting

pytestmark = pytest.mark.django_db


def watched(at: datetime) -> list[Episode]:
    services.watch(at=at)
    return list(Episode.objects.order_by("fired_at", "series_key"))


def test_a_long_queue_opens_one_alert_and_a_second_look_changes_its_number_only(billing: Queue, noon: datetime) -> None:
    rule()
    for n in range(3):
        waiting(billing, noon, 60 + n)
    [one] = watched(noon)
    assert (one.queue, one.value, one.limit, one.severity, one.stage) == (billing, 3.0, 2.0, Severity.WARNING, "open")
    waiting(billing, noon, 10)
    [same] = watched(noon + timedelta(seconds=5))
    assert (same.pk, same.value, same.peak) == (one.pk, 4.0, 4.0)
    assert [h.what for h in Happening.objects.all()] == ["fired"]


def test_it_is_over_when_the_queue_is_short_and_again_within_half_an_hour_is_the_same_story(
    billing: Queue, leads: Viewer, noon: datetime
) -> None:
    rule()
    rows = [waiting(billing, noon, 60 + n) for n in range(4)]
    watched(noon)
    Conversation.objects.filter(pk__in=[one.pk for one in rows]).update(waiting_since=None, holder=None, is_open=False)
    [one] = watched(noon + timedelta(seconds=30))
    assert (one.stage, one.resolved_at, one.is_manual) == ("resolved", noon + timedelta(seconds=30), False)
    Conversation.objects.filter(pk__in=[one.pk for one in rows[:3]]).update(waiting_since=noon, is_open=True)
    first, second = watched(noon + timedelta(seconds=60))
    assert (first.sequence, second.sequence, second.is_again) == (1, 2, True)
    # Nobody is told of it twice: it is not worse than before.
    assert list(Call.objects.order_by("pk").values_list("to", "held")) == [(leads.user.pk, ""), (leads.user.pk, "told")]


def test_the_message_that_set_it_off_is_known(asked: Conversation, noon: datetime) -> None:
    rule("nobody-came", reader="asked", params={"seconds": 90, "unit": "seconds"}, family="conversation", severity=3)
    [one] = watched(noon)
    assert one.conversation_id == asked.pk
    assert one.message_id is not None
    assert (one.value, one.limit, one.queue) == (300.0, 90, asked.queue)


def test_it_is_over_once_a_person_came(asked: Conversation, noon: datetime) -> None:
    from apps.analysis.models import Mood

    rule("nobody-came", reader="asked", params={"seconds": 90, "unit": "seconds"})
    watched(noon)
    Mood.objects.update(granted_at=noon)
    [one] = watched(noon + timedelta(seconds=2))
    assert one.stage == "resolved"
    assert Series.objects.get().is_quiet


def test_a_rule_of_the_grid_is_evaluated_once_a_time_and_missed_times_are_caught_up(
    billing: Queue, noon: datetime
) -> None:
    one = rule("first-reply", is_prompt=False, reader="percentile", wait_seconds=60, params={
        "measure": "first_reply_time", "op": ">", "times_target": 1.5, "leave": 0.8, "least_n": 3, "minutes": 30, "unit": "seconds",
    })  # fmt: skip
    for n in range(5):
        Observation.objects.create(
            conversation_id=uuid4(), measure="first_reply_time", n=1, at=noon - timedelta(minutes=5 + n), queue_id=billing.pk,
            value=200_000_000,
        )  # fmt: skip
    assert services.evaluate(at=noon + timedelta(seconds=3)) == 1
    assert services.evaluate(at=noon + timedelta(seconds=4)) == 0
    assert not Episode.objects.exists()
    # Nobody was there for two minutes: it fired when it would have fired.
    assert services.evaluate(at=noon + timedelta(minutes=2)) == 4
    assert list(Evaluation.objects.order_by("grid_at").values_list("grid_at", flat=True)) == [
        noon + n * GRID for n in range(5)
    ]
    found = Episode.objects.get()
    assert (found.fired_at, found.pending_since, found.value) == (noon + timedelta(minutes=1), noon, 200.0)
    one.refresh_from_db()
    assert one.evaluated_at == noon + timedelta(minutes=2)


def test_a_rule_that_raises_hurts_nobody_and_says_so(billing: Queue, noon: datetime, monkeypatch: Any) -> None:
    def raises(params: Any, at: datetime) -> list[Seen]:
        raise ZeroDivisionError("a poison rule")

    monkeypatch.setattr(reading, "READERS", {**reading.READERS, "poison": raises})
    monkeypatch.setattr(evaluating, "READERS", reading.READERS)
    bad, good = rule("a-poison", reader="poison"), rule("b-good")
    for n in range(3):
        waiting(billing, noon, 60 + n)
    watched(noon)
    [one] = watched(noon + timedelta(seconds=5))
    assert one.rule == good
    bad.refresh_from_db()
    assert (bad.errors, bad.error) == (2, "ZeroDivisionError: a poison rule")


def test_a_failing_statement_leaves_the_other_rules_and_the_marks_whole(
    billing: Queue, noon: datetime, monkeypatch: Any
) -> None:
    def broken(params: Any, at: datetime) -> list[Seen]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        return []

    monkeypatch.setattr(evaluating, "READERS", {**reading.READERS, "broken": broken})
    rule("a-broken", reader="broken")
    rule("b-good")
    for n in range(3):
        waiting(billing, noon, 60 + n)
    assert len(watched(noon)) == 1


def test_a_mark_makes_prompt_rules_look_at_once(billing: Queue, noon: datetime) -> None:
    rule()
    assert services.watch(at=noon) == 1
    assert services.watch(at=noon + timedelta(seconds=1)) == 0
    Due.objects.create(marked_at=noon)
    assert services.watch(at=noon + timedelta(seconds=1)) == 1
    assert not Due.objects.exists()


def test_a_closed_queue_is_not_judged(billing: Queue, noon: datetime) -> None:
    rule()
    QueueCalendar.objects.create(queue=billing, calendar=Calendar.objects.create(name="Never", zone="UTC"))
    for n in range(3):
        waiting(billing, noon, 60 + n)
    assert watched(noon) == []


def test_nobody_takes_it_on_and_operations_are_told(billing: Queue, leads: Viewer, olu: Viewer, noon: datetime) -> None:
    rule(severity=int(Severity.CRITICAL))
    for n in range(3):
        waiting(billing, noon, 60 + n)
    watched(noon)
    for minutes in (4, 5, 10, 11):
        watched(noon + timedelta(minutes=minutes))
    assert list(Call.objects.order_by("pk").values_list("step", "to")) == [(1, leads.user.pk), (3, olu.user.pk)]


def test_who_lost_the_queue_is_not_told(billing: Queue, leads: Viewer, nils: Viewer, noon: datetime) -> None:
    rule()
    leads.user.is_active = False
    leads.user.save()
    for n in range(3):
        waiting(billing, noon, 60 + n)
    watched(noon)
    assert not Call.objects.exists()


@pytest.mark.parametrize("who", ["nils", "asha", "mona"])
def test_whoever_may_not_see_it_is_told_nothing_when_it_comes_to_that(
    who: str, billing: Queue, noon: datetime, request: Any, monkeypatch: Any
) -> None:
    """The last net: even one who is named as a recipient is asked for the right at that moment."""
    viewer = request.getfixturevalue(who)
    monkeypatch.setattr(episodes, "_recipients", lambda queues: {billing.pk: [viewer.user], "ops": [], "admin": []})
    rule()
    for n in range(3):
        waiting(billing, noon, 60 + n)
    watched(noon)
    assert [one.held for one in Call.objects.all()] == ["not_allowed"]


def test_the_critical_alert_of_a_queue_explains_its_warning(billing: Queue, leads: Viewer, noon: datetime) -> None:
    rule(
        "a-longest",
        severity=3,
        params={"metric": "longest_wait", "op": ">", "enter": 30.0, "leave": 1.0, "unit": "seconds"},
    )
    rule("b-length")
    for n in range(3):
        waiting(billing, noon, 60 + n)
    watched(noon)
    assert dict(Call.objects.values_list("episode__rule__key", "held")) == {"a-longest": "", "b-length": "inhibited"}


def test_the_pack_is_seeded_once_and_every_rule_of_it_can_be_judged(billing: Queue, noon: datetime) -> None:
    assert (services.seed(at=noon), services.seed(at=noon)) == (len(PACK), 0)
    services.watch(at=noon)
    services.evaluate(at=noon)
    assert {one.key: one.error for one in Rule.objects.all()} == {one.key: "" for one in PACK}
    assert {one.evaluated_at for one in Rule.objects.all()} == {noon}


def test_more_queues_cost_no_more_statements(billing: Queue, noon: datetime) -> None:
    services.seed(at=noon)

    def cost(at: datetime) -> int:
        with CaptureQueriesContext(connection) as seen:
            services.watch(at=at)
            services.evaluate(at=at)
        return len(seen)

    def grow(to: int) -> None:
        for n in range(Queue.objects.count(), to):
            queue = queue_named(f"Queue {n}")
            for _ in range(15):
                waiting(queue, noon, 600)

    told = []
    for size in (3, 3, 30):  # the first one fills what is remembered between looks
        Episode.objects.all().delete()
        Series.objects.all().delete()
        Rule.objects.update(evaluated_at=None)
        Evaluation.objects.all().delete()
        grow(size)
        cost(noon)
        told.append(cost(noon + timedelta(seconds=60)))
    assert Episode.objects.count() >= 20
    assert told[1] == told[2]
