"""Bells of the reviews app."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.reviews import auto_scoring, draws, services


@shared_task(name="reviews.seed")
def seed(**_: Any) -> None:
    """Bring in the rubrics that a portal begins with, and what a release changed of them."""
    services.seed(at=timezone.now())


@shared_task(name="reviews.draw")
def draw(**_: Any) -> None:
    """Draw for the plans that are due."""
    draws.draw_due(at=timezone.now())


@shared_task(name="reviews.score_automatically")
def score_automatically(**_: Any) -> None:
    """Read what is eligible and new as a machine would mark it, and forget what is old."""
    auto_scoring.score_due(at=timezone.now())
    auto_scoring.forget(at=timezone.now())
