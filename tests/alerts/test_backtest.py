"""A rule on the past: the same as the engine would have done minute by minute, and the same as the live rule did (I15)."""

from __future__ import annotations

import random
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.alerts import evaluating, services
from apps.alerts.backtest import foresight
from apps.alerts.backtest.pasts import PASTS, with_hours
from apps.alerts.backtest.replaying import _JUDGED, BREACH, OFF, OK, STILL, THIN, Firing, as_cards, replay
from apps.alerts.backtest.stored import Span, span_until
from apps.alerts.backtest.trying import try_out
from apps.alerts.detectors import counts
from apps.alerts.engine.series import Effect, Memory, Timing, step
from apps.alerts.models import Episode, Rule
from apps.alerts.watching.reading import READERS
from apps.interactions.models import Queue
from apps.metrics.models import Baseline, Calendar, Observation, OpeningHours, QueueCalendar, QueuePoint, Sample
from apps.shared.reading import one_reading
from supervision.celery import app
from tests.alerts.conftest import GRID, rule

RUNS = st.lists(st.tuples(st.sampled_from([OK, STILL, BREACH, THIN, OFF]), st.integers(1, 40)), max_size=30)


def every_minute(timing: Timing, codes: np.ndarray[Any, Any]) -> list[Firing]:
    """The engine at each minute, as the live rule calls it."""
    memory, told = Memory(), []
    for n, code in enumerate(codes):
        memory, moved = step(timing, memory, _JUDGED[code], at=n * 60.0)
        for one in moved:
            if one.effect == Effect.FIRED:
                told.append(Firing(one.at, None))
            elif one.effect == Effect.RESOLVED:
                told[-1] = Firing(told[-1].begins, one.at)
    return told


@given(runs=RUNS, wait=st.sampled_from([0, 60, 90, 600]), keep=st.sampled_from([0, 60, 100, 900]))
@settings(max_examples=300, deadline=None)
def test_replaying_runs_is_the_same_as_evaluating_every_minute(
    runs: list[tuple[int, int]], wait: int, keep: int
) -> None:
    codes = np.concatenate([np.full(n, code, dtype=np.int8) for code, n in runs] or [np.empty(0, dtype=np.int8)])
    timing = Timing(wait=wait, keep=keep, interval=60.0)
    assert replay(timing, codes, start=0.0, every=60.0) == every_minute(timing, codes)


def test_what_comes_back_within_half_an_hour_is_one_card() -> None:
    told = as_cards([Firing(0.0, 60.0), Firing(1859.0, 1900.0), Firing(3700.0, None)])
    assert told == [Firing(0.0, 1900.0), Firing(3700.0, None)]


@pytest.mark.parametrize(
    ("fired", "days", "low", "high"), [(0, 28, 0, 2), (3, 28, 0, 9), (30, 28, 19, 44), (3, 7, 3, 30)]
)
def test_a_count_of_the_past_is_a_range_for_the_time_to_come(fired: int, days: int, low: int, high: int) -> None:
    assert foresight.expected_range(fired, days=days) == (low, high)


def test_a_range_holds_nine_times_of_ten_where_the_past_is_like_the_future() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(2000):
        mean = rng.gamma(1.0, 8.0)
        low, high = foresight.expected_range(int(rng.poisson(mean)), days=28)
        held += low <= rng.poisson(mean) <= high
    assert held / 2000 > 0.88


def test_how_long_a_change_takes_to_be_seen_follows_the_table_of_the_specification() -> None:
    # 178 closed conversations for a fifth, at a share of 0.75 and a dispersion of 1.3: at 51 an hour, three and a half hours.
    hours = foresight.hours_to_see(rate=0.75, change=-0.2, dispersion=1.3, cases_an_hour=51)
    assert hours == pytest.approx(3.5, abs=0.1)
    assert foresight.hours_to_see(rate=0.75, change=-0.2, dispersion=1.3, cases_an_hour=0) is None


def test_the_smallest_surge_is_the_first_that_the_detector_calls_one() -> None:
    factor = foresight.smallest_surge(counts.Surge(series=10), expected=10.0, dispersion=1.3)
    assert factor is not None
    count = round(factor * 10)
    assert counts.judge(counts.Surge(series=10), count, expected=10.0, dispersion=1.3).verdict == "breach"
    assert counts.judge(counts.Surge(series=10), count - 1, expected=10.0, dispersion=1.3).verdict == "ok"


