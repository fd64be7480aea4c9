"""Mask stored texts again, after the mask has changed: manage.py remask --since 2026-11-01."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.access import persons
from apps.interactions import services
from apps.shared.moments import moment_of


class Command(BaseCommand):
    help = "Mask the texts of conversations that began since a day with today's mask. Can be stopped and started again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", required=True, help="a day or a moment, ISO 8601, UTC where no offset is given")

    def handle(self, *args: Any, **options: Any) -> None:
        since = moment_of(options["since"])
        persons.HERE.prepare()
        if why := persons.HERE.why_not():
            self.stdout.write(f"The second reader of names is not heard: {why}.")
        # More of them may begin meanwhile.
        with tqdm(total=services.conversations_since(since), unit=" conversations") as bar:
            changed = services.remask(since=since, at=timezone.now(), tell=bar.update)
        self.stdout.write(f"{bar.n:,} conversations looked at, {changed:,} of them masked otherwise now.")
