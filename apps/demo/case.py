"""One conversation while it is played: where it stands, who holds it, and how its events are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from apps.demo.arrivals import Arrival
from apps.demo.engine import Engine
from apps.demo.ledger import Event, Ledger
from apps.demo.writer import Writer

if TYPE_CHECKING:
    from apps.demo.desks import Desk

SYSTEM: Event = {"kind": "system", "id": "nordwind", "name": "Nordwind Shop"}
# The second day of a conversation numbers its events from here, whatever happened on the first.
SECOND_DAY_SEQUENCE = 5000


class Case:
    """A conversation's state. One that is not told runs like any other, but writes neither words nor events."""

    def __init__(
        self, arrival: Arrival, engine: Engine, ledger: Ledger, on: date, *, is_told: bool = True, goes_on: bool = False
    ) -> None:
        self.arrival = arrival
        self.queue = arrival.queue
        self.desk: Desk | None = None
        # Seconds in the queue until the last offer, the worst of all waits, and what happened on the way.
        self.waited = 0.0
        self.longest_wait = 0.0
        self.total_wait = 0.0
        self.was_misled = False
        # How the customer's last word sounded; None where there was none. A rating follows it.
        self.left_pleased: bool | None = None
        # How often somebody answered much that answered little, and whether it was passed on once.
        self.struggles = 0
        self.was_moved = False
        self.passed_on_by: Desk | None = None
        self.last_desk: Desk | None = None
        self.answered_at: float | None = None
        self.handoff: Event | None = None
        # The AI agent that took part.
        self.bot: Event | None = None
        self._engine = engine
        self._ledger = ledger
        self._sequence = SECOND_DAY_SEQUENCE if goes_on else 0
        self._messages = SECOND_DAY_SEQUENCE if goes_on else 0
        self._last_customer_message: str | None = None
        self.writer: Writer | None = None
        if is_told:
            # The words keep their own random source: the floor runs alike whether or not a conversation is told.
            self.writer = Writer(
                rng=Random(f"{arrival.conversation}"),
                topic=arrival.topic,
                customer=arrival.customer,
                mood=arrival.mood,
                channel=arrival.queue.channel,
                on=on - timedelta(days=1) if goes_on else on,
            )

    @property
    def holder(self) -> Desk:
        """Who holds it; only asked where somebody does."""
        if self.desk is None:
            raise RuntimeError("Nobody holds this conversation.")
        return self.desk

    @property
    def channel(self) -> str:
        return self.arrival.queue.channel

    @property
    def is_live(self) -> bool:
        """Whether both sides sit at it at the same time."""
        return self.channel in {"webchat", "messaging", "voice"}

    @property
    def customer(self) -> Event:
        """The customer as events name them: with what the source knows of a known one, nothing of a stranger."""
        who = self.arrival.customer
        if not self.arrival.is_known:
            return {"kind": "customer", "id": self.arrival.conversation, "identity": "anonymous"}
        party: Event = {"kind": "customer", "id": who.external_id, "identity": "known", "name": who.name}
        if self.channel in {"webchat", "email"}:
            party["email"] = who.email
        elif self.channel in {"messaging", "voice"}:
            party["phone"] = who.phone.replace(" ", "")
        return party

    @property
    def speaker(self) -> Event:
        """The customer as the author of a message."""
        who = self.customer
        return {field: who[field] for field in ("kind", "id", "identity", "name") if field in who}

    @property
    def has_question(self) -> bool:
        """Whether the customer has something more to ask."""
        return self.writer is None or self.writer.has_question

    def words(self, compose: Callable[[Writer], str]) -> str:
        """Compose a text, or nothing when the conversation is not told."""
        return compose(self.writer) if self.writer is not None else ""

    def pair(self, compose: Callable[[Writer], tuple[str, str]]) -> tuple[str, str]:
        """Compose a question and its answer."""
        return compose(self.writer) if self.writer is not None else ("", "")

    def tell(self, type_: str, /, **data: Any) -> None:
        """Write an event that happens now."""
        self._sequence += 1
        if self.writer is not None:
            self._ledger.conversation(
                channel=self.arrival.queue.channel, conversation=self.arrival.conversation, sequence=self._sequence,
                kind=type_, data=data,
            )  # fmt: skip

    def say(self, author: Event, text: str, *, seconds: float = 0.0, **more: Any) -> str:
        """Write a message and return its id. `seconds` is how long it is spoken, for calls."""
        self._messages += 1
        name = f"{self.arrival.conversation}.m{self._messages}"
        data: Event = {"message_id": name, "author": author, "visibility": "public", "text": text, **more}
        if (
            self.channel == "voice"
            and data["visibility"] == "public"
            and self.answered_at is not None
            and "kind" not in data
        ):
            data |= {
                "kind": "voice_turn",
                "offset_ms": int((self._engine.now - self.answered_at) * 1000),
                "duration_ms": int(seconds * 1000),
                "transcript_confidence": round(0.80 + (self._messages * 37 % 19) / 100, 2),
            }
        if self.channel == "email":
            data["media_type"] = "text/plain"
        if author["kind"] == "customer":
            data["language"] = self.arrival.topic.language
            self._last_customer_message = name
        elif author["kind"] in {"agent", "bot"} and self._last_customer_message and data["visibility"] == "public":
            data["in_reply_to"] = self._last_customer_message
        self.tell("message.created", **data)
        return name

    def speaks(self, name: str) -> None:
        """Say who answers from now on."""
        if self.writer is not None:
            self.writer.speaks(name)

    def note_wait(self) -> tuple[int, int]:
        """Close the present wait; return it and the sum of all, in milliseconds."""
        self.longest_wait = max(self.longest_wait, self.waited)
        self.total_wait += self.waited
        return int(self.waited * 1000), int(self.total_wait * 1000)