def test_rules_that_begin_together_overlap_from_seven_of_ten_times_on() -> None:
    ours = [Firing(n * 1000.0, None) for n in range(10)]
    assert foresight.overlap("x", ours, [n * 1000.0 + 299 for n in range(7)]) == foresight.Overlap("x", 7, 10)
    assert foresight.overlap("x", ours, [n * 1000.0 + 299 for n in range(6)]) is None
    assert foresight.overlap("x", ours[:2], [0.0, 1000.0]) is None


# ---- the stored past against the live readers


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def _codes_of_live(version: Any, span: Span, queue: UUID) -> list[int]:
    """What the live reader says at each minute of a span."""
    told = []
    for n in range(span.minutes):
        with one_reading():
            seen = {
                one.queue: one.judged
                for one in READERS[version.reader](version.params, span.since + timedelta(minutes=n))
            }
        judged = seen[queue]
        if judged.verdict == "ok" and judged.still:
            told.append(STILL)
        else:
            told.append({"ok": OK, "breach": BREACH, "insufficient": THIN, "off": OFF}[judged.verdict])
    return told


def _observe(queue: Queue, measure: str, at: datetime, value: int) -> Observation:
    return Observation(conversation_id=uuid4(), measure=measure, n=1, at=at, queue_id=queue.pk, value=value)


def _differences(version: Any, span: Span, queue: Queue) -> list[tuple[int, int, int]]:
    with one_reading():
        [past] = with_hours(PASTS[version.reader](version.params, span, [queue.pk]), span)
    live = _codes_of_live(version, span, queue.pk)
    return [(n, int(a), b) for n, (a, b) in enumerate(zip(past.codes, live, strict=True)) if a != b]


@pytest.mark.django_db
def test_the_past_of_a_percentile_is_what_the_live_rule_saw(billing: Queue, noon: datetime) -> None:
    rng, span = random.Random(3), Span(noon - timedelta(minutes=179), 180)
    Observation.objects.bulk_create(
        _observe(billing, "first_reply_time", span.since + timedelta(seconds=rng.randint(-1800, 10_800)), rng.choice((40, 89, 90, 91, 150, 400)) * 10**6)
        for _ in range(140)
    )  # fmt: skip
    version = rule("first-reply", reader="percentile", params={
        "measure": "first_reply_time", "op": ">", "enter": 150.0, "leave": 0.6, "least_n": 10, "minutes": 30, "unit": "seconds",
    }).versions.get()  # fmt: skip
    assert _differences(version, span, billing) == []


@pytest.mark.django_db
def test_the_past_of_a_share_is_what_the_live_rule_saw_also_over_midnight(billing: Queue) -> None:
    noon = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
    rng, span = random.Random(5), Span(noon - timedelta(minutes=419), 420)
    day = span.since.replace(hour=0, minute=0) - timedelta(days=28)
    QueuePoint.objects.bulk_create(
        QueuePoint(grain="hour", measure="containment", starts_at=day + timedelta(hours=n), queue_id=billing.pk, channel="",
                   n=20 + n % 5, total=12 + n % 7, counted_at=noon)
        for n in range(28 * 24 + 20)
    )  # fmt: skip
    seconds = [rng.randint(-4 * 3600, span.minutes * 60) for _ in range(500)]
    Observation.objects.bulk_create(
        _observe(billing, "containment", span.since + timedelta(seconds=at), int(rng.random() < (0.25 if at > 9000 else 0.7)))
        for at in seconds
    )  # fmt: skip
    version = rule(
        "containment", reader="share", params={"measure": "containment", "shift": -0.4, "unit": "share"}
    ).versions.get()
    differences = _differences(version, span, billing)
    assert differences == []
    with one_reading():
        [past] = PASTS["share"](version.params, span, [billing.pk])
    assert {OK, BREACH} <= set(past.codes.tolist())


