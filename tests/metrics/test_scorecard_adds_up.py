"""Every number of a scorecard is the one that the metrics API tells, and the rows behind it recompute to it."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from statistics import fmean, median

from django.test import Client, TestCase, override_settings
from time_machine import travel

from apps.access.models import User
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Team
from apps.metrics import ai_cards, drilldown, histograms, queries, scorecards
from apps.metrics.behind import ALL, HITS, Question
from apps.metrics.definitions.definition import SECONDS
from apps.metrics.drilldown import Row
from apps.metrics.queries import Scope
from apps.metrics.scorecards import KEYS, WINDOWS, Line
from tests.metrics.histories import history
from tests.metrics.test_oracle import LATER, take_in

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
