"""Reads of how the rows themselves are kept."""

from __future__ import annotations

from datetime import datetime

from apps.interactions import partitions


def partitions_ahead(*, at: datetime) -> dict[str, int]:
    """For how many days to come messages and events have a table of their own, by what they hold."""
    words = {"interactions_message": "messages", "interactions_conversationevent": "events"}
    return {words[table]: days for table, days in partitions.days_ahead(day=at.date()).items()}
