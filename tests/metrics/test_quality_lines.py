"""Quality line by line: ten marks before a number, five people before a band, and the same means as the marks themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import fmean, stdev

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Team
from apps.metrics.quality_lines import QualityLine, quality_lines
from apps.reviews.models import Mark, Pick, Review
from apps.shared.intervals import of_mean
from tests.console.floors import holds, queue_named
from tests.reviews.rows import judged

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LINE = "right-answer"
# A line of four steps: 1 to 4 are these parts of 100.
PARTS = {1: 0.0, 2: 100 / 3, 3: 200 / 3, 4: 100.0}


def member(team: Team, name: str) -> Agent:
    return Agent.objects.create(kind=AgentKind.HUMAN, name=name, team=team, is_listed=True)


def marked(
    agent: Agent, by: Viewer, steps: list[int], *, pick: Pick = Pick.RANDOM, ago: timedelta = timedelta(hours=2)
) -> None:
    queue = queue_named("Billing chat") if not agent.held.exists() else agent.held.all()[0].queue
    assert queue is not None
    for step in steps:
        one = judged(agent, holds(agent, queue, NOON - ago), by.user, NOON - ago)
        Review.objects.filter(pk=one.pk).update(pick=pick)
        Mark.objects.filter(review=one, line__key=LINE).update(step=step)


def line(agent: Agent, reader: Viewer) -> QualityLine:
    found = {one.text: one for one in quality_lines(viewer=reader, agent=agent, at=NOON)}
    text = Mark.objects.filter(line__key=LINE).values_list("line__text", flat=True)[0]
    return found[text]


def test_a_line_is_a_number_from_ten_marks_on_with_its_interval(quentin: Viewer, mona: Viewer) -> None:
    me = member(Team.objects.create(name="Billing"), "Asha")
    steps = [1, 2, 3, 4, 4, 3, 3, 2, 4]
    marked(me, quentin, steps)
    few = line(me, mona)
    assert (few.marked.n, few.marked.is_enough, few.low, few.band) == (9, False, None, None)
    marked(me, quentin, [4])
    found, values = line(me, mona), [PARTS[step] for step in (*steps, 4)]
    assert found.marked.n == 10
    assert found.marked.mean == pytest.approx(fmean(values))
    assert (found.low, found.high) == pytest.approx(of_mean(fmean(values), stdev(values), 10))


def test_only_what_chance_picked_and_what_was_released_in_28_days_counts(quentin: Viewer, mona: Viewer) -> None:
    me = member(Team.objects.create(name="Billing"), "Asha")
    marked(me, quentin, [4])
    marked(me, quentin, [1], pick=Pick.RISK)
    marked(me, quentin, [1], ago=timedelta(days=29))
    marked(me, quentin, [1], ago=-timedelta(hours=1))
    Mark.objects.filter(line__key="next-step").update(step=None, is_na=True)
    found = quality_lines(viewer=mona, agent=me, at=NOON)
    assert {one.marked.n for one in found} == {1}
    assert len(found) == Mark.objects.values("line__key").distinct().count() - 1


def test_the_band_is_of_five_colleagues_with_marks_enough_and_names_nobody(quentin: Viewer, mona: Viewer) -> None:
    team = Team.objects.create(name="Billing")
    people = [member(team, name) for name in ("Asha", "Ben", "Chloe", "Dario", "Elif")]
    for n, agent in enumerate(people[:4]):
        marked(agent, quentin, [min(4, n + 1)] * 10)
    marked(people[4], quentin, [4] * 9)
    marked(member(Team.objects.create(name="Sales"), "Else"), quentin, [1] * 10)
    assert line(people[0], mona).half is None
    marked(people[4], quentin, [4])
    half = line(people[0], mona).half
    assert half is not None
    # 0, 33.3, 66.7, 100 and 100.
    assert (half.low, half.high, half.people) == (pytest.approx(100 / 3), pytest.approx(100), 5)
    assert line(people[0], mona).band == (0.0, half.low, half.high, 100.0)


def test_it_costs_two_statements_whoever_is_in_the_team(quentin: Viewer, mona: Viewer) -> None:
    team = Team.objects.create(name="Billing")
    me = member(team, "Asha")
    marked(me, quentin, [4])
    for n in range(6):
        marked(member(team, f"P{n}"), quentin, [3])
    with CaptureQueriesContext(connection) as seen:
        quality_lines(viewer=mona, agent=me, at=NOON)
    assert len(seen) == 2
