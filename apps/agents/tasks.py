"""Bells of the agents app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.agents import shift_calendar


@shared_task(name="agents.plan_ahead")
def plan_ahead(**_: Any) -> None:
    """Write weekly patterns out."""
    shift_calendar.plan_ahead(at=timezone.now())
