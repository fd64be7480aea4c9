"""Goals: units, families, versions that are never overwritten, what was reached, and who may do what."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from apps.access.models import AuditEntry
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Team
from apps.interactions.models import Queue
from apps.metrics import goal_setting, goals
from apps.metrics.definitions import DICTIONARY
from apps.metrics.goals import GoalRefused, Scope
from apps.metrics.models import AgentPoint, Goal, QueuePoint
from apps.shared.errors import NotAllowed, OutOfScope
from tests.console.floors import granted, queue_named

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


@pytest.fixture
def floor(lena: Viewer, adam: Viewer) -> dict[str, Any]:
    """Lena's billing queue and team with Asha; a queue elsewhere; an AI agent."""
    team, billing = Team.objects.create(name="Billing"), queue_named("Billing")
    asha = Agent.objects.create(kind=AgentKind.HUMAN, name="Asha", team=team, is_listed=True)
    return {
        "lena": granted(lena, queue=billing, team=team), "adam": adam, "team": team, "billing": billing, "asha": asha,
        "sales": queue_named("Sales"), "bo": Agent.objects.create(kind=AgentKind.AI, name="Bo", is_listed=True),
    }  # fmt: skip


def aim(
    floor: dict[str, Any], noon: datetime, *, metric: str = "csat", scope: Scope | None = None, **more: Any
) -> Goal:
    asked = {"period": "day", "target": "80 %", "from_on": TODAY, **more}
    scope = scope or Scope("queue", str(floor["billing"].pk))
    return goal_setting.set_goal(by=floor["adam"], metric=metric, scope=scope, at=noon, **asked)


@pytest.mark.parametrize(
    ("metric", "text", "value", "said"),
    [
        ("csat", "85", 0.85, "85%"), ("csat", "85,5 %", 0.855, "85.5%"), ("first_reply_time", "1m 30s", 90.0, "1m 30s"),
        ("first_reply_time", "45", 45.0, "45s"), ("resolution_time", "2h", 7200.0, "2h"), ("missed", "3", 3.0, "3"),
    ],
)  # fmt: skip
def test_a_value_is_read_and_written_in_the_unit_of_its_metric(metric: str, text: str, value: float, said: str) -> None:
    found = goals.read_value(DICTIONARY[metric], text)
    assert found == pytest.approx(value)
    assert goals.say_value(DICTIONARY[metric], found) == said


@pytest.mark.parametrize(
    ("metric", "text", "words"),
    [
        ("csat", "1m", "expected a percentage"), ("csat", "120", "expected a percentage"), ("csat", "0", "expected a percentage"),
        ("first_reply_time", "85 %", "expected one such as 45s"), ("first_reply_time", "", "expected one such as 45s"),
        ("missed", "80 %", "expected a number above 0"), ("missed", "-3", "expected a number above 0"),
    ],
)  # fmt: skip
def test_a_value_of_another_unit_is_refused_with_what_is_expected(metric: str, text: str, words: str) -> None:
    with pytest.raises(GoalRefused, match=words):
        goals.read_value(DICTIONARY[metric], text)


def test_a_metric_that_has_no_such_number_is_refused_in_words(floor: dict[str, Any], noon: datetime) -> None:
    queue, team = Scope("queue", str(floor["billing"].pk)), Scope("team", str(floor["team"].pk))
    asha, bo, role = (
        Scope("person", str(floor["asha"].pk)),
        Scope("person", str(floor["bo"].pk)),
        Scope("role", "agent"),
    )
    for metric, scope, words in (
        ("csat", bo, "a number of people, and this is an AI agent: they are never mixed"),
        ("ai_csat", asha, "a number of AI agents, and this is people"),
        ("ai_csat", team, "never mixed"),
        ("ai_csat", role, "never mixed"),
        ("abandonment_rate", asha, "a number of queues, and this is people"),
        ("resolution_time", asha, "kept by queue and not by person"),
        ("service_level", team, "kept by queue and not by person"),
        ("adherence", queue, "whole time"),
        ("volume", queue, "better neither up nor down"),
        ("queue_length", queue, "true of one moment"),
        ("review_score", asha, "nothing measures it yet"),
        ("csat", Scope("role", "lead"), "no other role"),
    ):
        with pytest.raises(GoalRefused, match=words):
            aim(floor, noon, metric=metric, scope=scope)
    with pytest.raises(OutOfScope):
        aim(floor, noon, scope=Scope("queue", str(uuid4())))
    assert not Goal.objects.exists()
    aim(floor, noon, metric="ai_csat", scope=bo)
    aim(floor, noon, metric="adherence", scope=role)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"from_on": TODAY - timedelta(days=1)}, "today or later"),
        ({"threshold": "90 %"}, "lies below the goal"),
        ({"threshold": "often"}, "expected a percentage"),
        ({"metric": "first_reply_time", "target": "60s", "threshold": "30s"}, "lies above the goal"),
    ],
)
def test_a_goal_that_contradicts_itself_is_refused(
    more: dict[str, Any], words: str, floor: dict[str, Any], noon: datetime
) -> None:
    with pytest.raises(GoalRefused, match=words):
        aim(floor, noon, **more)


