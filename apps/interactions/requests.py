"""Requests about one customer's data, and holds: asked by one admin with a reason, confirmed by another, in the audit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import transaction

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions import copies, erasure
from apps.interactions.facts import CustomerErased, ErasureConfirmed
from apps.interactions.models import Customer, CustomerRequest, Hold
from apps.interactions.rights import RequestKind
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.facts import Fact
from apps.shared.outbox import announce

SHORTEST_REASON = 10
# A copy that was confirmed is taken within this time, once, by the admin who asked for it.
COPY_LASTS = timedelta(hours=1)


class IsHeld(Refusal):
    """A court or a law asks for the data: it stays until the hold is lifted."""


class AskedAlready(Refusal):
    """The same is being asked for already."""


class Gone(Refusal):
    """The copy was taken, or its hour is over."""


def _customer(key: UUID) -> Customer:
    found = Customer.objects.select_for_update().filter(pk=key).first()
    if found is None:
        raise OutOfScope
    return found


def _reason(text: str) -> str:
    text = " ".join(text.split())
    if len(text) < SHORTEST_REASON:
        raise Refusal(f"Say in at least {SHORTEST_REASON} characters who asks and why: the other admin decides by it.")
    return text


def is_held(customer: UUID) -> bool:
    """Whether a hold is on a customer."""
    return Hold.objects.filter(customer_id=customer, lifted_at=None).exists()


@transaction.atomic
def ask(*, by: Viewer, customer: UUID, kind: RequestKind, reason: str, at: datetime) -> CustomerRequest:
    """Ask for a customer's erasure, or for a copy of their data. Nothing happens until another admin confirms it.

    :raises NotAllowed: not an admin. :raises OutOfScope: there is no such customer.
    :raises Refusal: the reason is too short. :raises AskedAlready: the same is open.
    :raises IsHeld: an erasure of somebody under a hold.
    """
    by.require(Permission.MANAGE_PRIVACY)
    found = _customer(customer)
    if kind == RequestKind.ERASE and is_held(customer):
        raise IsHeld("A legal hold is on this customer, so nothing of it may be erased. Lift the hold first.")
    if CustomerRequest.objects.filter(customer_id=customer, kind=kind, done_at=None, withdrawn_at=None).exists():
        raise AskedAlready("This is asked for already. Another admin confirms it under Privacy.")
    text = _reason(reason)
    made = CustomerRequest.objects.create(
        kind=kind,
        customer_id=customer,
        source=found.source,
        reason=mask(text=text).text[:500],
        asked_by=by.user,
        asked_at=at,
    )
    verb = "erasure.asked" if kind == RequestKind.ERASE else "copy.asked"
    audit.record(by=by, verb=verb, subject=found, about=f"request {made.pk}", reason=text, at=at)
    return made


def _open(pk: int) -> CustomerRequest:
    found = CustomerRequest.objects.select_for_update().filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    if found.done_at is not None or found.withdrawn_at is not None or found.confirmed_at is not None:
        raise Refusal("This request was decided already. Open Privacy to see by whom.")
    return found


@transaction.atomic
def confirm(*, by: Viewer, pk: int, at: datetime) -> CustomerRequest:
    """Confirm a request that another admin made; the view has asked for the password again. An erasure begins at once.

    :raises NotAllowed: not an admin, or one's own request.
    :raises OutOfScope: there is no such request. :raises Refusal: it was decided. :raises IsHeld: a hold was placed since.
    """
    by.require(Permission.MANAGE_PRIVACY)
    found = _open(pk)
    if found.asked_by_id == by.user.pk:
        raise NotAllowed("You asked for this yourself. Another admin confirms it.")
    # A hold that is being placed on the same customer waits for this, or this waits for it.
    list(Customer.objects.select_for_update().filter(pk=found.customer_id))
    if found.kind == RequestKind.ERASE and is_held(found.customer_id):
        raise IsHeld("A legal hold was placed on this customer. Nothing of it may be erased until it is lifted.")
    found.confirmed_by, found.confirmed_at = by.user, at
    found.save(update_fields=["confirmed_by", "confirmed_at"])
    _audit(by, "request.confirmed", found, at)
    if found.kind == RequestKind.ERASE:
        announce(ErasureConfirmed(request_id=found.pk, at=at), at=at)
    return found


@transaction.atomic
def withdraw(*, by: Viewer, pk: int, at: datetime) -> None:
    """Take back or turn down a request that is not confirmed yet.

    :raises NotAllowed: not an admin. :raises OutOfScope: there is none. :raises Refusal: it was decided.
    """
    by.require(Permission.MANAGE_PRIVACY)
    found = _open(pk)
    found.withdrawn_at = at
    found.save(update_fields=["withdrawn_at"])
    _audit(by, "request.withdrawn", found, at)


@transaction.atomic
def hold(*, by: Viewer, customer: UUID, reason: str, at: datetime) -> Hold:
    """Put a legal hold on a customer: neither retention nor an erasure takes anything of theirs.

    :raises NotAllowed: not an admin. :raises OutOfScope: there is no such customer. :raises Refusal: the reason is too short.
    """
    by.require(Permission.MANAGE_PRIVACY)
    found = _customer(customer)
    text = _reason(reason)
    made, is_new = Hold.objects.get_or_create(
        customer_id=customer,
        lifted_at=None,
        defaults={"reason": mask(text=text).text[:500], "placed_by": by.user, "placed_at": at},
    )
    if is_new:
        audit.record(by=by, verb="hold.placed", subject=found, reason=text, at=at)
    return made


@transaction.atomic
def lift(*, by: Viewer, customer: UUID, at: datetime) -> None:
    """Lift the hold on a customer; where none is, nothing changes.

    :raises NotAllowed: not an admin. :raises OutOfScope: there is no such customer.
    """
    by.require(Permission.MANAGE_PRIVACY)
    found = _customer(customer)
    if Hold.objects.filter(customer_id=customer, lifted_at=None).update(lifted_by=by.user, lifted_at=at):
        audit.record(by=by, verb="hold.lifted", subject=found, at=at)


def carry_out(fact: Fact, at: datetime) -> None:
    """The step after a confirmed erasure: erase the rows, and tell who keeps more of the customer."""
    confirmed = cast(ErasureConfirmed, fact)
    request = CustomerRequest.objects.select_for_update().get(pk=confirmed.request_id)
    if request.erased_at is not None:
        return
    reached = erasure.erase(customer=request.customer_id, source=request.source, at=at)
    request.erased_at = at
    request.save(update_fields=["erased_at"])
    announce(
        CustomerErased(
            request_id=request.pk, customer_id=request.customer_id, conversation_ids=list(reached.conversations), at=at
        ),
        at=at,
    )


@transaction.atomic
def finish_erasure(*, request_id: int, conversations: Sequence[UUID], at: datetime) -> None:
    """Say that raw deliveries hold nothing of the customer any more. What came out of one that waited meanwhile is erased too.

    `conversations` are those that were the customer's; they are a stand-in's by now. Called by whoever keeps deliveries, once they are done. Finishing again changes nothing.
    """
    request = CustomerRequest.objects.select_for_update().get(pk=request_id)
    if request.done_at is not None:
        return
    erasure.erase(customer=request.customer_id, source=request.source, at=at, also=conversations)
    request.done_at = at
    request.save(update_fields=["done_at"])
    audit.record(by=request.confirmed_by, verb="customer.erased", about=f"request {request.pk}", at=at)


@transaction.atomic
def take_copy(*, by: Viewer, pk: int, at: datetime) -> dict[str, Any]:
    """The copy of a customer's data, for the admin who asked for it, once and within an hour after it was confirmed.

    The audit entry is written in the same transaction, before a value is opened; who took part in the conversations reads it.

    :raises NotAllowed: not an admin. :raises OutOfScope: no such request, or another admin's.
    :raises Gone: it was taken, or its hour is over. :raises Refusal: nobody has confirmed it.
    """
    by.require(Permission.MANAGE_PRIVACY)
    found = CustomerRequest.objects.select_for_update().filter(
        pk=pk, kind=RequestKind.COPY, asked_by=by.user, withdrawn_at=None
    ).first()  # fmt: skip
    if found is None:
        raise OutOfScope
    if found.confirmed_at is None:
        raise Refusal("Another admin has to confirm this first.")
    if found.done_at is not None or at > found.confirmed_at + COPY_LASTS:
        raise Gone("The copy was taken, or its hour is over. Ask again if it is still needed.")
    audit.record(
        by=by, verb="customer.copied", about=f"request {found.pk}", at=at,
        concerns=copies.took_part(customer=found.customer_id),
    )  # fmt: skip
    found.done_at = at
    found.save(update_fields=["done_at"])
    return copies.copy_of(customer=found.customer_id, at=at)


def _audit(by: Viewer, verb: str, request: CustomerRequest, at: datetime) -> None:
    audit.record(by=by, verb=verb, about=f"request {request.pk}, {request.get_kind_display()}", at=at)
