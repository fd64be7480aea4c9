"""Learn the repeat reading again: manage.py train_repeat DATA, and with --second what its second tier learnt of meanings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analysis import artefact, minilm, repeat
from apps.analysis.training import repeat as training


class Command(BaseCommand):
    help = "Learn the rarities and weights of the repeat reading from a folder of labelled texts; the same folder gives the same file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", type=Path, help="the folder that holds multidogo")
        parser.add_argument("--second", action="store_true", help="learn the second tier, which needs the extra nlp")
        parser.add_argument(
            "--to", type=Path, help="where the artefact is written, instead of its place in the project"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["data"] / "multidogo").is_dir():
            raise CommandError(f"Saw no folder multidogo in {options['data']}. Give the folder of labelled texts.")
        learn, place = (
            (training.learn_meanings, repeat.WEIGHTS) if options["second"] else (training.learn, repeat.ARTEFACT)
        )
        try:
            raw = learn(options["data"], tell=lambda line: self.stderr.write(f"  {line}"))
        except minilm.NotThere as missing:
            raise CommandError(f"The second tier cannot be learnt: {missing}.") from missing
        to = options["to"] or place
        told = artefact.write(raw, to)
        self.stdout.write(f"{to.name}: {len(raw):,} bytes, sha256 {told}")
