"""What a customer may ask of us, and what a court may: requests about one customer's data, and legal holds."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class RequestKind(models.TextChoices):
    """What is asked for."""

    ERASE = "erase", "erasure"
    COPY = "copy", "copy"


class CustomerRequest(models.Model):
    """One request to erase what is kept about a customer, or to hand out a copy of it. Two admins carry it out together.

    It holds the customer's key, which is made from the source's own id, and never a name, an address or a value.
    """

    kind = models.CharField(max_length=5, choices=RequestKind.choices)
    customer_id = models.UUIDField()
    source = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="requests_asked")
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="requests_confirmed"
    )
    confirmed_at = models.DateTimeField(null=True)
    # Set when the rows are erased; raw deliveries follow.
    erased_at = models.DateTimeField(null=True)
    # Set when everything is erased, in raw deliveries too, or when the copy was taken: it is taken once.
    done_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("asked_by")), name="request_needs_two_admins"
            ),
            models.UniqueConstraint(
                fields=["kind", "customer_id"], condition=Q(done_at=None, withdrawn_at=None), name="request_open_once"
            ),
        ]
        # The page, newest first.
        indexes = [models.Index(fields=["-asked_at"], name="request_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.asked_at:%F %T}"


class Hold(models.Model):
    """Nothing recorded about one customer goes, by retention or by erasure, until this hold is lifted."""

    customer_id = models.UUIDField()
    reason = models.CharField(max_length=500)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="holds_placed")
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="holds_lifted")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer_id"], condition=Q(lifted_at=None), name="hold_once"),
        ]

    def __str__(self) -> str:
        return f"on {self.customer_id}"


# Conversations of customers who are held, as a subselect of our own statements.
HELD_CONVERSATIONS = (
    "(SELECT c.id FROM interactions_conversation c JOIN interactions_hold h ON h.customer_id = c.customer_id "
    "WHERE h.lifted_at IS NULL)"
)
HELD_CUSTOMERS = "(SELECT customer_id FROM interactions_hold WHERE lifted_at IS NULL)"
