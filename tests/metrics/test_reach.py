"""Who takes a team over reads numbers of its people from then on: on every page, over the API, and in every file alike."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.models import Tenure
from apps.access.services import give_grant, take_grant
from apps.access.viewer import Viewer, viewer_for
from apps.agents import reach
from apps.agents.models import Agent, Presence, Team
from apps.agents.reach import Reach, reach_of
from apps.coaching import evidence
from apps.interactions.models import Conversation, Queue
from apps.metrics import (
    drilldown,
    exporting,
    goal_setting,
    goals,
    overview,
    queries,
    reading,
    scorecards,
    trends,
    workdays,
)
from apps.metrics.behind import Question
from apps.metrics.measures import READINGS
from apps.metrics.models import AgentPoint, Observation, Workday
from apps.metrics.queries import Scope
from apps.metrics.windows import Window
from apps.reviews.models import Review
from apps.reviews.queries import quality_of
from apps.shared.errors import OutOfScope
from tests.console.floors import conversation, granted, queue_named
from tests.metrics.test_scorecards import member
from tests.reviews.rows import doubted, judged

pytestmark = pytest.mark.django_db
LEADS = "agents.lead_team"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Told = dict[str, int]


@pytest.fixture
def queue(noon: datetime) -> Queue:
    return queue_named("Billing chat")


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(name="Billing")


@pytest.fixture
def me(team: Team, asha: Viewer) -> Agent:
    return member("Asha", team, asha)


def rated(agent: Agent, queue: Queue, at: datetime) -> Conversation:
    """One good rating, as its row and in its quarter and hour; each in an hour of its own."""
    talk = conversation(queue, at - timedelta(minutes=1))
    Conversation.objects.filter(pk=talk.pk).update(last_event_at=at)
    Observation.objects.create(
        conversation_id=talk.pk, measure="csat", n=1, at=at, queue_id=queue.pk, channel="webchat", agent_id=agent.pk, value=1
    )  # fmt: skip
    for grain, minute in (("quarter", at.minute // 15 * 15), ("hour", 0)):
        AgentPoint.objects.create(
            grain=grain, measure="csat", starts_at=at.replace(minute=minute), agent_id=agent.pk, n=1, total=1, counted_at=at
        )  # fmt: skip
    return talk


@pytest.fixture
def floor(me: Agent, queue: Queue, adam: Viewer, mona: Viewer, noon: datetime) -> None:
    """Five ratings, three reviews, three closed days and three hours of work, of which two, one, one and one lie before the change,
    which comes a day before noon; one more rating lies in the hour of the change.
    """
    change = noon - DAY
    for n, back in enumerate((5 * DAY, 3 * DAY, DAY - timedelta(minutes=10), 5 * HOUR, 2 * HOUR, HOUR)):
        talk = rated(me, queue, noon - back)
        if n in (0, 4, 5):
            doubted(judged(me, talk, mona.user, noon - back), me.user or mona.user, noon - back)
            Workday.objects.create(agent=me, day=(noon - n * DAY).date(), went_well=str(n), closed_at=noon - back)
            Presence.objects.create(
                id=uuid4(), agent=me, status="available", started_at=noon - back, ended_at=noon - back + HOUR / 2
            )  # fmt: skip
            Presence.objects.create(id=uuid4(), agent=me, status="offline", started_at=noon - back + HOUR / 2)
    assert change < noon


@pytest.fixture
def lead(adam: Viewer, lena: Viewer, team: Team, queue: Queue, noon: datetime, floor: None) -> Viewer:
    """Lena works the queue since ever, and leads the team since a day and five minutes before the next full hour."""
    granted(lena, queue=queue)
    give_grant(by=adam, user=lena.user, on=team, permission=LEADS, at=noon - DAY + timedelta(minutes=5))
    return viewer_for(lena.user)


def asked(viewer: Viewer, me: Agent, at: datetime, client: Client) -> Told:
    """What each reader of numbers of people tells of one of them, in cases."""
    one, scope = Scope(agent_id=me.pk), f"agent:{me.pk}"
    question = Question("csat", one, "28d")
    drill = drilldown.drill(viewer=viewer, question=question, at=at)
    by_agent = drilldown.drill(
        viewer=viewer, question=Question("csat", Scope(), "28d", by="agent", group=str(me.pk)), at=at
    )
    client.force_login(viewer.user)
    address = {"window": "28d", "scope": scope}
    api = client.get(reverse("metric", args=["csat"]), address).json()
    api_rows = client.get(reverse("metric_rows", args=["csat"]), address).json()
    page = client.get(reverse("metric_page", args=["csat"]), address).content.decode()
    card = scorecards.scorecard(viewer=viewer, agent=me, window="28d", at=at)
    weeks = next(t for t in trends.trends(person=card.reach, aims=[], zone=viewer.zone, at=at) if t.key == "csat").weeks
    mine = next(one for one in overview.overview(viewer=viewer, at=at).people if one.agent == me)
    goal = next(iter(goals.Goal.objects.filter(scope_kind="person")))
    return {
        "number": queries.measure(viewer=viewer, key="csat", scope=one, window="28d", at=at).groups[0].number.n,
        "each": queries.measure(viewer=viewer, key="csat", scope=Scope(), window="28d", by="agent", at=at).groups[0].number.n,
        "rows": len(drill.rows), "rows of all": drill.parts[0].count, "rows by agent": len(by_agent.rows),
        "api": api["groups"][0]["number"]["n"] if "number" in api["groups"][0] else api["groups"][0]["n"],
        "api rows": len(api_rows["rows"]),
        "page": len(set(re.findall(r"/conversations/[0-9a-f-]{36}", page))),
        "card": next(line for line in card.lines if line.metric.key == "csat").number.n,
        "weeks": sum(week.n for week in weeks),
        "overview": next(line for line in mine.lines if line.metric.key == "csat").number.n,
        "team": next(line for line in overview.team_numbers(viewer=viewer, at=at).lines if line.metric.key == "csat").number.n,
        "goal": sum(one.number.n for one in goals.history(viewer=viewer, goal=goal, at=at)),
        "exported": len(exporting.export(by=viewer, question=question, at=at)),
    }  # fmt: skip


def others(viewer: Viewer, me: Agent, at: datetime) -> dict[str, float]:
    """The same of reviews, of days and of time."""
    card = scorecards.scorecard(viewer=viewer, agent=me, window="28d", at=at)
    whole = Window("w", at - 28 * DAY, at, is_exact=True)
    scope = Scope(agent_id=me.pk)
    ready = (
        queries.measure(viewer=viewer, key="idle_time", scope=scope, window="28d", at=at).groups[0].number.value or 0
    )
    doubts = evidence.reasons(people=card.reach, since={}, at=at)[me.pk]
    return {
        "reviews": queries.measure(viewer=viewer, key="internal_quality_score", scope=scope, window="28d", at=at).groups[0].number.n,
        "doubts": queries.measure(viewer=viewer, key="dispute_rate", scope=Scope(team_id=me.team_id), window="28d", at=at).groups[0].number.n,
        "mean": quality_of(person=card.reach, since=whole.since, until=at + HOUR).n,
        "read": Review.objects.visible_to(viewer, at).filter(agent=me).count(),
        "said": int(next(one for one in doubts if "doubted" in one).split()[0]),
        "days": len(workdays.closed(person=card.reach)),
        "half hours": ready / 1800,
        "beside": card.beside["internal_quality_score"].number.n,
    }  # fmt: skip


@pytest.fixture
def goal(adam: Viewer, me: Agent, noon: datetime, floor: None) -> None:
    goal_setting.set_goal(
        by=adam, metric="csat", scope=goals.Scope("person", str(me.pk)), at=noon - 20 * DAY, period="day", target="80 %",
        from_on=(noon - 20 * DAY).date(),
    )  # fmt: skip


def test_who_takes_a_team_over_reads_its_numbers_from_then_on(
    lead: Viewer, me: Agent, goal: None, noon: datetime, client: Client
) -> None:
    assert set(asked(lead, me, noon, client).values()) == {3}
    assert set(others(lead, me, noon).values()) == {2}


def test_without_the_bounds_every_reader_is_found(
    lead: Viewer, me: Agent, goal: None, noon: datetime, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "_led", lambda viewer, team: [(None, None)])
    assert {key for key, n in asked(lead, me, noon, client).items() if n == 3} == set()
    assert {key for key, n in others(lead, me, noon).items() if n == 2} == set()


def test_bounds_are_the_leads_alone(
    lead: Viewer, me: Agent, asha: Viewer, mona: Viewer, team: Team, queue: Queue, noon: datetime
) -> None:
    """One's own numbers, those of whole-organisation roles, and of AI agents have none; nor has a grant without a beginning."""
    ai = Agent.objects.create(kind="ai", name="Bo", team=team)
    own = Agent.objects.create(kind="human", name="Lena", team=team, user=lead.user)
    begins = noon - DAY + HOUR
    assert reach_of(lead, [me]).stretches(me.pk) == [(begins, None)]
    assert reach_of(lead, [me]).begins_at == begins
    for viewer, agent in ((lead, ai), (lead, own), (viewer_for(asha.user), me), (viewer_for(mona.user), me)):
        assert reach_of(viewer, [agent]).stretches(agent.pk) == [(None, None)]
        assert reach_of(viewer, [agent]).begins_at is None
    Tenure.objects.all().delete()
    assert reach_of(viewer_for(lead.user), [me]).stretches(me.pk) == [(None, None)]


