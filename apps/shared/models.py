"""The outbox: facts that were announced, and the steps that have handled them."""

from __future__ import annotations

from django.db import models


class Outbox(models.Model):
    """One announced fact, written in the transaction of the change it tells about."""

    fact = models.CharField(max_length=80)
    payload = models.JSONField()
    announced_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True, blank=True)
    # A step that raised: the fact is tried again later, and put aside with its error after the last try.
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        # The dispatcher's list of work.
        indexes = [models.Index(fields=["id"], condition=models.Q(dispatched_at=None), name="outbox_waiting")]

    def __str__(self) -> str:
        return f"{self.fact} {self.pk}"


class Handled(models.Model):
    """One step that has handled one fact: delivered perhaps twice, effective once."""

    outbox = models.ForeignKey(Outbox, models.CASCADE, related_name="handled")
    step = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outbox", "step"], name="handled_once")]

    def __str__(self) -> str:
        return f"{self.step} of {self.outbox_id}"
