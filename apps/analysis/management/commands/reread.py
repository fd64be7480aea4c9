"""Read messages again, after a model has changed: manage.py reread --since 2026-11-01."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.analysis import services
from apps.shared.moments import moment_of


class Command(BaseCommand):
    help = "Read the messages since a day again with today's models. Can be stopped and started again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", required=True, help="a day or a moment, ISO 8601, UTC where no offset is given")

    def handle(self, *args: Any, **options: Any) -> None:
        since = moment_of(options["since"])
        now = timezone.now()
        gone = services.forget_readings(since=since)
        marked = services.mark_since(since=since, at=now)
        with tqdm(total=marked, unit="conversation") as bar:
            services.read_all(at=now, tell=bar.update)
        self.stdout.write(f"{gone:,} readings forgotten, {marked:,} conversations read again.")
