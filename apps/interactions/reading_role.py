"""Reads of transcripts in a role of the database that sees nothing else: the third net, under queryset and object check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from uuid import UUID

import structlog
from django.db import connection, transaction

from apps.access.viewer import Viewer

log = structlog.get_logger(__name__)


@contextmanager
def reading(*, viewer: Viewer, conversations: Iterable[UUID]) -> Iterator[None]:
    """Read messages, events and sealed values of some conversations as one person; of every other one there are none.

    The database decides by itself, from accounts and grants, which of them this person may read: of the others it shows no
    rows. Nothing else may be read inside. Three statements more, one more inside of a transaction, and nothing is left behind on
    the connection.
    """
    if not is_there():
        yield
        return
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('midshift.viewer', %s, true), set_config('midshift.conversations', %s, true),"
                " set_config('role', 'midshift_reader', true)",
                [str(viewer.user.pk), ",".join(map(str, conversations))],
            )
        yield
        # The end of the transaction takes the role back, and so does an error; what follows in an outer one is not read so.
        if is_outermost:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('role', 'none', true), set_config('midshift.viewer', '', true),"
                " set_config('midshift.conversations', '', true)"
            )


@cache
def is_there() -> bool:
    """Whether this database has the role and its account may take it. Asked once a process; without it the log says so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce((SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles "
            "WHERE rolname = 'midshift_reader'), false)"
        )
        found = bool(cursor.fetchone()[0])
    if not found:
        log.warning("transcripts are read without their third net", why="the role midshift_reader is missing")
    return found
