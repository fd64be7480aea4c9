"""A promise that is used up too fast: both windows of the pack's rules, and the same on the past."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.alerts import services
from apps.alerts.backtest.stored import Span
from apps.alerts.models import Episode, Rule
from apps.alerts.pack import PACK
from apps.interactions.models import Queue
from apps.metrics.models import Observation
from tests.alerts.conftest import rule
from tests.alerts.test_backtest import _differences
from tests.console.floors import queue_named

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
FAST = {"burn": 2.5, "minutes": 30, "short": 5, "least_n": 10, "unit": "share"}


def replied(queue: Queue, at: datetime, seconds: int) -> Observation:
    return Observation(
        conversation_id=uuid4(), measure="first_reply_time", n=1, at=at, queue_id=queue.pk, value=seconds * 10**6
    )


def left(queue: Queue, at: datetime, *, gave_up: bool) -> Observation:
    return Observation(
        conversation_id=uuid4(), measure="abandonment_rate", n=1, at=at, queue_id=queue.pk, value=int(gave_up)
    )


def alert() -> Episode | None:
    assert not Rule.objects.exclude(error="").exists()
    return Episode.objects.filter(rule__key="promise-fast", resolved_at=None).first()


def test_a_promise_that_is_missed_three_times_as_often_as_it_may_is_an_alert_within_minutes_and_over_as_soon(
    billing: Queue, noon: datetime
) -> None:
    """80 % in 60 s are promised. From ten on, three of five customers wait too long or give up; from half past ten on none."""
    fast = next(one for one in PACK if one.key == "promise-fast")
    rule(
        fast.key,
        reader=fast.reader,
        is_prompt=False,
        params=fast.params,
        severity=int(fast.severity),
        keep_seconds=fast.keep,
    )
    since = noon - timedelta(hours=3)
    for n in range(180):
        at, is_bad = since + n * MINUTE, 60 <= n < 90
        missed = [replied(billing, at, 300), left(billing, at, gave_up=True), replied(billing, at, 61)]
        kept = [replied(billing, at, 60), replied(billing, at, 20), left(billing, at, gave_up=False)]
        Observation.objects.bulk_create(missed + kept[:2] if is_bad else kept)
    begun, ended = None, None
    for n in range(50, 120):
        services.evaluate(at=since + n * MINUTE + timedelta(seconds=30))
        one = alert()
        begun = n if begun is None and one is not None else begun
        ended = n if begun is not None and ended is None and one is None else ended
        if one is not None and n == 89:
            assert (one.limit, one.severity, one.queue_id) == (0.8, 3, billing.pk)
            assert one.value == pytest.approx(
                0.4
            )  # what the card says: of five customers a minute two were answered in time
    assert begun is not None
    assert ended is not None
    # More than half must be missed in both windows: from the twenty-first bad minute on, and until two of five are good again.
    assert (begun, ended) == (80, 91)


def test_a_queue_whose_goal_cannot_be_missed_as_often_is_not_judged(billing: Queue, noon: datetime) -> None:
    """At a goal of 60 % everything missed is 2.5 times what may be: the rule could never fire, and says nothing."""
    low, none = queue_named("Low"), queue_named("None", target=None)
    Queue.objects.filter(pk=low.pk).update(service_level_target=0.6)
    Observation.objects.bulk_create(
        replied(queue, noon - n * timedelta(seconds=20), 900) for queue in (billing, low, none) for n in range(90)
    )
    rule("promise-fast", reader="burn", is_prompt=False, params=FAST)
    services.evaluate(at=noon)
    assert {one.queue_id for one in Episode.objects.all()} == {billing.pk}


@pytest.mark.parametrize("minutes", [30, 120])
def test_the_past_of_a_promise_is_what_the_live_rule_saw(minutes: int, billing: Queue, noon: datetime) -> None:
    rng, span = random.Random(minutes), Span(noon - timedelta(minutes=179), 180)
    Observation.objects.bulk_create(
        replied(billing, span.since + timedelta(seconds=at), rng.choice((20, 59, 60, 61, 300) if 3000 < at < 6000 else (20, 59, 60)))
        if rng.random() < 0.8
        else left(billing, span.since + timedelta(seconds=at), gave_up=3000 < at < 6000 or rng.random() < 0.2)
        for at in (rng.randint(-7200, 10_800) for _ in range(500))
    )  # fmt: skip
    params = {**FAST, "minutes": minutes, "short": {30: 5, 120: 30}[minutes], "burn": 1.5}
    version = rule("promise", reader="burn", params=params).versions.get()
    assert _differences(version, span, billing) == []
