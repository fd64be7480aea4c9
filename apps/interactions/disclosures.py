"""Masked values opened for a person: one value or one message, for a reason, for a quarter of an hour, in the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import transaction

from apps.access import audit, policy
from apps.access.masking import OWN, PLACEHOLDER
from apps.access.models import AuditEntry, Disclosure, User
from apps.access.policy import Level
from apps.access.roles import Permission
from apps.access.services import notice_refused_openings
from apps.access.viewer import Viewer
from apps.interactions.facts import OpeningsRefused
from apps.interactions.models import Conversation, ConversationEvent, Message, Participation, Rating, SealedValue
from apps.interactions.reading_role import reading
from apps.interactions.showing import value_of
from apps.shared.errors import OutOfScope, Refusal, TooOften
from apps.shared.facts import Fact
from apps.shared.outbox import announce

# Whatever holds a masked text that is shown.
Holder = Message | ConversationEvent | Rating

LASTS = timedelta(minutes=15)
SHORTEST_REASON = 10
MOST_AN_HOUR = 20


class ReasonTooShort(Refusal):
    """Nobody could tell later why the value was opened."""


class NeverOpened(Refusal):
    """The policy shows this kind of value to nobody in that role."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One value behind one placeholder, as it may be shown until the moment."""

    kind: str
    number: int
    value: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder of a message, as a viewer's role sees it: a hint, or the value while it is open."""

    kind: str
    number: int
    level: str
    hint: str = ""
    value: str = ""
    until: datetime | None = None

    @property
    def name(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def may_open(self) -> bool:
        return not self.value and self.level != Level.HIDDEN


@dataclass(frozen=True, slots=True)
class MaskedMessage:
    """One message, subject, hand-off note or rating that holds masked values."""

    id: UUID
    what: str  # who said it, or what it is
    sent_at: datetime
    text: str
    placeholders: Sequence[Placeholder]


def open_sealed(
    *, by: Viewer, message: Holder, reason: str, at: datetime, placeholder: tuple[str, int] | None = None
) -> tuple[Opened, ...]:
    """Open one value of a message or of another masked text, or all that the role may have opened; they are masked again after 15 minutes.

    Steps: (1) may this person, this message, this kind; (2) wait for the person's other openings and count the hour;
    (3) write the audit entry and the disclosure; (4) decrypt. The last two are one transaction: what cannot be recorded is
    not shown. Those who took part in the conversation find the entry, with its reason, in their own audit.

    :raises OutOfScope: there is no such message or value for this viewer.
    :raises ReasonTooShort: fewer than ten characters.
    :raises NeverOpened: the policy hides this kind.
    :raises TooOften: the 21st within an hour; the QA manager is told.
    """
    by.require(Permission.OPEN_VALUES)
    if not Conversation.objects.visible_to(by).filter(pk=message.conversation_id).exists():
        raise OutOfScope
    reason = " ".join(reason.split())
    if len(reason) < SHORTEST_REASON:
        raise ReasonTooShort(f"Say in at least {SHORTEST_REASON} characters why you need it: the agent reads it too.")
    sealed = SealedValue.objects.filter(message_id=message.pk, conversation_id=message.conversation_id)
    values = sealed.exclude(kind=OWN)
    if placeholder is not None:
        values = values.filter(kind=placeholder[0], number=placeholder[1])
    rules = policy.current()
    named = None if isinstance(message, Message) else named_in(text_of(message))
    # An event keeps more than its text that is shown; what is not shown is not opened.
    with reading(viewer=by, conversations=[message.conversation_id]):
        found = [one for one in values.order_by("kind", "number") if named is None or (one.kind, one.number) in named]
    allowed = [one for one in found if policy.level_of(rules, by.role, one.kind) != Level.HIDDEN]
    if not found:
        raise OutOfScope
    if not allowed:
        raise NeverOpened(
            "This kind of value is never opened, whatever the reason: it is not needed to judge the work."
        )
    with transaction.atomic():
        # Two windows of one person take turns, so that the 21st does not slip through beside the 20th.
        User.objects.select_for_update().get(pk=by.user.pk)
        hour = Disclosure.objects.filter(by=by.user, opened_at__gt=at - timedelta(hours=1))
        if hour.count() < MOST_AN_HOUR:
            return _opened(by, message, allowed, placeholder, reason, at)
        _tell(by, message, at)
        frees = hour.order_by("opened_at")[0].opened_at + timedelta(hours=1)
    minutes = max(1, round((frees - at).total_seconds() / 60))
    raise TooOften(
        f"You have opened {MOST_AN_HOUR} values within an hour, which is the most anybody may. The next one can be opened "
        f"in {minutes} min. The QA manager has been told."
    )


def _opened(
    by: Viewer, message: Holder, allowed: Sequence[SealedValue], placeholder: tuple[str, int] | None, reason: str,
    at: datetime,
) -> tuple[Opened, ...]:  # fmt: skip
    until = at + LASTS
    took_part = Participation.objects.filter(conversation_id=message.conversation_id, agent__user__isnull=False)
    entry = audit.record(
        by=by, verb="value.opened", subject=message, about=", ".join(f"{one.kind} {one.number}" for one in allowed)[:200],
        reason=reason, conversation_id=message.conversation_id, at=at,
        concerns=took_part.values_list("agent__user", flat=True),
    )  # fmt: skip
    kind, number = placeholder or ("", None)
    Disclosure.objects.create(
        by=by.user, message_id=message.pk, conversation_id=message.conversation_id, kind=kind, number=number,
        reason=entry.reason, opened_at=at, ends_at=until,
    )  # fmt: skip
    return tuple(Opened(one.kind, one.number, value_of(one), until) for one in allowed)


def _tell(by: Viewer, message: Holder, at: datetime) -> None:
    """Once an hour: the one who clicks on is not news."""
    told = AuditEntry.objects.filter(by=by.user, verb="value.refused", at__gt=at - timedelta(hours=1))
    if not told.exists():
        audit.record(by=by, verb="value.refused", subject=message, conversation_id=message.conversation_id, at=at)
        announce(OpeningsRefused(user_id=by.user.pk, at=at), at=at)


def tell_quality(fact: Fact, at: datetime) -> None:
    """The step after a refusal: QA managers find a notice of it on their pages."""
    refused = cast(OpeningsRefused, fact)
    notice_refused_openings(user_id=refused.user_id, happened_at=refused.at)


def text_of(holder: Holder) -> str:
    """The masked text of it that is shown; empty where nothing is."""
    if isinstance(holder, Message):
        return "" if holder.removed_at is not None else holder.text
    if isinstance(holder, Rating):
        return holder.comment
    if holder.kind in ("started", "updated"):
        return str(holder.data.get("subject") or "")
    return str((holder.data.get("handoff") or {}).get("summary") or "")


def named_in(text: str) -> set[tuple[str, int]]:
    """The placeholders of a text."""
    return {(kind, int(number)) for kind, number in PLACEHOLDER.findall(text)}


def _what(holder: Holder) -> str:
    if isinstance(holder, Message):
        return holder.get_author_kind_display()
    if isinstance(holder, Rating):
        return "Rating"
    return "Subject" if holder.kind in ("started", "updated") else "Hand-off note"


def _at(holder: Holder) -> datetime:
    return holder.sent_at if isinstance(holder, Message) else holder.happened_at


def _holders(viewer: Viewer, talk: Conversation, pk: UUID | None = None) -> list[Holder]:
    """What holds masked text in a conversation, oldest first; only the one of a key where one is given."""
    one = {"conversation_id": talk.pk, **({} if pk is None else {"pk": pk})}
    messages = Message.objects.filter(**one, sent_at__gte=talk.started_at, removed_at=None)
    events = ConversationEvent.objects.filter(
        **one, happened_at__gte=talk.started_at, kind__in=["started", "updated", "assigned"]
    )
    with reading(viewer=viewer, conversations=[talk.pk]):
        said: list[Holder] = [*messages.order_by("sent_at", "sequence", "id"), *events]
    found: list[Holder] = [*said, *Rating.objects.filter(**one)]
    return sorted(found, key=_at)


def get_holder(*, viewer: Viewer, conversation_id: UUID, pk: UUID) -> Holder:
    """Return one masked text of a conversation in scope.

    :raises OutOfScope: there is none, or it is not the viewer's to read.
    """
    viewer.require(Permission.OPEN_VALUES)
    talk = Conversation.objects.visible_to(viewer).filter(pk=conversation_id).first()
    found = [] if talk is None else _holders(viewer, talk, pk)
    if not found:
        raise OutOfScope
    return found[0]


def masked_messages(
    *, viewer: Viewer, conversation_id: UUID, at: datetime, only: UUID | None = None
) -> list[MaskedMessage]:
    """What holds masked values in a conversation, oldest first, with what the viewer has open now; or one of them only.

    A fixed number of statements. A value that is open is shown again until its quarter of an hour is over; that reading
    is covered by the entry that opened it.

    :raises OutOfScope: not the viewer's to read.
    """
    viewer.require(Permission.OPEN_VALUES)
    talk = Conversation.objects.visible_to(viewer).filter(pk=conversation_id).first()
    if talk is None:
        raise OutOfScope
    holders = _holders(viewer, talk, only)
    sealed: dict[UUID, list[SealedValue]] = {}
    values_of = SealedValue.objects.filter(message_id__in=[h.pk for h in holders]).exclude(kind=OWN)
    with reading(viewer=viewer, conversations=[talk.pk]):
        for one in values_of.order_by("kind", "number"):
            sealed.setdefault(one.message_id, []).append(one)
    open_now = _open_now(viewer, talk.pk, at)
    rules = policy.current()
    found = []
    for holder in holders:
        named = None if isinstance(holder, Message) else named_in(text_of(holder))
        values = [one for one in sealed.get(holder.pk, ()) if named is None or (one.kind, one.number) in named]
        if values:
            shown = [_placeholder(one, viewer, rules, open_now) for one in values]
            found.append(MaskedMessage(holder.pk, _what(holder), _at(holder), text_of(holder), shown))
    return found


Open = dict[tuple[UUID, str, int | None], datetime]


def _open_now(viewer: Viewer, conversation_id: UUID, at: datetime) -> Open:
    found = Disclosure.objects.filter(by=viewer.user, conversation_id=conversation_id, ends_at__gt=at)
    return {(d.message_id, d.kind, d.number): d.ends_at for d in found.order_by("ends_at")}


def _placeholder(one: SealedValue, viewer: Viewer, rules: policy.Rules, open_now: Open) -> Placeholder:
    level = policy.level_of(rules, viewer.role, one.kind)
    ends = [open_now.get((one.message_id, one.kind, one.number)), open_now.get((one.message_id, "", None))]
    until = max((end for end in ends if end is not None), default=None)
    if level == Level.HIDDEN:
        return Placeholder(one.kind, one.number, level)
    if until is not None:
        return Placeholder(one.kind, one.number, level, one.hint, value_of(one), until)
    if level == Level.SHOWN:
        return Placeholder(one.kind, one.number, level, one.hint, value_of(one))
    return Placeholder(one.kind, one.number, level, one.hint if level == Level.PARTLY else "")
