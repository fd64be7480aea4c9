"""Bells of the metrics app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.metrics import services


@shared_task(name="metrics.recount")
def recount(**_: Any) -> None:
    """Recount until nothing is marked."""
    services.recount_all(at=timezone.now())
