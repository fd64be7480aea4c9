"""Bells of the routing app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.routing import services


@shared_task(name="routing.return_due")
def return_due(**_: Any) -> None:
    """End what is past its time."""
    services.return_due(at=timezone.now())
