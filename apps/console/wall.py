"""The wallboard: what the floor says to a room. Queues and figures, no person, no customer, no link to follow."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings

from apps.access.viewer import Viewer
from apps.console import figures, floor, lateness
from apps.console.shift import shift
from apps.shared.reading import one_reading


def board(*, viewer: Viewer, at: datetime) -> dict[str, Any]:
    """What the wall's part draws. The statements of the floor's verdict, shift line, figures and queues."""
    with one_reading():
        lines = floor.queues(viewer=viewer, at=at)
        title, text = floor.verdict(lines=lines, at=at)
        late = lateness.late(viewer=viewer, at=at)
        since = lateness.oldest_of(late)
        return {
            "title": title, "text": text, "now": at, "late": late, "shift": shift(viewer=viewer, at=at),
            # Nobody in front of a wall can follow a link.
            "figures": [replace(one, href="") for one in figures.figures(viewer=viewer, at=at)],
            "queues": [replace(one, href="", late_since=since.get(one.key)) for one in lines],
            "has_mood": any(one.mood is not None for one in lines),
        }  # fmt: skip


@cache
def release() -> str:
    """Name what is running: the same in every process of a release, another one in the next."""
    found = hashlib.sha256()
    for top in ("apps", "static", "supervision", "templates"):
        for path in sorted((settings.BASE_DIR / top).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(path.relative_to(settings.BASE_DIR).as_posix().encode())
                found.update(path.read_bytes())
    return found.hexdigest()[:16]
