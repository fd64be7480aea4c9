"""Bells of the analysis app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.analysis import lessons, services


@shared_task(name="analysis.read")
def read(**_: Any) -> None:
    """Read some of what is marked."""
    services.read_a_tick(at=timezone.now())


@shared_task(name="analysis.learn_intents")
def learn_intents(**_: Any) -> None:
    """Learn of some AI agents what they understood for sure."""
    lessons.learn_due(at=timezone.now())


@shared_task(name="analysis.forget")
def forget(**_: Any) -> None:
    """Forget readings past their retention."""
    services.forget(at=timezone.now())
