"""Hand-made canonical events for the tests: short to write, complete for the schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.interactions.canonical import CanonicalEvent
from apps.interactions.decoding import decode

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SOURCE = "shop-chat"
CUSTOMER = {
    "kind": "customer",
    "id": "c-1",
    "identity": "known",
    "name": "Greta Lindqvist",
    "email": "greta@example.test",
}
ASHA = {"kind": "agent", "id": "asha", "name": "Asha Rao"}
TOMAS = {"kind": "agent", "id": "tomas", "name": "Tomás Reyes"}
BO = {"kind": "bot", "id": "bo", "name": "Bo"}


def at(seconds: float) -> datetime:
    """The moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def event(kind: str, seconds: float, /, *, id: str = "", sequence: str = "", **data: Any) -> CanonicalEvent:
    """One event of the type midshift.<kind>.v1, at seconds after noon, of conversation k-1 unless told otherwise."""
    if kind.startswith(("conversation", "message", "bot", "rating", "analysis")):
        data.setdefault("conversation_id", "k-1")
    body = {
        "specversion": "1.0",
        "id": id or f"{kind}:{data.get('conversation_id', '')}:{seconds}:{data.get('message_id', '')}",
        "source": f"/connections/{SOURCE}",
        "type": f"midshift.{kind}.v1",
        "time": at(seconds).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": data,
    }
    if sequence:
        body["sequence"] = sequence
    return decode(json.dumps(body).encode())


def started(seconds: float = 0, **data: Any) -> CanonicalEvent:
    return event(
        "conversation.started", seconds, **{"channel": "webchat", "direction": "inbound", "customer": CUSTOMER, **data}
    )


def queued(seconds: float, queue: str = "billing", **data: Any) -> CanonicalEvent:
    return event("conversation.queued", seconds, queue=queue, **data)


def assigned(seconds: float, to: dict[str, Any] | None, **data: Any) -> CanonicalEvent:
    return event("conversation.assigned", seconds, to=to, **data)


def status(seconds: float, to: str, **data: Any) -> CanonicalEvent:
    return event("conversation.status_changed", seconds, to=to, **data)


def said(seconds: float, author: dict[str, Any], text: str = "Hello", **data: Any) -> CanonicalEvent:
    return event(
        "message.created", seconds,
        **{"message_id": f"m{seconds}", "author": author, "visibility": "public", "text": text, **data},
    )  # fmt: skip
