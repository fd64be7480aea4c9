"""Learn the sentiment reading again: manage.py train_sentiment DATA, and with --second what its second tier was taught."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analysis import artefact, minilm, second_tier, sentiment
from apps.analysis.training import mean_of_deltas, meant_moods, taught_minilm
from apps.analysis.training import sentiment as training

NEEDED = ("sentiment/semeval", "sentiment/tweeteval")
NEEDED_OF_SECOND = (*NEEDED, "intent/banking77", "intent/bitext", "intent/clinc150", "multidogo/turn_level")


class Command(BaseCommand):
    help = "Learn the weights of the sentiment reading from a folder of labelled texts; the same folder gives the same file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "data", type=Path, help="the folder that holds sentiment; with --second also intent, multidogo"
        )
        parser.add_argument(
            "--second",
            action="store_true",
            help="teach the second tier, which needs the extra nlp, torch and half an hour",
        )
        parser.add_argument(
            "--mean",
            type=Path,
            nargs="+",
            metavar="FILE",
            help="instead of learning: make the second tier's file of several that --second made",
        )
        parser.add_argument(
            "--to", type=Path, help="where the artefact is written, instead of its place in the project"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        data, second = options["data"], options["second"]
        if options["mean"]:
            self._write(self._mean(options["mean"]), options["to"] or second_tier.DELTA)
            return
        for name in NEEDED_OF_SECOND if second else NEEDED:
            if not (data / name).is_dir():
                raise CommandError(f"Saw no folder {name} in {data}. Give the folder of labelled texts.")
        learn, place = (meant_moods.learn, second_tier.DELTA) if second else (training.learn, sentiment.ARTEFACT)
        try:
            raw = learn(data, tell=lambda line: self.stderr.write(f"  {line}"))
        except taught_minilm.NoTorch as missing:
            raise CommandError(str(missing)) from missing
        except minilm.NotThere as missing:
            raise CommandError(f"The second tier cannot be taught: {missing}.") from missing
        self._write(raw, options["to"] or place)

    @staticmethod
    def _mean(paths: list[Path]) -> bytes:
        deltas = [artefact.loaded(path) for path in paths]
        for path, delta in zip(paths, deltas, strict=True):
            if delta is None:
                raise CommandError(
                    f"Saw no file {path}. Give files that --second wrote, each with its checksum beside it."
                )
        try:
            return artefact.packed(**mean_of_deltas.mean_of([one for one in deltas if one is not None]))
        except ValueError as other:
            raise CommandError(f"{other} Give files that --second wrote.") from other

    def _write(self, raw: bytes, to: Path) -> None:
        told = artefact.write(raw, to)
        self.stdout.write(f"{to.name}: {len(raw):,} bytes, sha256 {told}")
