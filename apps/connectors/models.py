"""Where events come from: sources, what they delivered, and which events were seen before."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models

# For this long nobody else takes what one worker has noted down and is about to lock.
ABOUT_TO_LOCK = timedelta(seconds=2)


class Source(models.Model):
    """One system that sends events, with the keys of its door."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, default="api")
    is_active = models.BooleanField(default=True)
    # SHA-256 of bearer tokens: two while one is being rotated. The token itself is shown once and kept nowhere.
    token_digests = ArrayField(models.CharField(max_length=64), default=list)
    # Secrets of the Standard Webhooks signature, sealed; two while one is being rotated.
    webhook_secrets = ArrayField(models.BinaryField(), default=list)
    created_at = models.DateTimeField()
    last_received_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    # The same id came again with other content: the first one stayed.
    conflicts = models.PositiveIntegerField(default=0)
    # Events a second that each web process takes from this source; null: as many as the floor can record.
    most_events_per_second = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def uri(self) -> str:
        """What the `source` attribute of this source's events says."""
        return f"/connections/{self.slug}"


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", "Waiting"
    ABSORBED = "absorbed", "Absorbed"
    FAILED = "failed", "Failed"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def not_recorded(self) -> DeliveryQuerySet:
        """Those of which something could not be recorded, or read: over their own short index."""
        return self.filter(_NOT_RECORDED)


_NOT_RECORDED = models.Q(state="failed") | models.Q(state="absorbed") & ~models.Q(aside=[])


class Delivery(models.Model):
    """One request that was accepted, or could not be read: its body as it came, sealed as a whole."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="deliveries")
    # The sender's own id of the delivery, where it has one.
    delivery_key = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField()
    body = models.BinaryField()
    # Places in the body of the events that were accepted; duplicates and refused ones are left out.
    accepted = ArrayField(models.PositiveSmallIntegerField(), default=list)
    state = models.CharField(max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    # Times it was taken and not brought to an end: its worker was killed over it.
    attempts = models.PositiveSmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True, blank=True)
    # Events that could not be recorded: {"place": in the body, "id": the event's, "why": a sentence}. Those beside them were.
    aside = models.JSONField(default=list, db_default=[])
    error = models.TextField(blank=True)
    # How far its live events trailed their receipt, in ms: the least of them shows the source's clock (less than nothing:
    # it runs ahead), the middle one the usual way here. Null where nothing in it was live.
    least_lag_ms = models.BigIntegerField(null=True, blank=True)
    usual_lag_ms = models.BigIntegerField(null=True, blank=True)
    absorbed_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        indexes = [
            # The list of what an admin should look at.
            models.Index(fields=["id"], condition=_NOT_RECORDED, name="delivery_not_recorded"),
            # The list of work.
            models.Index(fields=["id"], condition=models.Q(state="waiting"), name="delivery_waiting"),
            # Health and retention.
            models.Index(fields=["source", "-received_at"], name="delivery_of_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.received_at:%F %T}"


class Ledger(models.Model):
    """One event that was ever accepted, by a digest of its source and id: what makes a repeat a repeat."""

    digest = models.BinaryField(primary_key=True, max_length=16)
    content = models.BinaryField(max_length=16)
    # The table lies in hash partitions by digest, with a block range index here: see the migration that made them.
    first_seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class Wipe(models.Model):
    """Something that is to go from kept bodies: what one message said, or all events of a customer. Deleted once it went."""

    source = models.CharField(max_length=64)
    # One of the two.
    message_id = models.UUIDField(null=True)
    customer_id = models.UUIDField(null=True)
    # Of the customer: events about them go too. Of the message: where it stands.
    conversation_ids = ArrayField(models.UUIDField(), default=list)
    # The request that is finished when it went; null for what a source took back.
    request_id = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    # Set while a worker looks through the bodies for it; one that was killed is followed by another after a while.
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(message_id=None) ^ models.Q(customer_id=None), name="wipe_of_one_thing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.asked_at:%F %T}"


class Command(models.Model):
    """One thing a source is asked to do, fetched by it and read back from what it reports. Its key is the action's for good."""

    # Random, and told to its source alone: whoever reports on it knows it.
    id = models.UUIDField(primary_key=True, default=uuid4)
    source = models.ForeignKey(Source, models.CASCADE, related_name="commands")
    # What it is about: a diversion, whose rows say the rest. No foreign key, so that other kinds may follow.
    diversion_id = models.UUIDField()
    what = models.CharField(max_length=6, choices=[("begin", "Begin"), ("end", "End")])
    state = models.CharField(max_length=8, default="planned")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    # Accepted, done or refused, whichever was reported last.
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "diversion_id", "what"], name="command_once")]
        indexes = [
            # What waits to be fetched, and what waits for a word.
            models.Index(
                fields=["source", "made_at"], condition=~models.Q(state__in=["done", "refused"]), name="command_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.made_at:%F %T}"
