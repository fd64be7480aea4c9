"""Values encrypted by themselves: AES-256-GCM, the key outside the database, the owner's key as associated data."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_ID, _NONCE = 4, 12


class CannotOpen(Exception):
    """A sealed value was altered, belongs to another owner, or was sealed with a key that is not in the settings."""


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> tuple[bytes, AESGCM]:
    return sha256(b"midshift seal id" + key).digest()[:_ID], AESGCM(key)


def seal(value: str | bytes, *, context: bytes) -> bytes:
    """Encrypt one value with the first key; it opens only with the same context (the key of the row it belongs to)."""
    name, cipher = _cipher(settings.SEAL_KEYS[0])
    nonce = os.urandom(_NONCE)
    raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return name + nonce + cipher.encrypt(nonce, raw, context)


def open_value(sealed: bytes, *, context: bytes) -> bytes:
    """Decrypt one value with whichever key sealed it.

    :raises CannotOpen: altered, another owner's, or the key is gone. The message holds nothing of the value.
    """
    for key in settings.SEAL_KEYS:
        name, cipher = _cipher(key)
        if sealed[:_ID] == name:
            try:
                return cipher.decrypt(sealed[_ID : _ID + _NONCE], sealed[_ID + _NONCE :], context)
            except InvalidTag:
                raise CannotOpen(
                    "A sealed value was altered or belongs to another row. Restore it from a backup."
                ) from None
    raise CannotOpen("A value was sealed with a key that MIDSHIFT_SEAL_KEYS does not hold. Add the old key to its end.")
