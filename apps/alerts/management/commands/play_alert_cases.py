"""Play written cases through the alert engine: manage.py play_alert_cases FILE..."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.alerts.playing.playing import play, read
from apps.alerts.playing.words import NotPlayed, Unreadable


class Command(BaseCommand):
    help = "Play cases (alert-case/1, YAML) through the alert engine, print each difference, fail if there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files of cases")

    def handle(self, *args: Any, **options: Any) -> None:
        passed = failed = 0
        for path in options["files"]:
            for name, differences in self._played(path):
                for one in differences:
                    self.stdout.write(f"{name}: {one}")
                passed, failed = (passed, failed + 1) if differences else (passed + 1, failed)
        self.stdout.write(f"{passed} passed, {failed} failed")
        if failed:
            # The count is said already, and is to be the last line.
            raise SystemExit(1)

    def _played(self, path: Path) -> list[tuple[str, list[str]]]:
        try:
            cases = read(path)
        except Unreadable as error:
            return [(path.name, [f"cannot be read: {error}"])]
        told = []
        for case in cases:
            name = str(case.get("id", path.name))
            try:
                told.append((name, play(case)))
            except NotPlayed as why:
                self.stdout.write(f"{name}: not played, {why}")
        return told
