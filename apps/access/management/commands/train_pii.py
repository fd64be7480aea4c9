"""Learn the tagger of personal data again: manage.py train_pii DATA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.access import given_names, tagger
from apps.access.training import held_out, pii


class Command(BaseCommand):
    help = (
        "Learn the tagger of personal data from a folder of marked texts; the same folder gives the same file. "
        "Needs the development packages."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", type=Path, help="the folder that holds multidogo, pii, intent and dialogues")
        parser.add_argument("--to", type=Path, default=tagger.ARTEFACT, help="where the artefact is written")
        parser.add_argument(
            "--lists", action="store_true", help="write the lists of names and of plain words again first"
        )
        parser.add_argument(
            "--given",
            action="store_true",
            help="write the list of first names that are nothing else, and learn nothing",
        )

        parser.add_argument(
            "--held-out",
            action="store_true",
            help="measure sentences of a kind that was not learnt from, each third of the templates by what is learnt without it, "
            "and write nothing; takes three times as long",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["data"] / "multidogo").is_dir():
            raise CommandError(f"Saw no folder multidogo in {options['data']}. Give the folder of marked texts.")
        if options["held_out"]:
            for line in held_out.measured(options["data"], tell=lambda line: self.stderr.write(f"  {line}")):
                self.stdout.write(line)
            return
        if options["lists"]:
            pii.write_names(tagger.NAMES)
            pii.seal(tagger.NAMES)
            pii.write_plain_words(options["data"], tagger.PLAIN)
            pii.seal(tagger.PLAIN)
        if options["lists"] or options["given"]:
            pii.write_given_names(options["data"], given_names.LIST)
            pii.seal(given_names.LIST)
        if options["given"]:
            return
        raw = pii.learn(options["data"], tell=lambda line: self.stderr.write(f"  {line}"))
        told = pii.write(raw, options["to"])
        self.stdout.write(f"{options['to'].name}: {len(raw):,} bytes, sha256 {told}")
