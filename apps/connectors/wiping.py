"""What was taken back or erased goes from the kept bodies of deliveries too, which are sealed as a whole.

One pass opens each body of a source once for everything that is to go. Bodies are changed in steps of a transaction each, so
that who is killed goes on where it stopped, and recording waits for no more than one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog
from django.db import transaction
from django.db.models import Q

from apps.access.sealed import CannotOpen, open_value, seal
from apps.analysis import services as analysis
from apps.connectors.admission import Unreadable, split
from apps.connectors.models import Delivery, DeliveryState, Source, Wipe
from apps.interactions import services as interactions
from apps.interactions.facts import CustomerErased, MessagesRedacted
from apps.interactions.keys import conversation_key, key
from apps.interactions.models import Conversation, CustomerRequest
from apps.shared.facts import Fact

log = structlog.get_logger(__name__)
# Bodies that one transaction opens and writes.
STEP = 100
# A worker that has not come to an end by then was killed.
PATIENCE = timedelta(minutes=10)
# In place of an event that went: the places of those beside it stay what they are.
NOTHING: dict[str, Any] = {}
EMPTIED = "Emptied: it could not be read, so nobody can say whether it spoke of a customer who was erased since."
_SAYING = ("midshift.message.created.v1", "midshift.message.updated.v1")


@dataclass(slots=True)
class Going:
    """Everything that is to go from one source's bodies."""

    slug: str
    messages: set[UUID] = field(default_factory=set)
    customers: set[UUID] = field(default_factory=set)
    conversations: set[UUID] = field(default_factory=set)

    def event(self, event: Any) -> Any:
        """What is left of an event: itself, itself without what was said, or nothing."""
        data = event.get("data") if isinstance(event, dict) else None
        if not isinstance(data, dict):
            return event
        name = data.get("conversation_id")
        talk = name if isinstance(name, str) else None
        if (talk is not None and conversation_key(self.slug, talk) in self.conversations) or self._names(data, talk):
            return NOTHING
        said = data.get("message_id")
        if talk is None or not isinstance(said, str) or event.get("type") not in _SAYING:
            return event
        if key(self.slug, "message", f"{talk}\x1f{said}") not in self.messages:
            return event
        return {**event, "data": {n: v for n, v in data.items() if n not in ("text", "attachments")}}

    def _names(self, data: dict[str, Any], talk: str | None) -> bool:
        for party in data.values() if self.customers else ():
            if not isinstance(party, dict) or party.get("kind") != "customer" or not isinstance(party.get("id"), str):
                continue
            is_anonymous = party.get("identity") == "anonymous" and talk is not None
            who = (
                key(self.slug, "anonymous", cast(str, talk))
                if is_anonymous
                else key(self.slug, "customer", party["id"])
            )
            if who in self.customers:
                return True
        return False


def mark_redacted(fact: Fact, at: datetime) -> None:
    """The step after a source took messages back: what they said is to go from kept bodies."""
    told = cast(MessagesRedacted, fact)
    sources = set(
        Conversation.objects.filter(pk__in=told.conversation_ids).values_list("source", flat=True)
    ) or set(Source.objects.values_list("slug", flat=True))  # fmt: skip
    Wipe.objects.bulk_create(
        Wipe(source=source, message_id=message, conversation_ids=told.conversation_ids, asked_at=at)
        for source in sorted(sources) for message in told.message_ids
    )  # fmt: skip


def mark_erased(fact: Fact, at: datetime) -> None:
    """The step after a customer's rows were erased: every event about them is to go from kept bodies."""
    told = cast(CustomerErased, fact)
    source = CustomerRequest.objects.values_list("source", flat=True).get(pk=told.request_id)
    Wipe.objects.create(
        source=source, customer_id=told.customer_id, conversation_ids=told.conversation_ids, request_id=told.request_id,
        asked_at=at,
    )  # fmt: skip


def erasures() -> list[tuple[str, UUID]]:
    """Source and key of every customer whose rows were erased, in the order in which it happened."""
    done = CustomerRequest.objects.filter(kind="erase", erased_at__isnull=False).order_by("erased_at", "pk")
    return list(done.values_list("source", "customer_id"))


def erase_again(*, source: str, customer: UUID, at: datetime) -> None:
    """Carry out an erasure that a restored backup has undone, in the kept bodies too. Once more changes nothing."""
    with transaction.atomic():
        reached = interactions.erase(source=source, customer=customer, at=at)
        analysis.forget_conversations(conversations=reached.conversations)
        Wipe.objects.create(
            source=source, customer_id=customer, conversation_ids=list(reached.conversations), asked_at=at
        )
    wipe(at=at)


