"""The copy of one customer's data, as the law lets them ask for it: their own words and values, in the open.

Passwords, one-time codes and other secrets stay masked: nobody needs them back, and whoever carries the file could use
them. What the house thinks of the customer's case (readings, private notes of colleagues) is not theirs to be handed out
here and is left out; the file says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.access.masking import OWN, Found
from apps.access.sealed import open_value
from apps.interactions.models import (
    Conversation,
    ConversationEvent,
    Customer,
    CustomerValue,
    Message,
    Participation,
    Rating,
    SealedValue,
)
from apps.interactions.seals import compose_all

# What opens doors elsewhere.
SECRET = frozenset({"password", "code", "secret"})
LEFT_OUT = "Passwords, codes and secrets, private notes between colleagues, and what machines read out of messages."


def took_part(*, customer: UUID) -> list[int]:
    """The accounts of those who took part in a customer's conversations. One statement."""
    found = Participation.objects.filter(conversation__customer_id=customer, agent__user__isnull=False)
    return list(found.values_list("agent__user", flat=True).distinct())


def copy_of(*, customer: UUID, at: datetime) -> dict[str, Any]:
    """Everything kept about a customer, as plain JSON values. Eight statements at most, whatever there is.

    The caller has asked the permission and written the audit.
    """
    who = Customer.objects.filter(pk=customer).first()
    talks = list(Conversation.objects.filter(customer_id=customer).order_by("started_at", "pk"))
    keys = [talk.pk for talk in talks]
    since = min((talk.started_at for talk in talks), default=at)
    messages = list(
        Message.objects.filter(conversation_id__in=keys, sent_at__gte=since, is_private=False).order_by(
            "sent_at", "sequence", "id"
        )
    )
    events = list(
        ConversationEvent.objects.filter(
            conversation_id__in=keys, happened_at__gte=since, kind__in=["started", "updated"]
        ).order_by("happened_at", "sequence", "id")
    )
    ratings = list(Rating.objects.filter(conversation_id__in=keys).order_by("happened_at"))
    values = _opened([customer, *(m.pk for m in messages), *(e.pk for e in events), *(r.pk for r in ratings)])

    def plain(value: Any, owner: UUID) -> Any:
        return compose_all(value, values.get(owner, ()))

    def told(talk: Conversation) -> dict[str, Any]:
        return {
            "began_at": talk.started_at.isoformat(), "channel": talk.channel, "reference": talk.external_id,
            "said_about_it": [plain(_own(e.data), e.pk) for e in events if e.conversation_id == talk.pk],
            "messages": [
                {"at": m.sent_at.isoformat(), "by": m.author_kind, "text": plain(m.text, m.pk),
                 "files": [plain(one, m.pk) for one in m.attachments]}
                for m in messages if m.conversation_id == talk.pk
            ],
            "ratings": [
                {"at": r.happened_at.isoformat(), "score": r.score, "of": r.highest, "comment": plain(r.comment, r.pk)}
                for r in ratings if r.conversation_id == talk.pk
            ],
        }  # fmt: skip

    return {
        "made_at": at.isoformat(), "left_out": LEFT_OUT, "source": "" if who is None else who.source,
        "known_by": _known_by(customer),
        "record": {} if who is None else plain({"segment": who.segment, **who.attributes}, customer),
        "conversations": [told(talk) for talk in talks],
    }  # fmt: skip


def _own(data: dict[str, Any]) -> dict[str, Any]:
    """What an event says, without the key by which we call the customer."""
    return {name: value for name, value in data.items() if name != "customer"}


def _known_by(customer: UUID) -> list[dict[str, str]]:
    rows = CustomerValue.objects.filter(customer_id=customer).order_by("kind", "digest")
    return [
        {"kind": row.kind, "value": open_value(bytes(row.sealed), context=customer.bytes).decode("utf-8", "surrogatepass")}
        for row in rows
    ]  # fmt: skip


def _opened(owners: Iterable[UUID]) -> dict[UUID, tuple[Found, ...]]:
    found: dict[UUID, list[Found]] = {}
    for row in SealedValue.objects.filter(message_id__in=list(owners)).exclude(kind__in=SECRET | {OWN}):
        value = open_value(bytes(row.sealed), context=row.message_id.bytes).decode("utf-8", "surrogatepass")
        found.setdefault(row.message_id, []).append(Found(row.kind, row.number, value, row.hint))
    return {owner: tuple(values) for owner, values in found.items()}
