"""Numbers of a queue that contradict each other open an alert about quality, and end it when they no longer do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.access.viewer import Viewer
from apps.alerts import evaluating, wording
from apps.alerts.models import Episode, Rule
from apps.alerts.pack import PACK, seed
from apps.alerts.watching import contradictions
from apps.interactions.models import Queue
from apps.metrics.models import QueuePoint
from apps.shared.reading import one_reading
from apps.ui.templatetags.ui import percent
from tests.console.floors import queue_named

pytestmark = pytest.mark.django_db


def week(queue: Queue, at: datetime, *, passed: int, opened: int) -> None:
    """Two hundred conversations of a queue in an hour: so many passed on, so many opened again."""
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
    assert wording.why(one) == "Fewer are passed on, and more are opened again."
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
