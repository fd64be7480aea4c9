"""What the decoder refuses although it is JSON: whatever could not be stored, or would make a wrong number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.interactions.decoding import Invalid, decode


def event(kind: str = "message.created", data: dict[str, Any] | None = None, **more: Any) -> bytes:
    said = {
        "conversation_id": "c",
        "message_id": "m",
        "author": {"kind": "customer", "id": "x"},
        "visibility": "public",
    }
    whole = {
        "specversion": "1.0", "id": "i", "source": "/connections/x", "type": f"midshift.{kind}.v1",
        "time": "2026-11-24T12:00:00Z", "data": {"text": "hi", **said, **(data or {})} if kind == "message.created" else data,
    }  # fmt: skip
    return json.dumps({**whole, **more}).encode()


def changed(field: str, to: Any) -> bytes:
    return event("conversation.updated", {"conversation_id": "c", "changes": [{"field": field, "to": to}]})


def rated(score: float, low: float = 1, high: float = 5) -> bytes:
    return event("rating.received", {"conversation_id": "c", "rating_id": "r", "score": score, "min": low, "max": high})


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (event(id="a\0"), "/id"),
        (event(data={"text": "a\0b"}), "/data/text"),
        (event(data={"author": {"kind": "customer", "id": "a\0"}}), "/data/author/id"),
        (changed("custom", {"a\0": 1}), "/data/changes/0/to"),
        (event(data={"duration_ms": 2**31}), "/data/duration_ms"),
        (event(data={"duration_ms": 9223372036854775808}), "/data/duration_ms"),
        (event(data={"language": "x" * 36}), "/data/language"),
        (changed("priority", {"x": 1}), "/data/changes/0/to"),
        (changed("priority", "very"), "/data/changes/0/to"),
        (changed("tags", "one"), "/data/changes/0/to"),
        (changed("language", "x" * 36), "/data/changes/0/to"),
        (rated(9), "/data/score"),
        (rated(3, 5, 1), "/data/score"),
        (rated(3).replace(b'"score": 3', b'"score": 1e400'), "/data/score"),
        (event(time="2026-02-30T00:00:00Z"), "/time"),
        (event(time="2016-12-31T23:59:60Z"), "/time"),
        (event(time=""), "/time"),
        (event().replace(b"hi", b"\xff\xfe"), ""),
        (changed("custom", "deep").replace(b'"deep"', b"[" * 10_000 + b"]" * 10_000), ""),
        (event(data={"text": "lone"}).replace(b"lone", b"\\ud800"), ""),
    ],
)  # fmt: skip
def test_what_could_not_be_stored_is_refused_at_its_place(raw: bytes, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode(raw)
    assert (refused.value.pointer, len(str(refused.value)) > 20) == (pointer, True)


@pytest.mark.parametrize(
    "raw",
    [
        event(data={"text": "the word \\u0000 itself"}),
        event(data={"text": "e" + "\u0301" * 10_000}),
        event(data={"duration_ms": 2**31 - 1}),
        event(time="1970-01-01T00:00:00Z"),
        changed("priority", None),
        changed("custom", {"a": [1, {"b": None}]}),
        rated(5),
    ],
)
def test_what_is_only_unusual_is_taken(raw: bytes) -> None:
    assert decode(raw).id == "i"
