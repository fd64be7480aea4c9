"""Links to wallboards: who has one sees the floor in numbers, without an account."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from apps.access import audit
from apps.access.models import User, WallLink
from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.shared.errors import OutOfScope

# A screen asks every few seconds; that somebody looks is written down once a minute.
SEEN_EVERY = timedelta(minutes=1)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def make_wall_link(*, by: Viewer, name: str, at: datetime) -> str:
    """Make a link and return its token, which is shown this once. Times on it are shown in the maker's zone.

    :raises NotAllowed: not an admin.
    """
    by.require(Permission.MANAGE_SETUP)
    token = secrets.token_urlsafe(32)
    link = WallLink.objects.create(
        name=name, digest=_digest(token), time_zone=by.user.time_zone, made_by=by.user, made_at=at
    )
    audit.record(by=by, verb="wall.made", subject=link, about=name, at=at)
    return token


@transaction.atomic
def revoke_wall_link(*, by: Viewer, pk: int, at: datetime) -> None:
    """End a link: the screens that show it say so within seconds. Ending it again changes nothing.

    :raises OutOfScope: there is none.
    """
    by.require(Permission.MANAGE_SETUP)
    link = WallLink.objects.select_for_update().filter(pk=pk).first()
    if link is None:
        raise OutOfScope
    if link.revoked_at is None:
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
        audit.record(by=by, verb="wall.revoked", subject=link, about=link.name, at=at)


def wall_links(*, viewer: Viewer) -> list[WallLink]:
    """Every link, those that are open first, newest first."""
    viewer.require(Permission.MANAGE_SETUP)
    return sorted(
        WallLink.objects.select_related("made_by").order_by("-made_at", "-pk"),
        key=lambda link: link.revoked_at is not None,
    )


def open_wall(*, token: str, at: datetime) -> tuple[WallLink, Viewer]:
    """Return the link of a token, and a viewer who sees the numbers of the floor and nothing else of anybody.

    :raises OutOfScope: no link has this token, or it was revoked; the two look alike.
    """
    link = WallLink.objects.filter(digest=_digest(token), revoked_at=None).first()
    if link is None:
        raise OutOfScope
    unseen = Q(seen_at=None) | Q(seen_at__lt=at - SEEN_EVERY)
    WallLink.objects.filter(unseen, pk=link.pk).update(seen_at=at)
    # An account that is in no table: it can sign in nowhere and is granted nothing by name.
    nobody = User(username="wallboard", role=Role.OPS, time_zone=link.time_zone)
    return link, Viewer(user=nobody, role=Role.OPS, only=frozenset({Permission.VIEW_FLOOR}))
