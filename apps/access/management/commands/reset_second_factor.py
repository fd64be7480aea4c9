from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.access.credentials import reset_second_factor
from apps.access.models import User


class Command(BaseCommand):
    help = "Take a lost second factor away from an account; its sessions end, and the next sign-in sets up a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['username']!r}. Check the name; capitals count.")
        reset_second_factor(user=user, by=None, at=timezone.now())
        self.stdout.write(
            f"  {user.username} signs in with the password alone once, and then sets up a new second factor."
        )
