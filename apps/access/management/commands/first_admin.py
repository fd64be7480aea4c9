from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand

from apps.access.models import User
from apps.access.roles import Role


class Command(BaseCommand):
    help = "Make the first admin with a random password and print it once."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            self.stdout.write("  Sign in with an account you have.")
            return
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser(username="admin", password=password, role=Role.ADMIN, display_name="Admin")
        self.stdout.write(f"  Sign in as admin with the password {password}  (shown this once)")
