"""The running mood of one conversation, from the moods of its customer's messages in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

# Each message counts for half of what is felt now: seven eighths of it are the last three (METRICS.md section 3, k = 3).
ALPHA = 0.5
# Below two messages there is no mood of a conversation.
FEWEST = 2
# The running mood from which a conversation has turned negative. Chosen on made sequences of real messages so that one in
# twenty conversations without a turn is called one; the model card says how many turns it finds.
NEGATIVE = -0.54


@dataclass(frozen=True, slots=True)
class Running:
    """The mood of a conversation now. `score` and `slope` (a message) are None below two messages that were read."""

    messages: int
    score: float | None
    slope: float | None
    turned_negative_at: datetime | None


def running(moods: Sequence[tuple[datetime, float]]) -> Running:
    """Return the running mood after moods in the order of their messages.

    It turned negative at the message that first brought it under the border, and stays so called: the customer was lost
    then, whatever came of it.
    """
    felt = 0.0
    course: list[float] = []
    turned: datetime | None = None
    for number, (at, mood) in enumerate(moods, start=1):
        felt = mood if number == 1 else ALPHA * mood + (1 - ALPHA) * felt
        course.append(felt)
        if turned is None and number >= FEWEST and felt < NEGATIVE:
            turned = at
    if len(course) < FEWEST:
        return Running(len(course), None, None, None)
    return Running(len(course), round(felt, 4), round(_slope(course), 4), turned)


def _slope(values: Sequence[float]) -> float:
    """The slope of the straight line through values one apart, by least squares."""
    middle = (len(values) - 1) / 2
    mean = sum(values) / len(values)
    spread = sum((n - middle) ** 2 for n in range(len(values)))
    return sum((n - middle) * (value - mean) for n, value in enumerate(values)) / spread
