"""Mask stored texts again, after the mask has changed: manage.py remask --since 2026-11-01."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.access import persons
from apps.interactions import services
from apps.shared.moments import moment_of


class Command(BaseCommand):
    help = "Mask the texts of conversations that began since a day with today's mask. Can be stopped and started again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", required=True, help="a day or a moment, ISO 8601, UTC where no offset is given")
        parser.add_argument(
            "--first-reader-alone", action="store_true", help="go on without the second reader of names"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since = moment_of(options["since"])
        persons.HERE.prepare()
        why = persons.HERE.why_not()
        if why and not options["first_reader_alone"]:
            raise CommandError(
                f"The second reader of names is not heard here: {why}. What it masked before would stand in the open again. "
                "Run this where it is installed, or with --first-reader-alone where it never read."
            )
        # More of them may begin meanwhile.
        with tqdm(total=services.conversations_since(since), unit=" conversations") as bar:
            changed = services.remask(since=since, at=timezone.now(), tell=bar.update)
        self.stdout.write(f"{bar.n:,} conversations looked at, {changed:,} of them masked otherwise now.")
