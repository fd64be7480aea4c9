"""What is usual, and how many will come: on made-up weeks whose truth is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from apps.access.models import User
from apps.access.viewer import Viewer
from apps.metrics import services, volume
from apps.metrics.baselines import WEEK, Usual, learn, whole_days
from apps.metrics.forecast import forecast, interval
from apps.metrics.models import NO_QUEUE, Baseline, QueuePoint
from tests.console.floors import queue_named

ZONE = ZoneInfo("UTC")
MONDAY = date(2026, 9, 7)
PROFILE = [2, 1, 1, 1, 1, 2, 5, 15, 40, 60, 65, 60, 50, 55, 70, 65, 55, 45, 30, 20, 12, 8, 5, 3]


def days(many: int) -> list[date]:
    return [MONDAY + timedelta(days=n) for n in range(many)]


def flat(known: list[date], weekday: float, weekend: float) -> dict[tuple[date, int], float]:
    return {(day, hour): weekend if day.weekday() >= 5 else weekday for day in known for hour in range(24)}


def drawn(dice: Random, mean: float) -> int:
    """A Poisson count, by the times between arrivals."""
    count, passed = 0, dice.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + dice.expovariate(1.0)
    return count


def weeks(seed: int, *, many: int, scatter: float, level: float, incidents: float) -> dict[tuple[date, int], float]:
    """Made-up arrivals: Mondays are busier, weekends quieter, whole days scatter, some days have two hours of a surge."""
    dice, found = Random(seed), {}
    for day in days(many):
        whole = dice.gammavariate(1 / level**2, level**2) if level else 1.0
        surge = dice.randrange(9, 17) if dice.random() < incidents else 99
        for hour in range(24):
            mean = PROFILE[hour] * whole * (0.4 if day.weekday() >= 5 else 1.15 if day.weekday() == 0 else 1.0)
            mean *= 2.4 if surge <= hour < surge + 2 else 1.0
            mean = dice.gammavariate(mean / (scatter - 1), scatter - 1) if scatter > 1 else mean
            found[day, hour] = float(drawn(dice, mean))
    return found


def test_weekdays_and_weekends_are_learnt_apart() -> None:
    usual = learn(flat(days(28), 40, 10), days=days(28))
    assert usual.expected == pytest.approx([40.0] * 120 + [10.0] * 48)
    assert (usual.dispersion, usual.level_spread, usual.days, usual.is_learning) == (1.0, 0.0, 28, False)


def test_an_incident_does_not_become_usual() -> None:
    counts = flat(days(28), 40, 10)
    for hour in range(10, 14):
        counts[days(28)[8], hour] = 400.0
        counts[days(28)[9], hour] = 0.0
    usual = learn(counts, days=days(28))
    assert usual.expected[10 : 24 * 5] == pytest.approx([40.0] * 110)
    assert usual.dispersion < 1.2


def test_a_day_of_the_week_that_is_always_busier_is_usual_on_that_day_only() -> None:
    counts = flat(days(28), 40, 10)
    for day in days(28)[::7]:
        for hour in range(24):
            counts[day, hour] = 60.0
    usual = learn(counts, days=days(28))
    assert 50 < usual.expected[9] < 60  # four Mondays, held back by what they are not yet known for
    assert usual.expected[33] == pytest.approx(40.0)


def test_scatter_is_told_apart_from_chance_and_the_days_level_from_the_hours() -> None:
    dispersions, spreads = [], []
    for seed in range(20):
        usual = learn(weeks(seed, many=28, scatter=2.0, level=0.2, incidents=0.0), days=days(28))
        dispersions.append(usual.dispersion)
        spreads.append(usual.level_spread)
    assert sum(dispersions) / 20 == pytest.approx(2.0, rel=0.15)
    assert sum(spreads) / 20 == pytest.approx(0.2, rel=0.2)
    plain = learn(weeks(1, many=28, scatter=1.0, level=0.0, incidents=0.0), days=days(28))
    assert plain.dispersion < 1.3
    assert plain.level_spread < 0.08


def test_fewer_than_seven_days_are_learning() -> None:
    assert learn(flat(days(6), 40, 10), days=days(6)).is_learning
    assert not learn(flat(days(7), 40, 10), days=days(7)).is_learning
    assert learn({}, days=[]).expected == [0.0] * WEEK


@pytest.mark.parametrize(("scatter", "level", "incidents"), [(1.0, 0.0, 0.0), (1.5, 0.1, 0.1), (2.0, 0.2, 0.1)])
def test_nine_in_ten_days_lie_in_the_interval_of_the_rest_of_the_shift(
    scatter: float, level: float, incidents: float
) -> None:
    inside = asked = 0
    for seed in range(8):
        counts = weeks(seed, many=63, scatter=scatter, level=level, incidents=incidents)
        known = days(63)
        for n in range(28, 63):
            usual = learn(counts, days=known[n - 28 : n])
            midnight = datetime(known[n].year, known[n].month, known[n].day, tzinfo=UTC)
            for hour in (9, 12, 15):
                told = forecast(
                    usual=usual, zone=ZONE, since=midnight + timedelta(hours=7), at=midnight + timedelta(hours=hour),
                    until=midnight + timedelta(hours=20),
                    arrived={midnight + timedelta(hours=h): int(counts[known[n], h]) for h in range(hour)},
                )  # fmt: skip
                inside += told.low <= sum(counts[known[n], h] for h in range(hour, 20)) <= told.high
                asked += 1
    assert asked == 840
    assert 0.85 <= inside / asked <= 0.97


def test_a_day_that_is_busier_so_far_is_forecast_busier_but_not_by_all_of_it() -> None:
    usual = Usual([60.0] * WEEK, 1.0, 0.1, 28)
    midnight = datetime(2026, 10, 7, tzinfo=UTC)
    at = midnight + timedelta(hours=12)

    def told(share: float) -> float:
        came = {midnight + timedelta(hours=h): round(60 * share) for h in range(7, 12)}
        return forecast(
            usual=usual, zone=ZONE, arrived=came, since=midnight + timedelta(hours=7), at=at,
            until=midnight + timedelta(hours=20),
        ).rest  # fmt: skip

    assert told(1.0) == pytest.approx(480)
    assert 480 * 1.1 < told(1.2) < 480 * 1.2


def test_the_running_hour_is_what_came_and_what_is_left_of_it() -> None:
    usual = Usual([60.0] * WEEK, 1.0, 0.0, 28)
    since = datetime(2026, 10, 7, 7, tzinfo=UTC)
    told = forecast(
        usual=usual, zone=ZONE, arrived={since: 70}, since=since, at=since + timedelta(minutes=45),
        until=since + timedelta(hours=2),
    )  # fmt: skip
    running, ahead = told.hours
    assert (running.arrived, running.expected) == (70, pytest.approx(85.0))
    assert (ahead.arrived, ahead.expected) == (None, pytest.approx(60.0))
    assert running.low is not None
    assert running.low >= 70
    assert told.rest == pytest.approx(75.0)


def test_an_interval_is_the_one_of_the_textbook() -> None:
    assert interval(0, 0) == (0, 0)
    assert interval(10, 10) == (5, 15)  # Poisson
    assert interval(10, 30) == (3, 20)  # negative binomial of size 5
    low, high = interval(5000, 5000)
    assert (low, high) == (4884, 5116)


def test_days_without_anything_are_quiet_when_few_and_unknown_when_many() -> None:
    all_days = days(14)
    seen = set(all_days[2:5] + all_days[7:9] + all_days[12:])
    assert volume.known(all_days, seen) == all_days[3:9] + all_days[12:]  # begun within the third day
    assert volume.known(all_days, set(all_days)) == all_days
    assert volume.known(all_days, set()) == []


@pytest.mark.django_db
def test_baselines_are_learnt_for_each_zone_and_queue_and_for_everything(lena: Viewer, asha: Viewer) -> None:
    User.objects.filter(pk=lena.user.pk).update(time_zone="Asia/Kolkata")
    User.objects.filter(pk=asha.user.pk).update(time_zone="America/Lima")  # agents watch no floor
    queue = queue_named("Billing")
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    kolkata = ZoneInfo("Asia/Kolkata")
    for day in whole_days(at=at, zone=kolkata)[-10:]:
        # A quarter past ten there is a quarter to five in UTC: hours of UTC would put it half into another hour.
        moment = datetime(day.year, day.month, day.day, 10, 15, tzinfo=kolkata)
        for key, n in ((queue.pk, 6), (NO_QUEUE, 2)):
            QueuePoint.objects.create(
                grain="minute", measure=volume.ARRIVALS, starts_at=moment, queue_id=key, channel="", n=n, total=0,
                counted_at=at,
            )  # fmt: skip
    assert services.learn_baselines(at=at) == 3
    assert services.learn_baselines(at=at) == 3
    assert set(Baseline.objects.values_list("zone", flat=True)) == {"Asia/Kolkata"}
    usual, learnt_at = volume.usual_of(queues=None, zone=kolkata)
    assert (usual.expected[10], usual.expected[9], usual.days, learnt_at) == (
        8.0,
        0.0,
        9,
        at,
    )  # the first of ten may not be whole
    assert volume.usual_of(queues=[queue.pk], zone=kolkata)[0].expected[10] == 6.0
    assert volume.usual_of(queues=[queue.pk], zone=ZONE)[0].is_learning
