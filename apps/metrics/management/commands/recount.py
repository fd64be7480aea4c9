"""`manage.py recount [--check]`: count every number again, or prove that a recount would change nothing."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from apps.interactions.models import Conversation
from apps.metrics import checking, services

TRIES = 10


class Command(BaseCommand):
    help = "Observe every conversation again and recount what differs. With --check: only print what would differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 when anything differs")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        conversations = Conversation.objects.count()
        with tqdm(total=conversations, unit=" conversations", disable=options["quiet"]) as bar:
            if not options["check"]:
                services.mark_everything(at=timezone.now())
                services.recount_all(
                    at=timezone.now(), tell=lambda waiting: _move(bar, max(0, conversations - waiting))
                )
                return
            found = self._differences(bar)
        for line in found:
            self.stdout.write(line)
        if found:
            raise CommandError(
                "Stored numbers differ from their rows. Run `manage.py recount` to mend them, and report it."
            )
        self.stdout.write(f"{conversations} conversations rebuilt: every stored number agrees.")

    def _differences(self, bar: Any) -> list[str]:
        for _ in range(TRIES):
            services.recount_all(at=timezone.now())
            try:
                return checking.differences(tell=lambda done: _move(bar, done))
            except checking.StillArriving:
                time.sleep(1)
        raise CommandError(
            "Events keep arriving faster than they are counted. Run the check again when it is quieter, or see that a worker runs."
        )


def _move(bar: Any, done: int) -> None:
    bar.update(done - bar.n)
