"""Signatures of Standard Webhooks."""

from __future__ import annotations

import base64
import hmac
import re
import time
from hashlib import sha256

TOLERANCE_SECONDS = 300


def signed(secret: bytes, headers: dict[str, str], body: bytes, *, now: float | None = None) -> bool:
    """Say whether a Standard Webhooks v1 signature fits: HMAC-SHA256 over id.timestamp.body, not older than 5 minutes.

    An id with a full stop is refused: with one, two different requests could have the same signed words.
    """
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not secret or not name or "." in name or not re.fullmatch(r"[0-9]{1,15}", stamp):
        return False
    if abs((time.time() if now is None else now) - int(stamp)) > TOLERANCE_SECONDS:
        return False
    expected = hmac.new(secret, f"{name}.{stamp}.".encode() + body, sha256).digest()
    for word in headers.get("webhook-signature", "").split(" "):
        version, _, value = word.partition(",")
        try:
            given = base64.b64decode(value, validate=True)
        except ValueError:  # not base64, or not even ASCII
            continue
        if version == "v1" and hmac.compare_digest(given, expected):
            return True
    return False
