"""What was read, for whoever may read the messages it was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.access.viewer import Viewer
from apps.analysis import asks_for_human, sentiment
from apps.analysis.models import Mood, Reading
from apps.analysis.reading import NOT_ANALYSED
from apps.interactions.models import Conversation


@dataclass(frozen=True, slots=True)
class MessageRead:
    """What was read of one message: its mood from -1 to 1 (None: not analysed), and whether it asks for a person."""

    mood: float | None = None
    is_analysed: bool = False
    asks_for_person: bool = False
    # Places of the words that decided the mood, in the masked text.
    clues: Sequence[tuple[int, int]] = ()


def readings_of(*, viewer: Viewer, conversation: UUID) -> dict[UUID, MessageRead]:
    """Return what was read of the messages of one conversation; nothing of one outside the viewer's scope. One statement."""
    scope = Conversation.objects.visible_to(viewer).filter(pk=conversation)
    parts: dict[UUID, dict[str, Reading]] = {}
    for one in Reading.objects.filter(conversation_id__in=scope.values("pk")):
        parts.setdefault(one.message_id, {})[one.part] = one
    told = {}
    for message, by in parts.items():
        mood, asks = by.get(sentiment.PART), by.get(asks_for_human.PART)
        told[message] = MessageRead(
            mood=None if mood is None else mood.score, is_analysed=mood is not None and mood.label != NOT_ANALYSED,
            asks_for_person=asks is not None and asks.label == asks_for_human.ASKED,
            clues=[(start, end) for start, end, _ in (mood.clues if mood is not None else [])],
        )  # fmt: skip
    return told


def mood_of(*, viewer: Viewer, conversation: UUID) -> Mood | None:
    """Return how the customer of a conversation feels, None while nothing is known or outside the viewer's scope."""
    scope = Conversation.objects.visible_to(viewer).filter(pk=conversation)
    return Mood.objects.filter(conversation_id__in=scope.values("pk")).first()


def moods_of(*, viewer: Viewer, conversations: Sequence[UUID]) -> dict[UUID, float]:
    """Return the running moods of conversations in the viewer's scope that have one. One statement."""
    scope = Conversation.objects.visible_to(viewer).filter(pk__in=list(conversations))
    found = Mood.objects.filter(conversation_id__in=scope.values("pk"), score__isnull=False)
    return {key: score for key, score in found.values_list("conversation_id", "score") if score is not None}
