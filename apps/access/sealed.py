"""Values encrypted by themselves: AES-256-GCM, the key outside the database, the owner's key as associated data.

A sealed value is: four bytes that name the key, a random nonce of twelve, the ciphertext with its tag.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Any, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

_ID, _NONCE = 4, 12
_SHOWN = "•••"


class CannotOpen(Exception):
    """A sealed value was altered, belongs to another owner, or was sealed with a key that is not in the settings."""


class Sealed:
    """Sealed bytes as they come from a row: shown as dots wherever they are printed, and never written into JSON.

    `bytes(sealed)` gives the ciphertext, which says nothing without the key.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = bytes(raw)

    def __bytes__(self) -> bytes:
        return self._raw

    def __len__(self) -> int:
        return len(self._raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self._raw == other._raw

    def __hash__(self) -> int:
        return hash(self._raw)

    def __repr__(self) -> str:
        return _SHOWN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return _SHOWN

    def __reduce__(self) -> NoReturn:
        raise TypeError("A sealed value is not pickled: no task, cache or session may carry it. Pass the row's key.")

    def __iter__(self) -> NoReturn:
        raise TypeError("A sealed value is not a list of numbers. Open it with the context of its row.")


class SealedField(models.BinaryField):  # type: ignore[type-arg]  # generic in the stubs only
    """A column of sealed bytes, loaded as `Sealed`. It takes what `seal` returns; it does not encrypt by itself."""

    def from_db_value(self, value: Any, *_: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(bytes(value) if isinstance(value, Sealed) else value)

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError("A sealed column is not serialised. Leave it out of the export.")

    def deconstruct(self) -> Any:
        # In migrations it is the plain column it is stored as, so that the class may move or go.
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> tuple[bytes, AESGCM]:
    return sha256(b"midshift seal id" + key).digest()[:_ID], AESGCM(key)


def seal(value: str | bytes, *, context: bytes) -> bytes:
    """Encrypt one value with the first key; it opens only with the same context (the key of the row it belongs to)."""
    name, cipher = _cipher(settings.SEAL_KEYS[0])
    nonce = os.urandom(_NONCE)
    raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return name + nonce + cipher.encrypt(nonce, raw, context)


def mark_of(value: str, *, context: bytes) -> int:
    """A keyed mark by which the same value is known again in the same context, and by nothing else.

    Letters and digits count, in any case. 63 bits of an HMAC under a key of its own: it says nothing without the key, and the
    same value in another context has another mark.
    """
    plain = "".join(ch for ch in value.casefold() if ch.isalnum())
    key = _marking_key(settings.SEAL_KEYS[0])
    return int.from_bytes(hmac.digest(key, context + plain.encode("utf-8", "surrogatepass"), "sha256")[:8], "big") >> 1


@lru_cache(maxsize=8)
def _marking_key(key: bytes) -> bytes:
    return sha256(b"midshift mark of a value" + key).digest()


def seal_many(values: Iterable[tuple[str | bytes, bytes]]) -> list[bytes]:
    """Encrypt many (value, context) pairs with the first key, one random nonce each."""
    name, cipher = _cipher(settings.SEAL_KEYS[0])
    pairs = [(v.encode("utf-8", "surrogatepass") if isinstance(v, str) else v, context) for v, context in values]
    nonces = os.urandom(_NONCE * len(pairs))
    return [
        name + (nonce := nonces[at * _NONCE : (at + 1) * _NONCE]) + cipher.encrypt(nonce, raw, context)
        for at, (raw, context) in enumerate(pairs)
    ]


def open_value(sealed: bytes | Sealed, *, context: bytes) -> bytes:
    """Decrypt one value with whichever key sealed it.

    :raises CannotOpen: altered, another owner's, or the key is gone. The message holds nothing of the value.
    """
    raw = bytes(sealed)
    for key in settings.SEAL_KEYS:
        name, cipher = _cipher(key)
        if raw[:_ID] == name:
            try:
                return cipher.decrypt(raw[_ID : _ID + _NONCE], raw[_ID + _NONCE :], context)
            except (InvalidTag, ValueError):
                raise CannotOpen(
                    "A sealed value was altered or belongs to another row. Restore it from a backup."
                ) from None
    raise CannotOpen("A value was sealed with a key that MIDSHIFT_SEAL_KEYS does not hold. Add the old key to its end.")
