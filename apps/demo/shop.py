"""One day at Nordwind Shop, simulated: customers arrive, AI agents answer, people take from queues, waits emerge.

A pure function of a seed and a day: the same call gives the same canonical events on every machine. Times inside are
shop hours since the start of the shop's day (0 to 24), turned into UTC by the day's start.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apps.demo import cast, words
from apps.demo.cast import Line, Person
from apps.demo.words import Topic

HOUR = 3600.0
# Arrivals over the day as a share of the busiest hour; index = shop hour.
WEEKDAY = (
    0.02,
    0.01,
    0.01,
    0.01,
    0.02,
    0.05,
    0.15,
    0.4,
    0.75,
    0.95,
    1,
    0.95,
    0.85,
    0.85,
    0.95,
    1,
    0.9,
    0.8,
    0.65,
    0.5,
    0.3,
    0.15,
    0.08,
    0.04,
)
WEEKEND = tuple(x * 0.55 for x in WEEKDAY)
PATIENCE = {"webchat": 420.0, "messaging": 900.0, "voice": 240.0, "social": 7200.0, "email": 10**9}
# Shop hours of the incidents. The demo always starts between 14:00 and 15:00 shop time, so one is always under way.
SURGE = (13.9, 15.4)
WRONG_ANSWERS = (12.5, 17.0)
SILENCE = (14.75, 14.95)


@dataclass(frozen=True, slots=True)
class Sent:
    """One event on its way: `at` = when it happened, `due` = when the source sends it (later when it was silent)."""

    due: datetime
    source: str
    event: dict[str, Any]


@dataclass(slots=True)
class Desk:
    """One person at work."""

    person: Person
    free: int = 0
    on: bool = False
    busy: bool = False
    holds: int = 0


@dataclass(slots=True)
class Asked:
    """A conversation that stands in a queue."""

    line: Line
    since: float
    gives_up_at: float
    resume: Generator[Any, Any, None]
    taken: bool = False


@dataclass(slots=True)
class Customer:
    id: str
    first: str
    last: str
    email: str
    phone: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass(slots=True)
class Talk:
    """What a running conversation needs to write its events."""

    id: str
    line: Line
    topic: Topic
    customer: Customer
    mood: str  # calm, annoyed, angry
    slots: dict[str, str]
    channel: str
    began: float
    messages: int = 0
    events: int = 0
    used: set[str] = field(default_factory=set)


def luhn(digits: str) -> str:
    """Append the check digit to a card number's digits."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        n = int(digit) * (2 if place % 2 == 0 else 1)
        total += n - 9 if n > 9 else n
    return digits + str(-total % 10)


def german_iban(account: str) -> str:
    """Make a valid IBAN of 18 digits of bank and account."""
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02d} " + " ".join(account[i : i + 4] for i in range(0, 18, 4))


def _card(dice: random.Random) -> str:
    """Make a valid card number in groups of four."""
    number = luhn("4" + "".join(str(dice.randint(0, 9)) for _ in range(14)))
    return " ".join(number[place : place + 4] for place in range(0, 16, 4))


