"""Customers for whoever looks after their rights: found by what the source or they themselves say, shown without a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Max, Min, Sum

from apps.access import audit
from apps.access.models import User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.keys import conversation_key, key
from apps.interactions.models import Conversation, Customer, CustomerRequest, CustomerValue, Hold
from apps.interactions.parties import digest_of
from apps.interactions.requests import COPY_LASTS
from apps.interactions.rights import RequestKind
from apps.shared.errors import OutOfScope

# What somebody may be looked for by.
WAYS = {
    "email": "E-mail address",
    "phone": "Telephone number",
    "name": "Full name",
    "id": "Customer’s id at the source",
    "conversation": "Conversation’s id at the source",
}
MOST = 30
REQUESTS = 50


@dataclass(frozen=True, slots=True)
class Known:
    """One customer in a list, or alone: nothing of it says who it is."""

    key: UUID
    label: str
    source: str
    is_anonymous: bool
    conversations: int
    messages: int
    first_at: datetime | None
    last_at: datetime | None
    # How many names, addresses and numbers they are known by.
    values: int
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the page shows it."""

    row: CustomerRequest
    label: str
    state: str
    # Whether this viewer may confirm it, or take the copy, now.
    may_confirm: bool
    may_take: bool


@transaction.atomic
def find(*, viewer: Viewer, way: str, value: str, source: str, at: datetime) -> list[Known]:
    """Customers whom a source named so, at most thirty. Values are compared as the source gave them, or in small letters.

    The audit says that somebody was looked for and by what kind of thing, never by which. Looking for a value takes time
    with the number of customers: their digests say nothing of each other, so each is tried.

    :raises NotAllowed: not an admin.
    """
    viewer.require(Permission.MANAGE_PRIVACY)
    value = value.strip()
    keys: list[UUID] = []
    if way == "id":
        keys = [key(source, "customer", value)]
    elif way == "conversation":
        owners = Conversation.objects.filter(pk=conversation_key(source, value)).exclude(customer_id=None)
        keys = [one for one in owners.values_list("customer_id", flat=True) if one is not None]
    elif way in WAYS:
        keys = _called(way, {value, value.casefold()})
    audit.record(by=viewer, verb="customer.sought", about=f"by {way}", at=at)
    return _told(keys[:MOST])


def _called(kind: str, values: set[str]) -> list[UUID]:
    found: list[UUID] = []
    rows = CustomerValue.objects.filter(kind=kind).values_list("customer_id", "digest")
    for customer, digest in rows.iterator(chunk_size=5000):
        if any(digest_of(customer, kind, one) == bytes(digest) for one in values):
            found.append(customer)
    return sorted(set(found))


def get_customer(*, viewer: Viewer, pk: UUID) -> Known:
    """One customer.

    :raises NotAllowed: not an admin. :raises OutOfScope: there is none.
    """
    viewer.require(Permission.MANAGE_PRIVACY)
    found = _told([pk])
    if not found:
        raise OutOfScope
    return found[0]


def _told(keys: Sequence[UUID]) -> list[Known]:
    rows = list(Customer.objects.filter(pk__in=keys).order_by("source", "label"))
    talks: dict[Any, dict[str, Any]] = {
        row["customer_id"]: dict(row)
        for row in Conversation.objects.filter(customer_id__in=keys).values("customer_id").annotate(
            n=Count("pk"), first=Min("started_at"), last=Max("last_event_at"),
            said=Sum(F("customer_messages") + F("human_messages") + F("ai_messages")),
        )
    }  # fmt: skip
    values = dict(
        CustomerValue.objects.filter(customer_id__in=keys).values_list("customer_id").annotate(n=Count("pk")).order_by()
    )
    holds = {
        one.customer_id: one
        for one in Hold.objects.filter(customer_id__in=keys, lifted_at=None).select_related("placed_by")
    }
    return [
        Known(
            key=row.pk, label=row.label, source=row.source, is_anonymous=row.is_anonymous,
            conversations=talks.get(row.pk, {}).get("n", 0), messages=talks.get(row.pk, {}).get("said") or 0,
            first_at=talks.get(row.pk, {}).get("first"), last_at=talks.get(row.pk, {}).get("last"),
            values=values.get(row.pk, 0), hold=holds.get(row.pk),
        )
        for row in rows
    ]  # fmt: skip


def requests(*, viewer: Viewer, at: datetime, customer: UUID | None = None) -> list[Asked]:
    """The latest requests, those that wait for somebody first; of one customer where one is given. Two statements.

    :raises NotAllowed: not an admin.
    """
    viewer.require(Permission.MANAGE_PRIVACY)
    found = CustomerRequest.objects.select_related("asked_by", "confirmed_by")
    if customer is not None:
        found = found.filter(customer_id=customer)
    rows = list(found.order_by(F("confirmed_at").asc(nulls_first=True), "-asked_at")[:REQUESTS])
    rows.sort(key=lambda row: row.confirmed_at is not None or row.withdrawn_at is not None)
    labels = dict(Customer.objects.filter(pk__in=[row.customer_id for row in rows]).values_list("pk", "label"))
    return [_asked(row, labels.get(row.customer_id, ""), viewer.user, at) for row in rows]


def get_request(*, viewer: Viewer, pk: int, at: datetime) -> Asked:
    """One request.

    :raises NotAllowed: not an admin. :raises OutOfScope: there is none.
    """
    viewer.require(Permission.MANAGE_PRIVACY)
    row = CustomerRequest.objects.select_related("asked_by", "confirmed_by").filter(pk=pk).first()
    if row is None:
        raise OutOfScope
    label = Customer.objects.filter(pk=row.customer_id).values_list("label", flat=True).first() or ""
    return _asked(row, label, viewer.user, at)


def _asked(row: CustomerRequest, label: str, user: User, at: datetime) -> Asked:
    is_open = row.confirmed_at is None and row.withdrawn_at is None
    is_taken = row.kind == RequestKind.COPY and row.confirmed_at is not None and row.done_at is None
    in_time = is_taken and row.confirmed_at is not None and at <= row.confirmed_at + COPY_LASTS
    return Asked(
        row=row, label=label, state=_state(row, in_time=in_time), may_confirm=is_open and row.asked_by_id != user.pk,
        may_take=in_time and row.asked_by_id == user.pk,
    )  # fmt: skip


def _state(row: CustomerRequest, *, in_time: bool) -> str:
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.confirmed_at is None:
        return "waits for a second admin"
    if row.done_at is not None:
        return "erased everywhere" if row.kind == RequestKind.ERASE else "taken"
    if row.kind == RequestKind.ERASE:
        return "being erased"
    return "ready to be taken" if in_time else "not taken in time"


def holds(*, viewer: Viewer) -> list[tuple[Hold, str]]:
    """The holds that hold now, with the label of their customer, newest first. Two statements.

    :raises NotAllowed: not an admin.
    """
    viewer.require(Permission.MANAGE_PRIVACY)
    rows = list(Hold.objects.filter(lifted_at=None).select_related("placed_by").order_by("-placed_at"))
    labels = dict(Customer.objects.filter(pk__in=[row.customer_id for row in rows]).values_list("pk", "label"))
    return [(row, labels.get(row.customer_id, "")) for row in rows]
