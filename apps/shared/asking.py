"""What a request says, read without trusting it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from apps.shared.errors import OutOfScope


def key_of(text: str) -> UUID | None:
    """Return the key that a text is; None where it is none, which names nothing that is there."""
    try:
        return UUID(text)
    except ValueError:
        return None


def account_of(params: Mapping[str, str]) -> int:
    """Return the account that a live part names as whose it is: who has the same scope is otherwise sent the same HTML.

    :raises OutOfScope: it names nobody.
    """
    text = params.get("user", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise OutOfScope
    return int(text)
