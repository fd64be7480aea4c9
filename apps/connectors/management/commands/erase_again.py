"""Erasures told, and carried out again: a backup that is restored brings back who was erased after it was made."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.connectors import services


class Command(BaseCommand):
    """`erase_again > FILE` with each backup; `erase_again FILE` after it was restored, before the portal is opened."""

    help = "Without FILE: print one line an erasure (source and key). With FILE: carry those out again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One file, or none."""
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *_: Any, file: Path | None, **__: Any) -> None:
        """Print, or erase."""
        if file is None:
            for source, customer in services.erasures():
                self.stdout.write(f"{source} {customer}")
            return
        lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        try:
            wanted = [(source, UUID(key)) for source, key in lines]
        except ValueError as raised:
            raise CommandError(
                "A line is not a source and a key. Give the file that `erase_again` printed, as it is."
            ) from raised
        for source, customer in wanted:
            services.erase_again(source=source, customer=customer, at=timezone.now())
        sys.stderr.write(f"{len(wanted)} erasures are carried out.\n")
