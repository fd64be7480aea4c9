"""My shift and my scorecard say what holds, what cannot be said yet, and open every number."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from apps.access import audit
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Team
from apps.metrics import cards as words
from apps.metrics import goal_setting
from apps.metrics.aims import Aim, Standing
from apps.metrics.definitions import DICTIONARY
from apps.metrics.goals import Scope
from apps.metrics.models import AgentPoint, Goal
from apps.metrics.reading import Number
from apps.shared.intervals import wilson
from tests.coaching.rows import sheet_of
from tests.console.floors import granted, holds, queue_named
from tests.reviews.rows import judged

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(asha: Viewer) -> Agent:
    team = Team.objects.create(name="Billing")
    return Agent.objects.create(kind=AgentKind.HUMAN, name="Asha Verma", team=team, is_listed=True, user=asha.user)


def rated(agent: Agent, at: datetime, *, hits: int, n: int) -> None:
    for grain, starts_at in (("quarter", at), ("hour", at.replace(minute=0))):
        AgentPoint.objects.create(
            grain=grain, measure="csat", starts_at=starts_at, agent_id=agent.pk, n=n, total=hits, counted_at=at
        )


def page(client: Client, viewer: Viewer, address: str, noon: datetime, *, status: int = 200) -> str:
    client.force_login(viewer.user)
    with time_machine.travel(noon, tick=False):
        answer = client.get(address)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def test_an_agent_who_signs_in_comes_to_their_shift(client: Client, asha: Viewer, me: Agent, noon: datetime) -> None:
    client.force_login(asha.user)
    assert client.get("/").headers["Location"] == "/me"
    holds(me, queue_named("Billing chat"), noon)
    body = page(client, asha, "/me", noon)
    assert "No goal is set for you" in body
    assert "In your hands" in body
    assert "Who opened values of your conversations" in body


def test_a_missed_goal_is_named_as_the_one_thing_to_look_at(
    client: Client, asha: Viewer, adam: Viewer, me: Agent, noon: datetime
) -> None:
    for metric, target in (("csat", "80 %"), ("adherence", "90 %")):
        goal_setting.set_goal(
            by=adam, metric=metric, scope=Scope("person", str(me.pk)), at=noon, period="day", target=target,
            from_on=noon.date(),
        )  # fmt: skip
    rated(me, noon - timedelta(hours=1), hits=20, n=80)
    body = page(client, asha, "/me", noon)
    assert "You are outside 1 of 2 goals so far" in body
    assert "One thing to look at: CSAT. 25.0% today, outside the goal, likely 16.8% to 35.5%." in body


def test_under_the_minimum_no_number_is_shown(client: Client, asha: Viewer, me: Agent, noon: datetime) -> None:
    rated(me, noon - timedelta(days=1), hits=20, n=29)
    body = page(client, asha, "/me/scorecard", noon)
    assert "29 of 30 cases" in body
    assert "69.0%" not in body
    rated(me, noon - timedelta(days=2), hits=0, n=1)
    assert "66.7%" in page(client, asha, "/me/scorecard", noon)


def test_every_number_opens_its_formula_and_its_rows(client: Client, asha: Viewer, me: Agent, noon: datetime) -> None:
    rated(me, noon - timedelta(days=1), hits=30, n=40)
    body = page(client, asha, "/me/scorecard?window=28d", noon)
    links = set(re.findall(r'href="(/metrics/[^"]+)"', body))
    # The seven numbers; what reviewers say, adherence and idle time, which stand in pairs.
    assert len(links) == 10
    for link in links:
        assert f"agent%3A{me.pk}" in link
        page(client, asha, link.replace("&amp;", "&"), noon)


def test_a_lead_reads_the_same_card_and_its_owner_is_named(
    client: Client, asha: Viewer, lena: Viewer, me: Agent, noon: datetime
) -> None:
    rated(me, noon - timedelta(days=1), hits=30, n=40)
    own = page(client, asha, "/me/scorecard", noon)
    led = page(client, granted(lena, team=me.team), f"/agents/{me.pk}/scorecard", noon)
    assert "Scorecard of Asha Verma" in led
    table = re.compile(r"<tbody>.*</tbody>")
    assert table.findall(own) == table.findall(led) != []


def test_what_was_agreed_stands_on_the_card_of_the_two_who_talked_and_of_nobody_else(
    client: Client, asha: Viewer, lena: Viewer, mona: Viewer, me: Agent, noon: datetime
) -> None:
    sheet_of(me, lena.user, noon - timedelta(days=1), text="Five conversations a day with the date.")
    sheet_of(me, lena.user, noon, is_held=False, text="Only prepared.")
    own = page(client, asha, "/me/scorecard", noon)
    led = page(client, granted(lena, team=me.team), f"/agents/{me.pk}/scorecard", noon)
    for body in (own, led):
        assert "Five conversations a day with the date." in body
        assert "Only prepared." not in body
    assert "Five conversations" not in page(client, mona, f"/agents/{me.pk}/scorecard", noon)


def test_quality_stands_line_by_line_and_opens_the_reviews_that_count(
    client: Client, asha: Viewer, quentin: Viewer, me: Agent, noon: datetime
) -> None:
    queue = queue_named("Billing chat")
    for n in range(10):
        body = page(client, asha, "/me/scorecard", noon) if n in (0, 9) else ""
        assert ("No line was marked yet" in body) is (n == 0)
        assert ("9 of 10 marks" in body) is (n == 9)
        judged(me, holds(me, queue, noon), quentin.user, noon - timedelta(hours=n + 1))
    body = page(client, asha, "/me/scorecard", noon)
    (link,) = set(re.findall(r'<a class="figure" href="([^"]+)" title="The reviews that count">33</a>', body))
    assert re.search(r'id="n"[^>]*>10<', page(client, asha, link.replace("&amp;", "&"), noon))


def test_a_window_that_is_none_is_refused_in_words(client: Client, asha: Viewer, me: Agent, noon: datetime) -> None:
    assert "Expected one of: today, 7d, 28d" in page(client, asha, "/me/scorecard?window=1y", noon, status=409)


def test_who_opened_a_value_stands_there_with_the_reason(
    client: Client, asha: Viewer, lena: Viewer, me: Agent, noon: datetime
) -> None:
    audit.record(
        by=lena,
        verb="value.opened",
        about="card 1",
        at=noon,
        reason="The customer asked for it",
        concerns=[asha.user.pk],
    )
    body = page(client, asha, "/me", noon)
    assert "The customer asked for it" in body


def test_an_account_that_is_nobody_on_the_floor_is_told_what_to_do(
    client: Client, asha: Viewer, noon: datetime
) -> None:
    for address in ("/me", "/me/scorecard"):
        assert "Your account is not linked yet" in page(client, asha, address, noon)


def aim(standing: Standing, *, hits: int = 0, n: int = 0) -> Aim:
    low, high = wilson(hits, n) if n else (None, None)
    number = Number(hits / n if n else None, n, n >= 30, hits=hits, low=low, high=high)
    goal = Goal(metric="csat", scope_kind="person", scope_key=str(uuid4()), period="day", target=0.8)
    return Aim(goal, DICTIONARY["csat"], "yours alone", number, standing)


@pytest.mark.parametrize(
    ("aims", "title"),
    [
        ([], "No goal is set for you"),
        ([aim(Standing.FEW, hits=3, n=4)], "Too early to say"),
        ([aim(Standing.REACHED, hits=79, n=80)], "You are inside every goal so far"),
        (
            [aim(Standing.REACHED, hits=79, n=80), aim(Standing.OPEN, hits=24, n=30)],
            "You are inside 1 of 2 goals so far",
        ),
        ([aim(Standing.MISSED, hits=20, n=80)], "You are outside the goal so far"),
    ],
)
def test_the_title_is_the_answer(aims: list[Aim], title: str) -> None:
    assert words.verdict(aims, who="You")[0] == title


@pytest.mark.parametrize("standing", [Standing.OPEN, Standing.FEW, Standing.NOTHING])
def test_what_cannot_be_said_has_no_colour(standing: Standing) -> None:
    found = words._goal(aim(standing, hits=24, n=30), uuid4())
    assert found.state == ""
