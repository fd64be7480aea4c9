"""Django's `migrate`, which never makes the floor wait behind it."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

# Whoever comes after a step that waits for a lock waits behind it, too.
LONGEST_WAIT = "2s"


class Command(Migrate):
    """A step that gets no lock within two seconds is given up as a whole: nothing of it is left, and it can be run again."""

    def handle(self, *args: Any, **options: Any) -> None:
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LONGEST_WAIT])
        super().handle(*args, **options)
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
