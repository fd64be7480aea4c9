"""Bells of the outbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.shared import outbox


@shared_task(name="shared.dispatch")
def dispatch(**_: Any) -> None:
    """Dispatch until nothing waits."""
    while outbox.dispatch(at=timezone.now()) > 0:
        continue


@shared_task(name="shared.forget")
def forget(**_: Any) -> None:
    """Forget facts that were handled an hour ago."""
    outbox.forget(before=timezone.now() - timedelta(hours=1))
