"""What an admin has looked at comes back signed, so that exactly that is saved, and only for so long."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import HttpRequest

from apps.shared.errors import Refusal

FIELD, LASTS_SECONDS = "looked_at", 900


class NotLookedAt(Refusal):
    """Too old, or nothing that was signed here."""


class LookedAt:
    """The previews of one page; `salt` names it, so that what another page signed is nothing here."""

    def __init__(self, salt: str) -> None:
        self._salt = salt

    def sign(self, **said: Any) -> str:
        """Return what the page carries in `FIELD` until it is saved."""
        return signing.dumps(said, salt=self._salt)

    def read(self, request: HttpRequest) -> dict[str, Any]:
        """Return what was looked at.

        :raises NotLookedAt: it is older than a quarter of an hour, or not ours.
        """
        try:
            said: dict[str, Any] = signing.loads(request.POST[FIELD], salt=self._salt, max_age=LASTS_SECONDS)
        except signing.BadSignature as no:
            raise NotLookedAt(
                "The preview is older than a quarter of an hour, or not ours. Look at it again, then save."
            ) from no
        return said
