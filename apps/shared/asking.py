"""What a request says, read without trusting it."""

from __future__ import annotations

from uuid import UUID


def key_of(text: str) -> UUID | None:
    """Return the key that a text is; None where it is none, which names nothing that is there."""
    try:
        return UUID(text)
    except ValueError:
        return None
