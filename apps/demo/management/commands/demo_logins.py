from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.access.roles import Role
from apps.demo.roster import LOGINS
from apps.demo.seed import PASSWORD


class Command(BaseCommand):
    help = "Print one sign-in a role."

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [(login.username, Role(login.role).label, f"{login.name}, {login.sentence}") for login in LOGINS]
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        self.stdout.write(f"  Sign in with one of these names; every password is {PASSWORD}\n\n")
        for name, role, who in rows:
            self.stdout.write(f"    {name:<{widths[0]}}   {role:<{widths[1]}}   {who}")
        self.stdout.write("\n  DEMO ONLY: these accounts are for looking around. Never put real data behind them.")
