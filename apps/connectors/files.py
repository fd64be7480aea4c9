"""Files of events, read row by row: JSONL of CloudEvents and CSV of messages. Pure: nothing is written here.

A CSV has one message a row with the columns of `COLUMNS`; `status` and `rating` on a row tell what happened to the
conversation with it. The same row gives the same events with the same ids, so reading a file again adds nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec

from apps.interactions.canonical import Channel, Status

COLUMNS = (
    "conversation_id", "message_id", "time", "author_kind", "author_id", "author_name", "visibility", "text",
    "channel", "queue", "status", "rating",
)  # fmt: skip
NEEDED = ("conversation_id", "time", "author_kind", "author_id", "channel")
KINDS = ("customer", "agent", "supervisor", "bot", "system")
AHEAD = timedelta(hours=24)
LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, as its report says it. Only an error keeps the row out."""

    level: str  # error, warning, duplicate
    field: str
    value: str
    message: str


@dataclass(slots=True)
class Row:
    """One row of a file: where it stands, the events it tells and what is wrong with it."""

    row: int
    line: int
    events: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class CannotRead(Exception):
    """The file as a whole cannot be read; the message says what was seen and what is expected."""


class Bad(Exception):
    """A row that cannot be taken."""

    def __init__(self, field_name: str, value: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem("error", field_name, value[:80], message)


def rows_of_jsonl(lines: Iterable[str], *, source_uri: str) -> Iterator[Row]:
    """Read one CloudEvent a line. A line without a source gets this source's; `via` becomes import."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = Row(number, number)
        try:
            event = msgspec.json.decode(line.encode("utf-8", "replace"))
            if not isinstance(event, dict):
                raise Bad("", "", "Not a JSON object. Write one CloudEvent on each line.")
            row.events.append({"source": source_uri, **event, "via": "import"})
        except (msgspec.DecodeError, RecursionError) as raised:
            row.problems.append(Problem("error", "", "", f"Not valid JSON: {raised}."))
        except Bad as bad:
            row.problems.append(bad.problem)
        yield row


@dataclass(frozen=True, slots=True)
class Times:
    """How the times of a file are written: in ISO 8601, or as `pattern` says in the words of strptime.

    A time that says no zone is taken to be in `zone`; without one it is refused, because it could mean any hour.
    """

    pattern: str = ""
    zone: ZoneInfo | None = None

    def read(self, value: str) -> datetime:
        """Return the moment, in UTC. :raises ValueError, OverflowError: it cannot be read."""
        # Its zone is looked at below.
        when = datetime.strptime(value, self.pattern) if self.pattern else datetime.fromisoformat(value)  # noqa: DTZ007
        if when.tzinfo is None:
            if self.zone is None:
                raise ValueError("no zone")
            when = when.replace(tzinfo=self.zone)
        return when.astimezone(UTC)

    @property
    def expected(self) -> str:
        """What a time should look like, as a sentence."""
        if not self.pattern:
            return f"Write {'2026-03-02T09:05:00' if self.zone else '2026-03-02T09:05:00Z'}."
        example = datetime(2026, 3, 2, 9, 5, tzinfo=self.zone or UTC).strftime(self.pattern)
        return f"Write it like {example}, as {self.pattern} says." + (
            "" if self.zone else " Name its zone with --zone."
        )


def rows_of_csv(
    lines: Iterable[str], *, head: str, source_uri: str, at: datetime, times: Times = Times()
) -> Iterator[Row]:
    """Read one message a row. `head` is the start of the file, from which the delimiter is told.

    Rows count as a spreadsheet shows them: the header is row 1. What was seen is remembered for the whole file.

    :raises CannotRead: a needed column is missing, or a field is longer than any message may be.
    """
    reader = csv.reader((line.replace("\0", "") for line in lines), delimiter=_delimiter(head))
    names = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise CannotRead(f"The file has no column {', '.join(missing)}. Its first row must name: {', '.join(COLUMNS)}.")
    reading = _Reading(source_uri=source_uri, at=at, times=times)
    line = reader.line_num + 1
    number = 1
    try:
        for cells in reader:
            number += 1
            if any(cells):
                yield reading.row(number, line, dict(zip(names, (c.strip() for c in cells), strict=False)))
            line = reader.line_num + 1
    except csv.Error as raised:
        raise CannotRead(f"Line {line} cannot be read: {raised}. Check its quotes.") from raised


def _delimiter(head: str) -> str:
    first = head.lstrip("\ufeff").partition("\n")[0]
    return max(",;\t|", key=first.count)


@dataclass(slots=True)
class _Reading:
    source_uri: str
    at: datetime
    times: Times
    # conversation id; digest of conversation and message id -> the row that had it first
    started: set[str] = field(default_factory=set)
    messages: dict[bytes, int] = field(default_factory=dict)

    def row(self, number: int, line: int, cells: dict[str, str]) -> Row:
        row = Row(number, line)
        try:
            self._tell(row, cells)
        except Bad as bad:
            row.events.clear()
            row.problems.append(bad.problem)
        return row

    def _tell(self, row: Row, cells: dict[str, str]) -> None:
        when = _time(cells.get("time", ""), self.at, self.times)
        conversation = _needed(cells, "conversation_id")
        kind = _one_of(cells, "author_kind", KINDS)
        channel = _one_of(cells, "channel", get_args(Channel))
        visibility = _one_of(cells, "visibility", ("public", "private"), default="public")
        status = _one_of(cells, "status", get_args(Status), default="")
        rating = _rating(cells.get("rating", ""))
        author: dict[str, Any] = {"kind": kind, "id": _needed(cells, "author_id")}
        if cells.get("author_name"):
            author["name"] = cells["author_name"][:200]
        message = cells.get("message_id", "")
        if not message:
            content = "\x1f".join(f"{name}={cells.get(name, '')}" for name in COLUMNS)
            message = f"row-{sha256(content.encode('utf-8', 'replace')).hexdigest()[:24]}"
            row.problems.append(
                Problem(
                    "warning", "message_id", "",
                    "No message id: one was made from the row's content, so a corrected row would be read as a new message.",
                )
            )  # fmt: skip
        place = sha256(f"{conversation}\x1f{message}".encode("utf-8", "replace")).digest()[:12]
        if place in self.messages:
            row.problems.append(
                Problem("duplicate", "message_id", message, f"The same message was read in row {self.messages[place]}.")
            )
            return
        self.messages[place] = row.row
        stamp = when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if conversation not in self.started:
            self.started.add(conversation)
            began: dict[str, Any] = {
                "channel": channel, "direction": "inbound" if kind in ("customer", "bot", "system") else "outbound",
            }  # fmt: skip
            if kind == "customer":
                began["customer"] = author
            if cells.get("queue"):
                began["queue"] = cells["queue"]
            self._event(row, "conversation.started", conversation, "", stamp, began)
        said = {"message_id": message, "author": author, "visibility": visibility, "text": cells.get("text", "")}
        self._event(row, "message.created", conversation, message, stamp, said)
        if status:
            self._event(row, "conversation.status_changed", conversation, f"{message}/{status}", stamp, {"to": status})
        if rating is not None:
            told = {"rating_id": message, "score": rating, "min": LOWEST, "max": HIGHEST, "scale": "csat"}
            self._event(row, "rating.received", conversation, message, stamp, told)

    def _event(self, row: Row, what: str, conversation: str, name: str, stamp: str, data: dict[str, Any]) -> None:
        digest = sha256(f"{what}\x1f{conversation}\x1f{name}".encode("utf-8", "replace")).hexdigest()[:32]
        row.events.append(
            {
                "specversion": "1.0", "id": f"import-{digest}", "source": self.source_uri, "type": f"midshift.{what}.v1",
                "time": stamp, "via": "import", "data": {"conversation_id": conversation, **data},
            }
        )  # fmt: skip


def _needed(cells: dict[str, str], name: str) -> str:
    value = cells.get(name, "")
    if not 1 <= len(value) <= 255:
        raise Bad(name, value, "Write between 1 and 255 characters.")
    return value


def _one_of(cells: dict[str, str], name: str, words: tuple[str, ...], *, default: str | None = None) -> str:
    value = cells.get(name, "")
    if not value and default is not None:
        return default
    if value not in words:
        raise Bad(name, value, f"Use one of {', '.join(words)}.")
    return value


def _time(value: str, at: datetime, times: Times) -> datetime:
    try:
        when = times.read(value)
    except (ValueError, OverflowError):
        raise Bad("time", value, f"Not a date and time with a zone. {times.expected}") from None
    if when > at + AHEAD:
        raise Bad("time", value, "Lies more than 24 hours in the future.")
    return when


def _rating(value: str) -> float | None:
    if not value:
        return None
    try:
        score = float(value)
    except ValueError:
        score = float("nan")
    if not LOWEST <= score <= HIGHEST:
        raise Bad("rating", value, f"Write a number from {LOWEST} to {HIGHEST}.")
    return score
