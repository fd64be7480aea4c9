"""How well the readings read labelled texts, beside what one would take instead: manage.py evaluate DATA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analysis.training import figures
from apps.analysis.training.row import Row


class Command(BaseCommand):
    help = (
        "Measure the readings on a folder of labelled texts and print each figure with its target and a baseline. A part "
        "whose texts are not there is skipped and says so. Ends with 1 when a target is missed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", type=Path, help="the folder of labelled texts")
        parser.add_argument(
            "--part", action="append", choices=sorted(figures.PARTS), help="only this part; may be repeated"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["data"].is_dir():
            self.stdout.write(f"Skipped: there is no folder {options['data']}. Give the folder of labelled texts.")
            return
        missed = 0
        self.stdout.write(figures.HEAD)
        for row in figures.rows(options["data"], only=options["part"]):
            missed += isinstance(row, Row) and row.passed is False
            self.stdout.write(str(row))
            self.stdout.flush()
        if missed:
            raise CommandError(f"{missed} figures miss their target.")
