"""Take the pinned npm files into the tree, or prove that the committed copies are untouched."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.ui import vendored


class Command(BaseCommand):
    """Without options: copy from node_modules. With --check: compare only, and fail on any difference."""

    help = "Copies the pinned npm files into static/vendor and draws the icon sprite; --check only compares."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare with the committed checksums, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        directory = root / "static/vendor"
        if options["check"]:
            wrong = vendored.differences(directory=directory)
            if wrong:
                raise CommandError(f"These vendored files are not what was committed: {', '.join(wrong)}")
            self.stdout.write(f"All {len(vendored.FILES)} vendored files are as they were committed.")
            return
        packages = root / "node_modules"
        if not packages.is_dir():
            raise CommandError("There is no node_modules folder. Run `npm ci --ignore-scripts` first.")
        vendored.copy(packages=packages, into=directory)
        (root / "templates/ui/sprite.svg").write_text(vendored.sprite(packages=packages))
        self.stdout.write(f"Copied {len(vendored.FILES)} files and drew {len(vendored.ICONS)} icons.")
