"""Rows of long tables, kept as they were drawn: a live page is drawn twice a second, and most of its rows as before."""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from apps.ui.drawing import KEPT
from apps.ui.units import duration_text

# How `elapsed` leaves a clock open. Names and texts are escaped and cannot look like it.
_CLOCK = re.compile(r'data-since="(-?\d+)">')


def row(template: str, one: Any, now: datetime, **more: Hashable) -> SafeString:
    """Draw a row from what it shows: `one` is the template's `row`, `more` its other arguments.

    What can be hashed is drawn once for as long as it stays the same, and only its clocks (`elapsed`) are set to `now` each
    time; anything else is drawn each time. The template must depend on nothing but its arguments and the time zone.
    """
    words = tuple(more.items())
    if _can_be_kept(one):
        drawn = _drawn(template, one, timezone.get_current_timezone_name(), words)
    else:
        drawn = _draw(template, one, words)
    return mark_safe(_CLOCK.sub(lambda found: found[0] + _text(found[1], now), drawn))  # noqa: S308  # a rendered template


def _can_be_kept(one: Any) -> bool:
    try:
        hash(one)
    except TypeError:
        return False
    return True


@lru_cache(maxsize=KEPT)
def _drawn(template: str, one: Hashable, _zone: str, more: tuple[tuple[str, Hashable], ...]) -> str:
    return _draw(template, one, more)


def _draw(template: str, one: Any, more: tuple[tuple[str, Hashable], ...]) -> str:
    return get_template(template).render({**dict(more), "row": one, "now": None})


def _text(since: str, now: datetime) -> str:
    return duration_text(max(now.timestamp() - int(since) / 1000, 0))
