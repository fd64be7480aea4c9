"""Rules on rows: what opens, who is called, what a crash, a second worker and a broken rule change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Shift, Team
from apps.alerts import episodes, evaluating, queries, services
from apps.alerts.engine.people import Severity
from apps.alerts.episodes import Recipients
from apps.alerts.models import Call, Due, Episode, Evaluation, Happening, Rule, Series
from apps.alerts.pack import PACK
from apps.alerts.watching import reading
from apps.alerts.watching.seen import Seen
from apps.connectors.lateness import LateSource
from apps.interactions.models import Conversation, Queue, QueueIdentity
from apps.metrics.models import Calendar, Observation, QueueCalendar
from tests.alerts.conftest import GRID, rule
from tests.console.floors import granted, queue_named, waiting

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


def emptied(rows: list[Any]) -> None:
    Conversation.objects.filter(pk__in=[one.pk for one in rows]).update(waiting_since=None, holder=None, is_open=False)


def filled(rows: list[Any], at: datetime) -> None:
    Conversation.objects.filter(pk__in=[one.pk for one in rows]).update(waiting_since=at, is_open=True)


def test_over_and_back_within_half_an_hour_it_is_the_same_card_and_nobody_is_told_twice(
    billing: Queue, leads: Viewer, noon: datetime
) -> None:
    rule()
    rows = [waiting(billing, noon, 60 + n) for n in range(4)]
    watched(noon)
    emptied(rows)
    [one] = watched(noon + timedelta(seconds=30))
    assert (one.stage, one.resolved_at, one.is_manual) == ("resolved", noon + timedelta(seconds=30), False)
    filled(rows[:3], noon)
    [again] = watched(noon + timedelta(seconds=60))
    assert (again.pk, again.stage, again.times, again.sequence, again.is_again) == (one.pk, "open", 2, 2, True)
    assert (again.fired_at, again.resolved_at, again.peak) == (noon, None, 4.0)
    assert [h.what for h in Happening.objects.order_by("pk")] == ["fired", "resolved", "again"]
    assert list(Call.objects.order_by("pk").values_list("to", "held")) == [(leads.user.pk, ""), (leads.user.pk, "told")]


def test_what_comes_back_worse_is_told_again(billing: Queue, leads: Viewer, noon: datetime) -> None:
    rule()
    rows = [waiting(billing, noon, 60 + n) for n in range(4)]
    emptied(rows[:1])
    watched(noon)
    emptied(rows)
    watched(noon + timedelta(seconds=30))
    filled(rows, noon)
    [again] = watched(noon + timedelta(seconds=60))
    assert (again.times, again.is_again, again.peak) == (2, False, 4.0)
    assert list(Call.objects.order_by("pk").values_list("held", flat=True)) == ["", ""]


def test_after_half_an_hour_it_is_another_card(billing: Queue, leads: Viewer, noon: datetime) -> None:
    rule()
    rows = [waiting(billing, noon, 60 + n) for n in range(3)]
    watched(noon)
    emptied(rows)
    watched(noon + timedelta(seconds=30))
    for minutes in range(1, 31):  # somebody watched all the time
        watched(noon + timedelta(minutes=minutes))
    filled(rows, noon)
    first, second = watched(noon + timedelta(minutes=30, seconds=31))
    assert (first.times, second.times, second.sequence, second.is_again) == (1, 1, 2, False)
    assert list(Call.objects.values_list("held", flat=True)) == ["", ""]


def test_what_somebody_judged_stays_judged_and_its_sequel_is_another_card(
    billing: Queue, leads: Viewer, noon: datetime
) -> None:
    rule()
    rows = [waiting(billing, noon, 60 + n) for n in range(3)]
    watched(noon)
    emptied(rows)
    [one] = watched(noon + timedelta(seconds=30))
    services.judge(by=leads, pk=one.pk, outcome="false_alarm", at=noon + timedelta(seconds=40))
    filled(rows, noon)
    first, second = watched(noon + timedelta(seconds=60))
    assert (first.outcome, first.stage, second.stage, second.is_again) == ("false_alarm", "closed", "open", True)


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


def unheard(billing: Queue, noon: datetime, *minutes: int) -> list[tuple[int, int]]:
    """A critical alert that nobody takes on, looked at after some minutes; who was called at which step."""
    rule(severity=int(Severity.CRITICAL))
    for n in range(3):
        waiting(billing, noon, 60 + n)
    watched(noon)
    for one in minutes:
        watched(noon + timedelta(minutes=one))
    return list(Call.objects.order_by("pk").values_list("step", "to"))


def test_nobody_takes_it_on_and_where_there_is_no_other_lead_operations_are_told_at_once(
    billing: Queue, leads: Viewer, olu: Viewer, noon: datetime
) -> None:
    # The third step has nobody left to tell: everybody was.
    assert unheard(billing, noon, 4, 5, 10, 11) == [(1, leads.user.pk), (2, olu.user.pk)]


def test_who_is_on_shift_is_told_first_then_the_other_leads_then_operations(
    billing: Queue, leads: Viewer, nils: Viewer, olu: Viewer, noon: datetime
) -> None:
    other = granted(nils, queue=billing)
    her = Agent.objects.create(kind="human", name="Lena", user=leads.user)
    Shift.objects.create(agent=her, starts_at=noon - timedelta(hours=1), ends_at=noon + timedelta(hours=7))
    told = unheard(billing, noon, 4, 5, 10, 11)
    assert told == [(1, leads.user.pk), (2, other.user.pk), (3, olu.user.pk)]


def test_where_no_roster_says_who_is_on_shift_every_lead_is_told_first(
    billing: Queue, leads: Viewer, nils: Viewer, olu: Viewer, noon: datetime
) -> None:
    other = granted(nils, queue=billing)
    told = unheard(billing, noon, 5)
    assert sorted(told) == sorted([(1, leads.user.pk), (1, other.user.pk), (2, olu.user.pk)])


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
    monkeypatch.setattr(
        episodes,
        "recipients",
        lambda queues, teams, at: Recipients({billing.pk: [viewer.user]}, {}, frozenset(), [], []),
    )
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


@pytest.fixture
def silent(billing: Queue, noon: datetime, settings: Any) -> list[LateSource]:
    """The sources that are late; the shop alone feeds the billing queue."""
    QueueIdentity.objects.create(source="shop", external_id="b", queue=billing)
    late: list[LateSource] = []
    settings.LATE_SOURCES = "tests.alerts.test_evaluating.late_now"
    LATE[:] = [late]
    return late


LATE: list[list[LateSource]] = []


def late_now(*, at: datetime) -> list[LateSource]:
    return LATE[0]


def feed_rule() -> Rule:
    return rule(
        "silent-source", reader="source", family="feed", severity=3, params={"unit": "seconds"}, action="check_feed"
    )


def test_a_silent_source_stands_for_the_alerts_that_hang_on_it_and_they_are_told_when_it_is_back(
    billing: Queue, leads: Viewer, adam: Viewer, noon: datetime, silent: list[LateSource]
) -> None:
    silent.append(LateSource("shop", "Shop", noon - timedelta(minutes=5), is_silent=True))
    feed_rule()
    rule("b-length")
    for n in range(3):
        waiting(billing, noon, 60 + n)
    watched(noon)
    held = dict(Call.objects.values_list("episode__rule__key", "held"))
    assert held == {"silent-source": "", "b-length": "inhibited"}
    [card] = queries.panel(viewer=leads, at=noon).alerts  # she does not see the source's own alert, and is told of it
    assert card.explained_by == "The queue is long"
    silent.clear()
    watched(noon + timedelta(seconds=2))
    length = Call.objects.get(episode__rule__key="b-length")
    assert (length.held, length.at) == ("", noon + timedelta(seconds=2))


def test_a_queue_that_two_sources_feed_hangs_on_neither(
    billing: Queue, leads: Viewer, adam: Viewer, noon: datetime, silent: list[LateSource]
) -> None:
    QueueIdentity.objects.create(source="mail", external_id="b", queue=billing)
    silent.append(LateSource("shop", "Shop", noon - timedelta(minutes=5), is_silent=True))
    feed_rule()
    rule("b-length")
    for n in range(3):
        waiting(billing, noon, 60 + n)
    watched(noon)
    assert set(Call.objects.values_list("held", flat=True)) == {""}


def test_while_a_source_is_silent_nothing_it_feeds_is_over(
    billing: Queue, leads: Viewer, noon: datetime, silent: list[LateSource]
) -> None:
    rule()
    rows = [waiting(billing, noon, 60 + n) for n in range(3)]
    watched(noon)
    silent.append(LateSource("shop", "Shop", noon, is_silent=True))
    emptied(rows)
    [one] = watched(noon + timedelta(seconds=30))
    assert one.stage == "open"
    silent.clear()
    [one] = watched(noon + timedelta(seconds=60))
    assert one.stage == "resolved"


def test_a_rule_with_limits_of_its_own_for_a_queue_holds_there_and_the_general_one_elsewhere(
    billing: Queue, noon: datetime
) -> None:
    sales = queue_named("Sales chat")
    general = rule("a-general")
    own = rule(
        "b-own", scope_kind="queue", scope_key=str(billing.pk),
        params={"metric": "queue_length", "op": ">", "enter": 1.0, "leave": 1.0, "unit": "waiting"},
    )  # fmt: skip
    Rule.objects.filter(pk=own.pk).update(instead_of=general)
    for queue in (billing, sales):
        for n in range(3):
            waiting(queue, noon, 60 + n)
    assert {(one.rule.key, one.queue) for one in watched(noon)} == {("a-general", sales), ("b-own", billing)}


def test_a_rule_of_a_team_watches_the_queues_of_that_team(billing: Queue, noon: datetime) -> None:
    team, sales = Team.objects.create(name="Care"), queue_named("Sales chat")
    billing.teams.add(team)
    rule(scope_kind="team", scope_key=str(team.pk))
    for queue in (billing, sales):
        for n in range(3):
            waiting(queue, noon, 60 + n)
    assert [one.queue for one in watched(noon)] == [billing]


def test_dead_watching_raises_an_alert_of_its_own(billing: Queue, adam: Viewer, noon: datetime) -> None:
    rule("prompt")
    rule("grid", is_prompt=False)
    rule("watching", reader="watching", family="watching", severity=3, action="check_health", keep_seconds=60,
         params={"seconds": 90.0, "unit": "seconds"})  # fmt: skip
    services.watch(at=noon)
    services.evaluate(at=noon)
    services.guard(at=noon + timedelta(seconds=60))
    assert not Episode.objects.exists()
    services.guard(at=noon + timedelta(seconds=120))
    assert {(one.series_key, one.value) for one in Episode.objects.all()} == {
        ("rules=grid", 120.0),
        ("rules=prompt", 120.0),
    }
    assert set(Call.objects.values_list("to", "held")) == {(adam.user.pk, "")}
    services.evaluate(at=noon + timedelta(seconds=121))
    services.watch(at=noon + timedelta(seconds=122))
    for seconds in range(124, 190, 2):
        services.watch(at=noon + timedelta(seconds=seconds))
    assert set(Episode.objects.values_list("stage", flat=True)) == {"resolved"}


def test_prompt_rules_are_looked_at_together(billing: Queue, noon: datetime) -> None:
    """The rules of the pack that are looked at every two seconds: what one more of a kind costs is nothing."""
    services.seed(at=noon)

    def cost(at: datetime) -> int:
        with CaptureQueriesContext(connection) as seen:
            services.watch(at=at)
        return len(seen)

    for n in range(3):
        waiting(billing, noon, 60 + n)
    rule("one")
    cost(noon)
    few = cost(noon + timedelta(seconds=2))
    for n in range(5):
        rule(f"more-{n}")
    cost(noon + timedelta(seconds=4))
    assert cost(noon + timedelta(seconds=6)) == few <= 32


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
