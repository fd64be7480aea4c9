"""Read an event that a source sent: checked at wire speed, and refused with the place and a sentence."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from apps.interactions.canonical import (
    TYPES,
    CanonicalEvent,
    ConversationUpdated,
    Envelope,
    Language,
    Priority,
    RatingReceived,
)


class Invalid(Exception):
    """The event cannot be taken: `pointer` is a JSON pointer into it, the message a sentence for its sender."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


_ENVELOPE = msgspec.json.Decoder(Envelope)
_DATA = {name: msgspec.json.Decoder(struct) for name, struct in TYPES.items()}
# What a change may set each field to; teams and custom fields are free.
_CHANGED_TO: dict[str, Any] = {
    "priority": Priority | None,
    "subject": Annotated[str, Meta(max_length=500)] | None,
    "language": Language | None,
    "tags": Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=200)] | None,
}
_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")


def _invalid(raised: msgspec.MsgspecError, prefix: str) -> Invalid:
    found = _WHERE.match(str(raised))
    what, path = (found["what"], found["path"] or "") if found else (str(raised), "")
    steps = [name or place for name, place in _STEP.findall(path)]
    for pattern in (_MISSING, _UNKNOWN):
        if named := pattern.search(what):
            steps.append(named[1])
    pointer = prefix + "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
    return Invalid(pointer, f"{what.rstrip('.')}. Send what the canonical event schema describes at this place.")


def _where_nul(value: Any, pointer: str = "") -> str | None:
    """Return the pointer to the first text that holds a NUL, None when there is none."""
    if isinstance(value, str):
        return pointer if "\x00" in value else None
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        if isinstance(name, str) and "\x00" in name:
            return pointer
        step = str(name).replace("~", "~0").replace("/", "~1")
        if (found := _where_nul(part, f"{pointer}/{step}")) is not None:
            return found
    return None


def _refuse_nul(raw: bytes | msgspec.Raw) -> None:
    if b"\\u0000" in bytes(raw) and (pointer := _where_nul(msgspec.json.decode(raw))) is not None:
        raise Invalid(pointer, "Holds the character U+0000, which no text may. Leave it out and send the event again.")


def _check_values(data: object) -> None:
    """Check what a struct cannot say: a rating on its own scale, and new values by the name of their field."""
    if isinstance(data, RatingReceived) and not data.min <= data.score <= data.max:
        raise Invalid(
            "/data/score", f"Saw {data.score:g}. Expected a number from min {data.min:g} to max {data.max:g}."
        )
    if not isinstance(data, ConversationUpdated):
        return
    for place, change in enumerate(data.changes):
        kind = _CHANGED_TO.get(change.field)
        if kind is None:
            continue
        try:
            msgspec.convert(change.to, kind)
        except msgspec.ValidationError as raised:
            raise _invalid(raised, f"/data/changes/{place}/to") from raised


def decode(raw: bytes | msgspec.Raw) -> CanonicalEvent:
    """Check one event given as JSON and return it.

    :raises Invalid: with a JSON pointer and a sentence.
    """
    try:
        return _decode(raw)
    except UnicodeDecodeError as raised:
        raise Invalid("", "Holds bytes that are not UTF-8. Send JSON in UTF-8.") from raised
    except RecursionError as raised:
        raise Invalid(
            "", "Is nested too deeply to be read. Send what the canonical event schema describes."
        ) from raised


def _decode(raw: bytes | msgspec.Raw) -> CanonicalEvent:
    try:
        envelope = _ENVELOPE.decode(raw)
        _refuse_nul(raw)
    except msgspec.MsgspecError as raised:
        raise _invalid(raised, "") from raised
    decoder = _DATA.get(envelope.type)
    if decoder is None:
        raise Invalid("/type", f"Saw the type {envelope.type[:80]!r}. Expected one of: {', '.join(TYPES)}.")
    try:
        time = datetime.fromisoformat(envelope.time)
    except ValueError as raised:
        raise Invalid(
            "/time", f"Saw a time that is not on the calendar: {envelope.time}. Send RFC 3339, UTC."
        ) from raised
    try:
        data = decoder.decode(envelope.data)
    except msgspec.MsgspecError as raised:
        raise _invalid(raised, "/data") from raised
    _check_values(data)
    return CanonicalEvent(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        time=time,
        data=data,  # type: ignore[arg-type]
        sequence=(envelope.sequence or "").zfill(20) if envelope.sequence else "",
        via=envelope.via or "push",
    )
