from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.access.roles import Role
from apps.demo.roster import LOGINS
from apps.demo.seed import PASSWORD


class Command(BaseCommand):
    help = "Print one sign-in a role."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("  DEMO ONLY: these accounts are for looking around. Never put real data behind them.")
        self.stdout.write(f"  Every password is {PASSWORD}")
        for login in LOGINS:
            self.stdout.write(f"    {Role(login.role).label:<14} {login.username:<8} {login.name}, {login.sentence}")
