"""Expected answers that are a "no"."""

from __future__ import annotations

from django.db import OperationalError
from psycopg.errors import QueryCanceled


class Refusal(Exception):
    """An expected "no" whose message can be shown as it stands: what was seen, what was expected, what to do."""


class NotAllowed(Refusal):
    """The viewer may see the place but not do this there; shown as 403 with its reason."""


class TooOften(Refusal):
    """Allowed, but not so often; shown as 429 with the sentence that says when it works again."""


class OutOfScope(Exception):
    """The object does not exist for this viewer; shown as 404 without a reason."""


TOO_LONG = "This took longer than the portal lets one question take, and was stopped. Ask for a shorter time or a smaller part."


def is_too_long(raised: Exception) -> bool:
    """Say whether the database stopped a statement because it took longer than one may (MIDSHIFT_STATEMENT_SECONDS)."""
    return isinstance(raised, OperationalError) and isinstance(raised.__cause__, QueryCanceled)
