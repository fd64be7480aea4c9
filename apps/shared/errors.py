"""Expected answers that are a "no"."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
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


AWAY = "The portal’s database does not answer, or cannot take more in. What was saved before is safe. Try again in a moment."
# When a browser or a program may ask again.
AWAY_SECONDS = 5


def is_away(raised: BaseException | None) -> bool:
    """Say whether the database is away, full or overrun: nothing of a request was kept, and the same one works again later."""
    return isinstance(raised, (OperationalError, InterfaceError)) and not isinstance(raised.__cause__, QueryCanceled)
