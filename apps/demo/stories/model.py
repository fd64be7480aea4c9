"""What a topic is: the clauses from which conversations about one matter are composed."""

from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[str, str]


@dataclass(frozen=True)
class Thread:
    """One way in which a matter shows itself: what is asked, found out and done in it belong together."""

    subject: str
    # Different wordings of the same.
    opening: tuple[str, ...]
    # The person's first question, with the customer's answer to it.
    ask: tuple[Pair, ...]
    # What the person found out, and what ended it.
    found: tuple[str, ...]
    solve: tuple[str, ...]
    # The AI agent's answer, then the customer's further questions to it with its answers.
    bot: str
    bot_talk: tuple[Pair, ...]
    # What is handed over with the conversation, and what is noted for colleagues.
    summary: str
    note: str
    # How the customer comes back when it was not solved after all.
    again: str
    # Questions to a person that only come up in this thread.
    talk: tuple[Pair, ...] = ()
    # The things it can be about, where not all of the topic's fit.
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topic:
    """One matter that customers write about. Every text is a pattern of `apps.demo.grammar`.

    A conversation follows one thread: an opening, perhaps an extra, the person's question, question and answer pairs
    without repeating one, and what solved it. Slots are the ones of `apps.demo.writer`.
    """

    slug: str
    # Queue slug to weight: how often this matter comes up there.
    queues: dict[str, float]
    # What the AI agents call it, and the knowledge items they answer from.
    intent: str
    sources: tuple[str, ...]
    # The things it can be about.
    items: tuple[str, ...]
    threads: tuple[Thread, ...]
    # Why it matters to this customer; follows the opening in some conversations.
    extra: tuple[str, ...]
    # Questions of the customer, each with the person's answer, that fit every thread.
    talk: tuple[Pair, ...]
    # A content and a discontent last word about the matter.
    pleased: tuple[str, ...]
    upset: tuple[str, ...]
    # Kinds of personal data this matter invites: card, iban, email, phone, address.
    discloses: tuple[str, ...] = ("phone",)
    language: str = "en"
    tags: tuple[str, ...] = ()
