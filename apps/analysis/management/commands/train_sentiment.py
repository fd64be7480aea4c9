"""Learn the sentiment reading's weights again: manage.py train_sentiment DATA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analysis import artefact, sentiment
from apps.analysis.training import sentiment as training


class Command(BaseCommand):
    help = "Learn the weights of the sentiment reading from a folder of labelled texts; the same folder gives the same file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", type=Path, help="the folder that holds sentiment/semeval and sentiment/tweeteval")
        parser.add_argument("--to", type=Path, default=sentiment.ARTEFACT, help="where the artefact is written")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["data"] / "sentiment" / "semeval").is_dir():
            raise CommandError(
                f"Saw no folder sentiment/semeval in {options['data']}. Give the folder of labelled texts."
            )
        raw = training.learn(options["data"], tell=lambda line: self.stderr.write(f"  {line}"))
        told = artefact.write(raw, options["to"])
        self.stdout.write(f"{options['to'].name}: {len(raw):,} bytes, sha256 {told}")
