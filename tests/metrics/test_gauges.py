"""Gauges: exact now, sampled each minute, and what each person does by the first of eight steps that holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Presence, Team
from apps.interactions.models import CareCycle, Conversation, Offer, Queue
from apps.metrics import calendars, gauges, queries
from apps.metrics.behind import LEFT_OUT, Question
from apps.metrics.calendars import Plan
from apps.metrics.drilldown import drill
from apps.metrics.models import Sample
from apps.metrics.queries import Scope
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from tests.console.floors import conversation, granted, holds, on_shift, queue_named, waiting

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ALL = Scope()


def opened(queue: Queue, noon: datetime, age: timedelta, *, is_answered: bool = False, **values: Any) -> Conversation:
    """An open conversation in its first cycle, so old."""
    one = conversation(queue, noon - age, **values)
    CareCycle.objects.create(
        conversation=one, n=1, started_at=noon - age, started_by="created", queue=queue,
        first_reply_at=noon - age + timedelta(minutes=1) if is_answered else None,
    )  # fmt: skip
    return one


@pytest.fixture
def floor(lena: Viewer, noon: datetime) -> dict[str, Any]:
    """Billing has one of everything; sales has one who waits; Lena may see billing."""
    team = Team.objects.create(name="Billing")
    billing, sales = queue_named("Billing"), queue_named("Sales")
    billing.teams.add(team)
    asha, bo = on_shift("Asha", team, noon), Agent.objects.create(kind=AgentKind.AI, name="Bo")
    for seconds in (90, 30):
        one = waiting(billing, noon, seconds)
        CareCycle.objects.create(
            conversation=one, n=1, started_at=noon - timedelta(seconds=seconds), started_by="created", queue=billing
        )
    waiting(sales, noon, 300)
    opened(billing, noon, 2 * HOUR, holder=asha)  # assigned and not served
    opened(billing, noon, 30 * HOUR, holder=asha, is_answered=True)
    opened(billing, noon, 100 * HOUR, is_answered=True, status="open")
    opened(billing, noon, HOUR, holder=bo, status="bot")
    opened(billing, noon, HOUR, status="pending")
    opened(billing, noon, HOUR, status="snoozed", holder=asha)
    closed = opened(billing, noon, HOUR)
    Conversation.objects.filter(pk=closed.pk).update(is_open=False)
    reopened = opened(billing, noon, 200 * HOUR, is_answered=True, holder=asha)
    CareCycle.objects.create(
        conversation=reopened, n=2, started_at=noon - 5 * HOUR, started_by="reopened", queue=billing
    )
    return {
        "lena": granted(lena, queue=billing, team=team),
        "billing": billing,
        "sales": sales,
        "asha": asha,
        "team": team,
    }


def ask(viewer: Viewer, key: str, noon: datetime, *, scope: Scope = ALL, by: str = "", window: str = "60min") -> Any:
    return queries.measure(viewer=viewer, key=key, scope=scope, window=window, by=by, at=noon)


def values(viewer: Viewer, key: str, noon: datetime, **asked: Any) -> dict[str, float | None]:
    return {group.label: group.number.value for group in ask(viewer, key, noon, **asked).groups}


def test_queue_length_is_who_waits_and_who_is_assigned_but_not_served(
    floor: dict[str, Any], olu: Viewer, noon: datetime
) -> None:
    # Two wait; one is assigned and not answered; the reopened one is not answered in its second cycle.
    assert values(floor["lena"], "queue_length", noon) == {"": 4.0}
    assert values(olu, "queue_length", noon, by="queue") == {"Billing": 4.0, "Sales": 1.0}


def test_unattended_looks_at_the_cycle_and_leaves_out_what_is_not_ours(floor: dict[str, Any], noon: datetime) -> None:
    assert values(floor["lena"], "unattended", noon) == {"": 4.0}


def test_the_backlog_falls_into_bands_of_the_age_of_the_cycle(floor: dict[str, Any], noon: datetime) -> None:
    assert values(floor["lena"], "backlog", noon) == {"": 6.0}
    assert values(floor["lena"], "backlog", noon, by="age") == {
        "under 1 h": 2.0, "1 to 4 h": 1.0, "4 to 24 h": 1.0, "1 to 3 days": 1.0, "over 3 days": 1.0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "in_it", "out"),
    [
        ("queue_length", 4, {"served": 1, "waits_for_nobody": 1, "ai_has_it": 1, "waits_for_customer": 2}),
        ("unattended", 4, {"answered_in_cycle": 2, "ai_has_it": 1, "waits_for_customer": 2}),
        ("backlog", 6, {"ai_has_it": 1, "waits_for_customer": 2}),
        ("longest_wait", 2, {"waits_for_nobody": 7}),
    ],
)
def test_a_gauge_opens_the_conversations_in_it_and_says_why_the_others_are_not(
    floor: dict[str, Any], noon: datetime, key: str, in_it: int, out: dict[str, int]
) -> None:
    lena = floor["lena"]
    found = drill(viewer=lena, question=Question(key=key, scope=ALL, window="60min", part=LEFT_OUT), at=noon)
    assert {one.key: one.count for one in found.parts} == {"all": in_it, LEFT_OUT: sum(out.values())}
    assert {one.key: one.count for one in found.reasons} == out
    listed = drill(viewer=lena, question=Question(key=key, scope=ALL, window="60min"), at=noon)
    assert len({row.conversation_id for row in listed.rows}) == in_it
    if key != "longest_wait":
        assert listed.number.value == in_it
    else:
        assert [row.said for row in listed.rows] == ["waits for 0:01:30", "waits for 0:00:30"]


def test_a_band_of_the_backlog_and_a_queue_open_their_own_and_an_unreadable_conversation_is_counted_only(
    floor: dict[str, Any], olu: Viewer, noon: datetime
) -> None:
    old = Question(key="backlog", scope=ALL, window="60min", by="age", group="1 to 3 days")
    assert [row.said for row in drill(viewer=floor["lena"], question=old, at=noon).rows] == ["open for 30:00:00"]
    sales = Question(key="queue_length", scope=ALL, window="60min", by="queue", group=str(floor["sales"].pk))
    found = drill(viewer=olu, question=sales, at=noon)  # who reads numbers and no conversations
    assert (found.parts[0].count, found.parts[0].hidden, found.rows) == (1, 1, [])


def test_free_slots_open_the_people_who_have_them_and_say_why_the_others_have_none(
    floor: dict[str, Any], olu: Viewer, noon: datetime
) -> None:
    team, other = floor["team"], Team.objects.create(name="Sales")
    on_shift("Ben", team, noon)
    caller = on_shift("Cleo", team, noon)
    Conversation.objects.filter(pk=holds(caller, floor["billing"], noon).pk).update(channel="voice")
    on_shift("Dana", team, noon, status="away")
    Agent.objects.create(kind="human", name="Eli", team=team)
    on_shift("Fay", other, noon)  # answers none of these queues

    def opened_by(viewer: Viewer, **asked: Any) -> Any:
        question = Question(**{"key": "free_slots", "scope": ALL, "window": "60min", **asked})
        return drill(viewer=viewer, question=question, at=noon)

    found = opened_by(floor["lena"])
    # Asha's three slots are full, and a call takes Cleo whole.
    assert [(row.agent, row.title, row.said) for row in found.rows] == [
        ("Asha", "Holds 4", "0 of 3 free"), ("Ben", "Holds 0", "3 of 3 free"), ("Cleo", "A call takes a person whole", "0 of 3 free"),
    ]  # fmt: skip
    assert found.number.value == sum(int(row.said.split()[0]) for row in found.rows)
    assert "9 slots of 3 people, 3 slots free" in found.formula
    out = opened_by(floor["lena"], part=LEFT_OUT)
    assert [(row.agent, row.reason.split(":")[0].split(",")[0]) for row in out.rows] == [
        ("Dana", "On a break"), ("Eli", "Signed out"),
    ]  # fmt: skip
    billing = str(floor["billing"].pk)
    assert opened_by(floor["lena"], by="queue", group=billing).rows == found.rows
    with pytest.raises(OutOfScope):
        opened_by(floor["lena"], by="queue", group=str(floor["sales"].pk))
    unnamed = opened_by(olu)  # who reads numbers and nobody's name
    assert ([(one.count, one.hidden) for one in unnamed.parts], unnamed.rows) == ([(3, 3), (2, 2)], [])


def test_the_longest_wait_is_of_who_still_stands_in_a_queue_and_null_when_nobody_does(
    floor: dict[str, Any], olu: Viewer, noon: datetime
) -> None:
    assert values(olu, "longest_wait", noon) == {"": 300.0}
    assert values(floor["lena"], "longest_wait", noon) == {"": 90.0}
    Conversation.objects.update(waiting_since=None)
    assert values(floor["lena"], "longest_wait", noon) == {"": None}


def test_the_longest_wait_has_its_clock_of_business_hours(floor: dict[str, Any], noon: datetime) -> None:
    (group,) = ask(floor["lena"], "longest_wait", noon).groups
    assert group.number.business is None
    # Opened a minute ago, on a Tuesday.
    plan = Plan(name="A", zone="UTC", hours={2: [(11 * 60 + 59, 18 * 60)]}, queues=frozenset([floor["billing"].pk]))
    calendars.save(by=None, calendar=None, plan=plan, at=noon)
    (group,) = ask(floor["lena"], "longest_wait", noon).groups
    assert (group.number.value, group.number.business) == (90.0, 60.0)


def test_free_slots_are_null_where_no_team_answers(floor: dict[str, Any], olu: Viewer, noon: datetime) -> None:
    # Three slots, and four conversations in hand: none is free, which is not the same as not known.
    assert values(olu, "free_slots", noon, by="queue") == {"Billing": 0.0, "Sales": None}
    on_shift("Ben", floor["team"], noon)
    assert values(floor["lena"], "free_slots", noon) == {"": 3.0}


def test_what_a_gauge_cannot_say_is_refused_in_words(floor: dict[str, Any], asha: Viewer, noon: datetime) -> None:
    lena = floor["lena"]
    for key, asked, words in (
        ("queue_length", {"by": "agent"}, "judges nobody"),
        ("queue_length", {"by": "channel"}, "looked at by queue"),
        ("queue_length", {"by": "age"}, "Only the backlog"),
        ("csat", {"by": "age"}, "Only the backlog"),
    ):
        with pytest.raises(Refusal, match=words):
            ask(lena, key, noon, **asked)
    with pytest.raises(OutOfScope):
        ask(lena, "backlog", noon, scope=Scope(queue_id=floor["sales"].pk))
    with pytest.raises(NotAllowed):
        ask(asha, "backlog", noon)


def test_samples_make_the_series_and_a_minute_nobody_looked_is_missing(
    floor: dict[str, Any], olu: Viewer, noon: datetime
) -> None:
    assert gauges.sample(at=noon + timedelta(seconds=3)) == 2
    assert gauges.sample(at=noon + timedelta(seconds=9)) == 0
    waiting(floor["sales"], noon, 10)
    gauges.sample(at=noon + timedelta(minutes=2))
    later = noon + timedelta(minutes=5)

    def told(viewer: Viewer, key: str, **asked: Any) -> dict[str, list[tuple[datetime, float, int]]]:
        answer = ask(viewer, key, later, **asked)
        return {one.key: [(m.at, m.value, m.samples) for m in one.moments] for one in answer.series}

    two = noon + timedelta(minutes=2)
    assert told(olu, "queue_length") == {"": [(noon, 5.0, 1), (two, 6.0, 1)]}
    assert told(floor["lena"], "queue_length") == {"": [(noon, 4.0, 1), (two, 4.0, 1)]}
    assert told(olu, "queue_length", by="queue")[str(floor["sales"].pk)] == [(noon, 1.0, 1), (two, 2.0, 1)]
    # In steps of five minutes: the mean of a count, the longest of a wait.
    assert told(olu, "queue_length", window="today") == {"": [(noon, 5.5, 2)]}
    assert told(olu, "longest_wait", window="today") == {"": [(noon, 420.0, 2)]}
    assert told(olu, "free_slots") == {}
    assert told(floor["lena"], "free_slots") == {"": [(noon, 0.0, 1), (two, 0.0, 1)]}
    assert told(olu, "csat") == {}


def test_samples_are_forgotten_after_their_retention(floor: dict[str, Any], noon: datetime, settings: Any) -> None:
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "samples": 2}
    gauges.sample(at=noon)
    gauges.sample(at=noon + timedelta(days=2))
    assert gauges.forget(at=noon + timedelta(days=2, minutes=1)) == 2
    assert set(Sample.objects.values_list("taken_at", flat=True)) == {noon + timedelta(days=2)}


def test_a_gauge_costs_the_same_number_of_statements_at_3_queues_and_at_30(olu: Viewer, noon: datetime) -> None:
    counts = []
    for size in (3, 30):
        for n in range(Queue.objects.count(), size):
            waiting(queue_named(f"Q{n}"), noon, 30)
        with CaptureQueriesContext(connection) as seen:
            assert len(ask(olu, "longest_wait", noon, by="queue").groups) == size
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_series_is_in_the_api(floor: dict[str, Any], client: Client, noon: datetime) -> None:
    now = timezone.now()
    gauges.sample(at=now)
    client.force_login(floor["lena"].user)
    told = client.get("/api/v1/metrics/backlog", {"window": "5min"}).json()
    assert [one["key"] for one in told["series"]] == [""]
    (moment,) = told["series"][0]["moments"]
    assert moment["value"] == moment["highest"] == told["groups"][0]["number"]["value"]


def offer(agent: Agent, at: datetime, outcome: str) -> None:
    Offer.objects.create(id=uuid4(), conversation_id=uuid4(), agent_id=agent.pk, outcome=outcome, happened_at=at)


def said(agent: Agent, at: datetime, status: str, reason: str = "") -> None:
    Presence.objects.filter(agent=agent, ended_at=None).update(ended_at=at)
    Presence.objects.create(id=uuid4(), agent=agent, status=status, reason=reason, started_at=at)


def test_the_first_of_eight_steps_that_holds_is_what_a_person_does(lena: Viewer, noon: datetime) -> None:
    team, queue = Team.objects.create(name="Team"), queue_named("Queue")
    viewer = granted(lena, team=team)

    def person(name: str) -> Agent:
        return on_shift(name, team, noon)

    def ago(seconds: int) -> datetime:
        return noon - timedelta(seconds=seconds)

    missed, declined, ringing, busy, wraps, lunch, ready = map(
        person, ("1 missed", "2 declined", "3 rings", "4 holds", "5 wraps", "6 lunch", "7 ready")
    )
    holds(missed, queue, noon)  # step 2 comes before step 4
    offer(missed, ago(40), "missed")
    offer(declined, ago(30), "declined")
    offer(ringing, ago(5), "offered")
    holds(busy, queue, noon)
    said(busy, ago(60), "away", "Lunch")  # step 4 comes before step 7
    offer(busy, ago(5), "offered")  # and before step 6
    said(wraps, ago(50), "wrap_up")
    said(lunch, ago(400), "away", "Break")
    said(lunch, ago(90), "away", "Lunch")
    offer(ready, ago(300), "missed")  # long ago
    gone = person("8 gone")
    said(gone, ago(20), "offline")
    told = {one.name: (one.state, one.label, (noon - one.since).total_seconds(), one.held)
            for one in queries.agent_states(viewer=viewer, at=noon)}  # fmt: skip
    assert told == {
        "1 missed": ("missed", "Missed an offer", 40.0, 1),
        "2 declined": ("rejected", "Declined an offer", 30.0, 0),
        "3 rings": ("incoming", "Being offered one", 5.0, 0),
        "4 holds": ("on_contact", "On contact", 300.0, 1),
        "5 wraps": ("after_contact_work", "Wrap-up", 50.0, 0),
        "6 lunch": ("custom", "Lunch", 90.0, 0),
        "7 ready": ("available", "Available", 600.0, 0),
    }


def test_time_in_state_begins_anew_after_a_conversation_and_runs_on_through_the_next_one(
    lena: Viewer, noon: datetime
) -> None:
    team, queue = Team.objects.create(name="Team"), queue_named("Queue")
    viewer, asha = granted(lena, team=team), on_shift("Asha", team, noon)
    first = holds(asha, queue, noon)
    first.participation_set.update(left_at=noon - timedelta(minutes=2))
    (one,) = queries.agent_states(viewer=viewer, at=noon)
    assert (one.state, noon - one.since) == ("available", timedelta(minutes=2))
    holds(asha, queue, noon + timedelta(minutes=2))  # since 11:57, so the two overlap
    (one,) = queries.agent_states(viewer=viewer, at=noon)
    assert (one.state, noon - one.since) == ("on_contact", timedelta(minutes=5))


def test_only_who_may_see_people_by_name_reads_their_states(olu: Viewer, lena: Viewer, noon: datetime) -> None:
    on_shift("Asha", Team.objects.create(name="Team"), noon)
    with pytest.raises(NotAllowed):
        queries.agent_states(viewer=olu, at=noon)
    assert queries.agent_states(viewer=lena, at=noon) == []
