"""What an AI agent fails at, with the conversations that show it, and what was proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.urls import reverse

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.analysis.queries import trusted_in_sql
from apps.interactions.models import Conversation, Queue
from apps.interactions.quotes import quotes
from apps.shared.errors import OutOfScope
from apps.tuning.models import Proposal
from apps.ui.masked import MaskedText

LATELY = timedelta(hours=24)
MOST_MATTERS, MOST_TALKS = 20, 8


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter of an AI agent lately. A turn failed when it was not understood or the customer asked for a person there.

    `confidence` is the mean of its turns; None where none was told.
    """

    intent: str
    label: str
    turns: int
    failed: int
    confidence: float | None
    href: str

    @property
    def share(self) -> float:
        """Failed turns of all."""
        return self.failed / self.turns


@dataclass(frozen=True, slots=True)
class Failed:
    """One conversation in which it failed, as the viewer may see it."""

    href: str
    at: datetime
    text: MaskedText | str


@dataclass(frozen=True, slots=True)
class Told:
    """One AI agent to be tuned."""

    agent: Agent
    matters: Sequence[Matter]
    failed: Sequence[Failed]
    proposals: Sequence[Proposal]


_MATTERS = f"""
SELECT t.intent, count(*), count(*) FILTER (WHERE t.is_fallback OR t.asked_for_human), avg({trusted_in_sql("t")})
FROM interactions_botturn t JOIN interactions_conversation c ON c.id = t.conversation_id
WHERE t.agent_id = %(agent)s AND t.happened_at > %(since)s AND t.happened_at <= %(at)s AND c.queue_id = ANY(%(queues)s)
GROUP BY 1 ORDER BY 3 DESC, 2 DESC, 1 LIMIT %(most)s
"""  # noqa: S608  # a fixed piece
_FAILED = """
SELECT DISTINCT ON (t.conversation_id) t.conversation_id, t.message_id, t.happened_at
FROM interactions_botturn t JOIN interactions_conversation c ON c.id = t.conversation_id
WHERE t.agent_id = %(agent)s AND t.happened_at > %(since)s AND t.happened_at <= %(at)s AND c.queue_id = ANY(%(queues)s)
  AND (t.is_fallback OR t.asked_for_human) AND (%(intent)s = '' OR t.intent = %(intent)s)
ORDER BY t.conversation_id, t.happened_at DESC
"""


def get_ai(*, viewer: Viewer, pk: UUID) -> Agent:
    """Return an AI agent.

    :raises OutOfScope: there is none of this key.
    """
    found = Agent.objects.visible_to(viewer).ai().filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def get_told(*, viewer: Viewer, pk: UUID, intent: str, at: datetime) -> Told:
    """What an AI agent fails at within a day, in the viewer's queues; the failed conversations of a matter, or of all.

    :raises NotAllowed: the role proposes nothing.
    :raises OutOfScope: there is no such AI agent.
    """
    viewer.require(Permission.PROPOSE_TUNING)
    agent = get_ai(viewer=viewer, pk=pk)
    queues = list(Queue.objects.visible_to(viewer).values_list("pk", flat=True))
    where: dict[str, Any] = {
        "agent": agent.pk,
        "since": at - LATELY,
        "at": at,
        "queues": queues,
        "intent": intent,
        "most": MOST_MATTERS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MATTERS, where)
        address = reverse("tune", args=[agent.pk])
        matters = [
            Matter(
                name,
                name.replace("_", " ") or "not understood",
                turns,
                failed,
                confidence,
                f"{address}?{urlencode({'intent': name})}",
            )
            for name, turns, failed, confidence in cursor.fetchall()
        ]
        cursor.execute(_FAILED, where)
        turns = sorted(cursor.fetchall(), key=lambda row: row[2], reverse=True)
    proposals = Proposal.objects.visible_to(viewer).filter(agent=agent, withdrawn_at=None).select_related("by")
    return Told(agent, matters, _failed(viewer, turns), list(proposals.order_by("-made_at")[:20]))


def _failed(viewer: Viewer, turns: Sequence[tuple[UUID, UUID | None, datetime]]) -> list[Failed]:
    """Their customers' words, for who may read them; nothing for other roles."""
    if not viewer.allows(Permission.VIEW_CONVERSATIONS):
        return []
    seen = set(
        Conversation.objects.visible_to(viewer).filter(pk__in=[one for one, *_ in turns]).values_list("pk", flat=True)
    )
    wanted = [row for row in turns if row[0] in seen][:MOST_TALKS]
    words = quotes(viewer=viewer, messages=[message for _, message, _ in wanted if message is not None])
    found = []
    for talk, message, at in wanted:
        quote = words.get(message) if message is not None else None
        href = reverse("conversation", args=[talk])
        found.append(
            Failed(f"{href}#m{quote.number}" if quote else href, at, quote.text if quote else "The conversation")
        )
    return found


def worst_ai(*, queue: UUID, at: datetime) -> UUID | None:
    """The AI agent that failed most often in a queue within a day; None where none did. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.agent_id FROM interactions_botturn t JOIN interactions_conversation c ON c.id = t.conversation_id "
            "WHERE c.queue_id = %s AND t.happened_at > %s AND t.happened_at <= %s "
            "GROUP BY 1 ORDER BY count(*) FILTER (WHERE t.is_fallback OR t.asked_for_human) DESC, 1 LIMIT 1",
            [queue, at - LATELY, at],
        )
        row = cursor.fetchone()
    return row[0] if row else None