def wipe(*, at: datetime) -> int:
    """Let everything go that is to go, and finish the erasures that waited for it; return how many bodies were changed.

    What another worker is at is left to it.
    """
    free = Wipe.objects.filter(Q(taken_at=None) | Q(taken_at__lt=at - PATIENCE))
    with transaction.atomic():
        asked = list(free.select_for_update(skip_locked=True).order_by("pk"))
        Wipe.objects.filter(pk__in=[one.pk for one in asked]).update(taken_at=at)
    by_source: dict[str, list[Wipe]] = {}
    for one in asked:
        by_source.setdefault(one.source, []).append(one)
    return sum(_wipe_source(slug, by_source[slug], at) for slug in sorted(by_source))


def _wipe_source(slug: str, asked: Sequence[Wipe], at: datetime) -> int:
    going = Going(slug)
    for one in asked:
        if one.message_id is not None:
            going.messages.add(one.message_id)
        elif one.customer_id is not None:
            going.customers.add(one.customer_id)
            going.conversations |= set(one.conversation_ids)
    marks = _marks(going, asked)
    changed = last = 0
    while step := _step(slug, going, marks, last):
        last, n = step
        changed += n
    for one in asked:
        if one.request_id is not None:
            interactions.finish_erasure(request_id=one.request_id, conversations=one.conversation_ids, at=at)
    Wipe.objects.filter(pk__in=[one.pk for one in asked]).delete()
    log.info("bodies wiped", source=slug, bodies=changed, asked=len(asked))
    return changed


def _marks(going: Going, asked: Sequence[Wipe]) -> list[bytes] | None:
    """The names of conversations without one of which a body need not be taken apart; None where there is no such help.

    Only where nothing but messages is to go and every name is written the same way by every sender.
    """
    if going.customers:
        return None
    wanted = {talk for one in asked for talk in one.conversation_ids}
    names = list(Conversation.objects.filter(pk__in=wanted).values_list("external_id", flat=True))
    if len(names) < len(wanted) or any(not name or not name.isascii() or not _is_plain(name) for name in names):
        return None
    return [name.encode() for name in names]


def _is_plain(name: str) -> bool:
    return all(sign.isalnum() or sign in "-_.:" for sign in name)


def _step(slug: str, going: Going, marks: list[bytes] | None, last: int) -> tuple[int, int] | None:
    """Look through the next bodies of a source; return the key of the last one and how many were changed."""
    with transaction.atomic():
        rows = list(Delivery.objects.select_for_update().filter(source__slug=slug, pk__gt=last).order_by("pk")[:STEP])
        if not rows:
            return None
        changed = [row for row in rows if _wiped(row, slug, going, marks)]
        Delivery.objects.bulk_update(changed, ["body", "accepted", "aside", "state", "error"])
    return rows[-1].pk, len(changed)


def _wiped(row: Delivery, slug: str, going: Going, marks: list[bytes] | None) -> bool:
    """Take out of one body what is to go; say whether anything was."""
    context = slug.encode()
    try:
        body = open_value(bytes(row.body), context=context)
    except CannotOpen:
        # A body that nobody can open says nothing to anybody; it goes with its time.
        return False
    # A letter may be written as an escape; then nothing can be told without reading it.
    if marks is not None and b"\\u00" not in body and not any(mark in body for mark in marks):
        return False
    try:
        events = [msgspec.json.decode(one) for one in split(body)]
    except (Unreadable, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _emptied(row, context) if going.customers and row.error != EMPTIED else False
    left = [going.event(one) for one in events]
    if left == events:
        return False
    row.body = seal(msgspec.json.encode(left), context=context)
    gone = {
        place for place, (one, was) in enumerate(zip(left, events, strict=True)) if one is NOTHING and was != NOTHING
    }
    row.accepted = [place for place in row.accepted if place not in gone]
    aside = [one for one in row.aside if int(one["place"]) not in gone]
    if len(aside) < len(row.aside):
        row.aside = aside
        row.error = row.error if aside else ""
    if not row.accepted or (row.state == DeliveryState.FAILED and not row.error):
        row.state = DeliveryState.ABSORBED
        row.error = ""
    return True


def _emptied(row: Delivery, context: bytes) -> bool:
    row.body, row.error = seal(b"[]", context=context), EMPTIED
    return True
