"""Marks and recounts: what is touched is counted whole, once, and again to the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from apps.interactions.canonical import CanonicalEvent
from apps.interactions.keys import key
from apps.interactions.services import keep_partitions, record
from apps.metrics import checking, counting, reading, services, tasks
from apps.metrics.models import AgentPoint, HourDue, Mark, Observation, QueuePoint
from apps.metrics.windows import Window
from apps.shared.outbox import dispatch
from tests.interactions.events import (
    ASHA,
    CUSTOMER,
    NOON,
    SOURCE,
    TOMAS,
    assigned,
    at,
    event,
    queued,
    said,
    started,
    status,
)
from tests.metrics.histories import history

BILLING = key(SOURCE, "queue", "billing")
POINT = ("starts_at", "n", "total", "revision")


def take_in(events: list[CanonicalEvent], *, now: datetime) -> None:
    """Record and dispatch, as the worker does, without counting."""
    record(events=events, source=SOURCE, at=now)
    dispatch(at=now)


def count_in(events: list[CanonicalEvent], *, now: datetime) -> None:
    """Record, dispatch and count."""
    take_in(events, now=now)
    services.recount_all(at=now)


def answered(name: str, *, asked: float, reply: float, by: dict = ASHA) -> list[CanonicalEvent]:
    """A conversation in billing whose customer asked and was answered at seconds after noon."""
    return [
        started(asked, conversation_id=name, queue="billing"),
        said(asked, CUSTOMER, conversation_id=name, message_id=f"{name}-1"),
        assigned(asked + 1, by, conversation_id=name),
        said(reply, by, conversation_id=name, message_id=f"{name}-2"),
    ]


def minutes(measure: str) -> list[tuple]:
    return list(QueuePoint.objects.filter(grain="minute", measure=measure).order_by("starts_at").values_list(*POINT))


@pytest.mark.django_db
def test_a_reply_stands_in_its_minute_its_hour_and_its_agents_quarter() -> None:
    count_in(answered("a", asked=30, reply=70) + answered("b", asked=75, reply=95.5), now=at(100))
    assert minutes("first_reply_time") == [(at(60), 2, 60_500_000, 0)]
    hour = QueuePoint.objects.get(grain="hour", measure="first_reply_time")
    assert (hour.starts_at, hour.queue_id, hour.channel, hour.n, hour.total) == (
        NOON,
        BILLING,
        "webchat",
        2,
        60_500_000,
    )
    assert sum(hour.counts) == 2
    quarter, whole = AgentPoint.objects.filter(measure="first_reply_time").order_by("-grain")
    assert [(p.grain, p.starts_at, p.n, p.total) for p in (quarter, whole)] == [
        ("quarter", NOON, 2, 60_500_000), ("hour", NOON, 2, 60_500_000)
    ]  # fmt: skip


@pytest.mark.django_db
def test_counting_again_changes_no_row() -> None:
    count_in([one for seed in range(20) for one in history(seed)], now=at(86400))

    def everything() -> list[list[tuple]]:
        return [sorted(model.objects.values_list(), key=repr) for model in (Observation, QueuePoint, AgentPoint)]

    before = everything()
    services.mark_everything(at=at(90000))
    services.recount_all(at=at(90000))
    assert everything() == before
    assert not Mark.objects.exists()


@pytest.mark.django_db
def test_an_earlier_reply_that_comes_late_moves_the_case_and_corrects_both_minutes() -> None:
    count_in(answered("a", asked=0, reply=200), now=at(201))
    count_in(answered("b", asked=1000, reply=1010), now=at(1011))
    late = said(62, TOMAS, conversation_id="a", message_id="late")
    count_in([late], now=at(1020))
    assert minutes("first_reply_time") == [
        (at(60), 1, 62_000_000, 1),  # from nothing to one, after it was shown
        (at(180), 0, 0, 1),
        (at(960), 1, 10_000_000, 0),
    ]


@pytest.mark.django_db
def test_a_first_import_of_the_past_corrects_nothing() -> None:
    for number in range(5):
        count_in(answered(f"k{number}", asked=600 * number, reply=600 * number + 30), now=at(86400))
    assert {point.revision for point in QueuePoint.objects.all()} == {0}
    count_in(answered("older", asked=30, reply=40), now=at(86500))
    assert minutes("first_reply_time")[0] == (at(0), 2, 40_000_000, 1)


@pytest.mark.django_db
def test_a_reopening_in_time_settles_a_number_of_the_past_and_corrects_none() -> None:
    closed = [*answered("a", asked=0, reply=30), status(60, "resolved", conversation_id="a")]
    count_in(closed, now=at(61))
    count_in(answered("b", asked=7000, reply=7010), now=at(7011))
    back = [said(7200, CUSTOMER, conversation_id="a", message_id="back"), status(7201, "open", conversation_id="a")]
    count_in(back, now=at(7202))
    assert minutes("reopen_rate") == [(at(60), 1, 1, 0)]


@pytest.mark.django_db
def test_a_rating_alone_marks_its_conversation() -> None:
    count_in([*answered("a", asked=0, reply=30), status(60, "resolved", conversation_id="a")], now=at(61))
    count_in([event("rating.received", 90, conversation_id="a", rating_id="r", score=5, min=1, max=5)], now=at(91))
    assert minutes("csat") == [(at(60), 1, 1, 0)]


@pytest.mark.django_db
def test_a_mark_costs_one_statement_whatever_the_number_of_conversations() -> None:
    counts = []
    for size in (3, 30):
        record(
            events=[one for n in range(size) for one in answered(f"{size}-{n}", asked=n, reply=n + 9)],
            source=SOURCE,
            at=at(99),
        )
        with CaptureQueriesContext(connection) as seen:
            dispatch(at=at(99))
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert Mark.objects.count() == 33


@pytest.mark.django_db
def test_a_recount_costs_the_same_number_of_statements_at_3_conversations_and_at_30() -> None:
    counts = []
    for turn, size in enumerate((31, 3, 30)):  # what comes after the first corrects what it counted
        take_in(
            [one for n in range(size) for one in answered(f"{turn}-{n}", asked=60 * n, reply=60 * n + 9)], now=at(9999)
        )
        with CaptureQueriesContext(connection) as seen:
            assert services.recount(at=at(9999)) == size
        HourDue.objects.update_or_create(starts_at=at(0), defaults={"since": at(0)})
        with CaptureQueriesContext(connection) as above:
            assert services.count_hours(at=at(9999), changed_by=at(9999)) == 1
        counts.append((len(seen), len(above)))
    assert counts[1] == counts[2]


@pytest.mark.django_db
def test_whoever_marks_rings_once_it_is_committed(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.recount, "apply_async", lambda **how: rung.append(how))
    record(events=answered("a", asked=0, reply=30), source=SOURCE, at=at(31))
    with django_capture_on_commit_callbacks(execute=True):
        dispatch(at=at(31))
        assert rung == []
    assert [how["expires"] for how in rung] == [1]


@pytest.mark.django_db
def test_one_that_nobody_closed_for_weeks_is_observed_apart_and_counted_with_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    whole = counting.replace_observations
    monkeypatch.setattr(
        counting, "replace_observations",
        lambda conversations, late: (asked.append(len(conversations)), whole(conversations=conversations, late=late))[1],
    )  # fmt: skip
    keep_partitions(at=at(9 * 86400))
    take_in([*answered("a", asked=0, reply=30), *answered("b", asked=5, reply=35)], now=at(36))
    services.recount(at=at(36))
    later = at(9 * 86400)
    back = [said(9 * 86400, CUSTOMER, conversation_id="a", message_id="back")]
    take_in([*back, *answered("c", asked=9 * 86400 - 60, reply=9 * 86400 - 20)], now=later)
    services.recount(at=later)
    assert asked == [2, 1, 1]
    assert [row[1] for row in minutes("first_reply_time")] == [2, 1]


def hours(measure: str) -> list[tuple[int, int]]:
    return list(QueuePoint.objects.filter(grain="hour", measure=measure).values_list("n", "revision"))


@pytest.mark.django_db
def test_hours_follow_two_seconds_after_the_first_change_in_them_and_each_is_counted_once() -> None:
    take_in(answered("a", asked=0, reply=30), now=at(31))
    services.recount_waiting(at=at(31))
    assert [row[1] for row in minutes("first_reply_time")] == [1]
    take_in(answered("b", asked=1, reply=32), now=at(32))
    services.recount_waiting(at=at(32))
    assert hours("first_reply_time") == []
    assert HourDue.objects.get().since == at(31)
    services.recount_waiting(at=at(33))
    assert hours("first_reply_time") == [(2, 0)]
    assert not HourDue.objects.exists()


@pytest.mark.django_db
def test_an_hour_is_due_since_its_earliest_change_whichever_worker_s_clock_is_ahead() -> None:
    for n, moment in enumerate((40, 36)):
        take_in(answered(str(n), asked=n, reply=30), now=at(35))
        services.recount(at=at(moment))
    assert HourDue.objects.get().since == at(36)
    services.count_hours(at=at(41), changed_by=at(41))
    assert hours("first_reply_time") == [(2, 0)]


@pytest.mark.django_db
def test_what_a_late_batch_corrects_is_corrected_in_its_hour_at_once() -> None:
    count_in(answered("a", asked=0, reply=30), now=at(31))
    count_in(answered("b", asked=600, reply=630), now=at(631))
    take_in(answered("late", asked=1, reply=32), now=at(700))
    services.recount(at=at(700))
    assert hours("first_reply_time") == [(3, 1)]


@pytest.mark.django_db
def test_a_window_is_as_old_as_an_hour_in_it_that_is_due_and_others_are_not() -> None:
    now = at(2 * 3600)
    take_in(answered("a", asked=0, reply=30), now=at(31))
    services.recount(at=at(31))
    of_hours = Window("7d", now - timedelta(days=7), now, is_exact=False)
    untouched = Window("7d", at(0) + timedelta(hours=1), now, is_exact=False)
    exact = Window("60m", at(0), now, is_exact=True)
    assert reading.progress(at=now, span=of_hours) == (at(31), False)
    assert reading.progress(at=now, span=untouched) == (now, True)
    assert reading.progress(at=now, span=exact) == (now, True)
    services.count_hours(at=now, changed_by=now)
    assert reading.progress(at=now, span=of_hours) == (now, True)


@pytest.mark.django_db(transaction=True)
def test_the_check_compares_nothing_while_an_hour_is_due() -> None:
    take_in(answered("a", asked=0, reply=30), now=at(31))
    services.recount(at=at(31))
    with pytest.raises(checking.StillArriving):
        checking.differences()


@pytest.mark.django_db(transaction=True)
def test_one_worker_counts_at_a_time_and_the_other_leaves_the_marks() -> None:
    take_in(answered("a", asked=0, reply=30), now=at(31))
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(services._ONE_HAND)
            assert services.recount(at=at(32)) == 0
            assert Mark.objects.count() == 1
            cursor.execute("ROLLBACK")
        assert services.recount(at=at(33)) == 1
    finally:
        other.close()


KILLED = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "supervision.settings"
import django
django.setup()
import time
from django.utils import timezone
from apps.metrics import counting, services
whole = counting._execute
def slow(*args):
    whole(*args)
    print("counting", flush=True)
    time.sleep(60)
counting._execute = slow
services.recount(at=timezone.now())
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_its_marks_and_the_next_one_counts_them() -> None:
    if "DATABASE_URL" not in os.environ:
        pytest.skip("the database was not given by DATABASE_URL, so a second process could not find it")
    take_in(answered("a", asked=0, reply=30), now=at(31))
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    env = {**os.environ, "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}"}
    child = subprocess.Popen([sys.executable, "-c", KILLED], env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "counting\n"
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    assert not Observation.objects.exists()
    assert Mark.objects.count() == 1
    deadline = time.monotonic() + 10
    while services.recount(at=at(32)) == 0 and time.monotonic() < deadline:  # until the server has noticed
        time.sleep(0.05)
    assert [row[1] for row in minutes("first_reply_time")] == [1]


@pytest.mark.django_db(transaction=True)
def test_the_check_finds_what_somebody_changed_by_hand_and_a_recount_of_its_cause_mends_it() -> None:
    count_in([one for seed in range(30) for one in history(seed)], now=at(86400))
    told = StringIO()
    call_command("recount", "--check", "--quiet", stdout=told)
    assert "every stored number agrees" in told.getvalue()
    for change in (
        "UPDATE metrics_queuepoint SET n = n + 1 WHERE measure = 'volume' AND grain = 'minute'",
        "UPDATE metrics_agentpoint SET counts[1] = counts[1] + 1 WHERE measure = 'response_time' AND grain = 'hour'",
        "DELETE FROM metrics_queuepoint WHERE measure = 'csat' AND grain = 'hour'",
        "UPDATE metrics_observation SET value = 1 - value WHERE measure = 'reopen_rate'",
    ):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kept_q AS TABLE metrics_queuepoint")
            cursor.execute("CREATE TABLE kept_a AS TABLE metrics_agentpoint")
            cursor.execute("CREATE TABLE kept_o AS TABLE metrics_observation")
            cursor.execute(change)
            assert cursor.rowcount > 0
        with pytest.raises(CommandError, match="differ"):
            call_command("recount", "--check", "--quiet", stdout=StringIO())
        with connection.cursor() as cursor:
            for kept, table in (
                ("kept_q", "metrics_queuepoint"),
                ("kept_a", "metrics_agentpoint"),
                ("kept_o", "metrics_observation"),
            ):
                cursor.execute(f"TRUNCATE {table}")
                cursor.execute(f"INSERT INTO {table} SELECT * FROM {kept}")
                cursor.execute(f"DROP TABLE {kept}")
    assert checking.differences() == []


@pytest.mark.django_db
def test_buckets_of_agents_hold_measures_of_agents_only() -> None:
    count_in([one for seed in range(40) for one in history(seed)], now=at(86400))
    kinds = {key(SOURCE, "agent", name): "ai" for name in ("bo", "cleo")}
    for measure, agent in AgentPoint.objects.filter(n__gt=0).values_list("measure", "agent_id"):
        assert (counting.MEASURES[measure].subject == "ai") == (kinds.get(agent) == "ai")


@pytest.mark.django_db
def test_a_move_to_another_queue_before_the_answer_moves_the_case_there() -> None:
    take_in([started(0, queue="billing"), said(1, CUSTOMER), queued(2, "billing")], now=at(3))
    take_in([queued(20, "sales"), assigned(30, ASHA), said(40, ASHA)], now=at(41))
    services.recount_all(at=at(42))
    sales = key(SOURCE, "queue", "sales")
    assert set(QueuePoint.objects.filter(measure="first_reply_time").values_list("queue_id", flat=True)) == {sales}
    # The wait in billing ended by a move and is no case; the one in sales was answered after ten seconds.
    assert minutes("speed_of_answer") == [(at(0), 1, 10_000_000, 0)]


def test_live_is_what_the_events_call_live() -> None:
    assert timedelta(seconds=120) == counting.LIVE


@pytest.mark.django_db
def test_a_tick_counts_what_is_marked_by_now_and_leaves_the_rest_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = iter([services.MOST_MARKS, 3, 3])
    monkeypatch.setattr(services, "recount", lambda **_: next(steps))
    services.recount_waiting(at=at(0))
    assert list(steps) == [3]
