"""Names of a source as our keys."""

from __future__ import annotations

import hashlib
from uuid import UUID


def key(source: str, kind: str, external_id: str) -> UUID:
    """Name a thing of a source for ever: the same words give the same key on every machine, so nothing is looked up.

    A version-8 UUID (RFC 9562) over SHA-256, with the kind inside, so that a message and a conversation never meet.
    """
    digest = bytearray(
        hashlib.sha256(f"{source}\x1f{kind}\x1f{external_id}".encode("utf-8", "surrogatepass")).digest()[:16]
    )
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return UUID(bytes=bytes(digest))


def conversation_key(source: str, external_id: str) -> UUID:
    """Name a conversation of a source."""
    return key(source, "conversation", external_id)
