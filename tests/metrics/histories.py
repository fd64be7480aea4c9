"""Random histories of conversations: reopenings, transfers, AI agents, whispers, surveys, ratings, at any hour."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from apps.interactions.canonical import CanonicalEvent
from tests.interactions.events import event

PEOPLE = [{"kind": "agent", "id": name, "name": name.title()} for name in ("asha", "tomas", "ben", "chloe")]
LEAD = {"kind": "supervisor", "id": "lena", "name": "Lena"}
BOTS = [{"kind": "bot", "id": name, "name": name.title()} for name in ("bo", "cleo")]
SYSTEM = {"kind": "system", "id": "system"}
QUEUES = ("billing", "sales", "returns")
CHANNELS = ("webchat", "email", "voice")
DAY = timedelta(days=1).total_seconds()
# What is said: most of it tells nothing; the rest affirms, thanks, doubts or asks.
OF_CUSTOMERS = (
    "words",
    "words",
    "That worked, cheers",
    "Thanks a lot",
    "Thanks, but it is still broken",
    "Is it the red one?",
)
OF_BOTS = ("words", "words", "Which order is it?")


class History:
    """The events of one conversation, told step by step; no two happen at one moment."""

    def __init__(self, *, seed: int) -> None:
        self.dice = Random(seed)
        self.name = f"k-{seed}"
        # Spread over four days before noon, nights included; some end after noon.
        self.now = self.dice.uniform(-4 * DAY, 0)
        self.events: list[CanonicalEvent] = []
        self.count = 0
        # Every third comes back; every tenth is not known by name.
        identity = "anonymous" if seed % 10 == 7 else "known"
        self.customer = {"kind": "customer", "id": f"c-{seed - seed % 3}", "identity": identity}
        self.holder: dict[str, Any] | None = None
        self.is_closed = False
        self.waits = False

    def add(self, kind: str, /, **data: Any) -> None:
        # Mostly seconds, sometimes hours: a wait through the night.
        self.now += (
            self.dice.expovariate(1 / 40) + 0.001 + (self.dice.random() < 0.04) * self.dice.uniform(0, 0.5 * DAY)
        )
        self.now = round(self.now, 6)
        self.count += 1
        self.events.append(event(kind, self.now, id=f"{self.name}:{self.count}", conversation_id=self.name, **data))

    spoke_last = ""

    def say(self, author: dict[str, Any], *, is_private: bool = False, **more: Any) -> None:
        # Dice of its own, so that what is said moves nothing else.
        dice = Random(f"{self.name}:{self.count}")
        kind = str(author["kind"])
        if (self.spoke_last, kind) == ("bot", "customer") and self.now < -1.5 * DAY and dice.random() < 0.1:
            self.now += 1.1 * DAY
        text = dice.choice({"customer": OF_CUSTOMERS, "bot": OF_BOTS}.get(kind, ("words",)))
        if not is_private and kind != "system":
            self.spoke_last = kind
        self.add(
            "message.created", message_id=f"m{self.count}", author=author, text=text,
            visibility="private" if is_private else "public", **more,
        )  # fmt: skip

    def queue(self) -> None:
        self.is_closed = False
        self.add("conversation.queued", queue=self.dice.choice(QUEUES))
        self.needs_note = self.holder is not None and self.holder["kind"] == "bot"
        self.holder, self.waits = None, True

    needs_note = False

    def assign(self, to: dict[str, Any]) -> None:
        more: dict[str, Any] = {}
        from_ai = self.needs_note or (self.holder is not None and self.holder["kind"] == "bot")
        if to["kind"] != "bot" and from_ai and (self.needs_note or self.dice.random() < 0.7):
            trigger = self.dice.choice(("customer_request", "fallback", "low_confidence", "unknown"))
            more["handoff"] = {"from_kind": "bot", "trigger": trigger}
            if self.dice.random() < 0.5:
                more["handoff"]["summary"] = "wants a refund"
        if self.dice.random() < 0.2:
            more["queue"] = self.dice.choice(QUEUES)
        self.add("conversation.assigned", to=to, **more)
        self.holder, self.waits, self.is_closed, self.needs_note = to, False, False, False

    def turn(self, bot: dict[str, Any]) -> None:
        dice = self.dice
        more: dict[str, Any] = {} if dice.random() < 0.2 else {"confidence": round(dice.random(), 3)}
        # Dice of its own, so that what else it might have been moves nothing else.
        other = Random(f"{self.name}:turn:{self.count}")
        if other.random() < 0.5:
            ranking = [("NLU_Fallback", 0.7), ("refund", round(other.random(), 3)), ("order", 0.01)]
            more["alternatives"] = [{"intent": a, "confidence": b} for a, b in ranking[: other.randint(1, 3)]]
        if other.random() < 0.6:
            name = other.choice(("goal_success", "Faithfulness", "eval/completeness", "tone"))
            more["score"] = {"name": name, "value": other.choice((round(other.random(), 3), 0.5, 1, 1.4))}
            if other.random() < 0.1:
                more["score"] = {"name": name, "label": "good"}
        self.add(
            "bot.turn", turn_id=f"{self.name}:t{self.count}", bot=bot, fallback=dice.random() < 0.2,
            asked_for_human=dice.random() < 0.1, **more,
        )  # fmt: skip

    def close(self) -> None:
        outcome = self.dice.choice((None, "handled", "handled", "merged", "spam", "failed"))
        if self.waits:
            outcome = self.dice.choice(("abandoned", "abandoned", "queue_timeout", None))
        more = {} if outcome is None else {"outcome": outcome}
        self.add("conversation.status_changed", to=self.dice.choice(("resolved", "closed")), **more)
        self.holder, self.waits, self.is_closed, self.needs_note = None, False, True, False
        if self.dice.random() < 0.5:
            self.say(SYSTEM, kind="survey_prompt")
        if self.dice.random() < 0.4:
            self.rate()

    def pause(self) -> None:
        """Wait for the customer now and then. Dice of its own, so that it moves nothing else."""
        dice = Random(f"{self.name}:pause:{self.count}")
        if dice.random() < 0.15:
            self.now = round(self.now + dice.uniform(1, 3000), 6)
            name = f"{self.name}:p{self.count}"
            status = dice.choice(("pending", "snoozed", "open"))
            self.events.append(
                event("conversation.status_changed", self.now, id=name, conversation_id=self.name, to=status)
            )

    def rate(self) -> None:
        scale, low, high = self.dice.choice((("csat", 1, 5), ("csat", 1, 5), ("thumb", 0, 1), ("nps", 0, 10)))
        more: dict[str, Any] = {}
        if self.dice.random() < 0.4:
            more["agent"] = self.dice.choice([*PEOPLE, *BOTS])
        self.add(
            "rating.received", rating_id=f"{self.name}:r{self.dice.randint(1, 2)}", scale=scale, min=low, max=high,
            score=self.dice.randint(low, high), **more,
        )  # fmt: skip

    def reopen(self) -> None:
        if self.dice.random() < 0.7:
            self.say(self.customer)
        how = self.dice.random()
        if how < 0.4:
            self.add("conversation.status_changed", to="open")
            self.is_closed = False
        elif how < 0.7:
            self.queue()
        elif how < 0.9:
            self.assign(self.dice.choice([*PEOPLE, *BOTS]))

    def step(self) -> None:
        dice = self.dice
        if self.is_closed:
            self.reopen()
            return
        roll = dice.random()
        if roll < 0.3:
            self.say(self.customer)
        elif roll < 0.55 and self.holder is not None:
            if self.holder["kind"] == "bot":
                self.turn(self.holder)
            self.say(self.holder)
            self.pause()
        elif roll < 0.62:
            self.say(dice.choice([LEAD, *PEOPLE]), is_private=True)
        elif roll < 0.65:
            self.say(LEAD)
        elif roll < 0.67:
            self.say(SYSTEM)
        elif roll < 0.72:
            self.queue()
        elif roll < 0.84:
            self.assign(dice.choice([*PEOPLE, *PEOPLE, *BOTS]))
        elif roll < 0.87:
            self.add("conversation.assigned", to=None)
            self.holder = None
        elif roll < 0.91:
            self.add("conversation.offered", agent=dice.choice(PEOPLE), outcome=dice.choice(("missed", "accepted")))
        else:
            self.close()


def history(seed: int) -> list[CanonicalEvent]:
    """Tell one conversation of about a dozen events."""
    one = History(seed=seed)
    dice = one.dice
    direction = "outbound" if dice.random() < 0.1 else "inbound"
    more = {"queue": dice.choice(QUEUES)} if dice.random() < 0.5 else {}
    one.add("conversation.started", channel=dice.choice(CHANNELS), direction=direction, customer=one.customer, **more)
    if dice.random() < 0.4:
        one.assign(dice.choice(BOTS))
    for _ in range(dice.randint(3, 22)):
        one.step()
    return one.events
