"""Conversations that go on side by side, as canonical events: the load of the benches. A seed makes them the same again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

NAMES = ("Greta Lindqvist", "Jonas Weber", "Amina Diallo", "Tomás Reyes", "Mei Tan", "Oluwaseun Ade", "Marta Kowalska")
ASKS = (
    "Hello, my parcel was due yesterday and the tracking page has not moved since Monday.",
    "I was charged twice for the same order and would like one of the payments back.",
    "The blue one came instead of the green one. Can I keep it and get a part of the price back?",
    "How do I change the delivery address of an order that has not left yet?",
    "The app logs me out each time I open the basket, on two different phones.",
    "I want to cancel my subscription before the next month is charged.",
    "Can you check whether the voucher from your newsletter still works?",
    "It still does not work. I have restarted everything twice now and I am losing patience.",
    "Yes, that is right. Thank you, that was quick!",
    "Is there a person I can talk to? I have explained this three times already.",
    "Great, I can see it on my account now.",
    "The invoice shows the old company name, and accounting will not take it like that.",
)
PERSONAL = (
    "My card is 4111 1111 1111 1111, the charge is on it twice.",
    "Please send it to {email} instead, I do not read the other mailbox.",
    "You can call me on +44 7700 900123 after four, or write to {email}.",
    "This is {name}, I called this morning about the same thing.",
    "The refund should go to GB82 WEST 1234 5698 7654 32 please.",
)
ANSWERS = (
    "Thank you for waiting. I have your order in front of me and will look at what happened.",
    "I am sorry about that. I have asked the warehouse and will have an answer within the hour.",
    "The second payment is only reserved and will disappear within three days. Nothing was taken.",
    "I have changed the address. You will get a new confirmation by e-mail in a few minutes.",
    "Could you tell me which version of the app you have? It is at the bottom of the settings.",
    "I have sent you a label, the return costs you nothing.",
    "{name}, is there anything else I can do for you today?",
    "That voucher has ended, but I have put the same amount on your account.",
)


@dataclass(slots=True)
class Talk:
    """One conversation that is under way."""

    name: str
    queue: str
    customer: dict[str, Any]
    agent: dict[str, Any]
    step: int = 0


class Talks:
    """So many conversations at once, each of nine to eleven messages between start and end; a new one follows each that ends."""

    def __init__(self, *, source: str, queues: int, seed: str, at_once: int = 300, agents: int = 40) -> None:
        self._source = f"/connections/{source}"
        self._seed = seed
        self._random = Random(seed)
        self._queues, self._agents = queues, agents
        self._begun = 0
        self._running = [self._begin() for _ in range(at_once)]

    def _begin(self) -> Talk:
        self._begun += 1
        n, agent = self._begun, self._random.randrange(self._agents)
        name = NAMES[n % len(NAMES)]
        customer = {
            "kind": "customer", "id": f"{self._seed}-c{n}", "identity": "known", "name": name,
            "email": f"{name.split()[0].lower()}.{n}@example.test",
        }  # fmt: skip
        return Talk(
            f"{self._seed}-k{n}", f"q{self._random.randrange(self._queues)}", customer,
            {"kind": "agent", "id": f"a{agent}", "name": f"Agent {agent}"},
        )  # fmt: skip

    def batch(self, count: int) -> tuple[bytes, list[bool]]:
        """The next events as a JSON list, and for each of them whether it is a message."""
        told = [self._next() for _ in range(count)]
        return json.dumps([event for event, _ in told]).encode(), [is_message for _, is_message in told]

    def _next(self) -> tuple[dict[str, Any], bool]:
        place = self._random.randrange(len(self._running))
        talk = self._running[place]
        talk.step += 1
        kind, data = self._step(talk)
        if kind == "conversation.status_changed":
            self._running[place] = self._begin()
        event = {
            "specversion": "1.0", "id": f"{talk.name}-{talk.step}", "source": self._source,
            "type": f"midshift.{kind}.v1", "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "data": {"conversation_id": talk.name, **data},
        }  # fmt: skip
        return event, kind == "message.created"

    def _step(self, talk: Talk) -> tuple[str, dict[str, Any]]:
        match talk.step:
            case 1:
                return "conversation.started", {
                    "channel": "webchat", "direction": "inbound", "customer": talk.customer, "queue": talk.queue,
                }  # fmt: skip
            case 2:
                return "conversation.queued", {"queue": talk.queue}
            case 4:
                return "conversation.assigned", {"to": talk.agent}
            case step if step > 14 or (step > 12 and self._random.random() < 0.5):
                return "conversation.status_changed", {"to": "resolved"}
        asks = talk.step == 3 or self._random.random() < 0.5
        lines = PERSONAL if asks and self._random.random() < 0.2 else ASKS if asks else ANSWERS
        text = self._random.choice(lines).format(name=talk.customer["name"], email=talk.customer["email"])
        return "message.created", {
            "message_id": f"m{talk.step}", "author": talk.customer if asks else talk.agent, "visibility": "public",
            "text": text,
        }  # fmt: skip
