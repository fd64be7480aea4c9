"""A believable day of a floor as canonical events, the same for a seed: all fifteen types, and what makes order matter.

Whole seconds with a sequence (two things in one second), second words on one rating, turn, action and record, edits and
redactions, bare answers to questions, names that only some events carry, customers who come back, and one message told by two feeds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

SOURCE = "shop-day"
OPENS = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
QUEUES = {
    "q-billing": ("Billing chat", "webchat"), "q-sales": ("Sales chat", "webchat"), "q-mail": ("Mail", "email"),
    "q-tech": ("Technical help", "messaging"), "q-voice": ("Telephone", "voice"), "q-social": ("Social", "social"),
    "q-returns": ("Returns", "webchat"),
}  # fmt: skip
FIRST = ["Greta", "Tomás", "Jürgen", "Aoife", "Priya", "Lars", "Zoë", "Miguel", "Søren", "Yuki", "Amélie", "Chloé"]
LAST = ["Lindqvist", "Reyes", "Müller", "O'Connor", "Raman", "Holm", "Fischer", "Novak", "Berg", "Tanaka", "Haddad"]
TALK = (
    "I was charged twice for my order", "Where is my parcel?", "The login page says error 500", "I want my money back",
    "Thanks, that works", "Can somebody call me at {phone}?", "My address is {email}", "Please write to {first}",
    "My card is 4111 1111 1111 1111", "It is about the account of {name}", "This is the third time I ask!",
    "44 81 92 3", "no idea, 7310",
)  # fmt: skip
REPLIES = (
    "Let me look.", "Hello {first}, I am on it.", "I have sent it to {email}.", "Is {phone} still your number?",
    "It is refunded.", "Could you tell me the order number?", "Sorry about that, {name}.", "One moment please.",
    "What is your customer number?",
)  # fmt: skip
INTENTS = ("where_is_my_order", "double_charge", "login", "return", "opening_hours")


class Floor:
    """The people, customers and systems of the shop, and the events that they make."""

    def __init__(self, seed: int, events: int) -> None:
        self.dice = random.Random(seed)
        # Two events a second: ten minutes late is late by more than a thousand others.
        self.open_seconds = events // 2
        self.wanted = events
        self.events: list[tuple[datetime, dict[str, Any]]] = []
        self.count = 0
        self.people = [
            {"kind": "agent", "id": f"a-{n}", "name": f"{FIRST[n % 12]} {LAST[(n * 7) % 11]} {n}"} for n in range(18)
        ]
        self.bots = [{"kind": "bot", "id": f"bot-{n}", "name": f"Helper {n}"} for n in range(3)]
        self.customers = [self._customer(n) for n in range(10 + events // 120)]

    def _customer(self, n: int) -> dict[str, Any]:
        name = f"{self.dice.choice(FIRST)} {self.dice.choice(LAST)}"
        return {
            "kind": "customer", "id": f"c-{n}", "identity": "known", "name": name,
            "email": f"{name.split()[0].lower()}{n}@example.test", "phone": f"+4477009{n:05d}",
        }  # fmt: skip

    def emit(self, at: datetime, kind: str, data: dict[str, Any]) -> None:
        """Add an event; a third of the systems give whole seconds and a counter of their own."""
        self.count += 1
        event = {
            "specversion": "1.0", "id": f"e{self.count}", "source": f"/connections/{SOURCE}",
            "type": f"midshift.{kind}.v1", "time": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "data": data,
        }  # fmt: skip
        if int(str(data.get("conversation_id", "x-1")).rpartition("-")[2]) % 3 == 0:
            event |= {"time": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "sequence": str(self.count), "timeprecision": "s"}
        self.events.append((at, event))

    def sparsely(self, party: dict[str, Any], share: float = 0.4) -> dict[str, Any]:
        """The party as some systems name it: by its id alone."""
        bare = {"kind": party["kind"], "id": party["id"]}
        return bare if self.dice.random() < share else party

    def words(self, texts: tuple[str, ...], who: dict[str, Any]) -> str:
        given = {k: who.get(k, "me") for k in ("name", "email", "phone")}
        return self.dice.choice(texts).format(first=given["name"].split()[0], **given)

    def play(self) -> list[dict[str, Any]]:
        """Return so many events in the order of their time, which is how the clean run takes them in."""
        self._presence()
        number = 0
        while self.count < self.wanted:
            Talk(self, f"k-{number}", number).run()
            number += 1
        return [event for _, event in sorted(self.events, key=lambda e: e[0])][: self.wanted]

    def _presence(self) -> None:
        words = ("available", "busy", "wrap_up", "away", "available")
        for n, who in enumerate(self.people):
            at = OPENS
            for turn in range(turns := self.wanted // 400):
                queue = {"queue": self.dice.choice(list(QUEUES))} if n % 5 == 0 else {}
                to = words[turn % 5] if turn < turns - 1 else "offline"
                self.emit(at, "agent.status_changed", {
                    "agent": self.sparsely(who), "to": to, "reason": self.dice.choice(("", "lunch", "training")),
                    "capacity": 3, **queue,
                })  # fmt: skip
                at += timedelta(seconds=round(self.dice.expovariate(turns / self.open_seconds)))
        for minute in range(0, self.open_seconds // 60, 2):
            queue = self.dice.choice(list(QUEUES))
            self.emit(OPENS + timedelta(minutes=minute), "queue.snapshot",
                      {"queue": queue, "waiting": self.dice.randrange(9), "agents_available": 4})  # fmt: skip
        for n, who in enumerate(self.customers[::2]):
            for word in range(2):
                self.emit(
                    OPENS + timedelta(seconds=self.dice.uniform(0, self.open_seconds)), "customer.updated",
                    {"customer": self.sparsely(who), "segment": ("gold", "silver")[word],
                     "attributes": {"owner": f"Account of {who['name']}", "mail": who["email"], "orders": n}},
                )  # fmt: skip


class Talk:
    """One conversation, from its start to the last word about it."""

    def __init__(self, floor: Floor, name: str, number: int) -> None:
        self.floor, self.name, self.number, self.dice = floor, name, number, floor.dice
        self.at = OPENS + timedelta(seconds=self.dice.uniform(0, floor.open_seconds))
        self.queue = self.dice.choice(list(QUEUES))
        self.person = self.dice.choice(floor.people)
        self.said = 0
        self.customer = self.dice.choice(floor.customers)
        if self.dice.random() < 0.15:
            self.customer = {"kind": "customer", "id": f"visitor-{number}", "identity": "anonymous"}

    def emit(self, type: str, /, **data: Any) -> None:
        self.floor.emit(self.at, type, {"conversation_id": self.name, **data})

    def wait(self, mean: float) -> None:
        # A tenth of what happens next happens at the very same moment.
        self.at += timedelta(seconds=0 if self.dice.random() < 0.1 else self.dice.expovariate(1 / mean))

    def one_in(self, n: int) -> bool:
        return self.dice.randrange(n) == 0

    def say(self, who: dict[str, Any], texts: tuple[str, ...], **more: Any) -> str:
        self.wait(25)
        self.said += 1
        message = f"m{self.said}"
        named = {**self.floor.sparsely(who), **({"identity": who["identity"]} if "identity" in who else {})}
        data = {"message_id": message, "author": named, "visibility": "public",
                "text": self.floor.words(texts, self.customer), **more}  # fmt: skip
        self.emit("message.created", **data)
        if self.one_in(12):  # a second feed tells the same message, under another id and with its own delay
            self.floor.emit(self.at + timedelta(seconds=2), "message.created", {"conversation_id": self.name, **data})
        self._later(message)
        return message

    def _later(self, message: str) -> None:
        back = self.at
        if self.one_in(6):
            for word in ("sent", "delivered", "read"):
                self.wait(2)
                self.emit("message.updated", message_id=message, change="delivery", delivery=word)
        for _ in range(2):
            if self.one_in(14):
                self.wait(20)
                text = self.floor.words(TALK + REPLIES, self.customer) + f" (edited {self.number})"
                self.emit("message.updated", message_id=message, change="edited", text=text)
        if self.one_in(40):
            self.wait(60)
            self.emit("message.updated", message_id=message, change=self.dice.choice(("redacted", "deleted")))
        self.at = back

    def run(self) -> None:
        name, channel = QUEUES[self.queue]
        self.emit(
            "conversation.started", channel=channel, direction="outbound" if self.one_in(15) else "inbound",
            subject=f"Order {self.number} of {self.customer.get('name', 'a visitor')}", priority="normal", tags=["shop"],
            **({} if self.one_in(8) else {"customer": self.floor.sparsely(self.customer, 0.25) | (
                {"identity": "anonymous"} if self.customer.get("identity") == "anonymous" else {})}),
        )  # fmt: skip
        if self.one_in(2):
            self._bot()
        self._wait_in_line(name)
        if self.one_in(9):
            self.emit("conversation.status_changed", to="closed", outcome="abandoned", wait_ms=90_000)
            return
        self._person()
        for _ in range(2):
            if self.one_in(5):
                self._reopen()
        self._afterwards()

    def _bot(self) -> None:
        bot = self.dice.choice(self.floor.bots)
        self.wait(2)
        self.emit("conversation.assigned", to=bot, reason="routing")
        for turn in range(self.dice.randint(1, 4)):
            asked = self.say(self.customer, TALK)
            told = self.say(bot, REPLIES)
            data = {
                "turn_id": f"t{turn}", "bot": self.floor.sparsely(bot), "message_id": asked, "reply_message_id": told,
                "intent": self.dice.choice(INTENTS), "confidence": round(self.dice.random(), 3),
                "fallback": self.one_in(5), "asked_for_human": self.one_in(6), "model": "helper", "prompt_version": "7",
            }  # fmt: skip
            self.emit("bot.turn", **data)
            if self.one_in(6):  # scored a little later, under the same turn
                self.wait(1)
                self.emit("bot.turn", **data, score={"name": "helpful", "value": 0.5})

    def _wait_in_line(self, name: str) -> None:
        self.wait(10)
        label = {} if self.one_in(2) else {"queue_name": name}
        self.emit("conversation.queued", queue=self.queue, reason="new", **label)
        self.say(self.customer, TALK)
        if self.one_in(4):
            self.wait(15)
            self.emit(
                "conversation.offered", agent=self.dice.choice(self.floor.people), outcome="missed", ring_ms=15_000
            )

    def _person(self) -> None:
        self.wait(40)
        note = {
            "from_kind": "bot", "trigger": "customer_request",
            "summary": f"{self.customer.get('name', 'A visitor')} was charged twice", "slots_passed": 2,
        }  # fmt: skip
        self.emit("conversation.offered", agent=self.floor.sparsely(self.person), outcome="accepted", queue=self.queue)
        self.emit("conversation.assigned", to=self.floor.sparsely(self.person), queue=self.queue,
                  **({"reason": "handoff", "handoff": note} if self.one_in(3) else {}))  # fmt: skip
        for _ in range(self.dice.randint(1, 5)):
            self.say(self.person, REPLIES)
            self.say(self.customer, TALK)
            if self.one_in(9):
                self.say(self.person, REPLIES, visibility="private")
        if self.one_in(4):
            self._move()
        if self.one_in(3):
            self.wait(5)
            self.emit("conversation.updated", by=self.person, changes=[
                {"field": "priority", "to": self.dice.choice(("high", "urgent"))},
                {"field": "subject", "to": f"Mail {self.customer.get('email', 'nobody')}"},
                {"field": "custom", "name": "order", "to": f"by {self.customer.get('name', 'a visitor')}, O-{self.number}"},
                {"field": "tags", "to": ["shop", self.dice.choice(INTENTS)]},
            ])  # fmt: skip
        self._resolve()

    def _move(self) -> None:
        self.wait(20)
        if self.one_in(2):
            self.person = self.dice.choice(self.floor.people)
            self.emit("conversation.assigned", to=self.person, reason="transfer")
        else:
            self.queue = self.dice.choice(list(QUEUES))
            self.emit("conversation.queued", queue=self.queue, reason="transfer")
            self.wait(60)
            self.person = self.dice.choice(self.floor.people)
            self.emit("conversation.assigned", to=self.floor.sparsely(self.person), queue=self.queue)
        self.say(self.person, REPLIES)

    def _resolve(self) -> None:
        self.wait(30)
        self.emit("conversation.status_changed", to="resolved", outcome="handled", by=self.floor.sparsely(self.person))
        if self.one_in(10):
            self.wait(200)
            self.emit("conversation.status_changed", to="closed")

    def _reopen(self) -> None:
        self.wait(600)
        self.say(self.customer, TALK)
        self.wait(5)
        self.emit("conversation.status_changed", to="open", **{"from": "resolved"})
        self.say(self.person, REPLIES)
        self._resolve()

    def _afterwards(self) -> None:
        if self.one_in(2):
            for word in range(1 + self.one_in(4)):
                self.wait(90)
                self.emit(
                    "rating.received", rating_id="r1", score=self.dice.randint(1, 5), min=1, max=5, scale="csat",
                    comment=self.floor.words(TALK, self.customer) + f" {word}", agent=self.floor.sparsely(self.person),
                )  # fmt: skip
        if self.one_in(3):
            for kind in ("summary", "sentiment"):
                self.wait(10)
                self.emit("analysis.reported", analysis_id=f"{kind}-1", kind=kind, vendor="lens", label="calm", value=0.2,
                          text=f"{self.customer.get('name', 'A visitor')} asked for help")  # fmt: skip
        if self.one_in(6):
            for state in ("accepted", self.dice.choice(("done", "refused"))):
                self.wait(4)
                self.emit("action.result", action_id=f"act-{self.number}", kind="reassign", state=state,
                          message=f"Ticket of {self.customer.get('email', 'nobody')}")  # fmt: skip


def day(seed: int, events: int) -> list[dict[str, Any]]:
    """Return so many events of the seed's day, in the order in which they happened."""
    return Floor(seed, events).play()


def bodies(events: list[dict[str, Any]], sizes: Iterator[int]) -> Iterator[bytes]:
    """Cut events into the bodies of requests, each of the next size."""
    at = 0
    for size in sizes:
        if at >= len(events):
            return
        yield json.dumps(events[at : at + size]).encode()
        at += size


def disturbed(seed: int, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A fifth of the events again, and every one of them up to ten minutes late, in the order of arrival."""
    dice = random.Random(seed)
    sent = events + dice.sample(events, len(events) // 5)
    arrivals = [
        (datetime.fromisoformat(event["time"]).timestamp() + dice.uniform(0, 600), place)
        for place, event in enumerate(sent)
    ]
    return [sent[place] for _, place in sorted(arrivals)]
