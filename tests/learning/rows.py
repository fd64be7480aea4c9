"""Examples as rows, for floors of other tests: what the verbs would leave, without walking through them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from apps.access.models import User
from apps.agents.models import Agent
from apps.interactions.models import Conversation, Message
from apps.learning.models import Consent, Exemplar


def exemplar_of(
    talk: Conversation, agent: Agent, by: User, at: datetime, *, is_open: bool = True, topic: str = "late parcels"
) -> Exemplar:
    """An example of all that was said in a conversation, in the library of its agent's team; a word is said where there was none."""
    said = Message.objects.filter(conversation_id=talk.pk, is_private=False, removed_at=None).order_by("sent_at", "pk")
    if not said:
        Message.objects.create(
            id=uuid4(), conversation_id=talk.pk, author_kind="agent", agent_id=agent.pk, text="It is on its way.", sent_at=at,
            sequence="", kind="text", recorded_at=at,
        )  # fmt: skip
    words = list(said.all())
    made = Exemplar.objects.create(
        conversation=talk, messages=[m.pk for m in words], is_whole=True, said_from=words[0].sent_at, said_until=words[-1].sent_at,
        team=agent.team, topic=topic, why="She names the day.", by=by, shared_at=at, expires_at=at + timedelta(days=180),
        opened_at=at if is_open else None,
    )  # fmt: skip
    Consent.objects.create(
        exemplar=made, agent=agent, answered_at=at if is_open else None, is_given=True if is_open else None
    )
    return made
