"""Specimens of what one person reads about themselves."""

from __future__ import annotations

from apps.ui.specimens.specimen import Specimen


def specimens() -> list[Specimen]:
    """A goal that is reached, one that is missed, and one of which nothing can be said yet."""
    goals = [
        {
            "label": "Adherence", "whose": "everybody’s goal", "value": "96.2%", "target": "at least 90%, today",
            "sentence": "96.2% today, inside the goal.", "state": "ok", "bar": (0.962, 0.9, 1.0), "href": "#main",
        },
        {
            "label": "Response time", "whose": "your own goal", "value": "0:01:31", "target": "at most 1m, this week",
            "sentence": "0:01:31 this week, outside the goal, likely 0:01:12 to 0:01:44.", "state": "warn",
            "bar": (91.0, 60.0, 120.0), "href": "#main",
        },
        {
            "label": "CSAT", "whose": "Team Billing’s goal: here is your part", "value": "—", "target": "at least 85%, this week",
            "sentence": "12 of the 30 cases it takes to say anything.", "state": "", "bar": None, "href": "#main",
        },
    ]  # fmt: skip
    return [Specimen("goals", "filled", {"goals": goals})]
