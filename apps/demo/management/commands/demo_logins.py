from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.access.roles import Role
from apps.demo import cast
from apps.demo.seed import PASSWORD


class Command(BaseCommand):
    help = "Print one sign-in a role."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"  Demo sign-ins, all with the password {PASSWORD}")
        for role, name, display, *_ in cast.LOGINS:
            self.stdout.write(f"    {name:<9} {display:<14} {Role(role).label}")
