"""Puts one conversation into words: the same random state gives the same words, and no clause is used twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from random import Random

from apps.demo.customers import Customer
from apps.demo.grammar import expand, join
from apps.demo.roster import AIAgent, Person
from apps.demo.slots import name_of_bot, particulars
from apps.demo.stories.model import Pair, Topic
from apps.demo.stories.phrases import PHRASES, STRUGGLING, WHISPERS
from apps.demo.stories.voices import Voice, voice

ABBREVIATIONS = {
    "you": "u", "please": "pls", "thanks": "thx", "because": "bc", "about": "abt", "with": "w/", "tomorrow": "tmrw",
    "your": "ur", "message": "msg", "order": "ordr", "and": "&", "great": "gr8",
}  # fmt: skip
LAUGHS = {"en": " haha", "de": " :)", "es": " jaja"}
WORD = re.compile(r"[A-Za-zÀ-ÿ']+")
# A token that must stay as it is: numbers, addresses, codes.
FIXED = re.compile(r"\S*[\d@]\S*")
# An option that names who answers.
BY_NAME = re.compile(r"\[, <agent>\]")


class Writer:
    """The words of one conversation, in the order in which they are asked for."""

    def __init__(self, *, rng: Random, topic: Topic, customer: Customer, mood: str, channel: str, on: date) -> None:
        self.rng = rng
        self.topic = topic
        self.customer = customer
        self.mood = mood
        self.mail = channel == "email"
        self.phone = channel == "voice"
        # Nobody speaks in abbreviations.
        self.style = "neat" if self.phone else customer.style
        # A customer who comes back on the same or the next day comes back about the same order.
        same = Random(f"{customer.external_id}:{topic.slug}:{on}")
        self.thread = same.choice(topic.threads)
        self.slots = particulars(
            rng=same, items=self.thread.items or topic.items, language=topic.language, customer=customer, on=on
        )
        self.asked, self.answer = same.choice(self.thread.ask)
        self.words = PHRASES[topic.language]
        self._used: set[str] = set()
        self._is_upset = False
        self._offers_more = False

    def _fresh(self, patterns: Sequence[str], *, capital: bool = True) -> str:
        """Take a pattern that was not used yet, and write it; nothing when all were used."""
        fresh = [pattern for pattern in patterns if pattern not in self._used]
        if not fresh:
            return ""
        pattern = fresh[int(self.rng.random() * len(fresh))]
        self._used.add(pattern)
        return self._written(pattern, capital=capital)

    def _one(self, patterns: Sequence[str], *, capital: bool = True) -> str:
        """Take a pattern that was not used yet, or any when all were used, and write it."""
        fresh = self._fresh(patterns, capital=capital)
        return fresh or self._written(patterns[int(self.rng.random() * len(patterns))], capital=capital)

    def _written(self, pattern: str, *, capital: bool = True) -> str:
        return expand(pattern, self.rng, self.slots, capital=capital)

    def speaks(self, name: str) -> None:
        """Say who answers from now on; the customer may use the name."""
        self.slots["agent"] = name.split()[0]

    # The customer.

    def subject(self) -> str:
        """The subject: of an e-mail its own, of a chat or call what the customer chose or said first."""
        return self._written(self.thread.subject)

    def opening(self, *, repeats: bool, discloses: str) -> str:
        """The first message. `discloses` names the kind of personal data in it, empty for none."""
        hello = self._one(
            self.words.mail_hello if self.mail else self.words.hello[:2] if self.phone else self.words.hello
        )
        before = self._one(self.words.again, capital=False) if repeats else ""
        text = join(
            before,
            self._one(self.thread.opening, capital=bool(before)),
            self._one(self.topic.extra) if self.rng.random() < (0.7 if self.mail else 0.4) else "",
            self._disclosure(discloses),
            self._fresh(self.words.mood[self.mood]) if self.rng.random() < 0.7 else "",
        )
        # After a comma a chat goes on in small letters; so does a letter in German.
        if not hello.endswith((",", ":")) or (self.mail and self.topic.language != "de"):
            text = text[:1].upper() + text[1:]
        return self._letter(text, hello=hello) if self.mail else self._typed(f"{hello} {text}".strip())

    def says_again(self) -> str:
        """The matter in other words, for an AI agent that did not understand."""
        return self._typed(self._one(self.thread.opening))

    def detail(self, *, discloses: str) -> str:
        """The answer to the person's first question."""
        return self._typed(join(self._written(self.answer), self._disclosure(discloses)))

    @property
    def has_question(self) -> bool:
        """Whether the customer has another question: all about the matter, and one about something else."""
        return bool(self._left(self._about_it) or len(self._left(self.words.talk)) == len(self.words.talk))

    @property
    def _about_it(self) -> tuple[Pair, ...]:
        return (*self.thread.talk, *self.topic.talk)

    def exchange(self) -> Pair:
        """A question of the customer and the person's answer to it."""
        pairs = self._left(self._about_it)
        asks_else = len(self._left(self.words.talk)) == len(self.words.talk)
        if asks_else and (not pairs or self.rng.random() < 0.12):
            pairs = list(self.words.talk)
        asked, answer = self._taken(pairs or self._about_it)
        if self.mood == "angry" and self.rng.random() < 0.35:
            asked = join(asked, self._fresh(self.words.mood["angry"]))
        return self._typed(asked), answer

    def _left(self, pairs: Sequence[Pair]) -> list[Pair]:
        return [pair for pair in pairs if pair[0] not in self._used]

    def _taken(self, pairs: Sequence[Pair]) -> Pair:
        question, answer = pairs[int(self.rng.random() * len(pairs))]
        self._used.add(question)
        return self._written(question), self._written(answer)

    def last_word(self, *, pleased: bool) -> str:
        """What the customer says to the solution."""
        self._is_upset = not pleased
        if pleased:
            return self._typed(self._one(self.topic.pleased)) if self.rng.random() < 0.4 else self.thanks()
        return self._typed(
            join(self._one(self.topic.upset), self._fresh(self.words.mood["angry"]) if self.mood == "angry" else "")
        )

    def does_not_follow(self) -> str:
        """What the customer says to an answer that answers little."""
        return self._typed(self._one(self.words.confused))

    def thanks(self) -> str:
        patterns = self.words.thanks
        if not self.slots["agent"]:
            patterns = tuple(BY_NAME.sub("", pattern) for pattern in patterns)
        return self._typed(self._one(patterns))

    def bye(self) -> str:
        """The answer to the person's last words."""
        if self._is_upset:
            return self._typed(self._one(self.words.bye_upset))
        return self._typed(self._one(self.words.nothing_more if self._offers_more else self.words.bye))

    def impatient(self) -> str:
        return self._typed(self._one(self.words.impatient))

    def asks_person(self) -> str:
        return self._typed(self._one(self.words.ask_person))

    def unhelped(self) -> str:
        return self._typed(self._one(self.words.unhelped))

    def comes_back(self) -> str:
        """The message that opens a resolved conversation again."""
        text = self._written(self.thread.again)
        return self._letter(text) if self.mail else self._typed(text)

    def answers_late(self) -> str:
        """The answer to a question that was asked the day before."""
        text = self._written(self.answer)
        return self._letter(text) if self.mail else self._typed(text)

    def comment(self, *, pleased: bool) -> str:
        """A few words with a rating, for most nothing."""
        if self.rng.random() >= 0.4:
            return ""
        patterns = self.words.praise if pleased else self.words.blame
        return self._typed(self._one([one for one in patterns if self.slots["agent"] or "<agent>" not in one]))

    # The people.

    def _way(self, person: Person) -> Voice:
        return voice(name=person.voice, language=self.topic.language)

    def agent_first(self, person: Person, *, takes_over: bool, asks: bool) -> str:
        """The first public reply of a person."""
        way = self._way(person)
        greeting = self._one(way.take_over if takes_over else way.greet) if not self.mail else ""
        if self.phone and takes_over:
            greeting = self._one(self.words.phone_take_over)
        soothing = self._one(way.soothe) if self.mood in {"annoyed", "angry"} else ""
        return self._signed(
            person, join(greeting, soothing, self._written(self.asked) if asks else self._one(way.hold))
        )

    def agent_picks_up(self) -> str:
        """The first words on the telephone."""
        return self._one(self.words.phone_hello)

    def agent_asks(self, person: Person) -> str:
        """The first question on the telephone, after the customer said what it is about."""
        soothing = self._one(self._way(person).soothe) if self.mood in {"annoyed", "angry"} else ""
        return join(soothing, self._written(self.asked))

    def agent_holds(self, person: Person) -> str:
        return self._one(self._way(person).hold)

    def agent_found(self, person: Person) -> str:
        return self._signed(person, self._one(self.thread.found))

    def agent_solves(self, person: Person) -> str:
        found = self._fresh(self.thread.found) if self.mail else ""
        solution = self._fresh(self.thread.solve) or self._one(self.words.solves_again)
        return self._signed(person, join(found, solution))

    def agent_closes(self, person: Person) -> str:
        """The last words: of somebody who could not please the customer, that they are sorry."""
        text = self._one(self._way(person).soothe if self._is_upset else self._way(person).close)
        self._offers_more = "?" in text
        return text

    def agent_struggles(self, person: Person) -> str:
        """A long answer that answers little."""
        more = self._fresh(STRUGGLING) if self.rng.random() < 0.4 else ""
        return self._signed(person, join(self._one(STRUGGLING), more))

    def agent_transfers(self, team: str) -> str:
        self.slots["team"] = team
        return self._one(self.words.transfer)

    def note(self) -> str:
        return self._written(self.thread.note)

    def whisper(self) -> str:
        return self._one(WHISPERS)

    def survey(self) -> str:
        """What is asked at the end: stars for a person, a thumb for an AI agent."""
        return self.words.survey if self.slots["agent"] else self.words.survey_bot

    def auto_closed(self) -> str:
        return self.words.auto_closed

    # The AI agents.

    def bot_first(self, agent: AIAgent) -> str:
        self.slots["bot"] = name_of_bot(name=agent.name, language=self.topic.language)
        return join(self._written(self.words.bot_hello), self._written(self.thread.bot))

    def bot_exchange(self, *, is_content: bool) -> Pair:
        """A further question to an AI agent and its answer; one that does not help is only given twice."""
        pairs = self._left(self.thread.bot_talk)
        if not pairs and not is_content:
            return self.unhelped(), self._written(self.thread.bot)
        question, answer = self._taken(pairs or self._left(self.words.bot_talk))
        return self._typed(question), answer

    def bot_passes(self) -> str:
        return self._one(self.words.bot_passes)

    def bot_lost(self) -> str:
        return self._one(self.words.bot_lost)

    def bot_ends(self) -> str:
        return self._one(self.words.bot_ends)

    def bot_closed(self) -> str:
        return self.words.bot_closed

    def summary(self) -> str:
        return self._written(self.thread.summary)

    # How it is put down.

    def _disclosure(self, kind: str) -> str:
        return self._one(self.words.discloses[kind]) if kind else ""

    def _letter(self, text: str, *, hello: str = "") -> str:
        hello, bye = hello or self._one(self.words.mail_again), self._one(self.words.mail_bye)
        name = self.customer.name if self.rng.random() < 0.7 else self.customer.given
        return f"{hello}\n\n{text}\n\n{bye}\n{name}".replace("\n\n\n", "\n\n")

    def _signed(self, person: Person, text: str) -> str:
        if not self.mail:
            return text
        sign = self._written(self._way(person).sign)
        return f"{self._written(self.words.mail_greeting)}\n\n{text}\n\n{sign}\nNordwind Shop"

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
        joined = " ".join(tokens).rstrip(".")
        if style == "chatty":
            joined = joined.replace(". ", "... ")
            if joined[-1:].isalnum():
                is_cross = self.mood in {"annoyed", "angry"}
                joined += self.rng.choice(
                    ("", "...", "!!") if is_cross else ("", " :)", "!", LAUGHS[self.topic.language])
                )
        return joined

    def _mistyped(self, token: str) -> str:
        at = self.rng.randint(1, len(token) - 3)
        if self.rng.random() < 0.5:
            return token[:at] + token[at + 1] + token[at] + token[at + 2 :]
        return token[:at] + token[at + 1 :]
