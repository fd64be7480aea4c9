"""Numbers of a queue that contradict each other open an alert about quality, and end it when they no longer do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.access.roles import Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, Team
from apps.alerts import episodes, evaluating, wording
from apps.alerts.models import Call, Endpoint, Episode, Rule, Sending
from apps.alerts.pack import PACK, seed
from apps.alerts.watching import contradictions
from apps.interactions.models import Queue
from apps.metrics.models import Observation, QueuePoint
from apps.shared.reading import one_reading
from apps.ui.templatetags.ui import percent
from tests.conftest import person
from tests.console.floors import granted, known_for_weeks, queue_named
from tests.metrics.test_scorecards import counted

pytestmark = pytest.mark.django_db


def week(queue: Queue, at: datetime, *, passed: int, opened: int) -> None:
    """Two hundred conversations of a queue in an hour: so many passed on, so many opened again."""
    known_for_weeks(at)
    for measure, hits in (("transfer_rate", passed), ("reopen_rate", opened)):
        QueuePoint.objects.create(
            grain="hour",
            measure=measure,
            starts_at=at.replace(minute=0),
            queue_id=queue.pk,
            n=200,
            total=hits,
            counted_at=at,
        )


def hasty(agent: Agent, queue: Queue, at: datetime) -> None:
    """Replies that halved in a week in which customers became less content, in a queue."""
    known_for_weeks(at)
    for days, seconds, hits in ((9, 80, 46), (2, 40, 30)):
        counted(agent, "response_time", at - timedelta(days=days), n=50, seconds=seconds)
        counted(agent, "csat", at - timedelta(days=days), n=50, hits=hits)
    replied(agent, queue, at - timedelta(days=1))


def replied(agent: Agent, queue: Queue, at: datetime) -> None:
    Observation.objects.create(
        conversation_id=uuid4(), measure="response_time", n=1, at=at, queue_id=queue.pk, channel="webchat", agent_id=agent.pk, value=1,
    )  # fmt: skip


def staff(team: Team, *, n: int) -> list[Agent]:
    return [
        Agent.objects.create(kind=AgentKind.HUMAN, name=f"{team.name} {one}", team=team, is_listed=True)
        for one in range(n)
    ]


def held_to(key: str, at: datetime) -> Rule:
    """One rule of the pack, and no other."""
    seed(at=at - timedelta(days=1))
    Rule.objects.exclude(key=key).update(is_on=False)
    return Rule.objects.get(key=key)


@pytest.fixture
def only(db: None, noon: datetime) -> Rule:
    """The rule of the pack, and no other."""
    seed(at=noon - timedelta(days=1))
    Rule.objects.exclude(key="contradiction").update(is_on=False)
    return Rule.objects.get(key="contradiction")


def test_a_queue_that_only_looks_better_opens_one_alert(
    only: Rule, billing: Queue, leads: Viewer, client: Client, noon: datetime, plain_static: None
) -> None:
    calm = queue_named("Sales chat")
    for queue, before, now in ((billing, (60, 10), (20, 40)), (calm, (60, 10), (58, 12))):
        week(queue, noon - timedelta(days=9), passed=before[0], opened=before[1])
        week(queue, noon - timedelta(days=2), passed=now[0], opened=now[1])
    evaluating.evaluate_due(at=noon)
    one = Episode.objects.get()
    assert (one.queue, one.value, one.limit, one.about) == (
        billing,
        0.2,
        0.05,
        "Fewer are passed on, and more are opened again",
    )
    assert only.is_quality
    assert one.n == 200
    assert wording.why(one) == (
        "Fewer are passed on, and more are opened again. The value is of 200 cases in the last seven days."
    )
    client.force_login(leads.user)
    page = client.get(f"/alerts/{one.pk}").content.decode()
    assert "Fewer are passed on, and more are opened again." in page
    assert percent(0.2) in page
    evaluating.evaluate_due(at=noon + timedelta(seconds=30))
    assert Episode.objects.count() == 1


def test_it_ends_when_they_no_longer_contradict_each_other(only: Rule, billing: Queue, noon: datetime) -> None:
    week(billing, noon - timedelta(days=9), passed=60, opened=10)
    week(billing, noon - timedelta(days=2), passed=20, opened=40)
    evaluating.evaluate_due(at=noon)
    QueuePoint.objects.filter(measure="reopen_rate").update(total=10)
    keep: Any = next(one for one in PACK if one.key == "contradiction").keep
    for step in range(2, 2 * keep // 60 + 6):
        evaluating.evaluate_due(at=noon + step * timedelta(seconds=30))
    assert Episode.objects.get().stage == "resolved"


def test_looking_costs_three_statements_beside_the_reading_however_many_pairs_and_queues(
    billing: Queue, noon: datetime, django_assert_num_queries: Any
) -> None:
    for n in range(5):
        week(queue_named(f"Queue {n}"), noon - timedelta(days=2), passed=20, opened=40)
    with django_assert_num_queries(4), one_reading():
        assert len(contradictions.conflict({}, noon)) == 6


# --- of a team and of a person ------------------------------------------------------------------------------------------


@pytest.fixture
def north(db: None) -> Team:
    return Team.objects.create(name="North")


def test_a_team_that_looks_better_than_it_is_opens_one_alert_where_it_answers_most(
    north: Team, billing: Queue, lena: Viewer, client: Client, noon: datetime, plain_static: None
) -> None:
    held_to("team-contradiction", noon)
    lead = granted(lena, team=north)
    calm = Team.objects.create(name="South")
    staff(calm, n=5)
    for one in staff(north, n=5):
        hasty(one, billing, noon)
        replied(one, billing, noon - timedelta(hours=30))
        replied(one, queue_named("Sales chat"), noon - timedelta(hours=30))
    evaluating.evaluate_due(at=noon)
    evaluating.evaluate_due(at=noon + timedelta(seconds=30))
    one = Episode.objects.get()
    assert (one.team, one.queue, one.value, one.limit) == (north, billing, 0.6, 0.92)
    assert one.about == "North: Replies got faster, and customers less content"
    assert (one.conversation_id, one.message_id) == (None, None)
    client.force_login(lead.user)
    page = client.get(f"/alerts/{one.pk}").content.decode()
    assert "North: Replies got faster, and customers less content." in page
    assert f'href="/scorecards?scope={north.pk}"' in page
    assert Call.objects.get().to == lena.user


def test_a_team_of_four_is_not_told_of(north: Team, billing: Queue, noon: datetime) -> None:
    held_to("team-contradiction", noon)
    for one in staff(north, n=4):
        hasty(one, billing, noon)
    evaluating.evaluate_due(at=noon)
    assert not Episode.objects.exists()


def test_somebody_s_conflict_names_nobody_and_leads_to_the_scorecard(
    north: Team, billing: Queue, lena: Viewer, client: Client, noon: datetime, plain_static: None
) -> None:
    held_to("personal-contradiction", noon)
    (agent,) = staff(north, n=1)
    hasty(agent, billing, noon)
    evaluating.evaluate_due(at=noon)
    one = Episode.objects.get()
    assert (one.team, one.queue, one.about) == (north, billing, "Replies got faster, and customers less content")
    client.force_login(granted(lena, team=north).user)
    page = client.get(f"/alerts/{one.pk}").content.decode()
    assert agent.name not in page
    assert "mark-info" in page
    assert "mark-warn" not in page
    assert f'href="/agents/{agent.pk}/scorecard"' in page
    assert client.get(f"/agents/{agent.pk}/scorecard").status_code == 200


@pytest.mark.parametrize("key", ["team-contradiction", "personal-contradiction"])
def test_who_has_the_queue_and_not_the_team_sees_neither(
    north: Team, leads: Viewer, billing: Queue, noon: datetime, key: str
) -> None:
    held_to(key, noon)
    for one in staff(north, n=5):
        hasty(one, billing, noon)
    evaluating.evaluate_due(at=noon)
    (first, *_) = Episode.objects.select_related("rule")
    assert first.queue == billing
    for viewer, sees in ((leads, False), (granted(person("nils", Role.LEAD), team=north), True)):
        assert Episode.objects.visible_to(viewer).exists() is sees
        assert episodes.may_see(viewer, first) is sees


def test_operations_see_what_is_about_a_team_and_nothing_about_one_person(
    north: Team, billing: Queue, olu: Viewer, mona: Viewer, noon: datetime
) -> None:
    seed(at=noon - timedelta(days=1))
    wanted = ["team-contradiction", "personal-contradiction"]
    Rule.objects.exclude(key__in=wanted).update(is_on=False)
    Endpoint.objects.create(
        name="Room", url="https://example.org/", is_on=True, least_severity=1, made_by=mona.user, made_at=noon
    )
    for one in staff(north, n=5):
        hasty(one, billing, noon)
    evaluating.evaluate_due(at=noon)
    for viewer, sees in ((olu, [True, False]), (mona, [True, True])):
        assert [Episode.objects.visible_to(viewer).filter(rule__key=key).exists() for key in wanted] == sees
        for one in Episode.objects.select_related("rule"):
            assert episodes.may_see(viewer, one) is sees[wanted.index(one.rule.key)]
    # Where a team has no lead operations are next, and they may not see this one.
    told = Call.objects.filter(episode__rule__is_personal=True).values_list("to", "held")
    assert set(told) == {(olu.user.pk, "not_allowed")}
    assert [one.episode.rule.key for one in Sending.objects.filter(endpoint__isnull=False)] == ["team-contradiction"]


@pytest.mark.parametrize("level", ["team", "person"])
def test_looking_costs_three_statements_and_two_where_there_is_a_conflict(
    north: Team, billing: Queue, noon: datetime, django_assert_num_queries: Any, level: str
) -> None:
    read = contradictions.team_conflict if level == "team" else contradictions.person_conflict
    people = staff(north, n=5)
    with django_assert_num_queries(3):
        read({}, noon)
    for one in people:
        hasty(one, billing, noon)
    for n in range(5):
        staff(Team.objects.create(name=f"Team {n}"), n=5)
    with django_assert_num_queries(5):
        assert len(read({}, noon)) == (6 if level == "team" else 30)
