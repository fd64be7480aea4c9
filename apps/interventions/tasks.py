"""Bells of the interventions app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.interventions import reports, services


@shared_task(name="interventions.verify")
def verify(**_: Any) -> None:
    """Judge what is due, until nothing is."""
    while services.verify_due(at=timezone.now()):
        continue


@shared_task(name="interventions.mail_reports")
def mail_reports(**_: Any) -> None:
    """Send the reports of shifts that are over."""
    reports.mail_due(at=timezone.now())
