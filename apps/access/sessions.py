"""How long a session lasts: 12 hours at most, and 30 minutes after a person last did something.

The end is the session's own `expire_date`, which Django asks at every request and the live socket every two seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

View = TypeVar("View", bound=Callable[..., object])

OPENED, SEEN = "opened_at", "seen_at"
# The end is written at most once a minute.
STEP = timedelta(minutes=1)


def in_the_background(view: View) -> View:
    """Mark a view that scripts ask by themselves: it says nothing about a person being there."""
    view.in_the_background = True  # type: ignore[attr-defined]
    return view


def begin(session: SessionBase, *, at: datetime) -> None:
    """Start both clocks."""
    session[OPENED] = at.timestamp()
    _seen(session, at)


def renew(session: SessionBase, *, at: datetime) -> None:
    """A person did something: the half hour starts again, the twelve hours do not."""
    if OPENED not in session:
        begin(session, at=at)
    elif at.timestamp() - session.get(SEEN, 0) >= STEP.total_seconds():
        _seen(session, at)


def _seen(session: SessionBase, at: datetime) -> None:
    opened = datetime.fromtimestamp(session[OPENED], UTC)
    session[SEEN] = at.timestamp()
    session.set_expiry(min(at + settings.SESSION_IDLE, opened + settings.SESSION_LASTS))
