"""What a topic is: the clauses from which conversations about one matter are composed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Topic:
    """One matter that customers write about. Every text is a pattern of `apps.demo.grammar`.

    A conversation takes an opening, perhaps an extra, then question and answer pairs without repeating one, and ends
    with what solved it. Slots are the ones of `apps.demo.writer`.
    """

    slug: str
    # Queue slug to weight: how often this matter comes up there.
    queues: dict[str, float]
    # What the AI agents call it, and the knowledge items they answer from.
    intent: str
    sources: tuple[str, ...]
    # The things it can be about.
    items: tuple[str, ...]
    subject: str
    opening: tuple[str, ...]
    # Why it matters to this customer; follows the opening in some conversations.
    extra: tuple[str, ...]
    # The agent's question and the customer's answer to it.
    ask: tuple[str, ...]
    detail: tuple[str, ...]
    # What the agent found out.
    found: tuple[str, ...]
    # Questions of the customer, each with the agent's answer.
    talk: tuple[tuple[str, str], ...]
    solve: tuple[str, ...]
    # A content and a discontent last word about the matter.
    pleased: tuple[str, ...]
    upset: tuple[str, ...]
    # The AI agent's answer, and the customer's second question with the AI agent's second answer.
    bot: tuple[str, ...]
    bot_talk: tuple[tuple[str, str], ...]
    # Private note for colleagues, and the summary handed over by the AI agent.
    note: tuple[str, ...]
    summary: str
    # How the customer comes back when it was not solved after all.
    again: tuple[str, ...]
    # Kinds of personal data this matter invites: card, iban, email, phone, address.
    discloses: tuple[str, ...] = ("phone",)
    language: str = "en"
    tags: tuple[str, ...] = field(default=())
