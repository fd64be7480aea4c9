"""Bells of the interactions app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.interactions import services


@shared_task(name="interactions.keep_partitions")
def keep_partitions(**_: Any) -> None:
    """Make next week's partitions and let go of what is past its retention."""
    services.keep_partitions(at=timezone.now())