def test_a_version_never_overwrites_another_and_each_day_has_its_own(floor: dict[str, Any], noon: datetime) -> None:
    first = aim(floor, noon, target="80 %", threshold="70 %")
    second = aim(floor, noon, target="90 %", from_on=TODAY + timedelta(days=7))
    third = aim(floor, noon, target="85 %", from_on=TODAY + timedelta(days=7))
    told = goals.versions(first)
    assert [one.pk for one in told] == [third.pk, second.pk, first.pk]
    assert goals.version_on(told, TODAY - timedelta(days=1)) is None
    assert goals.version_on(told, TODAY + timedelta(days=6)) == first
    assert goals.version_on(told, TODAY + timedelta(days=7)) == third
    (shown,) = goals.goals(viewer=floor["adam"])
    assert (shown.whose, shown.target, shown.made_by) == ("Billing", "85%", "Adam")
    goal_setting.end_goal(by=floor["adam"], goal=first, at=noon + timedelta(days=10))
    assert goals.goals(viewer=floor["adam"]) == []
    assert Goal.objects.filter(pk=first.pk, target=0.8, threshold=0.7).exists()
    verbs = list(AuditEntry.objects.filter(verb__startswith="goal.").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["goal.set"] * 3 + ["goal.ended"]


def ratings(queue: Queue, day: date, positive: int, n: int) -> None:
    at = datetime.fromisoformat(f"{day}T10:00:00+00:00")
    QueuePoint.objects.create(grain="hour", measure="csat", starts_at=at, queue_id=queue.pk, channel="webchat", n=n,
                              total=positive, counted_at=at)  # fmt: skip


def test_what_was_reached_is_judged_by_the_goal_of_its_day(floor: dict[str, Any], noon: datetime) -> None:
    goal = aim(floor, noon, target="80 %")
    aim(floor, noon, target="95 %", from_on=TODAY + timedelta(days=2))
    for ahead, positive, n in ((-1, 40, 40), (0, 36, 40), (1, 30, 40), (2, 36, 40), (3, 2, 2), (5, 1, 40)):
        ratings(floor["billing"], TODAY + timedelta(days=ahead), positive, n)
    ratings(floor["sales"], TODAY, 0, 100)
    told = goals.history(viewer=floor["lena"], goal=goal, at=noon + timedelta(days=5))
    assert [
        ((one.starts_on - TODAY).days, one.target, one.number.n, one.is_reached, one.is_running) for one in told
    ] == [
        (5, 0.95, 40, None, True),
        (4, 0.95, 0, None, False),  # nothing measured is not missed
        (3, 0.95, 2, None, False),  # too few to judge
        (2, 0.95, 40, False, False),
        (1, 0.8, 40, False, False),
        (0, 0.8, 40, True, False),
    ]


def test_a_week_begins_on_monday_and_a_time_is_reached_from_below(floor: dict[str, Any], noon: datetime) -> None:
    goal = aim(floor, noon, metric="average_response_time", target="60s", period="week")
    at = datetime.fromisoformat("2026-11-26T10:00:00+00:00")
    QueuePoint.objects.create(grain="hour", measure="response_time", starts_at=at, queue_id=floor["billing"].pk,
                              channel="webchat", n=30, total=30 * 50_000_000, keys=[363], counts=[30], counted_at=at)  # fmt: skip
    told = goals.history(viewer=floor["lena"], goal=goal, at=noon + timedelta(days=7))
    # The goal began on a Tuesday: the first week it holds from its beginning is the next one, which still runs.
    assert [(one.starts_on, one.number.n, one.is_running) for one in told] == [(date(2026, 11, 30), 0, True)]
    told = goals.history(viewer=floor["lena"], goal=aim(floor, noon - timedelta(days=1), metric="average_response_time",
                         target="60s", period="week", from_on=date(2026, 11, 23)), at=noon + timedelta(days=7))  # fmt: skip
    assert [(one.starts_on, one.number.value, one.is_reached) for one in told][1] == (date(2026, 11, 23), 50.0, True)


def test_people_are_read_by_who_leads_them_and_never_by_who_sets_the_goal(
    floor: dict[str, Any], nils: Viewer, noon: datetime
) -> None:
    at = datetime.fromisoformat("2026-11-24T10:00:00+00:00")
    AgentPoint.objects.create(
        grain="hour", measure="csat", starts_at=at, agent_id=floor["asha"].pk, n=40, total=36, counted_at=at
    )
    tomorrow = noon + timedelta(days=1)
    for scope in (Scope("person", str(floor["asha"].pk)), Scope("team", str(floor["team"].pk)), Scope("role", "agent")):
        goal = aim(floor, noon, scope=scope)
        assert goals.history(viewer=floor["lena"], goal=goal, at=tomorrow)[1].is_reached is True
        with pytest.raises(NotAllowed):
            goals.history(viewer=floor["adam"], goal=goal, at=tomorrow)
    assert len(goals.goals(viewer=floor["lena"])) == 3
    elsewhere = granted(nils, queue=floor["sales"])
    assert [one.whose for one in goals.goals(viewer=elsewhere)] == ["Everybody in the role Agent"]
    with pytest.raises(OutOfScope):
        goals.get_goal(viewer=elsewhere, pk=Goal.objects.filter(scope_kind="person").get().pk)


def test_only_admins_set_goals_and_only_leads_read_them_beside(
    floor: dict[str, Any], olu: Viewer, mona: Viewer, asha: Viewer, noon: datetime
) -> None:
    goal = aim(floor, noon)
    for viewer in (floor["lena"], olu, mona, asha):
        with pytest.raises(NotAllowed):
            goal_setting.end_goal(by=viewer, goal=goal, at=noon)
        with pytest.raises(NotAllowed):
            goal_setting.set_goal(
                by=viewer,
                metric="csat",
                scope=Scope("role", "agent"),
                period="day",
                target="80",
                from_on=TODAY,
                at=noon,
            )
    for viewer in (olu, mona, asha):
        with pytest.raises(NotAllowed):
            goals.goals(viewer=viewer)
    assert Goal.objects.count() == 1


def test_an_admin_sets_and_ends_a_goal_on_the_page_and_a_lead_only_reads_it(
    floor: dict[str, Any], client: Client, noon: datetime
) -> None:
    asked = {
        "metric": "csat",
        "scope": f"queue:{floor['billing'].pk}",
        "period": "day",
        "target": "80",
        "from_on": "2026-11-24",
    }
    with time_machine.travel(noon, tick=False):
        client.force_login(floor["adam"].user)
        refused = client.post("/setup/goals", {**asked, "scope": f"person:{floor['bo'].pk}"})
        assert refused.status_code == 422
        assert "they are never mixed" in refused.content.decode()
        assert client.post("/setup/goals", asked).status_code == 302
        goal = Goal.objects.get()
        assert "at least 80%" in client.get("/setup/goals").content.decode()
        assert "End it from tomorrow" in client.get(f"/setup/goals/{goal.pk}").content.decode()
        client.force_login(floor["lena"].user)
        page = client.get("/setup/goals").content.decode()
        assert "at least 80%" in page
        assert "Set a goal" not in page
        assert client.post("/setup/goals", asked).status_code == 403
        page = client.get(f"/setup/goals/{goal.pk}").content.decode()
        assert "still running" in page
        assert "End it" not in page
        client.force_login(floor["adam"].user)
        assert client.post(f"/setup/goals/{goal.pk}/end").status_code == 302
        assert "No goal yet" in client.get("/setup/goals").content.decode()
