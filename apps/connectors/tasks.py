"""Bells of the connectors app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.connectors import services


@shared_task(name="connectors.absorb")
def absorb(**_: Any) -> None:
    """Absorb until nothing waits."""
    while services.absorb(at=timezone.now()) > 0:
        continue


@shared_task(name="connectors.purge")
def purge(**_: Any) -> None:
    """Delete what is past its retention."""
    services.purge(at=timezone.now())
