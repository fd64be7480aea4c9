"""Puts one conversation into words: the same random state gives the same words, and no clause is used twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from apps.demo.customers import Customer, card_number, iban
from apps.demo.grammar import expand, join
from apps.demo.roster import AIAgent, Person
from apps.demo.stories.model import Topic
from apps.demo.stories.phrases import PHRASES, STRUGGLING, WHISPERS
from apps.demo.stories.voices import voice

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "de": (
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    "es": (
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
}
CARRIERS = ("ParcelHop", "Nordpost", "Kurier24", "Swiftvan")
TOWNS = {
    "en": ("Leeds", "Bristol", "Galway", "Cardiff", "York", "Stirling"),
    "de": ("Hamburg", "Freiburg", "Leipzig", "Köln"),
    "es": ("Madrid", "Valencia", "Bilbao", "Granada"),
}
TRIPS = {
    "en": ("Norway", "the Dolomites", "Iceland", "the West Highland Way", "Corsica", "the Lakes", "Slovenia"),
    "de": ("Norwegen", "die Dolomiten", "Island", "Korsika", "den Harz"),
    "es": ("Noruega", "los Pirineos", "Islandia", "Picos de Europa"),
}
COUPONS = ("SUMMIT15", "FJORD10", "TRAIL20", "AUTUMN12", "CAMP15", "HELLO10")
SIZES = ("S", "M", "L", "XL")
ABBREVIATIONS = {
    "you": "u", "please": "pls", "thanks": "thx", "because": "bc", "about": "abt", "with": "w/", "tomorrow": "tmrw",
    "your": "ur", "message": "msg", "order": "ordr", "and": "&", "great": "gr8",
}  # fmt: skip
WORD = re.compile(r"[A-Za-zÀ-ÿ']+")
# A token that must stay as it is: numbers, addresses, codes.
FIXED = re.compile(r"\S*[\d@]\S*")


def _slots(*, rng: Random, topic: Topic, customer: Customer, on: date) -> dict[str, str]:
    language = topic.language
    money = rng.choice((rng.randint(19, 89), rng.randint(90, 240), rng.randint(250, 460)))
    small = rng.randint(2, 6)
    order_day = on - timedelta(days=rng.randint(9, 30))
    month = MONTHS[language][order_day.month - 1]
    size = rng.randrange(4)
    return {
        "given": customer.given,
        "email": customer.email,
        "phone": customer.phone,
        "address": customer.address,
        "card": card_number(rng),
        "iban": iban(rng, language),
        "order": f"NW-{rng.randint(200_000, 989_999)}",
        "item": rng.choice(topic.items),
        "size": SIZES[size],
        "other_size": SIZES[size - 1 if size else 1],
        "amount": f"€{money}.{rng.choice(('00', '90', '95', '50'))}",
        "fee": f"€{rng.choice(('4', '5', '6', '7', '9', '12'))}",
        "small": str(small),
        "days": str(rng.randint(6, 14)),
        "carrier": rng.choice(CARRIERS),
        "town": rng.choice(TOWNS[language]),
        "trip": rng.choice(TRIPS[language]),
        "past_day": WEEKDAYS[language][(on - timedelta(days=rng.randint(1, 5))).weekday()],
        "next_day": WEEKDAYS[language][(on + timedelta(days=rng.randint(1, 4))).weekday()],
        "order_day": {"en": f"{order_day.day} {month}", "de": f"{order_day.day}. {month}", "es": f"{order_day.day} de {month}"}[language],
        "hour": f"{rng.randint(16, 20)}:00",
        "tracking": f"{rng.choice('KPSN')}{rng.choice('LXRT')}{rng.randint(1000, 9999)}{rng.choice('ABCDEF')}{rng.randint(10, 99)}",
        "code": f"{rng.choice('ABCDEFGH')}{rng.randint(2, 9)}{rng.choice('KLMNPQRT')}{rng.randint(10, 99)}",
        "coupon": rng.choice(COUPONS),
        "agent": "",
        "bot": "",
        "team": "",
    }  # fmt: skip


class Writer:
    """The words of one conversation, in the order in which they are asked for."""

    def __init__(self, *, rng: Random, topic: Topic, customer: Customer, mood: str, channel: str, on: date) -> None:
        self.rng = rng
        self.topic = topic
        self.customer = customer
        self.mood = mood
        self.mail = channel == "email"
        # Nobody speaks in abbreviations.
        self.style = "neat" if channel == "voice" else customer.style
        # Drawn first, so that a conversation that goes on another day keeps its order number.
        self.slots = _slots(rng=rng, topic=topic, customer=customer, on=on)
        self.words = PHRASES[topic.language]
        self._used: set[str] = set()

    def _one(self, patterns: Sequence[str]) -> str:
        """Take a pattern that was not used yet, and write it."""
        fresh = [pattern for pattern in patterns if pattern not in self._used] or list(patterns)
        pattern = fresh[int(self.rng.random() * len(fresh))]
        self._used.add(pattern)
        return expand(pattern, self.rng, self.slots)

    def speaks(self, name: str) -> None:
        """Say who answers from now on; the customer may use the name."""
        self.slots["agent"] = name.split()[0]

    # The customer.

    def subject(self) -> str:
        """The subject: of an e-mail its own, of a chat or call what the customer chose or said first."""
        return expand(self.topic.subject, self.rng, self.slots)

    def opening(self, *, repeats: bool, discloses: str) -> str:
        """The first message. `discloses` names the kind of personal data in it, empty for none."""
        before = self._one(self.words.again) if repeats else ""
        text = join(
            before,
            self._one(self.topic.opening),
            self._one(self.topic.extra) if self.rng.random() < (0.8 if self.mail else 0.45) else "",
            self._one(self.topic.detail) if self.mail else "",
            self._disclosure(discloses),
            self._one(self.words.mood[self.mood]) if self.rng.random() < 0.7 else "",
        )
        if self.mail:
            return self._letter(text)
        return self._typed(f"{self._one(self.words.hello)} {text}".strip())

    def detail(self, *, discloses: str) -> str:
        """The answer to the agent's first question."""
        return self._typed(join(self._one(self.topic.detail), self._disclosure(discloses)))

    def exchange(self) -> tuple[str, str]:
        """A question of the customer and the agent's answer to it."""
        pairs = [pair for pair in self.topic.talk if pair[0] not in self._used]
        if not pairs or self.rng.random() < 0.12:
            pairs = [pair for pair in self.words.talk if pair[0] not in self._used] or list(self.topic.talk)
        question, answer = pairs[int(self.rng.random() * len(pairs))]
        self._used.add(question)
        asked = expand(question, self.rng, self.slots)
        if self.mood == "angry" and self.rng.random() < 0.35:
            asked = join(asked, self._one(self.words.mood["angry"]))
        return self._typed(asked), expand(answer, self.rng, self.slots)

    def last_word(self, *, pleased: bool) -> str:
        """What the customer says to the solution."""
        if pleased:
            return self._typed(self._one(self.topic.pleased if self.rng.random() < 0.4 else self.words.thanks))
        return self._typed(
            join(self._one(self.topic.upset), self._one(self.words.mood["angry"]) if self.mood == "angry" else "")
        )

    def thanks(self) -> str:
        return self._typed(self._one(self.words.thanks))

    def bye(self) -> str:
        return self._typed(self._one(self.words.bye))

    def impatient(self) -> str:
        return self._typed(self._one(self.words.impatient))

    def asks_person(self) -> str:
        return self._typed(self._one(self.words.ask_person))

    def unhelped(self) -> str:
        return self._typed(self._one(self.words.unhelped))

    def comes_back(self) -> str:
        """The message that opens a resolved conversation again, or answers a pending one."""
        text = self._one(self.topic.again)
        return self._letter(text) if self.mail else self._typed(text)

    def answers_late(self) -> str:
        """The answer to a question that was asked the day before."""
        text = self._one(self.topic.detail)
        return self._letter(text) if self.mail else self._typed(text)

    def comment(self, *, pleased: bool) -> str:
        return (
            self._typed(self._one(self.words.praise if pleased else self.words.blame))
            if self.rng.random() < 0.4
            else ""
        )

    # The people.

    def agent_first(self, person: Person, *, takes_over: bool, asks: bool) -> str:
        """The first public reply of a person."""
        way = voice(name=person.voice, language=self.topic.language)
        greeting = self._one(way.take_over if takes_over else way.greet)
        soothing = self._one(way.soothe) if self.mood in {"annoyed", "angry"} else ""
        return self._signed(
            person, join(greeting, soothing, self._one(self.topic.ask) if asks else self._one(way.hold))
        )

    def agent_holds(self, person: Person) -> str:
        return self._one(voice(name=person.voice, language=self.topic.language).hold)

    def agent_found(self, person: Person) -> str:
        return self._signed(person, self._one(self.topic.found))

    def agent_solves(self, person: Person) -> str:
        found = self._one(self.topic.found) if self.mail else ""
        return self._signed(person, join(found, self._one(self.topic.solve)))

    def agent_closes(self, person: Person) -> str:
        return self._one(voice(name=person.voice, language=self.topic.language).close)

    def agent_struggles(self, person: Person) -> str:
        """A long answer that answers little."""
        return self._signed(
            person, join(self._one(STRUGGLING), self._one(STRUGGLING) if self.rng.random() < 0.4 else "")
        )

    def agent_transfers(self, team: str) -> str:
        self.slots["team"] = team
        return self._one(self.words.transfer)

    def note(self) -> str:
        return self._one(self.topic.note)

    def whisper(self) -> str:
        return self._one(WHISPERS)

    def survey(self) -> str:
        return self.words.survey

    def auto_closed(self) -> str:
        return self.words.auto_closed

    # The AI agents.

    def bot_first(self, agent: AIAgent) -> str:
        self.slots["bot"] = agent.name.lower() if self.topic.language == "en" else agent.name
        return join(expand(self.words.bot_hello, self.rng, self.slots), self._one(self.topic.bot))

    def bot_exchange(self) -> tuple[str, str]:
        """A second question to an AI agent and its answer."""
        pairs = [pair for pair in self.topic.bot_talk if pair[0] not in self._used]
        if not pairs:
            return self.unhelped(), self._one(self.topic.bot)
        question, answer = pairs[int(self.rng.random() * len(pairs))]
        self._used.add(question)
        return self._typed(expand(question, self.rng, self.slots)), expand(answer, self.rng, self.slots)

    def bot_passes(self) -> str:
        return self._one(self.words.bot_passes)

    def bot_lost(self) -> str:
        return self._one(self.words.bot_lost)

    def bot_ends(self) -> str:
        return self._one(self.words.bot_ends)

    def bot_closed(self) -> str:
        return self.words.bot_closed

    def summary(self) -> str:
        return expand(self.topic.summary, self.rng, self.slots)

    # How it is put down.

    def _disclosure(self, kind: str) -> str:
        return self._one(self.words.discloses[kind]) if kind else ""

    def _letter(self, text: str) -> str:
        hello, bye = self._one(self.words.mail_hello), self._one(self.words.mail_bye)
        name = self.customer.name if self.rng.random() < 0.7 else self.customer.given
        return f"{hello}\n\n{text}\n\n{bye}\n{name}".replace("\n\n\n", "\n\n")

    def _signed(self, person: Person, text: str) -> str:
        if not self.mail:
            return text
        sign = expand(voice(name=person.voice, language=self.topic.language).sign, self.rng, self.slots)
        return f"{expand(self.words.mail_greeting, self.rng, self.slots)}\n\n{text}\n\n{sign}\nNordwind Shop"

    def _typed(self, text: str) -> str:
        """Write a customer's text the way this customer types. Numbers, codes and addresses stay as they are."""
        style = self.style
        if self.mail or style == "neat":
            return text
        if style == "plain":
            return text.rstrip(".")
        tokens = text.split(" ")
        for at, token in enumerate(tokens):
            if FIXED.fullmatch(token):
                continue
            if style != "chatty":
                token = token.lower()
            if style == "abbreviated" and self.topic.language == "en":
                token = WORD.sub(lambda found: ABBREVIATIONS.get(found[0], found[0]), token)
            elif style == "typos" and len(token) > 4 and self.rng.random() < 0.1:
                token = self._mistyped(token)
            tokens[at] = token
        joined = " ".join(tokens)
        if style == "chatty":
            return joined.replace(". ", "... ") + self.rng.choice(("", " :)", "!", "..", " haha"))
        return joined.rstrip(".")

    def _mistyped(self, token: str) -> str:
        at = self.rng.randint(1, len(token) - 3)
        if self.rng.random() < 0.5:
            return token[:at] + token[at + 1] + token[at] + token[at + 2 :]
        return token[:at] + token[at + 1 :]
