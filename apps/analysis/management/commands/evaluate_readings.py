"""How well the readings read labelled texts, beside what one would take instead: manage.py evaluate_readings DATA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analysis.training import evaluation


class Command(BaseCommand):
    help = "Measure the readings on a folder of labelled texts and print a table with the usual baselines."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", type=Path, help="the folder of labelled texts")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["data"].is_dir():
            raise CommandError(f"Saw no folder {options['data']}. Give the folder of labelled texts.")
        for line in evaluation.table(options["data"]):
            self.stdout.write(line)
