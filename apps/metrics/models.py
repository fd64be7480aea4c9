"""Observations, the points they are summed up in, and what waits to be counted again."""

from __future__ import annotations

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

# Stands for "in no queue", so that keys hold no null.
NO_QUEUE = UUID(int=0)


class Mark(models.Model):
    """One conversation whose observations may have changed. Appended by whoever changes it, taken by the recount."""

    conversation_id = models.UUIDField()
    marked_at = models.DateTimeField()
    # The batch held an event that came later than live ones do: what it changes in the past is a correction.
    is_late = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.marked_at:%F %T}"


class Observation(models.Model):
    """One case of one measure: a reply with its seconds, a rating, a resolution and whether it was reopened.

    Derived from the rows of one conversation, replaced whenever they change. Everything that is counted is counted from
    these rows, so they are also what stands behind a number.
    """

    pk = models.CompositePrimaryKey("conversation_id", "measure", "n")
    conversation_id = models.UUIDField()
    measure = models.CharField(max_length=24)
    # The n-th of its measure in the conversation, by time.
    n = models.PositiveIntegerField()
    at = models.DateTimeField()
    queue_id = models.UUIDField(default=NO_QUEUE)
    channel = models.CharField(max_length=12, blank=True)
    agent_id = models.UUIDField(null=True)
    # Microseconds of a duration, millionths of a score, 1 or 0 of a share; null where only the case counts. Whole numbers,
    # because their sums are the same in any order.
    value = models.BigIntegerField(null=True)

    class Meta:
        # A window of one measure, and the rows of one bucket.
        indexes = [models.Index(fields=["measure", "at"], name="observation_by_time")]

    def __str__(self) -> str:
        return f"{self.measure} {self.at:%F %T}"


class Point(models.Model):
    """Base of the buckets: the observations of one measure in one span of time, summed up.

    The histogram has logarithmic bars: `counts[i]` values lie in the bar `keys[i]` (see `histograms.py`).
    """

    grain = models.CharField(max_length=7)
    measure = models.CharField(max_length=24)
    starts_at = models.DateTimeField()
    n = models.PositiveIntegerField()
    total = models.BigIntegerField()
    keys = ArrayField(models.SmallIntegerField(), default=list)
    counts = ArrayField(models.PositiveIntegerField(), default=list)
    # How often events that came late have changed it; 0 = never corrected.
    revision = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.measure} {self.grain} {self.starts_at:%F %R}"


class QueuePoint(Point):
    """One minute or hour of one measure in one queue on one channel."""

    # The key is the index of every read: one measure over a span, all queues or some.
    pk = models.CompositePrimaryKey("grain", "measure", "starts_at", "queue_id", "channel")
    queue_id = models.UUIDField(default=NO_QUEUE)
    channel = models.CharField(max_length=12, blank=True)


class AgentPoint(Point):
    """One quarter of an hour, or one hour, of one measure of one agent. A measure is of people or of AI agents, never both."""

    pk = models.CompositePrimaryKey("grain", "measure", "starts_at", "agent_id")
    agent_id = models.UUIDField()
