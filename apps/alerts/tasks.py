"""Bells of the alerts app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.alerts import services


@shared_task(name="alerts.watch")
def watch(**_: Any) -> None:
    """Look at prompt rules, and let time pass for episodes."""
    services.watch(at=timezone.now())


@shared_task(name="alerts.evaluate")
def evaluate(**_: Any) -> None:
    """Evaluate the rules of the grid that are due."""
    services.evaluate(at=timezone.now())


@shared_task(name="alerts.guard")
def guard(**_: Any) -> None:
    """Look whether rules are evaluated at all."""
    services.guard(at=timezone.now())


@shared_task(name="alerts.deliver")
def deliver(**_: Any) -> None:
    """Send notices that are due, by e-mail and webhook."""
    services.deliver(at=timezone.now())


@shared_task(name="alerts.seed")
def seed(**_: Any) -> None:
    """Bring in the rules that a portal begins with, and what a release changed of them."""
    services.seed(at=timezone.now())


@shared_task(name="alerts.forget")
def forget(**_: Any) -> None:
    """Delete evaluations that nobody asks for any more."""
    services.forget(at=timezone.now())
