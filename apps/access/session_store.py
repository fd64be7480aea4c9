"""Where sessions are kept: Django's own table. A disk that is full keeps nobody from reading."""

from __future__ import annotations

import structlog
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as InDatabase
from psycopg.errors import DiskFull

from apps.shared.errors import is_away

log = structlog.get_logger(__name__)


class SessionStore(InDatabase):
    """A session that is there already may fail to be written while the disk is full: its half hour is then not renewed.

    A new session must be written, or nobody would be signed in by it.
    """

    @classmethod
    def get_model_class(cls) -> type:
        from django.contrib.sessions.models import Session

        return Session

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  # Django's own signature
        try:
            super().save(must_create=must_create)
        except UpdateError as raised:
            # Django takes every error of the database for a session that is gone.
            why = raised.__context__
            if isinstance(why, BaseException) and isinstance(why.__cause__, DiskFull):
                log.warning("a session was not renewed: the disk is full")
            elif why is not None and is_away(why):
                raise why from why.__cause__
            else:
                raise
