"""Which fact makes which topics stale."""

from __future__ import annotations

from datetime import datetime

from apps.interactions.facts import ConversationsChanged
from apps.live.services import hint

FLOOR = "floor"
PEOPLE = "people"
AI = "ai"
CONVERSATIONS = "conversations"
SOURCES = "sources"


def conversations_changed(fact: ConversationsChanged, at: datetime) -> None:
    """Hint at the whole floor and at every queue, person and conversation of the batch."""
    hint(
        topics=[
            FLOOR,
            PEOPLE,
            AI,
            CONVERSATIONS,
            SOURCES,
            *(f"queue:{key}" for key in fact.queue_ids),
            *(f"person:{key}" for key in fact.agent_ids),
            *(f"conversation:{key}" for key in fact.conversation_ids),
        ]
    )
