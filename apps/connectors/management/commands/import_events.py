"""`manage.py import_events FILE --source SLUG`: events of the past from a JSONL or CSV file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from apps.connectors.files import CannotRead
from apps.connectors.imports import Import
from apps.connectors.models import Source


class Command(BaseCommand):
    help = "Import events of the past from a file (.csv, .jsonl). The same command goes on where a stopped one ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="short name of the source the events belong to")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        source = Source.objects.filter(slug=options["source"]).first()
        if source is None:
            known = ", ".join(Source.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no source {options['source']}. Known sources: {known}.")
        try:
            work = Import(path=path, source=source, at=timezone.now())
            with tqdm(total=path.stat().st_size, unit="B", unit_scale=True, disable=options["quiet"]) as bar:
                told = work.run(tell=lambda done: _move(bar, done))
                _move(bar, path.stat().st_size)
        except CannotRead as raised:
            raise CommandError(str(raised)) from raised
        created = ", ".join(f"{count} {name}" for name, count in sorted(told.created.items())) or "nothing new"
        self.stdout.write(
            f"{told.rows_done} rows: {created}; {told.duplicates} duplicates, {told.rejected} rejected, "
            f"{told.warnings} warnings."
        )
        if told.duplicates or told.rejected or told.warnings:
            self.stdout.write(f"Rows with problems: {work.report_path}")


def _move(bar: Any, done: int) -> None:
    bar.update(done - bar.n)
