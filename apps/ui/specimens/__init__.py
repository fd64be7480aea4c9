"""What the gallery shows: every component with every face it has. Invented, so that no database is needed.

A component without a specimen fails a test, so these lists are also the list of what exists.
"""

from __future__ import annotations

from datetime import datetime

from apps.ui.specimens import alerts, conversations, floor, frame, people, reviews, sources
from apps.ui.specimens.frame import navigation
from apps.ui.specimens.specimen import FACES, Specimen

__all__ = ["FACES", "Specimen", "navigation", "specimens"]


def specimens(*, now: datetime) -> list[Specimen]:
    """Everything there is to show at a moment."""
    return [
        *frame.specimens(now=now),
        *floor.specimens(now=now),
        *alerts.specimens(now=now),
        *conversations.specimens(now=now),
        *people.specimens(),
        *reviews.specimens(),
        *sources.specimens(now=now),
    ]
