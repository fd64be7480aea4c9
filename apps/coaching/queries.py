"""Notes as their readers are shown them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Max, Q, QuerySet

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.coaching.models import Note
from apps.interactions import showing
from apps.interactions.models import Conversation, Message
from apps.interactions.quotes import Quote, quotes
from apps.interactions.reading_role import reading
from apps.shared.errors import OutOfScope
from apps.ui.masked import MaskedText

MOST = 50
# How many words of a conversation a note may quote one of.
QUOTABLE = 12
QUOTE = 160


@dataclass(frozen=True, slots=True)
class Told:
    """One note. `quote` is of the message it is about, as its reader may see it; None: of none, or they may not.

    `is_before_next` says whether it was acknowledged before the agent's next conversation began: None while neither is.
    """

    note: Note
    agent_name: str
    by_name: str
    state: str
    state_at: datetime
    quote: Quote | None
    is_before_next: bool | None = None

    @property
    def field_key(self) -> str:
        """The note's key as text, for the ids of its form."""
        return str(self.note.pk)


@dataclass(frozen=True, slots=True)
class Quotable:
    """One message that a note may be about."""

    key: UUID
    who: str
    at: datetime
    text: MaskedText


def state_of(note: Note) -> tuple[str, datetime]:
    """Return the last thing that happened to a note, in a word, and when."""
    for word in ("withdrawn", "answered", "acknowledged", "read", "delivered", "sent"):
        at: datetime | None = getattr(note, f"{word}_at")
        if at is not None:
            return word, at
    raise AssertionError("A note has a time at which it was sent.")


def waiting(*, viewer: Viewer) -> list[Told]:
    """Return the viewer's own notes that they have not acknowledged, newest first. Four statements at most."""
    viewer.require(Permission.BE_COACHED)
    found = _own(viewer).filter(acknowledged_at=None)
    return _told(viewer, found[:MOST])


def mine(*, viewer: Viewer) -> list[Told]:
    """Return the viewer's own notes, newest first. Four statements at most."""
    viewer.require(Permission.BE_COACHED)
    return _told(viewer, _own(viewer)[:MOST])


def _own(viewer: Viewer) -> QuerySet[Note]:
    return (
        Note.objects.filter(agent__user=viewer.user, withdrawn_at=None)
        .select_related("agent", "by")
        .order_by("-sent_at")
    )


def sent(*, viewer: Viewer, agent: UUID | None = None) -> list[Told]:
    """Return what the viewer sent, and what was sent to the people they lead; newest first. Six statements at most.

    :raises NotAllowed: the role coaches nobody.
    :raises OutOfScope: the person is not one they lead.
    """
    viewer.require(Permission.COACH)
    led = Agent.objects.visible_to(viewer).people()
    found = Note.objects.filter(Q(by=viewer.user) | Q(agent__in=led, withdrawn_at=None))
    if agent is not None:
        if not led.filter(pk=agent).exists():
            raise OutOfScope
        found = found.filter(agent=agent)
    notes = list(found.select_related("agent", "by").order_by("-sent_at")[:MOST])
    return _told(viewer, notes, _next_began(notes))


def about(*, viewer: Viewer, conversation: UUID) -> list[Note]:
    """Return the notes about one conversation that the viewer may read, oldest first: their own, or those to whom they lead. One
    statement; none for a role that reads no notes, so that somebody of quality is not told what a lead thought.
    """
    found = Note.objects.filter(conversation_id=conversation, withdrawn_at=None)
    if viewer.allows(Permission.COACH):
        found = found.filter(agent__in=Agent.objects.visible_to(viewer).people())
    elif viewer.allows(Permission.BE_COACHED):
        found = found.filter(agent__user=viewer.user)
    else:
        return []
    return list(found.select_related("agent", "by").order_by("sent_at", "pk"))


def last_sent(*, viewer: Viewer) -> dict[UUID, datetime]:
    """Return when each person the viewer leads last got a note, from whomever; who never got one is missing. One statement.

    Empty for a role that coaches nobody.
    """
    if not viewer.allows(Permission.COACH):
        return {}
    led = Agent.objects.visible_to(viewer).people()
    found = Note.objects.filter(agent__in=led, withdrawn_at=None).values("agent").annotate(last=Max("sent_at"))
    return dict(found.values_list("agent", "last"))


_NEXT = """
SELECT n.id, (SELECT min(p.joined_at) FROM interactions_participation p WHERE p.agent_id = n.agent_id AND p.joined_at > n.sent_at)
FROM coaching_note n WHERE n.id = ANY(%s)
"""


def _next_began(notes: Sequence[Note]) -> dict[UUID, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [[note.pk for note in notes]])
        return dict(cursor.fetchall())


def _is_before(note: Note, began: datetime | None) -> bool | None:
    if note.acknowledged_at is None:
        return None if began is None else False
    return began is None or note.acknowledged_at < began


def _told(
    viewer: Viewer, notes: Sequence[Note] | QuerySet[Note], began: dict[UUID, datetime | None] | None = None
) -> list[Told]:
    notes = list(notes)
    words = quotes(viewer=viewer, messages=[note.message_id for note in notes if note.message_id], most=QUOTE)
    found = []
    for note in notes:
        word, at = state_of(note)
        found.append(
            Told(
                note=note, agent_name=note.agent.name, by_name=str(note.by), state=word, state_at=at,
                quote=words.get(note.message_id) if note.message_id else None,
                is_before_next=None if began is None else _is_before(note, began.get(note.pk)),
            )
        )  # fmt: skip
    return found


def get_person(*, viewer: Viewer, pk: UUID) -> Agent:
    """Return one of the people the viewer may write a note to.

    :raises NotAllowed: the role coaches nobody.
    :raises OutOfScope: nobody of this key, or not one they lead.
    """
    viewer.require(Permission.COACH)
    found = Agent.objects.visible_to(viewer).people().filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def coachable(*, viewer: Viewer, conversation: UUID) -> list[tuple[UUID, str]]:
    """Return the key and name of those who held a conversation and whom the viewer leads; nobody for other roles."""
    if not viewer.allows(Permission.COACH):
        return []
    held = Agent.objects.visible_to(viewer).people().filter(participations__conversation=conversation)
    return list(held.order_by("name").values_list("pk", "name").distinct())


def quotable(*, viewer: Viewer, agent: Agent, conversation: UUID, message: UUID | None = None) -> list[Quotable]:
    """Return the last words of a conversation that a note to one of its people may be about, newest last.

    `message` is among them however long ago it was.

    :raises OutOfScope: not the viewer's to read.
    """
    if not Conversation.objects.visible_to(viewer).filter(pk=conversation).exists():
        raise OutOfScope
    said = Message.objects.filter(conversation_id=conversation, is_private=False, removed_at=None).exclude(
        author_kind="system"
    )
    with reading(viewer=viewer, conversations=[conversation]):
        last = list(said.order_by("-sent_at", "-sequence", "-id")[:QUOTABLE])[::-1]
        if message is not None and message not in {m.pk for m in last}:
            last = [*said.filter(pk=message), *last]
    texts = showing.shown(
        viewer=viewer, is_counted=False, texts=[showing.Text(m.text[:QUOTE], m.pk, m.conversation_id) for m in last]
    )
    return [
        Quotable(m.pk, agent.name if m.agent_id == agent.pk else m.get_author_kind_display(), m.sent_at, text)
        for m, text in zip(last, texts, strict=True)
    ]
