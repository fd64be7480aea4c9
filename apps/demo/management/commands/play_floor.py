from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.demo.player import Door, Player
from apps.demo.seed import load


class Command(BaseCommand):
    help = "Play the demo shop through the public API: its history, then the present."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--no-live", action="store_true", help="stop when the history is sent")

    def handle(self, *args: Any, **options: Any) -> None:
        play = load()
        if play is None:
            raise CommandError("No demo shop is set up here. Run `manage.py seed_floor` first.")
        player = Player(
            play=play,
            door=Door(address=settings.PUBLIC_URL, tokens=play.tokens),
            state=Path(settings.DATA_DIR) / "demo-days.json",
            say=lambda line: self.stdout.write(line, ending="\n"),
        )
        now = timezone.now()
        player.catch_up(now=now)
        if options["no_live"]:
            player.fill_history(now=now)
            return
        # The present must not wait for the past.
        Thread(target=player.fill_history, kwargs={"now": now}, daemon=True).start()
        player.live(since=now)
