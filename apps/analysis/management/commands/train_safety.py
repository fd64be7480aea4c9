"""Learn the weights of roughness, which stands beside the lists of safety, again: manage.py train_safety DATA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analysis import artefact, roughness
from apps.analysis.training import roughness as training


class Command(BaseCommand):
    help = (
        "Learn how much a reply is like texts that people called rude from a folder of labelled texts; the same folder gives the "
        "same file. It only sorts what people look at: what a reply must not hold stays with the lists."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", type=Path, help="the folder that holds toxicity, dialogues/sgd and multidogo")
        parser.add_argument("--to", type=Path, default=roughness.ARTEFACT, help="where the artefact is written")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("toxicity/davidson", "toxicity/toxic-spans", "dialogues/sgd", "multidogo"):
            if not (options["data"] / name).is_dir():
                raise CommandError(f"Saw no folder {name} in {options['data']}. Give the folder of labelled texts.")
        raw = training.learn(options["data"], tell=lambda line: self.stderr.write(f"  {line}"))
        told = artefact.write(raw, options["to"])
        self.stdout.write(f"{options['to'].name}: {len(raw):,} bytes, sha256 {told}")