@pytest.mark.django_db
def test_the_past_of_a_mean_and_of_a_surge_is_what_the_live_rules_saw(billing: Queue, noon: datetime) -> None:
    rng, span = random.Random(7), Span(noon - timedelta(minutes=149), 150)
    day = span.since.replace(hour=0, minute=0) - timedelta(days=28)
    QueuePoint.objects.bulk_create(
        QueuePoint(grain="hour", measure="ai_confidence", starts_at=day + timedelta(hours=n), queue_id=billing.pk, channel="",
                   n=10, total=8_000_000, counted_at=noon)
        for n in range(28 * 24)
    )  # fmt: skip
    Observation.objects.bulk_create(
        _observe(billing, "ai_confidence", span.since + timedelta(seconds=rng.randint(-1800, 9000)), rng.randint(500_000, 850_000))
        for _ in range(300)
    )  # fmt: skip
    Observation.objects.bulk_create(
        _observe(billing, "ai_involvement_rate", span.since + timedelta(seconds=rng.randint(-900, 9000) if n < 60 else 5000 + n), 1)
        for n in range(160)
    )  # fmt: skip
    Baseline.objects.create(queue_id=billing.pk, zone="Europe/Berlin", expected=[24.0] * 168, dispersion=1.2, level_spread=0.1,
                            days=21, learnt_at=noon)  # fmt: skip
    for name, params in (
        ("mean", {"measure": "ai_confidence", "by": -0.15, "least_n": 20, "minutes": 30, "unit": "score"}),
        ("surge", {"minutes": 15, "unit": "conversations"}),
    ):
        version = rule(name, reader=name, params=params).versions.get()
        assert _differences(version, span, billing) == [], name
        with one_reading():
            [past] = PASTS[name](version.params, span, [billing.pk])
        assert BREACH in past.codes, name


@pytest.mark.django_db
def test_a_closed_minute_is_closed_in_the_past_too(billing: Queue, noon: datetime) -> None:
    office = Calendar.objects.create(name="Office", zone="Europe/Berlin")
    OpeningHours.objects.create(
        calendar=office, weekday=noon.isoweekday(), opens_minute=11 * 60, closes_minute=12 * 60 + 30
    )
    QueueCalendar.objects.create(queue=billing, calendar=office)
    span = Span(noon - timedelta(minutes=179), 180)
    version = rule("surge", reader="surge", params={"minutes": 15, "unit": "conversations"}).versions.get()
    assert _differences(version, span, billing) == []


@pytest.mark.django_db
def test_a_back_test_is_what_the_live_rule_did(billing: Queue, noon: datetime) -> None:
    """I15: alerts of a rule of the grid over an afternoon, and the same rule tried on that afternoon afterwards."""
    made = rule("first-reply", is_prompt=False, reader="percentile", wait_seconds=120, keep_seconds=300, params={
        "measure": "first_reply_time", "op": ">", "enter": 90.0, "leave": 0.8, "least_n": 3, "minutes": 10, "unit": "seconds",
    })  # fmt: skip
    since = noon - timedelta(hours=3)
    Observation.objects.bulk_create(
        _observe(billing, "first_reply_time", since + timedelta(seconds=20 + 60 * n), (300 if n % 60 < 12 else 20) * 10**6)
        for n in range(180)
    )  # fmt: skip
    _observe(billing, "ai_involvement_rate", since, 1).save()
    for n in range(361):
        services.evaluate(at=since + n * GRID)
    live = [(one.fired_at, one.resolved_at) for one in Episode.objects.order_by("fired_at")]
    version = made.versions.get()
    tried = try_out(rule=made, version=version, timing=evaluating.timing_of(version), at=noon)
    [place] = tried.places
    assert len(live) == 3 == tried.fired

    def near(one: float | None, other: datetime | None) -> bool:  # the grid is half as wide as the stored minutes
        return (one is None) == (other is None) and (one is None or other is None or abs(one - other.timestamp()) <= 60)

    assert all(near(one.begins, a) and near(one.ends, b) for one, (a, b) in zip(place.firings, live, strict=True))


