"""Codes of an authenticator app (RFC 6238) and recovery codes: pure functions of a secret and a moment."""

from __future__ import annotations

import base64
import os
import re
import secrets
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote, urlencode

from django_otp.oath import TOTP

ISSUER = "Midshift"
SECRET_BYTES = 20
# One step of 30 seconds to either side: telephones' clocks are never quite right.
TOLERANCE = 1
RECOVERY_CODES = 10
# Without letters and digits that are taken for one another.
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_RECOVERY_SIGNS = 16


def new_secret() -> bytes:
    """Return a fresh secret."""
    return os.urandom(SECRET_BYTES)


def spelled(secret: bytes) -> str:
    """The secret as an app takes it by hand."""
    return base64.b32encode(secret).decode()


def address(secret: bytes, *, account: str) -> str:
    """What the QR code says."""
    label = quote(f"{ISSUER}:{account}")
    return f"otpauth://totp/{label}?{urlencode({'secret': spelled(secret), 'issuer': ISSUER})}"


def code_at(secret: bytes, at: datetime) -> str:
    """The code that the app shows at a moment."""
    totp = TOTP(secret)
    totp.time = at.timestamp()
    return f"{totp.token():06d}"


def step_of(secret: bytes, *, code: str, after: int, at: datetime) -> int | None:
    """Return the time step of a right code that lies after a step, else None."""
    if not re.fullmatch(r"[0-9]{6}", code):
        return None
    totp = TOTP(secret)
    totp.time = at.timestamp()
    return int(totp.t()) if totp.verify(int(code), tolerance=TOLERANCE, min_t=after + 1) else None


def new_recovery_codes() -> list[str]:
    """Return ten codes of 78 random bits, in groups of four."""
    made = ("".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_SIGNS)) for _ in range(RECOVERY_CODES))
    return ["-".join(one[start : start + 4] for start in range(0, _RECOVERY_SIGNS, 4)) for one in made]


def digest_of(recovery_code: str, *, user_id: int) -> str:
    """What is kept of a recovery code; gaps and capitals do not count."""
    signs = re.sub(r"[\s-]", "", recovery_code).lower()
    return sha256(f"{user_id}:{signs}".encode()).hexdigest()
