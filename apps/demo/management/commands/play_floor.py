from __future__ import annotations

import os
from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.demo.door import Door, DoorRefused
from apps.demo.player import HISTORY_SHARE, Player, Progress
from apps.demo.seed import Play, load


class Command(BaseCommand):
    help = "Play the demo shop through the public API: today so far, then the present as it happens; the weeks before fill in behind it."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--weeks", type=int, default=int(os.environ.get("MIDSHIFT_DEMO_WEEKS", "3")), help="weeks of history"
        )
        parser.add_argument(
            "--share",
            type=float,
            default=float(os.environ.get("MIDSHIFT_DEMO_SHARE", HISTORY_SHARE)),
            help="share of the customers that the history holds; 1 makes its counts those of the present, and takes long",
        )
        parser.add_argument("--no-live", action="store_true", help="stop when the history is sent")

    def handle(self, *args: Any, **options: Any) -> None:
        play = self._play()
        say = self._say
        door = Door(address=settings.PUBLIC_URL, tokens=lambda: self._play().tokens, say=say)
        progress = Progress.read(Path(settings.DATA_DIR) / "demo-progress.json")
        player = Player(
            shop=play.shop, door=door, progress=progress, weeks=options["weeks"], share=options["share"], say=say
        )
        now = timezone.now()
        try:
            player.catch_up(now=now)
            if options["no_live"]:
                player.fill_history(now=now)
                return
            # The present must not wait for the past.
            Thread(target=player.fill_history, kwargs={"now": now}, daemon=True).start()
            player.live()
        except DoorRefused as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            progress.write()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _play(self) -> Play:
        play = load()
        if play is None:
            raise CommandError("No demo shop is set up here. Run `manage.py seed_floor` first.")
        return play
