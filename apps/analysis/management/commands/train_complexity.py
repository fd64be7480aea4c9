"""Learn what words add to the table of complexity again: manage.py train_complexity DATA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analysis import artefact, complexity
from apps.analysis.training import complexity as training


class Command(BaseCommand):
    help = "Learn what words add to the table of complexity from a folder of labelled texts; the same folder gives the same file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", type=Path, help="the folder that holds multidogo")
        parser.add_argument("--to", type=Path, default=complexity.ARTEFACT, help="where the artefact is written")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["data"] / "multidogo").is_dir():
            raise CommandError(f"Saw no folder multidogo in {options['data']}. Give the folder of labelled texts.")
        raw = training.learn(options["data"], tell=lambda line: self.stderr.write(f"  {line}"))
        told = artefact.write(raw, options["to"])
        self.stdout.write(f"{options['to'].name}: {len(raw):,} bytes, sha256 {told}")
