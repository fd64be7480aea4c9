"""Send a note and carry it on: each step happens once, only forwards, and is announced."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Coalesce

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.coaching.facts import NoteChanged, NotesSeen
from apps.coaching.models import MOST_CHARACTERS, Note
from apps.coaching.queries import get_person
from apps.interactions.models import Conversation, Message, Participation
from apps.shared.errors import OutOfScope, Refusal
from apps.shared.outbox import announce

FEWEST_CHARACTERS = 10
# More than two things at once are none (METRICS.md, section 7).
MOST_POINTS = 2


class NoteRefused(Refusal):
    """There can be no such note. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


def clean(text: str, *, about: str = "text") -> str:
    """Return a text as it is kept: one point a line, at most two of them, masked.

    :raises NoteRefused: it is too short or too long, or makes more points than two.
    """
    points = [line.strip() for line in text.splitlines() if line.strip()]
    told = "\n".join(points)
    if len(told) > MOST_CHARACTERS:
        raise NoteRefused(
            about, f"Saw {len(told)} characters. Expected at most {MOST_CHARACTERS}: one point said well."
        )
    if about == "text" and len(told) < FEWEST_CHARACTERS:
        raise NoteRefused(about, "Say what to do next, in ten characters or more.")
    if not told:
        raise NoteRefused(about, "An answer needs a word.")
    if len(points) > MOST_POINTS:
        raise NoteRefused(about, f"Saw {len(points)} points. Expected at most {MOST_POINTS}, a line each.")
    return mask(text=told).text


@transaction.atomic
def send(
    *, by: Viewer, agent: UUID, key: UUID, text: str, conversation: UUID | None = None, message: UUID | None = None,
    at: datetime,
) -> Note:  # fmt: skip
    """Send a note to one of the people the sender leads. The same key again returns the note that was sent.

    :raises NotAllowed: the role coaches nobody.
    :raises OutOfScope: the person, the conversation or the message is not the sender's to see, or the key is another's.
    :raises NoteRefused: the text, or nobody could read it.
    """
    to = get_person(viewer=by, pk=agent)
    if to.user_id is None:
        raise NoteRefused(
            "text", f"{to.name} has no account and could not read it. An admin links one under People and access."
        )
    told = clean(text)
    if conversation is not None:
        _check_part(by, to, conversation, message)
    note, is_new = Note.objects.get_or_create(
        id=key,
        defaults={
            "agent": to, "by": by.user, "text": told, "conversation_id": conversation,
            "message_id": message if conversation is not None else None, "sent_at": at,
        },
    )  # fmt: skip
    if (note.by_id, note.agent_id) != (by.user.pk, to.pk):
        raise OutOfScope
    if is_new:
        audit.record(
            by=by, verb="coaching.sent", about=to.name, conversation_id=conversation, concerns=[to.user_id], at=at
        )
        _announce(note, at)
    return note


def _check_part(by: Viewer, agent: Agent, conversation: UUID, message: UUID | None) -> None:
    """Both must be able to read what a note is about."""
    if not Conversation.objects.visible_to(by).filter(pk=conversation).exists():
        raise OutOfScope
    if not Participation.objects.filter(conversation_id=conversation, agent=agent).exists():
        raise NoteRefused("text", f"{agent.name} took no part in this conversation and could not open it.")
    if (
        message is not None
        and not Message.objects.filter(pk=message, conversation_id=conversation, is_private=False).exists()
    ):
        raise OutOfScope


@transaction.atomic
def withdraw(*, by: Viewer, pk: UUID, at: datetime) -> Note:
    """Take a note back before it is read.

    :raises OutOfScope: no such note of the sender's.
    :raises Refusal: it was read.
    """
    by.require(Permission.COACH)
    note = Note.objects.select_for_update(of=("self",)).select_related("agent").filter(pk=pk, by=by.user).first()
    if note is None:
        raise OutOfScope
    if note.withdrawn_at is not None:
        return note
    if note.read_at is not None or note.acknowledged_at is not None:
        raise Refusal("It was read already, and what was read cannot be taken back. Send another note.")
    note.withdrawn_at = at
    note.save(update_fields=["withdrawn_at"])
    audit.record(by=by, verb="coaching.withdrawn", about=note.agent.name, concerns=[note.agent.user_id or 0], at=at)
    _announce(note, at)
    return note


def deliver(*, to: Viewer, at: datetime) -> None:
    """The agent's own notes stand on a page of theirs. Two statements; one where nothing was new."""
    with transaction.atomic():
        if Note.objects.filter(agent__user=to.user, delivered_at=None, withdrawn_at=None).update(delivered_at=at):
            announce(NotesSeen(user_id=to.user.pk, at=at), at=at)


def read(*, to: Viewer, at: datetime) -> None:
    """The agent opened the page of their notes. Two statements; one where nothing was new."""
    to.require(Permission.BE_COACHED)
    unread = Note.objects.filter(agent__user=to.user, read_at=None, withdrawn_at=None)
    with transaction.atomic():
        if unread.update(read_at=at, delivered_at=Coalesce("delivered_at", at)):
            announce(NotesSeen(user_id=to.user.pk, at=at), at=at)


@transaction.atomic
def acknowledge(*, to: Viewer, pk: UUID, at: datetime) -> Note:
    """The agent has understood it. A second time changes nothing.

    :raises OutOfScope: no such note to them, or it was taken back.
    """
    note = _to(to, pk)
    if note.acknowledged_at is None:
        note.acknowledged_at, note.read_at, note.delivered_at = at, note.read_at or at, note.delivered_at or at
        note.save(update_fields=["acknowledged_at", "read_at", "delivered_at"])
        audit.record(by=to, verb="coaching.acknowledged", about=str(note.by), at=at)
        _announce(note, at)
    return note


@transaction.atomic
def answer(*, to: Viewer, pk: UUID, text: str, at: datetime) -> Note:
    """Answer a note, which acknowledges it too. There is one answer; what comes after it is a talk.

    :raises OutOfScope: no such note to them, or it was taken back.
    :raises NoteRefused: the text is none, too long, or the note was answered.
    """
    note = acknowledge(to=to, pk=pk, at=at)
    told = clean(text, about="answer")
    if note.answered_at is not None:
        if note.answer == told:
            return note
        raise NoteRefused("answer", "It was answered already.")
    note.answer, note.answered_at = told, at
    note.save(update_fields=["answer", "answered_at"])
    audit.record(by=to, verb="coaching.answered", about=str(note.by), at=at)
    _announce(note, at)
    return note


def _to(viewer: Viewer, pk: UUID) -> Note:
    viewer.require(Permission.BE_COACHED)
    note = (
        Note.objects.select_for_update(of=("self",)).select_related("agent", "by")
        .filter(pk=pk, agent__user=viewer.user, withdrawn_at=None).first()
    )  # fmt: skip
    if note is None:
        raise OutOfScope
    return note


def _announce(note: Note, at: datetime) -> None:
    if note.agent.user_id is not None:
        announce(NoteChanged(note_id=note.pk, user_id=note.agent.user_id, at=at), at=at)