class Day:
    """The simulation of one day; `events()` runs it."""

    def __init__(self, *, start: datetime, number: int, seed: int, is_weekend: bool, incidents: bool) -> None:
        self.start = start
        self.number = number
        self.dice = random.Random(f"{seed}:{number}")
        self.profile = WEEKEND if is_weekend else WEEKDAY
        self.incidents = incidents
        self.clock = 0.0
        self.out: list[Sent] = []
        self._heap: list[tuple[float, int, Generator[Any, Any, None], Any]] = []
        self._tick = 0
        self._waiting: list[Asked] = []
        self._desks = {p.key: Desk(p) for p in cast.PEOPLE}
        self._customers: list[Customer] = []
        self._talks = 0

    # The clockwork: processes are generators that yield seconds to sleep, or a place in a queue.

    def _later(self, seconds: float, process: Generator[Any, Any, None], value: Any = None) -> None:
        self._tick += 1
        heapq.heappush(self._heap, (self.clock + seconds, self._tick, process, value))

    def events(self) -> list[Sent]:
        """Run the day and return its events in the order in which they are sent."""
        for line in cast.LINES:
            self._later(0, self._arrivals(line))
        for desk in self._desks.values():
            self._later(0, self._shift(desk))
        self._later(0, self._snapshots())
        while self._heap:
            self.clock, _, process, value = heapq.heappop(self._heap)
            if self.clock > 30 * HOUR:
                break
            self._step(process, value)
        return sorted(self.out, key=lambda sent: sent.due)

    def _step(self, process: Generator[Any, Any, None], value: Any) -> None:
        try:
            wanted = process.send(value)
        except StopIteration:
            return
        if isinstance(wanted, Asked):
            wanted.resume = process
            self._waiting.append(wanted)
            self._later(wanted.gives_up_at - self.clock, self._patience(wanted))
            self._route()
        else:
            self._later(max(float(wanted), 0.001), process)

    def _patience(self, asked: Asked) -> Generator[Any, Any, None]:
        if not asked.taken:
            asked.taken = True
            self._waiting.remove(asked)
            self._later(0, asked.resume, None)
        return
        yield

    def _route(self) -> None:
        """Give the longest-waiting conversations to whoever has the skill and most room."""
        for asked in sorted(self._waiting, key=lambda a: a.since):
            voice = asked.line.channel == "voice"
            able = [
                d for d in self._desks.values()
                if d.on and not d.busy and asked.line.skill in d.person.skills
                and (d.holds == 0 if voice else d.holds < d.person.capacity)
            ]  # fmt: skip
            if able:
                desk = min(able, key=lambda d: (d.holds / d.person.capacity, d.person.key))
                desk.holds += 1
                desk.busy = voice
                asked.taken = True
                self._waiting.remove(asked)
                self._later(self.dice.uniform(1, 4), asked.resume, desk)

    def _release(self, desk: Desk) -> None:
        desk.holds -= 1
        desk.busy = False
        self._route()

    # Writing events.

    def _at(self, seconds: float) -> str:
        moment = self.start + timedelta(seconds=seconds)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

    def _send(self, source: str, kind: str, name: str, data: dict[str, Any]) -> None:
        hour = self.clock / HOUR
        due = self.clock
        if self.incidents and source == "phone" and SILENCE[0] <= hour < SILENCE[1]:
            due = SILENCE[1] * HOUR + (self.clock - SILENCE[0] * HOUR) / 60
        self.out.append(
            Sent(
                self.start + timedelta(seconds=due), source,
                {
                    "specversion": "1.0", "id": f"{self.number}:{name}", "source": f"/connections/{source}",
                    "type": f"midshift.{kind}.v1", "time": self._at(self.clock), "timeprecision": "ms",
                    "data": {k: v for k, v in data.items() if v is not None},
                },
            )
        )  # fmt: skip

    def _tell(self, talk: Talk, type_: str, /, **data: Any) -> None:
        talk.events += 1
        self._send(talk.line.source, type_, f"{talk.id}:{talk.events}", {"conversation_id": talk.id, **data})

    def _fill(self, talk: Talk, text: str, **more: str) -> str:
        return text.format(**talk.slots, **more)

    def _say(self, talk: Talk, author: dict[str, Any], text: str, *, private: bool = False, seconds: float = 0) -> str:
        talk.messages += 1
        name = f"m{talk.messages}"
        data: dict[str, Any] = {
            "message_id": name, "author": author, "visibility": "private" if private else "public", "text": text,
        }  # fmt: skip
        if talk.channel == "voice" and not private:
            data |= {
                "kind": "voice_turn", "offset_ms": int((self.clock - talk.began) * 1000),
                "duration_ms": int(max(seconds, 1.2) * 1000), "transcript_confidence": round(self.dice.uniform(0.8, 0.98), 2),
            }  # fmt: skip
            if talk.messages == 1:
                data["attachments"] = [
                    {
                        "media_type": "audio/wav",
                        "name": "call recording",
                        "url": f"midshift-demo:{self.number}-{talk.id}",
                    }
                ]
        self._tell(talk, "message.created", **data)
        return name

    def _customer_party(self, talk: Talk) -> dict[str, Any]:
        c = talk.customer
        return {"kind": "customer", "id": c.id, "identity": "known", "name": c.name, "email": c.email, "phone": c.phone}

    @staticmethod
    def _speaker(talk: Talk) -> dict[str, Any]:
        return {"kind": "customer", "id": talk.customer.id}

    # The people.

    def _status(self, desk: Desk, to: str, reason: str | None = None) -> None:
        party = {"kind": "agent", "id": desk.person.key, "name": desk.person.name}
        self._tick += 1
        self._send(
            "shop-chat", "agent.status_changed", f"p:{desk.person.key}:{int(self.clock * 1000)}:{to}",
            {"agent": party, "to": to, "reason": reason, "capacity": desk.person.capacity, "load": desk.holds},
        )  # fmt: skip

    def _shift(self, desk: Desk) -> Generator[Any, Any, None]:
        p = desk.person
        yield p.starts * HOUR + self.dice.uniform(-300, 240)
        desk.on = True
        self._status(desk, "available")
        self._route()
        for reason, share, minutes in (("Break", 0.26, 15), ("Lunch", 0.5, 35), ("Break", 0.78, 15)):
            until = (p.starts + p.hours * share) * HOUR + self.dice.uniform(-1200, 1200)
            yield max(until - self.clock, 1)
            desk.on = False
            self._status(desk, "away", reason)
            yield minutes * 60 * self.dice.uniform(0.85, 1.3)
            desk.on = True
            self._status(desk, "available")
            self._route()
        yield max((p.starts + p.hours) * HOUR + self.dice.uniform(-120, 900) - self.clock, 1)
        desk.on = False
        while desk.holds:
            yield 60
        self._status(desk, "offline")

    def _snapshots(self) -> Generator[Any, Any, None]:
        while self.clock < 24 * HOUR:
            yield 300
            for line in cast.LINES:
                standing = [a for a in self._waiting if a.line is line]
                longest = max((self.clock - a.since for a in standing), default=None)
                self._send(
                    line.source, "queue.snapshot", f"q:{line.key}:{int(self.clock)}",
                    {"queue": line.key, "queue_name": line.name, "waiting": len(standing),
                     "longest_wait_ms": None if longest is None else int(longest * 1000)},
                )  # fmt: skip

    # The customers.

    def _arrivals(self, line: Line) -> Generator[Any, Any, None]:
        topics = [t for t in words.TOPICS if t.line == line.key]
        while self.clock < 24 * HOUR:
            yield self.dice.expovariate(line.per_hour * 6 / HOUR)
            hour = self.clock / HOUR
            rate = self.profile[min(int(hour), 23)] / 6
            chosen = topics
            if self.incidents and line.key == "billing" and SURGE[0] <= hour < SURGE[1]:
                rate = min(rate * 5, 1)
                chosen = [t for t in topics if t.key == "double_charge"] * 3 + topics
            if line.channel == "email":
                rate = max(rate, 0.04)
            if self.dice.random() < rate and self.clock < 24 * HOUR:
                self._later(0, self._conversation(line, self.dice.choice(chosen)))

    def _someone(self) -> Customer:
        if self._customers and self.dice.random() < 0.12:
            return self.dice.choice(self._customers[-200:])
        d = self.dice
        first, last = d.choice(words.FIRST), d.choice(words.LAST)
        n = len(self._customers)
        who = Customer(
            f"nw-{self.number}-{n}", first, last, f"{first}.{last}{d.randint(1, 99)}@{d.choice(('posteo.test', 'mail.example', 'inbox.test'))}".lower(),
            d.choice(("+49 151 {:08d}", "+44 7700 9{:05d}", "+34 612 {:06d}")).format(d.randint(0, 99_999)),
        )  # fmt: skip
        self._customers.append(who)
        return who

    def _conversation(self, line: Line, topic: Topic) -> Generator[Any, Any, None]:
        d = self.dice
        self._talks += 1
        who = self._someone()
        slots = {
            "name": who.name, "first": who.first, "email": who.email, "phone": who.phone,
            "order": f"NW{d.randint(100_000, 999_999)}", "item": d.choice(words.ITEMS),
            "street": f"{d.choice(words.STREETS)} {d.randint(1, 140)}",
            "card": _card(d),
            "iban": german_iban("".join(str(d.randint(0, 9)) for _ in range(18))),
        }  # fmt: skip
        mood = d.choices(("calm", "annoyed", "angry"), (0.68, 0.22, 0.10))[0]
        talk = Talk(f"{self.number}-{line.key}-{self._talks}", line, topic, who, mood, slots, line.channel, self.clock)
        self._tell(
            talk, "conversation.started", channel=line.channel, direction="inbound", customer=self._customer_party(talk),
            queue=line.key, queue_name=line.name, language="en", priority="high" if line.channel == "voice" else "normal",
            subject=topic.subject if line.channel in ("email", "social") else None, tags=[topic.intent],
        )  # fmt: skip
        helper = next((a for a in cast.ASSISTANTS if topic.key in a.topics), None)
        note: dict[str, Any] | None = None
        if line.channel in ("webchat", "messaging") and helper is not None and d.random() < 0.8:
            solved, note = yield from self._assistant(talk, helper)
            if solved:
                yield from self._rate(talk, None, good=d.random() < 0.7)
                return
        else:
            yield d.uniform(0.5, 3)
            self._say(talk, self._speaker(talk), self._opening(talk), seconds=d.uniform(3, 9))
        yield from self._people(talk, note, again=False)
        if d.random() < (0.16 if talk.topic.key == "return_policy" else 0.05):
            yield from self._comes_back(talk)

    def _opening(self, talk: Talk) -> str:
        d = self.dice
        parts = [d.choice(words.CUSTOMER_GREETINGS), self._fill(talk, d.choice(talk.topic.openings))]
        if d.random() < 0.55:
            parts.append(self._fill(talk, d.choice(talk.topic.details)))
        if talk.mood == "angry" and d.random() < 0.5:
            parts.append(d.choice(words.ANGRY))
        if talk.channel == "email":
            parts.append(f"Regards, {talk.customer.name}")
        return " ".join(p for p in parts if p)

    def _assistant(self, talk: Talk, helper: cast.Assistant) -> Generator[Any, Any, tuple[bool, dict[str, Any] | None]]:
        d = self.dice
        bot = {"kind": "bot", "id": helper.key, "name": helper.name}
        hour = self.clock / HOUR
        wrong = self.incidents and talk.topic.key == "aurora" and WRONG_ANSWERS[0] <= hour < WRONG_ANSWERS[1]
        yield d.uniform(0.3, 1)
        self._tell(talk, "conversation.assigned", to=bot, reason="routing", queue=talk.line.key)
        text = self._opening(talk)
        for turn in range(1, d.choice((2, 3, 3, 4))):
            asked = self._say(talk, self._speaker(talk), text)
            wants_person = text in words.ASKS_FOR_PERSON
            confidence = d.betavariate(9, 2.5) if not wrong else d.betavariate(14, 1.6)
            fallback = wants_person or confidence < 0.55
            yield d.uniform(0.9, 2.6)
            reply = None
            if not fallback:
                reply = self._say(talk, bot, self._fill(talk, d.choice(talk.topic.ai)))
            self._tell(
                talk, "bot.turn", turn_id=f"t{turn}", bot=bot, message_id=asked, reply_message_id=reply,
                intent=talk.topic.intent, confidence=round(confidence, 3), fallback=fallback,
                asked_for_human=wants_person, model=helper.model, prompt_version=helper.prompt_version,
                latency_ms=int(d.uniform(600, 2400)), input_tokens=d.randint(300, 1400), output_tokens=d.randint(20, 140),
                sources=None if fallback else list(talk.topic.knowledge),
                alternatives=[{"intent": "other", "confidence": round((1 - confidence) * 0.6, 3)}],
            )  # fmt: skip
            if fallback:
                trigger = "customer_request" if wants_person else "low_confidence" if d.random() < 0.5 else "fallback"
                self._say(talk, bot, "I will bring in a colleague who can help.")
                summary = f"{talk.customer.name}: {talk.topic.subject.lower()}, order {talk.slots['order']}."
                return False, {
                    "from_kind": "bot",
                    "trigger": trigger,
                    "summary": summary,
                    "slots_passed": d.randint(1, 4),
                }
            yield d.lognormvariate(3.1, 0.7)
            if wrong:
                text = d.choice(("that did not work", "no, it just resets", *words.ASKS_FOR_PERSON))
            elif talk.mood == "angry" and d.random() < 0.6:
                text = d.choice(words.ASKS_FOR_PERSON)
            else:
                text = self._fill(talk, d.choice(talk.topic.replies))
        if wrong or d.random() < 0.28:
            self._say(talk, self._speaker(talk), d.choice(words.ASKS_FOR_PERSON))
            return False, {"from_kind": "bot", "trigger": "customer_request", "slots_passed": d.randint(0, 3),
                           "summary": f"{talk.topic.subject}; the answers given did not help {talk.customer.name}."}  # fmt: skip
        self._say(talk, self._speaker(talk), d.choice(words.HAPPY))
        yield d.uniform(20, 90)
        self._tell(talk, "conversation.status_changed", to="resolved", outcome="handled", by=bot)
        return True, None

    def _people(self, talk: Talk, note: dict[str, Any] | None, *, again: bool) -> Generator[Any, Any, None]:
        d = self.dice
        line = talk.line
        yield d.uniform(0.2, 1.5)
        self._tell(
            talk, "conversation.queued", queue=line.key, queue_name=line.name, reason="return" if again else "new"
        )
        since = self.clock
        patience = PATIENCE[line.channel] * d.gammavariate(2, 0.5) + 30
        desk = yield Asked(line, since, self.clock + patience, None)  # type: ignore[arg-type]
        if desk is None:
            self._tell(
                talk,
                "conversation.status_changed",
                to="closed",
                outcome="abandoned",
                wait_ms=int((self.clock - since) * 1000),
            )
            return
        agent = {"kind": "agent", "id": desk.person.key, "name": desk.person.name}
        if d.random() < 0.06:
            self._tell(talk, "conversation.offered", agent=agent, queue=line.key, outcome="missed", ring_ms=20_000)
            yield 20
        self._tell(
            talk,
            "conversation.offered",
            agent=agent,
            queue=line.key,
            outcome="accepted",
            ring_ms=int(d.uniform(900, 7000)),
        )
        self._tell(
            talk, "conversation.assigned", to=agent, queue=line.key, reason="handoff" if note else "routing", handoff=note,
            wait_ms=int((self.clock - since) * 1000),
        )  # fmt: skip
        try:
            if self.dice.random() < 0.07 and line.channel != "email":
                yield from self._exchange(talk, desk, agent, turns=1)
                other = next(
                    (x for x in self._desks.values()
                     if x.on and not x.busy and x is not desk and line.skill in x.person.skills
                     and x.holds < x.person.capacity), None,
                )  # fmt: skip
                if other is not None:
                    self._release(desk)
                    desk = other
                    desk.holds += 1
                    agent = {"kind": "agent", "id": desk.person.key, "name": desk.person.name}
                    self._tell(talk, "conversation.assigned", to=agent, queue=line.key, reason="transfer")
            yield from self._exchange(talk, desk, agent, turns=d.choice((2, 3, 3, 4)))
            self._tell(talk, "conversation.status_changed", to="resolved", outcome="handled", by=agent)
            if line.channel == "voice":
                self._status(desk, "wrap_up")
                yield d.uniform(20, 110)
                self._status(desk, "available" if desk.on else "away")
        finally:
            self._release(desk)
        slow = self.clock - since > 4 * line.target + 600 or desk.person.pace > 1.2
        self._later(0, self._rate(talk, agent, good=d.random() < (0.55 if slow or talk.mood == "angry" else 0.88)))

    def _exchange(self, talk: Talk, desk: Desk, agent: dict[str, Any], *, turns: int) -> Generator[Any, Any, None]:
        d = self.dice
        mail = talk.channel == "email"
        pace = desk.person.pace * (1 + 0.15 * desk.holds)
        voice_of = sum(map(ord, desk.person.key)) % 3
        greeting = self._fill(talk, d.choice(words.GREETINGS[voice_of]), agent=desk.person.name.split()[0])
        yield d.lognormvariate(3.4 if not mail else 4.6, 0.5) * pace
        self._say(talk, agent, greeting, seconds=3)
        for turn in range(turns):
            yield d.lognormvariate(4.7 if not mail else 4.8, 0.5) * pace
            pool = talk.topic.fixes if turn == turns - 1 else talk.topic.answers
            fresh = [t for t in pool if t not in talk.used] or list(pool)
            text = d.choice(fresh)
            talk.used.add(text)
            if talk.topic.key == "return_policy" and desk.person.pace > 1.2:
                text += (
                    " I am not quite sure how the new policy reads here, please bear with me while I look it up again."
                )
            self._say(talk, agent, self._fill(talk, text), seconds=d.uniform(3, 11))
            if d.random() < 0.12:
                self._say(talk, agent, d.choice(words.NOTES), private=True)
            yield d.lognormvariate(4.3 if not mail else 4.9, 0.7)
            self._say(talk, self._speaker(talk), self._answer(talk, last=turn == turns - 1), seconds=d.uniform(2, 8))
        yield d.lognormvariate(2.7, 0.5) * pace
        self._say(talk, agent, d.choice(words.CLOSINGS), seconds=2)
        yield d.uniform(4, 40)

    def _answer(self, talk: Talk, *, last: bool) -> str:
        d = self.dice
        if last and talk.mood == "calm":
            return d.choice(words.HAPPY)
        text = self._fill(talk, d.choice(talk.topic.replies))
        if talk.topic.personal and d.random() < 0.16:
            text = self._fill(talk, d.choice(talk.topic.personal))
        if talk.mood == "angry" and d.random() < 0.45:
            text = f"{text} {d.choice(words.ANGRY)}"
        return text if d.random() < 0.7 else text.lower()

    def _rate(self, talk: Talk, agent: dict[str, Any] | None, *, good: bool) -> Generator[Any, Any, None]:
        d = self.dice
        if d.random() > 0.33:
            return
        yield d.uniform(30, 600)
        self._tell(
            talk, "rating.received", rating_id=f"r{talk.events}", score=d.choice((4, 5, 5)) if good else d.choice((1, 2, 3)),
            min=1, max=5, scale="csat", agent=agent, comment=d.choice(words.PRAISE if good else words.COMPLAINTS) or None,
        )  # fmt: skip

    def _comes_back(self, talk: Talk) -> Generator[Any, Any, None]:
        yield self.dice.uniform(300, 3000)
        self._say(
            talk,
            self._speaker(talk),
            self.dice.choice(
                (
                    "it happened again",
                    "still not here",
                    "this did not work after all",
                    "Sorry, one more thing about this:",
                )
            ),
        )
        self._tell(talk, "conversation.status_changed", to="open")
        yield from self._people(talk, None, again=True)


def day(*, start: datetime, number: int, seed: int = 7, incidents: bool = True) -> list[Sent]:
    """Return the events of the shop's day that starts at a moment, in the order in which they are sent.

    `number` counts the shop's days; days 5 and 6 of each seven are the weekend. The same arguments give the same events.
    """
    weekend = number % 7 in (5, 6)
    return Day(start=start, number=number, seed=seed, is_weekend=weekend, incidents=incidents).events()


def source_events(sent: list[Sent]) -> Iterator[tuple[str, list[Sent]]]:
    """Group events by their source, each in order."""
    for source in cast.SOURCES:
        yield source, [one for one in sent if one.source == source]
