"""`manage.py backtest_forecast`: how often the arrivals that came lay in the interval that would have been forecast."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.metrics import volume
from apps.metrics.baselines import DAYS, FEWEST_DAYS, learn
from apps.metrics.forecast import HOUR, forecast

BEGINS, ENDS, ASKED_AT = 7, 20, (9, 12, 15)


class Command(BaseCommand):
    help = "Forecast the rest of each stored day's shift from the days before it, and compare with what came."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--zone", default="UTC", help="whose hours the shift has")

    def handle(self, *args: Any, **options: Any) -> None:
        zone = ZoneInfo(options["zone"])
        today = timezone.now().astimezone(zone).date()
        days = [today - timedelta(days=back) for back in range(3 * DAYS, 0, -1)]
        found, known = volume.history(zone=zone, at=timezone.now(), days=days)
        counts = found[None]
        if len(known) <= FEWEST_DAYS:
            raise CommandError(
                f"Saw {len(known)} whole days. Expected more than {FEWEST_DAYS}: let history come in first."
            )
        self.stdout.write("day         asked  forecast  interval        came  inside  days known")
        inside = asked = hours_inside = hours = 0
        for n in range(FEWEST_DAYS, len(known)):
            day = known[n]
            usual = learn(counts, days=known[max(0, n - DAYS) : n])
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
            for hour in ASKED_AT:
                at = midnight + hour * HOUR
                arrived = {midnight + h * HOUR: int(counts.get((day, h), 0)) for h in range(hour)}
                told = forecast(
                    usual=usual,
                    zone=zone,
                    arrived=arrived,
                    since=midnight + BEGINS * HOUR,
                    at=at,
                    until=midnight + ENDS * HOUR,
                )
                came = sum(int(counts.get((day, h), 0)) for h in range(hour, ENDS))
                is_inside = told.low <= came <= told.high
                inside, asked = inside + is_inside, asked + 1
                for one in told.hours[hour - BEGINS :]:
                    assert one.low is not None and one.high is not None  # noqa: S101, PT018  # hours to come have both
                    hours_inside += (
                        one.low <= int(counts.get((day, one.starts_at.astimezone(zone).hour), 0)) <= one.high
                    )
                    hours += 1
                self.stdout.write(
                    f"{day}  {hour:02d}:00  {told.rest:8.0f}  {told.low:6d} to {told.high:<6d} {came:5d}  "
                    f"{'yes' if is_inside else 'no':6s}  {usual.days}"
                )
        self.stdout.write(f"Rest of the shift: {inside} of {asked} inside, {inside / asked:.0%}. Expected: 90%.")
        self.stdout.write(f"Single hours: {hours_inside} of {hours} inside, {hours_inside / hours:.0%}.")