def test_who_comes_back_reads_both_stretches(adam: Viewer, lead: Viewer, me: Agent, team: Team, noon: datetime) -> None:
    def n() -> int:
        viewer = viewer_for(lead.user)
        return (
            queries.measure(viewer=viewer, key="csat", scope=Scope(agent_id=me.pk), window="28d", at=noon)
            .groups[0]
            .number.n
        )

    Tenure.objects.filter(until_at=None).update(from_at=noon - 4 * DAY)
    assert n() == 5
    take_grant(by=adam, user=lead.user, on=team, permission=LEADS, at=noon - DAY)
    with pytest.raises(OutOfScope):
        n()
    give_grant(by=adam, user=lead.user, on=team, permission=LEADS, at=noon - 2 * HOUR)
    assert n() == 3  # three days ago, two hours ago, and an hour ago; not what came between


def test_bounds_cost_no_statement_however_many_teams(adam: Viewer, lead: Viewer, me: Agent, noon: datetime) -> None:
    def cost() -> int:
        viewer = viewer_for(lead.user)
        with CaptureQueriesContext(connection) as seen:
            scorecards.scorecard(viewer=viewer, agent=me, window="7d", at=noon)
        return len(seen)

    few = cost()
    for n in range(20):
        give_grant(by=adam, user=lead.user, on=Team.objects.create(name=f"T{n}"), permission=LEADS, at=noon - n * HOUR)
    assert cost() == few


def test_a_reader_that_is_given_keys_alone_reads_nothing(me: Agent, noon: datetime) -> None:
    """Whoever forgets to ask how far back a viewer reads is told so, and shown nobody's past."""
    found = READINGS["csat"]
    assert found.of_agent is not None
    with pytest.raises(TypeError, match="Expected a Reach"):
        reading.merged(
            found, found.of_agent, Window("w", noon - DAY, noon, is_exact=False), [me.pk], "", of_agents=True
        )
    nobody = reading.merged(
        found, found.of_agent, Window("w", noon - DAY, noon, is_exact=False), Reach([]), "", of_agents=True
    )
    assert nobody == {}
