"""Where events come from, invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from apps.ui.specimens.specimen import Specimen, in_every_face


def _source(key: int, name: str, state: str, **more: Any) -> dict[str, Any]:
    kept = {
        "key": key, "name": name, "slug": name.lower().replace(" ", "-"), "state": state, "last_event_at": None,
        "usual_lag_seconds": None, "clock_ahead_seconds": None, "events_last_hour": 0, "waiting": 0,
        "waiting_since": None, "put_aside": 0, "conflicts": 0,
    }  # fmt: skip
    return {**kept, **more}


def specimens(*, now: datetime) -> list[Specimen]:
    """The table of sources in its faces, with a source in each state."""
    ago = timedelta(seconds=1)
    sources = [
        _source(1, "Shop chat", "live", last_event_at=now - 4 * ago, usual_lag_seconds=1.2, clock_ahead_seconds=0.0,
                events_last_hour=12_480, waiting=310, waiting_since=now - 2 * ago),
        _source(2, "Telephone", "live", last_event_at=now + 40 * ago, usual_lag_seconds=0.4, clock_ahead_seconds=40.0,
                events_last_hour=2_210, put_aside=3, conflicts=1),
        _source(3, "Tickets", "behind", last_event_at=now - 490 * ago, usual_lag_seconds=490.0, clock_ahead_seconds=0.0,
                events_last_hour=64),
        _source(4, "Social", "silent", last_event_at=now - 2_400 * ago, events_last_hour=8),
        _source(5, "E-mail", "quiet", last_event_at=now - 900 * ago, events_last_hour=2),
        _source(6, "Old chat", "off", last_event_at=now - 900_000 * ago),
        _source(7, "New bot", "new"),
    ]  # fmt: skip
    arguments = {"sources": sources, "setup_href": "#main", "refused_text": "Sources are set up by admins."}
    return in_every_face("source_table", arguments, emptied=("sources",), now=now)
