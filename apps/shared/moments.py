"""Moments as people write them for a command."""

from __future__ import annotations

from datetime import datetime

from django.core.management.base import CommandError
from django.utils import timezone


def moment_of(text: str) -> datetime:
    """Read a day or a moment in ISO 8601, UTC where it names no offset.

    :raises CommandError: it is neither; what was seen and what is expected.
    """
    try:
        told = datetime.fromisoformat(text)
    except ValueError as raised:
        raise CommandError(f"Saw {text!r}. Expected a day such as 2026-11-01.") from raised
    return told if told.tzinfo else timezone.make_aware(told, timezone.get_default_timezone())
