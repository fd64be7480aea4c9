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
        indexes = [
            # The dispatcher's list of work.
            models.Index(fields=["id"], condition=models.Q(dispatched_at=None), name="outbox_waiting"),
            # What an admin should look at.
            models.Index(
                fields=["id"],
                condition=models.Q(dispatched_at__isnull=False) & ~models.Q(error=""),
                name="outbox_aside",
            ),
        ]

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


class Pulse(models.Model):
    """When one scheduled task was last brought to an end by a worker, and by which: silence shows that nobody works."""

    task = models.CharField(max_length=120, primary_key=True)
    worker = models.CharField(max_length=255)
    done_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.task} {self.done_at:%F %T}"
