from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Thread, get_native_id
from time import sleep
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from apps.connectors.queries import backlog_events
from apps.demo import feedback, learning, quality, sampled
from apps.demo.acting import act
from apps.demo.door import Door, DoorRefused
from apps.demo.platform import EVERY_SECONDS, Platform
from apps.demo.player import MOST_AHEAD, Player, Progress
from apps.demo.seed import Play, load
from apps.interventions.services import judge_again


class Command(BaseCommand):
    help = "Play the demo shop through the public API: today so far, then the present as it happens; the weeks before fill in behind it."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--weeks", type=int, default=int(os.environ.get("MIDSHIFT_DEMO_WEEKS", "3")), help="weeks of history"
        )
        parser.add_argument("--no-live", action="store_true", help="stop when the history is sent")

    def handle(self, *args: Any, **options: Any) -> None:
        play = self._play()
        say = self._say
        door = Door(address=settings.PUBLIC_URL, tokens=lambda: self._play().tokens, say=say)
        progress = Progress.read(Path(settings.DATA_DIR) / "demo-progress.json")
        player = Player(
            shop=play.shop, door=door, progress=progress, days=options["weeks"] * 7, say=say, waiting=_waiting
        )
        now = timezone.now()
        try:
            player.catch_up(now=now)
            if options["no_live"]:
                player.fill_history(now=now)
                quality.fill(at=timezone.now())
                sampled.fill(at=timezone.now())
                learning.fill(at=timezone.now())
                feedback.fill(at=timezone.now())
                return
            # The present must not wait for the past.
            Thread(target=_behind, args=(player, now), daemon=True).start()
            platform = Platform(address=settings.PUBLIC_URL, tokens=lambda: self._play().tokens, client=door.client)
            Thread(target=_beside, args=(platform, str(play.shop.day_of(now))), daemon=True).start()
            Thread(target=_judged, daemon=True).start()
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


def _behind(player: Player, now: datetime) -> None:
    """Fill the history in, in a thread that gives way to everything else on this machine."""
    if sys.platform == "linux":  # only there a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, get_native_id(), 15)
    player.fill_history(now=now)
    close_old_connections()
    # What was judged while the days before were missing knows them now.
    judge_again(at=timezone.now())


def _beside(platform: Platform, on: str) -> None:
    """Once today is as good as recorded, have the leads act; then follow what is diverted, for as long as the present is played."""
    while _waiting() > MOST_AHEAD:
        time.sleep(1)
    act(at=timezone.now(), on=on)
    close_old_connections()
    while True:
        platform.follow(at=timezone.now())
        time.sleep(EVERY_SECONDS)


def _judged() -> None:
    """Have reviews once the workers have recorded conversations enough, in a thread of its own."""
    while True:
        close_old_connections()
        with suppress(OperationalError):  # the database is away; the portal starts it again
            if all(one.fill(at=timezone.now()) for one in (quality, sampled, learning, feedback)):
                return
        sleep(10)


def _waiting() -> int:
    """How much the portal has yet to record. While its database is away, as much as keeps the history waiting."""
    close_old_connections()
    try:
        return backlog_events()
    except OperationalError:
        return MOST_AHEAD + 1
