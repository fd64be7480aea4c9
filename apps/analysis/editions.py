"""What a floor holds its replies against, as versions: the latest one holds, and none is ever changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, transaction

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.analysis.models import Edition
from apps.shared.errors import Refusal

One = TypeVar("One", bound=Edition)
HISTORY = 20


class EditionChanged(Refusal):
    """Another version holds than the one that was looked at."""


def current(kind: type[One]) -> One | None:
    """The version that holds; None in a portal in which nobody has made one. One statement."""
    return kind._default_manager.order_by("-n").first()


def history(kind: type[One]) -> list[One]:
    """The latest versions, newest first. One statement."""
    return list(kind._default_manager.select_related("made_by").order_by("-n")[:HISTORY])


@transaction.atomic
def save(kind: type[One], *, by: Viewer, verb: str, content: Any, says: str, based_on: int, at: datetime) -> One:
    """Let another version hold. A content that is the same as before makes none.

    :raises NotAllowed: the role may not change what replies are held against.
    :raises EditionChanged: somebody else was faster than `based_on`.
    """
    by.require(Permission.EDIT_REPLY_RULES)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"midshift.analysis.{verb}"])
    last = current(kind)
    n = 0 if last is None else last.n
    if based_on != n:
        raise EditionChanged(f"Version {n} was saved meanwhile. Look at it, then make your change again.")
    if last is not None and last.content == content:
        return last
    made = kind._default_manager.create(
        n=n + 1, content=content, says=mask(text=says.strip()).text[:200], made_by=by.user, made_at=at
    )
    audit.record(by=by, verb=verb, subject=made, about=f"version {made.n}", at=at)
    return made
