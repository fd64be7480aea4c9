"""Who is behind a socket, asked again and again: an account, a role, a grant or a session can end while it is open."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.access.models import User
from apps.access.viewer import Viewer, viewers_of

# A viewer is at most this old when something is sent; together with the sweep it bounds how long a right outlives itself.
VIEWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Identity:
    """What a socket was opened with. Changing the password changes the hash, and ends every session that has the old one."""

    user_id: int
    session_key: str
    session_hash: str


@dataclass(frozen=True, slots=True)
class Known:
    """An account as it was a moment ago, with the class that says which HTML it shares with others."""

    viewer: Viewer
    permission_class: str


def identity_of(scope: Mapping[str, Any]) -> Identity | None:
    """Return who opened a socket, or None for anybody who is not signed in through a stored session."""
    user, session = scope.get("user"), scope.get("session")
    if user is None or session is None or not user.is_authenticated or not session.session_key:
        return None
    return Identity(user_id=user.pk, session_key=session.session_key, session_hash=session.get(HASH_SESSION_KEY, ""))


class Identities:
    """Viewers by account, loaded in bulk and kept for two seconds. Runs in threads; a lost race only loads twice."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[float, Known | None]] = {}

    def known(self, user_ids: Iterable[int], *, fresh: bool = False) -> dict[int, Known | None]:
        """Return each account, None for one that is gone or switched off. One query, and one more for each container."""
        now = time.monotonic()
        wanted = set(user_ids)
        kept = {key: self._kept.get(key) for key in wanted}
        stale = [key for key, entry in kept.items() if fresh or entry is None or now - entry[0] > VIEWER_SECONDS]
        if stale:
            loaded = viewers_of(User.objects.filter(pk__in=stale, is_active=True))
            for key in stale:
                viewer = loaded.get(key)
                known = Known(viewer=viewer, permission_class=viewer.permission_class) if viewer else None
                self._kept[key] = (now, known)
        return {key: self._kept[key][1] for key in wanted}

    def ended(self, identities: Iterable[Identity]) -> set[Identity]:
        """Return those whose account is off, whose session is over, or whose password changed since."""
        asked = set(identities)
        known = self.known({identity.user_id for identity in asked}, fresh=True)
        store = import_module(settings.SESSION_ENGINE).SessionStore
        sessions = set(
            store.get_model_class()
            .objects.filter(session_key__in=[i.session_key for i in asked], expire_date__gt=timezone.now())
            .values_list("session_key", flat=True)
        )
        hashes = {key: one.viewer.user.get_session_auth_hash() for key, one in known.items() if one is not None}
        return {
            identity
            for identity in asked
            if identity.session_key not in sessions
            or not constant_time_compare(hashes.get(identity.user_id, ""), identity.session_hash or "-")
        }

    def forget(self, user_ids: Iterable[int]) -> None:
        """Drop accounts nobody is connected with any more."""
        for key in user_ids:
            self._kept.pop(key, None)
