"""Feedback conversations as rows, for floors of other tests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.access.models import User
from apps.agents.models import Agent
from apps.coaching.models import Point, Sheet
from apps.reviews.models import Review


def sheet_of(
    agent: Agent, by: User, at: datetime, review: Review | None = None, *, is_held: bool = True, text: str = "Write the day.",
    said: UUID | None = None,
) -> Sheet:  # fmt: skip
    """A conversation with one point, shown by a message and a review where they are given."""
    made = Sheet.objects.create(
        agent=agent,
        by=by,
        metric="csat",
        prepared_at=at,
        held_at=at if is_held else None,
        steps=text if is_held else "",
    )
    Point.objects.create(
        sheet=made, place=1, about="Next step is named", text=text, evidence=[] if said is None else [said],
        reviews=[] if review is None else [review.pk],
    )  # fmt: skip
    return made
