"""Bells of the metrics app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.metrics import gauges, services


@shared_task(name="metrics.recount")
def recount(**_: Any) -> None:
    """Recount what is marked by now."""
    services.recount_waiting(at=timezone.now())


@shared_task(name="metrics.learn_baselines")
def learn_baselines(**_: Any) -> None:
    """Learn what is usual."""
    services.learn_baselines(at=timezone.now())


@shared_task(name="metrics.sample")
def sample(**_: Any) -> None:
    """Keep what the queues look like now."""
    gauges.sample(at=timezone.now())


@shared_task(name="metrics.forget_samples")
def forget_samples(**_: Any) -> None:
    """Delete samples past their retention."""
    gauges.forget(at=timezone.now())