@pytest.mark.django_db
def test_a_gauge_is_tried_on_its_samples_and_says_how_much_of_the_past_there_is(billing: Queue, noon: datetime) -> None:
    long_ago = noon - timedelta(days=2)
    Sample.objects.bulk_create(
        Sample(taken_at=long_ago + timedelta(minutes=n), queue_id=billing.pk, queue_length=20 if 600 <= n < 660 else 2, unattended=0,
               backlog=[0, 0, 0, 0, 0])
        for n in range(2 * 1440 + 1)
    )  # fmt: skip
    made = rule(
        "long",
        wait_seconds=180,
        params={"metric": "queue_length", "op": ">", "enter": 12.0, "leave": 0.8, "unit": "waiting"},
    )
    version = made.versions.get()
    tried = try_out(rule=made, version=version, timing=evaluating.timing_of(version), at=noon)
    assert (tried.fired, round(tried.days)) == (1, 2)
    [place] = tried.places
    assert place.firings == [
        Firing((long_ago + timedelta(minutes=603)).timestamp(), (long_ago + timedelta(minutes=660)).timestamp())
    ]
    assert any("Less than seven days" in one for one in tried.warnings)
    high = {**version.params, "enter": 50.0}
    version.params = high
    assert try_out(rule=made, version=version, timing=evaluating.timing_of(version), at=noon).fired == 0


@pytest.mark.django_db
def test_a_closed_past_is_none_that_is_known(billing: Queue, noon: datetime) -> None:
    office = Calendar.objects.create(name="Office", zone="UTC")
    OpeningHours.objects.create(calendar=office, weekday=noon.isoweekday(), opens_minute=0, closes_minute=24 * 60)
    QueueCalendar.objects.create(queue=billing, calendar=office)
    Observation.objects.bulk_create(
        _observe(billing, measure, noon - timedelta(minutes=n), 5 * 10**6)
        for n in range(300)
        for measure in ("first_reply_time", "ai_involvement_rate")
    )
    made = rule("first-reply", reader="percentile", params={
        "measure": "first_reply_time", "op": ">", "enter": 90.0, "leave": 0.8, "least_n": 3, "minutes": 10, "unit": "seconds",
    })  # fmt: skip
    version = made.versions.get()
    assert try_out(rule=made, version=version, timing=evaluating.timing_of(version), at=noon).days == pytest.approx(
        5 / 24, abs=0.01
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "reader", ["mood", "source", "watching", "conflict", "ai_conflict", "team_conflict", "person_conflict"]
)
def test_what_was_not_kept_is_said_to_be_unknown(reader: str, billing: Queue, noon: datetime) -> None:
    made = rule("x", reader=reader)
    version = made.versions.get()
    tried = try_out(rule=made, version=version, timing=evaluating.timing_of(version), at=noon)
    assert (tried.days, tried.fired) == (0, 0)
    assert tried.why


@pytest.mark.django_db
def test_an_empty_portal_has_no_past(billing: Queue, noon: datetime) -> None:
    for reader, params in (
        ("gauge", {"metric": "backlog", "op": ">", "enter": 1.0, "leave": 0.8}),
        ("asked", {"seconds": 90}),
    ):
        made = rule(f"x-{reader}", reader=reader, params=params)
        version = made.versions.get()
        assert (
            "Nothing is stored"
            in try_out(rule=made, version=version, timing=evaluating.timing_of(version), at=noon).why
        )
    assert Rule.objects.count() == 2


@pytest.mark.django_db
def test_a_past_of_many_events_takes_little_memory(billing: Queue, noon: datetime) -> None:
    """Case 97: a hundred thousand events of one queue in four weeks; a worker that grew all the same is replaced."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO metrics_observation (conversation_id, measure, n, at, queue_id, channel, value) "
            "SELECT gen_random_uuid(), m, 1, %s::timestamptz - n * interval '24 seconds', %s, '', 5000000 "
            "FROM generate_series(1, 50000) n, unnest(ARRAY['first_reply_time', 'ai_involvement_rate']) m",
            [noon, billing.pk],
        )
    made = rule("first-reply", reader="percentile", params={
        "measure": "first_reply_time", "op": ">", "enter": 90.0, "leave": 0.8, "least_n": 3, "minutes": 30, "unit": "seconds",
    })  # fmt: skip
    version = made.versions.get()
    tracemalloc.start()
    try:
        tried = try_out(rule=made, version=version, timing=evaluating.timing_of(version), at=noon)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tried.fired, round(tried.days)) == (0, 14)
    assert peak < 64 * 1024 * 1024
    assert app.conf.worker_max_memory_per_child == 512 * 1024  # KiB


def test_a_span_is_whole_minutes_up_to_the_last_one(noon: datetime) -> None:
    span = span_until(noon + timedelta(seconds=42))
    assert (span.until, span.minutes) == (noon, 28 * 1440)
