"""Bells of the metrics app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.metrics import services


@shared_task(name="metrics.recount")
def recount(**_: Any) -> None:
    """Recount what is marked by now."""
    services.recount_waiting(at=timezone.now())


@shared_task(name="metrics.learn_baselines")
def learn_baselines(**_: Any) -> None:
    """Learn what is usual."""
    services.learn_baselines(at=timezone.now())
