"""A number week by week: its band, its goal, and no colour while one contains the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.reach import Reach
from apps.metrics import trends
from apps.metrics.aims import aims_of
from apps.metrics.models import Goal
from apps.ui.intervals import Plot, Point, intervals
from tests.metrics.test_scorecards import counted

pytestmark = pytest.mark.django_db
UTC_ZONE = ZoneInfo("UTC")


def test_each_week_has_its_band_and_a_colour_only_on_one_side_of_the_goal(
    asha: Viewer, adam: Viewer, noon: datetime
) -> None:
    me = Agent.objects.create(kind="human", name="Asha", user=asha.user)
    Goal.objects.create(
        metric="csat", scope_kind="person", scope_key=str(me.pk), period="week", target=0.8, from_on=date(2026, 1, 1), zone="UTC",
        made_by=adam.user, made_at=noon,
    )  # fmt: skip
    monday = datetime(2026, 11, 23, 9, tzinfo=UTC)  # noon is a Tuesday
    for back, n, hits in ((3, 100, 95), (2, 100, 60), (1, 40, 33), (0, 12, 12)):
        counted(me, "csat", monday - timedelta(weeks=back), n=n, hits=hits)
    aims = aims_of(adam, [me], at=noon)[me.pk]
    found = next(
        one
        for one in trends.trends(person=Reach.whole([me.pk]), aims=aims, zone=UTC_ZONE, at=noon)
        if one.key == "csat"
    )
    told = [(f"{week.starts_on:%d %b}", week.value, week.n, week.mark) for week in found.weeks[-4:]]
    assert told == [
        ("02 Nov", "95.0%", 100, "ok"),
        ("09 Nov", "60.0%", 100, "warn"),
        ("16 Nov", "82.5%", 40, ""),
        ("23 Nov", "not enough yet", 12, ""),
    ]
    assert (found.goal, len(found.weeks)) == ("80.0%", 8)
    assert found.plot is not None
    assert [(round(point.value, 3), point.mark) for point in found.plot.points] == [
        (0.95, "ok"),
        (0.6, "warn"),
        (0.825, ""),
    ]
    assert found.plot.line == (0.8, 0.8)
    assert found.weeks[-3].sure == "50.2% to 69.1%"


def test_without_a_goal_nothing_has_a_colour_and_without_cases_there_is_no_picture(
    asha: Viewer, noon: datetime
) -> None:
    me = Agent.objects.create(kind="human", name="Asha", user=asha.user)
    for back in (2, 1):
        counted(me, "response_time", datetime(2026, 11, 23, 9, tzinfo=UTC) - timedelta(weeks=back), n=100, seconds=40)
    found = {one.key: one for one in trends.trends(person=Reach.whole([me.pk]), aims=[], zone=UTC_ZONE, at=noon)}
    assert {week.mark for week in found["response_time"].weeks} == {""}
    assert found["response_time"].plot is not None
    assert found["csat"].plot is None


def test_the_picture_keeps_inside_and_escapes() -> None:
    points = [Point(0.0, 5.0, 1.0, 9.0, "<b>", "<i>x</i>"), Point(1.0, 20.0, None, None, "b", "y", "warn")]
    drawn = intervals(Plot(points, 0.0, 10.0, ("0", "10"), "A & B", (5.0, 5.0), "the goal"))
    assert "<b>" not in drawn
    assert 'aria-label="A &amp; B"' in drawn
    assert drawn.count("<rect") == 1
    assert 'cy="12.0"' in drawn  # above the axis is drawn at its end
    assert intervals(Plot([], 0.0, 1.0, ("", ""), "")) == ""
