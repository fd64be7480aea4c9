"""Every number of a scorecard is the one that the metrics API tells, and the rows behind it recompute to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from statistics import fmean, median
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, TestCase, override_settings
from time_machine import travel

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Presence, Shift, Team
from apps.agents.reach import reach_of
from apps.console import workday
from apps.metrics import ai_cards, drilldown, goal_setting, histograms, queries, scorecards
from apps.metrics.behind import ALL, HITS, Question
from apps.metrics.definitions.definition import SECONDS
from apps.metrics.drilldown import Row
from apps.metrics.goals import Scope as GoalScope
from apps.metrics.models import AgentPoint
from apps.metrics.queries import Scope
from apps.metrics.scorecards import KEYS, WINDOWS, Line
from apps.reviews.models import Review
from tests.console.floors import holds, queue_named
from tests.metrics.histories import history
from tests.metrics.test_oracle import LATER, take_in
from tests.reviews.rows import judged

HISTORIES = 60
# What a row says is written to the second; a percentile of a bucket lies in its bar.
WRITTEN = 0.5


def seconds(row: Row) -> float:
    hours, minutes, rest = row.said.split(",")[0].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


class TestScorecards(TestCase):
    """Random histories, recorded once in any order, and the card of everybody who worked in them."""

    reader: Viewer

    @classmethod
    def setUpTestData(cls) -> None:
        take_in([one for seed in range(HISTORIES) for one in history(seed)], dice=Random(1), parts=3)
        team = Team.objects.create(name="Everybody")
        Agent.objects.people().update(team=team)
        cls.reader = viewer_for(User.objects.create_user("mona", password="a-long-password", role="qa_manager"))

    def test_every_number_is_that_of_the_api_and_of_its_rows(self) -> None:
        compared = 0
        for agent in Agent.objects.people():
            for window, at in (*((name, LATER) for name in WINDOWS), ("today", LATER - timedelta(days=2))):
                card = scorecards.scorecard(viewer=self.reader, agent=agent, window=window, at=at)
                assert [line.metric.key for line in card.lines] == list(KEYS)
                for line in card.lines:
                    asked = {"viewer": self.reader, "at": at}
                    scope = Scope(agent_id=agent.pk)
                    (group,) = queries.measure(**asked, key=line.metric.key, scope=scope, window=window).groups  # type: ignore[arg-type]
                    assert group.number == line.number
                    question = Question(key=line.metric.key, scope=scope, window=window)
                    rows = list(drilldown.every_row(**asked, question=question, most=10_000))  # type: ignore[arg-type]
                    recomputed(line, rows)
                    compared += bool(rows)
        assert compared > 30

    def test_every_number_of_an_ai_agent_is_that_of_the_api_and_of_its_rows(self) -> None:
        compared = 0
        for agent in Agent.objects.ai():
            for window in WINDOWS:
                card = ai_cards.ai_scorecard(viewer=self.reader, agent=agent, window=window, at=LATER)
                assert [*card.lines] == list(ai_cards.KEYS)
                shown = [row.label for group in card.groups for row in group.rows]
                judged = ai_cards.GROUPS["How evaluators judged it"]  # shown where an evaluator said anything
                is_judged = any(card.lines[key].number.n for key in judged)
                assert shown == [one.metric.name for key, one in card.lines.items() if is_judged or key not in judged]
                for line in card.lines.values():
                    compared += self.agrees(line, agent, window)
        assert compared > 20

    def agrees(self, line: Line, agent: Agent, window: str) -> bool:
        scope = Scope(agent_id=agent.pk)
        (group,) = queries.measure(viewer=self.reader, at=LATER, key=line.metric.key, scope=scope, window=window).groups
        assert group.number == line.number
        question = Question(key=line.metric.key, scope=scope, window=window)
        rows = list(drilldown.every_row(viewer=self.reader, at=LATER, question=question, most=10_000))
        recomputed(line, rows)
        return bool(rows)

    @override_settings(STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}})
    def test_the_page_says_the_figures_that_the_program_reads(self) -> None:
        client = Client()
        client.force_login(self.reader.user)
        with travel(LATER, tick=False):
            for agent in Agent.objects.people():
                card = scorecards.scorecard(viewer=self.reader, agent=agent, window="28d", at=LATER)
                page = client.get(f"/agents/{agent.pk}/scorecard?window=28d").content.decode()
                for line in card.lines:
                    path = f"/api/v1/metrics/{line.metric.key}?window=28d&scope=agent:{agent.pk}"
                    (told,) = client.get(path).json()["groups"]
                    assert told["number"]["n"] == line.number.n
                    assert told["number"]["value"] == line.number.value
                    assert f'<td class="end">{line.number.n:,}</td>' in page


@pytest.mark.django_db
def test_every_other_number_of_the_card_is_that_of_the_api(
    client: Client, asha: Viewer, adam: Viewer, quentin: Viewer, plain_static: None
) -> None:
    """Quality, what stands in pairs, the goals of the day, and the parts of the day: where the API has a number, it is the same one."""
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    me = Agent.objects.create(
        kind="human", name="Asha Verma", team=Team.objects.create(name="Billing"), user=asha.user, is_listed=True
    )
    queue, dice = queue_named("Billing chat"), Random(4)
    for n in range(14):
        one = judged(me, holds(me, queue, noon), quentin.user, noon - timedelta(hours=3 + n), step=dice.randint(1, 2))
        Review.objects.filter(pk=one.pk).update(score=dice.randint(30, 100))
    for metric, target in (("csat", "80 %"), ("missed", "3"), ("adherence", "90 %")):
        goal_setting.set_goal(
            by=adam, metric=metric, scope=GoalScope("person", str(me.pk)), at=noon, period="day", target=target,
            from_on=noon.date(),
        )  # fmt: skip
    for measure, n, total in (("csat", 40, 31), ("missed", 2, 2)):
        for grain in ("quarter", "hour"):
            AgentPoint.objects.create(
                grain=grain,
                measure=measure,
                starts_at=noon - timedelta(hours=2),
                agent_id=me.pk,
                n=n,
                total=total,
                counted_at=noon,
            )
    Shift.objects.create(agent=me, starts_at=noon - timedelta(hours=4), ends_at=noon + timedelta(hours=4))
    for status, since, until in (("available", 4, 1), ("away", 1, 0)):
        Presence.objects.create(
            id=uuid4(), agent=me, queue="", status=status, started_at=noon - timedelta(hours=since),
            ended_at=noon - timedelta(hours=until), sequence="",
        )  # fmt: skip
    client.force_login(asha.user)

    def api(key: str, window: str) -> dict[str, Any]:
        answer = client.get(f"/api/v1/metrics/{key}?window={window}&scope=agent:{me.pk}")
        assert answer.status_code == 200, answer.content
        (group,) = answer.json()["groups"]
        return dict(group["number"])

    with travel(noon, tick=False):
        quality = scorecards.quality(person=reach_of(asha, [me]), zone=asha.zone, at=noon)
        told = api("internal_quality_score", "28d")
        assert (quality.n, quality.value) == (14, told["value"])
        assert (quality.low, quality.high) == (told["low"], told["high"])
        page = client.get("/me/scorecard").content.decode()
        assert f">{quality.mean:.0f} of 100</a>" in page
        for window in ("7d", "28d"):
            card = scorecards.scorecard(viewer=asha, agent=me, window=window, at=noon)
            beside = card.beside["internal_quality_score"].number
            told = api("internal_quality_score", window)
            assert (beside.n, beside.value) == (told["n"], told["value"])
        aims = {aim.metric.key: aim for aim in card.aims}
        assert set(aims) == {"csat", "missed", "adherence"}
        for key, aim in aims.items():
            told = api(key, "today")
            assert (aim.number.n, aim.number.value) == (told["n"], told["value"]), key
            assert told["n"], key
        day = workday.day_of(viewer=asha, agent=me, at=noon)
        assert day is not None
        facts = {fact.name: fact.value for fact in day.facts}
        for name, key in (("Occupancy", "occupancy"), ("Adherence", "adherence"), ("Conformance", "conformance")):
            assert facts[name] == f"{api(key, 'today')['value']:.0%}"
        active = next(one for one in day.portions if one.kind == "on_contact")
        assert active.seconds == api("active_time", "today")["value"]


def recomputed(line: Line, rows: list[Row]) -> None:
    """The number follows from what its rows say."""
    number = line.number
    assert len(rows) == number.n
    if not rows:
        assert number.value is None
    elif number.hits is not None:
        hits = sum(row.part == HITS for row in rows)
        assert (hits, hits / len(rows)) == (number.hits, number.value)
    elif line.metric.unit == "score":
        assert number.mean is not None
        assert abs(fmean(float(row.said) for row in rows) - number.mean) <= WRITTEN / 100
    elif line.metric.unit == SECONDS:
        said = [seconds(row) for row in rows]
        assert number.mean is not None
        assert abs(fmean(said) - number.mean) <= WRITTEN
        assert number.p50 is not None
        assert abs(median(said) - number.p50) <= histograms.ERROR * number.p50 + WRITTEN
    else:
        assert {row.part for row in rows} == {ALL}
        assert number.value == len(rows)
