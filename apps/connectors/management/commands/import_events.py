"""`manage.py import_events FILE --source SLUG`: events of the past from a JSONL or CSV file."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from apps.connectors.files import CannotRead, Times
from apps.connectors.imports import Import, Progress
from apps.connectors.models import Source

# So many rows are told on the screen; the report holds all of them.
BAD_ROWS = 20


class Command(BaseCommand):
    help = "Import events of the past from a file (.csv, .jsonl). The same command goes on where a stopped one ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="short name of the source the events belong to")
        parser.add_argument(
            "--dry-run", action="store_true", help="read everything, say what would come of it, write nothing"
        )
        parser.add_argument(
            "--date-format",
            default="",
            help="how a CSV writes its times, such as %%d.%%m.%%Y %%H:%%M; ISO 8601 if not given",
        )
        parser.add_argument(
            "--zone", type=_zone, help="the zone of a CSV's times that name none, such as Europe/Berlin"
        )
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
            work = Import(
                path=path, source=source, at=timezone.now(), times=Times(options["date_format"], options["zone"]),
                is_dry=options["dry_run"],
            )  # fmt: skip
            with tqdm(total=path.stat().st_size, unit="B", unit_scale=True, disable=options["quiet"]) as bar:
                told = work.run(tell=lambda done: _move(bar, done))
                _move(bar, path.stat().st_size)
        except CannotRead as raised:
            raise CommandError(str(raised)) from raised
        self._report(work, told)

    def _report(self, work: Import, told: Progress) -> None:
        created = ", ".join(f"{count} {name}" for name, count in sorted(told.created.items())) or "nothing new"
        self.stdout.write(
            f"{told.rows_done} rows: {created}; {told.duplicates} duplicates, {told.rejected} rejected, "
            f"{told.warnings} warnings."
        )
        if told.rejected:
            for row in work.bad_rows(most=BAD_ROWS):
                seen = f" saw {row['value']!r}." if row["value"] else ""
                self.stdout.write(f"Row {row['row']}, {row['field'] or 'the whole row'}:{seen} {row['message']}")
            if told.rejected > BAD_ROWS:
                self.stdout.write(f"... and {told.rejected - BAD_ROWS} more.")
        if work.is_dry:
            self.stdout.write("This was a dry run: nothing was written.")
        elif told.duplicates or told.rejected or told.warnings:
            self.stdout.write(f"Rows with problems: {work.report_path}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as raised:
        raise ArgumentTypeError(f"There is no zone {name}. Write one such as Europe/Berlin.") from raised


def _move(bar: Any, done: int) -> None:
    bar.update(done - bar.n)
