"""What the numbers of the floor are held against: the goals of every queue together."""

from __future__ import annotations

from datetime import date, datetime

from apps.access.viewer import Viewer
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Direction
from apps.metrics.goals import ALL
from apps.metrics.models import Goal
from apps.shared.reading import once


def of_floor(*, viewer: Viewer, at: datetime) -> dict[str, Goal]:
    """Return the goals of every queue together that hold today, by metric: of the day, else of the week. One statement.

    They say what a number of the floor is held against; no goal is no limit. No number is in them, so whoever may look at
    the floor sees them.
    """
    today = at.astimezone(viewer.zone).date()
    return once(("goals of the floor", today), lambda: _of_floor(today))


def _of_floor(today: date) -> dict[str, Goal]:
    newest = (
        Goal.objects.filter(scope_kind="floor", scope_key=ALL, from_on__lte=today)
        .order_by("metric", "scope_kind", "scope_key", "period", "-from_on", "-id")
        .distinct("metric", "scope_kind", "scope_key", "period")
    )
    # A day's goal comes before a week's, as the words do.
    found: dict[str, Goal] = {}
    for goal in newest:
        if goal.target is not None:
            found.setdefault(goal.metric, goal)
    return found


def held_against(goal: Goal | None, value: float, *, n: int) -> str:
    """Judge a number by a goal: "" within it, "warn" past it, "crit" past its limit.

    Also "" without a goal, and with fewer cases than the metric needs before anything is judged.
    """
    if goal is None or goal.target is None or n < DICTIONARY[goal.metric].minimum_n:
        return ""
    side = 1 if DICTIONARY[goal.metric].direction == Direction.DOWN else -1
    if goal.threshold is not None and side * value > side * goal.threshold:
        return "crit"
    return "warn" if side * value > side * goal.target else ""
