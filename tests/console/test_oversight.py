"""Scorecards for those who lead: by name, with what is beyond chance, and never a rank."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, AgentKind, Team
from apps.coaching.models import Note, Sheet
from apps.console import oversight
from apps.metrics import goal_setting
from apps.metrics.goals import Scope
from tests.console.floors import granted
from tests.metrics.test_conflicts import hasty
from tests.metrics.test_scorecards import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(lena: Viewer) -> Team:
    team = Team.objects.create(name="Billing")
    granted(lena, team=team)
    return team


def member(name: str, team: Team | None, kind: AgentKind = AgentKind.HUMAN) -> Agent:
    return Agent.objects.create(kind=kind, name=name, team=team, is_listed=True)


def page(client: Client, viewer: Viewer, noon: datetime, address: str = "/scorecards") -> str:
    client.force_login(viewer.user)
    with time_machine.travel(noon, tick=False):
        answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def names(body: str) -> list[str]:
    return re.findall(r'<th scope="row"><a class="c-link" href="/agents/[^"]+">([^<]+)</a>', body)


def test_people_stand_by_name_whatever_their_numbers_are(
    client: Client, lena: Viewer, team: Team, noon: datetime
) -> None:
    for name, hits in (("Zoe", 60), ("Asha", 10), ("Mia", 35)):
        counted(member(name, team), "csat", noon - timedelta(days=1), n=60, hits=hits)
    member("Bo", None, AgentKind.AI)
    member("Elsewhere", Team.objects.create(name="Sales"))
    body = page(client, lena, noon)
    assert names(body) == ["Asha", "Mia", "Zoe"]
    assert "Nobody stands out this week" in body


def test_the_title_names_who_needs_time_and_the_row_says_why(
    client: Client, lena: Viewer, adam: Viewer, team: Team, noon: datetime
) -> None:
    asha, mia = member("Asha", team), member("Mia", team)
    hasty(asha, noon)
    goal_setting.set_goal(by=adam, metric="csat", scope=Scope("person", str(mia.pk)), period="day", target="90 %",
                   from_on=noon.date(), at=noon)  # fmt: skip
    assert "Asha needs time with you this week" in page(client, lena, noon)
    counted(mia, "csat", noon.replace(hour=9), n=60, hits=30)
    body = page(client, lena, noon)
    assert "2 people need time with you this week" in body
    assert "CSAT is 50.0%; the goal is at least 90% a day." in body
    assert "Two numbers contradict each other" in body
    assert "0 of 1 reached" in body


def test_under_the_minimum_no_number_of_a_person_is_shown(
    client: Client, lena: Viewer, team: Team, noon: datetime
) -> None:
    counted(member("Asha", team), "csat", noon - timedelta(days=1), n=29, hits=1)
    body = page(client, lena, noon)
    assert "not enough yet" in body
    assert "29 of 30 cases" in body
    assert "3.4%" not in body


def test_feedback_is_due_two_weeks_after_the_last_conversation_and_a_note_is_none(
    lena: Viewer, asha: Viewer, team: Team, noon: datetime
) -> None:
    agent = member("Asha", team)
    Agent.objects.filter(pk=agent.pk).update(user=asha.user)
    viewer = viewer_for(lena.user)
    (row,) = oversight.oversight(viewer=viewer, at=noon).people
    assert (row.is_due, row.noted_at) == (True, None)
    Note.objects.create(agent=agent, by=lena.user, text="Well done today", sent_at=noon - timedelta(days=13))
    (row,) = oversight.oversight(viewer=viewer, at=noon).people
    assert (row.is_due, row.noted_at) == (True, noon - timedelta(days=13))
    held_at = noon - timedelta(days=13)
    Sheet.objects.create(agent=agent, by=lena.user, metric="csat", prepared_at=held_at, held_at=held_at)
    (row,) = oversight.oversight(viewer=viewer, at=noon).people
    assert (row.is_due, row.due and row.due.due_at) == (False, held_at + timedelta(days=14))
    (row,) = oversight.oversight(viewer=viewer, at=noon + timedelta(days=2)).people
    assert row.is_due


def test_a_qa_manager_sees_everybody_and_no_notes(client: Client, mona: Viewer, team: Team, noon: datetime) -> None:
    member("Asha", team)
    member("Elsewhere", Team.objects.create(name="Sales"))
    body = page(client, mona, noon)
    assert names(body) == ["Asha", "Elsewhere"]
    assert "note yet" not in body


def test_a_team_is_looked_at_as_a_whole(client: Client, lena: Viewer, team: Team, noon: datetime) -> None:
    other = Team.objects.create(name="Sales")
    lena = granted(lena, team=other)
    hasty(member("Asha", team), noon)
    member("Sam", other)
    body = page(client, lena, noon, f"/scorecards?scope={team.pk}")
    assert names(body.replace(f"?scope={team.pk}", "")) == ["Asha"]
    assert "its people as one" in body
    assert body.count("Replies got faster, and customers less content") == 2
    assert "its people as one" not in page(client, lena, noon)


def test_thirty_people_cost_the_statements_of_three(lena: Viewer, team: Team, noon: datetime) -> None:
    costs = []
    for size in (3, 30):
        for n in range(size):
            counted(member(f"P{size}-{n}", team), "csat", noon - timedelta(days=1), n=40, hits=30)
        with CaptureQueriesContext(connection) as seen:
            oversight.oversight(viewer=viewer_for(lena.user), at=noon)
        costs.append(len(seen))
    assert costs[0] == costs[1]
