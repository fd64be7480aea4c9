"""Expected answers that are a "no"."""

from __future__ import annotations


class Refusal(Exception):
    """An expected "no" whose message can be shown as it stands: what was seen, what was expected, what to do."""


class NotAllowed(Refusal):
    """The viewer may see the place but not do this there; shown as 403 with its reason."""


class TooOften(Refusal):
    """Allowed, but not so often; shown as 429 with the sentence that says when it works again."""


class OutOfScope(Exception):
    """The object does not exist for this viewer; shown as 404 without a reason."""
