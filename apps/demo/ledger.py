"""Writes canonical events (CloudEvents) of one day, and knows when each of them leaves its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from apps.demo.engine import Engine
from apps.demo.roster import SOURCE_BY_CHANNEL, Channel
from apps.demo.shop import Incidents, Shop

Event = dict[str, Any]
# Presence and queues of the whole shop are told by the chat system; it names the people for all of them.
HOUSE_SOURCE = "shop-chat"
# A silent phone system sends what it kept back within so many seconds after its silence.
CATCH_UP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Sent:
    """One event on its way. `due` is when its source sends it, seconds since 1970; normally that is when it happened."""

    due: float
    source: str
    event: Event


class Ledger:
    """Collects the events of one day. Ids and sequences follow from what happened, so that twice is the same."""

    def __init__(self, *, shop: Shop, on: date, incidents: Incidents, engine: Engine) -> None:
        self.sent: list[Sent] = []
        self._engine = engine
        self._start = shop.starts_at(on).timestamp()
        self._day = f"{on:%y%m%d}{shop.tag}"
        self._incidents = incidents
        self._people = 0

    def time_of(self, seconds: float) -> str:
        """Write a local time of the day as the canonical event wants it: UTC, milliseconds."""
        return datetime.fromtimestamp(self._start + seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"

    def conversation(self, *, channel: Channel, conversation: str, sequence: int, kind: str, data: Event) -> None:
        """Write an event of a conversation; `sequence` orders it inside the conversation."""
        self._write(
            source=SOURCE_BY_CHANNEL[channel].slug,
            kind=kind,
            name=f"{conversation}:{sequence}",
            data={"conversation_id": conversation, **data},
            more={
                "partitionkey": conversation,
                "subject": f"conversation/{conversation}",
                "sequence": f"{sequence:06d}",
            },
        )

    def presence(self, *, agent: str, data: Event) -> None:
        """Write a change of a person's availability."""
        self._people += 1
        self._write(
            source=HOUSE_SOURCE,
            kind="agent.status_changed",
            name=f"{self._day}:presence:{self._people}",
            data=data,
            more={"partitionkey": agent, "subject": f"agent/{agent}", "sequence": f"{self._people:06d}"},
        )

    def snapshot(self, *, channel: Channel, queue: str, data: Event) -> None:
        """Write what the source says about a queue."""
        self._write(
            source=SOURCE_BY_CHANNEL[channel].slug,
            kind="queue.snapshot",
            name=f"{self._day}:snapshot:{queue}:{int(self._engine.now)}",
            data=data,
            more={"partitionkey": queue, "subject": f"queue/{queue}"},
        )

    def customer(self, *, channel: Channel, number: str, data: Event) -> None:
        """Write a change of a customer's record."""
        self._write(
            source=SOURCE_BY_CHANNEL[channel].slug,
            kind="customer.updated",
            name=f"{self._day}:customer:{number}:{int(self._engine.now)}",
            data=data,
            more={"partitionkey": number, "subject": f"customer/{number}"},
        )

    def _write(self, *, source: str, kind: str, name: str, data: Event, more: Event) -> None:
        due = self._engine.now
        if source == "phone" and (span := self._incidents.silent_until(self._engine.now)) is not None:
            start, end = span
            due = end + (self._engine.now - start) / (end - start) * CATCH_UP_SECONDS
        self.sent.append(
            Sent(
                self._start + due,
                source,
                {
                    "specversion": "1.0",
                    "id": name,
                    "source": f"/connections/{source}",
                    "type": f"midshift.{kind}.v1",
                    "time": self.time_of(self._engine.now),
                    "timeprecision": "ms",
                    "datacontenttype": "application/json",
                    **more,
                    # An empty field is left out; that nobody owns a conversation is a fact and stays.
                    "data": {field: value for field, value in data.items() if value is not None or field == "to"},
                },
            )
        )
