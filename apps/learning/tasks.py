"""Bells of the learning app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.learning import services


@shared_task(name="learning.keep")
def keep(**_: Any) -> None:
    """End examples whose time is over."""
    services.keep(at=timezone.now())
