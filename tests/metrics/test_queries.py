"""Who may read which number, of which windows, and what an answer says about itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Shift, Team
from apps.interactions.canonical import CanonicalEvent
from apps.interactions.keys import key
from apps.interactions.models import Queue
from apps.interactions.services import record
from apps.metrics import queries, services
from apps.metrics.definitions.definition import MixedFamilies
from apps.metrics.measures import MEASURES, READINGS, Measure, Reading
from apps.metrics.queries import Scope
from apps.metrics.windows import hours_within, window
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.outbox import dispatch
from tests.console.floors import granted
from tests.interactions.events import ASHA, BO, CUSTOMER, SOURCE, TOMAS, assigned, at, said, started

BILLING, SALES = key(SOURCE, "queue", "billing"), key(SOURCE, "queue", "sales")
HER, HIM, BOT = (key(SOURCE, "agent", name) for name in ("asha", "tomas", "bo"))
NOW = at(100)


def answered(name: str, queue: str, seconds: float, by: dict = ASHA, **more: object) -> list[CanonicalEvent]:
    return [
        started(0, conversation_id=name, queue=queue, **more), said(1, CUSTOMER, conversation_id=name),
        assigned(2, by, conversation_id=name), said(1 + seconds, by, conversation_id=name, message_id="r"),
    ]  # fmt: skip


@pytest.fixture
def floor(db: None) -> None:
    """Two replies in billing, one in sales, one of an AI agent."""
    events = [
        *answered("a", "billing", 20), *answered("b", "billing", 40, TOMAS, channel="email"), *answered("c", "sales", 80),
        *answered("d", "billing", 5, BO),
    ]  # fmt: skip
    record(events=events, source=SOURCE, at=NOW)
    dispatch(at=NOW)
    services.recount_all(at=NOW)


def ask(
    viewer: Viewer, metric: str = "first_reply_time", *, by: str = "", window: str = "60min", **scope: object
) -> queries.Answer:
    return queries.measure(viewer=viewer, key=metric, scope=Scope(**scope), window=window, by=by, at=NOW)  # type: ignore[arg-type]


def counts(answer: queries.Answer) -> dict[str, int]:
    return {group.label: group.number.n for group in answer.groups}


@pytest.mark.parametrize("span", ["60min", "28d"])
def test_a_lead_counts_the_queues_in_scope_and_operations_counts_all(
    span: str, floor: None, lena: Viewer, nils: Viewer, olu: Viewer
) -> None:
    lena = granted(lena, queue=Queue.objects.get(pk=BILLING))
    assert counts(ask(lena, window=span)) == {"": 2}
    assert counts(ask(lena, window=span, by="queue")) == {"billing": 2}
    assert counts(ask(lena, window=span, by="channel")) == {"webchat": 1, "email": 1}
    assert counts(ask(olu, window=span)) == {"": 3}
    assert counts(ask(nils, window=span)) == {"": 0}


def test_a_queue_out_of_scope_is_as_one_that_does_not_exist(floor: None, lena: Viewer) -> None:
    lena = granted(lena, queue=Queue.objects.get(pk=BILLING))
    for queue in (SALES, HER):
        with pytest.raises(OutOfScope):
            ask(lena, queue_id=queue)


@pytest.mark.parametrize("span", ["60min", "28d"])
def test_numbers_of_a_person_are_their_leads_and_their_own(
    span: str, floor: None, lena: Viewer, asha: Viewer, olu: Viewer
) -> None:
    team = Team.objects.create(name="Billing")
    Agent.objects.filter(pk=HER).update(team=team, user=asha.user)
    lena = granted(lena, team=team)
    assert counts(ask(lena, window=span, by="agent")) == {"Asha Rao": 2}
    assert counts(ask(lena, window=span, agent_id=HER)) == {"": 2}
    assert counts(ask(viewer_for(asha.user), window=span, agent_id=HER)) == {"": 2}
    with pytest.raises(OutOfScope):
        ask(lena, agent_id=HIM)
    for viewer in (olu, asha):
        with pytest.raises(NotAllowed):
            ask(viewer, agent_id=HIM)
    with pytest.raises(NotAllowed):
        ask(olu, by="agent")


def test_people_and_ai_agents_are_asked_for_apart(floor: None, lena: Viewer, olu: Viewer) -> None:
    Agent.objects.filter(pk=HER).update(team=(team := Team.objects.create(name="Billing")))
    lena = granted(lena, team=team)
    with pytest.raises(MixedFamilies, match="no number of AI agents"):
        ask(lena, agent_id=BOT)
    with pytest.raises(MixedFamilies, match="no number of people"):
        ask(lena, "handoff_rate", agent_id=HER)
    with pytest.raises(Refusal, match="judges nobody"):
        ask(lena, "abandonment_rate", by="agent")
    assert counts(ask(olu, "handoff_rate", agent_id=BOT)) == {"": 1}
    assert counts(ask(olu, "handoff_rate", by="agent")) == {"Bo": 1}


def test_a_metric_that_would_read_people_and_ai_agents_cannot_be_made() -> None:
    with pytest.raises(MixedFamilies):
        Reading(READINGS["csat"].metric, MEASURES["csat"], of_agent=MEASURES["ai_csat"])
    with pytest.raises(MixedFamilies):
        Reading(READINGS["deflection"].metric, MEASURES["transfer_rate"])
    with pytest.raises(ValueError, match="cannot be read"):
        Reading(READINGS["csat"].metric, Measure("volume", MEASURES["volume"].subject, MEASURES["volume"].form))


def test_what_cannot_be_asked_says_what_can(floor: None, olu: Viewer) -> None:
    with pytest.raises(OutOfScope):
        ask(olu, "happiness")
    with pytest.raises(Refusal, match="nothing measures it yet"):
        ask(olu, "alignment")
    with pytest.raises(Refusal, match="Expected one of: 5min"):
        ask(olu, window="1y")
    with pytest.raises(Refusal, match="Expected one of: queue"):
        ask(olu, by="shoe size")
    with pytest.raises(Refusal, match="Nobody is on shift"):
        ask(olu, window="shift")
    with pytest.raises(Refusal, match="not divided"):
        ask(olu, "handoff_rate", agent_id=BOT, by="queue")


def test_an_answer_says_as_of_when_it_is_complete(floor: None, olu: Viewer) -> None:
    whole = ask(olu)
    assert (whole.as_of, whole.is_complete) == (NOW, True)
    record(events=answered("late", "billing", 3), source=SOURCE, at=at(90))
    behind = ask(olu)
    assert (behind.as_of, behind.is_complete) == (at(90), False)  # announced, not marked yet
    dispatch(at=at(91))
    marked = ask(olu)
    assert (marked.as_of, marked.is_complete) == (at(90), False)
    services.recount_all(at=at(92))
    assert ask(olu).is_complete


def test_an_answer_says_what_may_still_move_and_how_exact_it_is(floor: None, olu: Viewer) -> None:
    assert ask(olu, "reopen_rate", window="7d").is_provisional
    assert not ask(olu, window="7d").is_provisional
    assert ask(olu).error == 0
    assert 0 < ask(olu, window="7d").error < 0.025
    assert ask(olu, "csat", window="7d").error == 0
    (group,) = ask(olu, window="7d").groups
    assert (group.number.is_enough, group.number.n) == (False, 3)


def test_a_late_event_shows_as_a_correction(floor: None, olu: Viewer) -> None:
    record(events=answered("on time", "billing", 9000), source=SOURCE, at=at(9010))
    record(events=answered("late", "billing", 30), source=SOURCE, at=at(9020))
    dispatch(at=at(9021))
    services.recount_all(at=at(9022))
    answer = queries.measure(viewer=olu, key="first_reply_time", scope=Scope(), window="7d", at=at(9030))
    assert answer.groups[0].number.corrected > 0
    early = queries.measure(viewer=olu, key="first_reply_time", scope=Scope(), window="5min", at=at(100))
    assert (early.groups[0].number.n, early.groups[0].number.revision > 0) == (4, True)


def test_the_service_level_follows_the_promise_that_the_queue_has_now(floor: None, olu: Viewer) -> None:
    assert ask(olu, "service_level").groups[0].number.value is None
    Queue.objects.filter(pk=BILLING).update(reply_target_seconds=30)
    (group,) = ask(olu, "service_level", window="28d").groups
    assert (group.number.hits, group.number.n) == (1, 2)
    Queue.objects.filter(pk=BILLING).update(reply_target_seconds=41)
    assert ask(olu, "service_level", by="queue").groups[0].number.value == 1.0


def test_an_answer_costs_the_same_statements_for_three_queues_and_for_thirty(floor: None, olu: Viewer) -> None:
    counted = []
    for size in (3, 30):
        events = [e for n in range(size) for e in answered(f"{size}-{n}", f"queue {size} {n}", 20)]
        record(events=events, source=SOURCE, at=NOW)
        dispatch(at=NOW)
        services.recount_all(at=NOW)
        with CaptureQueriesContext(connection) as seen:
            ask(olu, by="queue", window="28d")
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 5


@pytest.mark.django_db
def test_the_shift_is_the_one_that_runs(olu: Viewer) -> None:
    agent = Agent.objects.create(kind="human", name="Asha")
    Shift.objects.create(agent=agent, starts_at=NOW - timedelta(hours=3, minutes=7), ends_at=NOW + timedelta(hours=1))
    answer = ask(olu, window="shift")
    assert answer.window.since == datetime(2026, 11, 24, 8, 45, tzinfo=UTC)


def test_windows_start_where_buckets_start() -> None:
    moment = datetime(2026, 3, 29, 10, 7, 30, tzinfo=UTC)  # Berlin went to summer time this night
    today = window("today", at=moment, zone=ZoneInfo("Europe/Berlin"), shift_since=None)
    assert today.since == datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    kolkata = window("today", at=moment, zone=ZoneInfo("Asia/Kolkata"), shift_since=None)
    assert kolkata.since == datetime(2026, 3, 28, 18, 30, tzinfo=UTC)
    week = window("7d", at=moment, zone=ZoneInfo("UTC"), shift_since=None)
    assert week.since == datetime(2026, 3, 22, 10, 0, tzinfo=UTC)
    assert hours_within(kolkata.since, moment) == (
        datetime(2026, 3, 28, 19, tzinfo=UTC),
        datetime(2026, 3, 29, 10, tzinfo=UTC),
    )
    assert (
        hours_within(moment, moment + timedelta(minutes=5))[0] == hours_within(moment, moment + timedelta(minutes=5))[1]
    )
