from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.demo.seed import seed


class Command(BaseCommand):
    help = "Set the demo shop up: teams, people, AI agents, queues, sources and sign-ins. Repeating it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        seed(at=timezone.now())
