"""A goal is looked at before it is set: how it would have judged four weeks, and whether it is one at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Team
from apps.metrics import fairness, goal_setting
from apps.metrics.fairness import Preview
from apps.metrics.goals import GoalRefused, Scope
from apps.metrics.models import Goal, QueuePoint
from apps.shared.errors import NotAllowed
from tests.console.floors import queue_named
from tests.metrics.test_scorecards import counted

pytestmark = pytest.mark.django_db


def people(count: int) -> tuple[Team, list[Agent]]:
    team = Team.objects.create(name="Billing")
    made = [Agent.objects.create(kind=AgentKind.HUMAN, name=f"P{n}", team=team, is_listed=True) for n in range(count)]
    return team, made


def days(agents: list[Agent], noon: datetime, *, hits: list[int]) -> None:
    """The same days for everybody: of forty ratings each so many good ones."""
    for agent in agents:
        for back, good in enumerate(hits, 1):
            counted(agent, "csat", noon - timedelta(days=back), n=40, hits=good)


def look(adam: Viewer, scope: Scope, noon: datetime, **more: Any) -> Preview:
    asked = {"metric": "csat", "period": "day", "target": "80 %", **more}
    return fairness.preview(viewer=adam, scope=scope, at=noon, **asked)


def test_a_preview_counts_people_and_days_and_names_nobody(adam: Viewer, noon: datetime) -> None:
    team, made = people(5)
    days(made[:3], noon, hits=[36, 36, 20])  # two of three days
    days(made[3:], noon, hits=[36, 20, 20])  # one of three
    counted(made[0], "csat", noon - timedelta(days=9), n=29, hits=0)  # too few to judge
    counted(made[0], "csat", noon, n=40, hits=0)  # today still runs
    counted(made[0], "csat", noon - timedelta(days=40), n=40, hits=0)  # before the four weeks
    found = look(adam, Scope("team", str(team.pk)), noon)
    assert found == Preview(judged=15, met=8, people=5, people_met=3)
    assert fairness.says(found, "day") == (
        "3 of 5 people would have met it in at least half of their days.",
        "In 8 of 15 judged days of the last four weeks it would have been met.",
    )


def test_of_fewer_than_five_people_nothing_is_told(adam: Viewer, noon: datetime) -> None:
    team, made = people(4)
    days(made, noon, hits=[36, 36])
    for scope in (Scope("team", str(team.pk)), Scope("person", str(made[0].pk))):
        found = look(adam, scope, noon)
        assert found.is_withheld
        assert (found.judged, found.met, found.people) == (0, 0, 0)


def test_a_queue_is_looked_at_by_its_days_or_weeks(adam: Viewer, noon: datetime) -> None:
    queue = queue_named("Billing")
    for back, good in ((1, 90), (2, 70), (9, 90)):
        at = (noon - timedelta(days=back)).replace(minute=0)
        QueuePoint.objects.create(
            grain="hour", measure="csat", starts_at=at, queue_id=queue.pk, n=100, total=good, counted_at=at
        )
    scope = Scope("queue", str(queue.pk))
    assert look(adam, scope, noon) == Preview(judged=3, met=2)
    assert look(adam, scope, noon, period="week").judged == 2  # noon is a Tuesday: Sunday and Saturday a week ago


def test_a_goal_outside_what_anybody_reached_is_refused(adam: Viewer, noon: datetime) -> None:
    team, made = people(5)
    days(made, noon, hits=[36, 36])
    asked: dict[str, Any] = {
        "metric": "csat", "scope": Scope("team", str(team.pk)), "period": "day", "from_on": noon.date(), "at": noon,
    }  # fmt: skip
    with pytest.raises(GoalRefused, match="Nobody reached this in the last four weeks, in none of 10 days") as refused:
        goal_setting.set_goal(by=adam, target="95 %", **asked)
    assert refused.value.about == "target"
    assert not Goal.objects.exists()
    assert goal_setting.set_goal(by=adam, target="90 %", **asked).target == 0.9


def test_where_little_was_judged_a_goal_is_not_called_unreachable(adam: Viewer, noon: datetime) -> None:
    team, made = people(5)
    days(made[:1], noon, hits=[20] * 9)
    scope = Scope("team", str(team.pk))
    goal_setting.set_goal(
        by=adam, metric="csat", scope=scope, period="day", target="95 %", from_on=noon.date(), at=noon
    )
    days(made[1:2], noon, hits=[20])
    with pytest.raises(GoalRefused, match="Nobody reached this"):
        goal_setting.set_goal(
            by=adam, metric="csat", scope=scope, period="day", target="96 %", from_on=noon.date(), at=noon
        )


def test_speed_alone_is_no_goal(adam: Viewer, noon: datetime) -> None:
    """A driver without its guard is refused; a guard in the same scope, or in a wider one, is enough, and not one that ended."""
    team, made = people(1)
    role, mine, person = Scope("role", "agent"), Scope("team", str(team.pk)), Scope("person", str(made[0].pk))

    def aim(metric: str, scope: Scope) -> Goal:
        return goal_setting.set_goal(by=adam, metric=metric, scope=scope, period="day",
                                     target="80 %" if metric == "csat" else "60s", from_on=noon.date(), at=noon)  # fmt: skip

    for scope in (role, mine, person):
        with pytest.raises(GoalRefused, match=r"can be reached the wrong way .* Set a goal for CSAT there first"):
            aim("response_time", scope)
    guard = aim("csat", mine)
    aim("response_time", mine)
    aim("response_time", person)
    with pytest.raises(GoalRefused, match="Set a goal for CSAT there first"):
        aim("response_time", role)
    goal_setting.end_goal(by=adam, goal=guard, at=noon)
    with pytest.raises(GoalRefused, match="there first"):
        aim("agent_first_reply_time", person)
    with pytest.raises(GoalRefused, match="Set a goal for Reopen rate there first"):
        goal_setting.set_goal(by=adam, metric="transfer_rate", scope=Scope("queue", str(queue_named("Q").pk)), period="day",
                              target="10 %", from_on=noon.date(), at=noon)  # fmt: skip


def test_only_who_sets_goals_looks_before(adam: Viewer, lena: Viewer, olu: Viewer, noon: datetime) -> None:
    team, _ = people(5)
    for viewer in (lena, olu):
        with pytest.raises(NotAllowed):
            look(viewer, Scope("team", str(team.pk)), noon)


def test_the_page_shows_it_before_it_sets_anything(adam: Viewer, client: Client, noon: datetime) -> None:
    team, made = people(5)
    days(made, noon, hits=[36, 36])
    asked = {"metric": "csat", "scope": f"team:{team.pk}", "period": "day", "target": "80", "from_on": "2026-11-24"}
    client.force_login(adam.user)
    with time_machine.travel(noon, tick=False):
        body = client.post("/setup/goals", {**asked, "step": "preview"}).content.decode()
        assert "5 of 5 people would have met it" in body
        assert 'value="set"' in body
        assert not Goal.objects.exists()
        assert 'value="set"' not in client.get("/setup/goals").content.decode()
        unfair = client.post("/setup/goals", {**asked, "target": "99", "step": "preview"})
        assert (unfair.status_code, "Nobody reached this" in unfair.content.decode()) == (422, True)
        assert client.post("/setup/goals", {**asked, "step": "set"}).status_code == 302
    assert Goal.objects.get().target == 0.8
