"""Who is still who: accounts, grants and sessions of everybody connected, read together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session

from apps.access import queries
from apps.access.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Standing:
    """An active account as it is now. `session_hash` changes with the password."""

    viewer: Viewer
    permission_class: str
    session_hash: str


@dataclass(frozen=True, slots=True)
class Standings:
    """Active accounts by id, and the sessions that still run."""

    people: dict[int, Standing]
    sessions: frozenset[str]


def look(user_ids: Collection[int], session_keys: Collection[str], at: datetime) -> Standings:
    """Read a fixed number of statements' worth, however many people are connected."""
    people = {
        key: Standing(viewer, viewer.permission_class, viewer.user.get_session_auth_hash())
        for key, viewer in queries.viewers(user_ids=list(user_ids)).items()
        if viewer.user.is_active
    }
    running = Session.objects.filter(session_key__in=list(session_keys), expire_date__gt=at)
    return Standings(people, frozenset(running.values_list("session_key", flat=True)))
