"""Observations, the points they are summed up in, and what waits to be counted again."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.agents.models import Agent
from apps.interactions.models import Queue

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


class HourDue(models.Model):
    """An hour whose buckets are to be counted again: finer ones in it were, at `since` or later."""

    starts_at = models.DateTimeField(primary_key=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.starts_at:%F %H}"


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
    # The part of a duration that lies in the opening hours of its queue, in microseconds; null without a calendar.
    business = models.BigIntegerField(null=True)

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
    # The same cases on the clock of business hours: those that have one, and their sum.
    business_n = models.PositiveIntegerField(default=0)
    business_total = models.BigIntegerField(default=0)
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


class Calendar(models.Model):
    """When somebody is there: weekly opening hours on the clock of one time zone, less holidays."""

    name = models.CharField(max_length=80, unique=True)
    zone = models.CharField(max_length=64)
    queues = models.ManyToManyField(Queue, through="QueueCalendar", related_name="calendars")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class QueueCalendar(models.Model):
    """The calendar of one queue. A queue without a row has no clock of business hours."""

    queue = models.OneToOneField(Queue, models.CASCADE, primary_key=True, related_name="calendar_row")
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="queue_rows")

    def __str__(self) -> str:
        return f"{self.queue_id} {self.calendar_id}"


class QueueTier(models.Model):
    """How far up one queue stands among those that a conversation is passed up. A queue without a row is of the first tier."""

    queue = models.OneToOneField(Queue, models.CASCADE, primary_key=True, related_name="tier_row")
    tier = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tier__gte=2, tier__lte=4), name="queue_tier_above_the_first"),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.tier}"


class OpeningHours(models.Model):
    """One stretch of one weekday in which it is open, in minutes after local midnight.

    It may end after midnight: 1200 to 1560 is from 20:00 to 02:00 on the day after.
    """

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="hours")
    # 1 = Monday, 7 = Sunday.
    weekday = models.PositiveSmallIntegerField()
    opens_minute = models.PositiveSmallIntegerField()
    closes_minute = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["weekday", "opens_minute"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "weekday", "opens_minute"], name="opening_once"),
            models.CheckConstraint(condition=Q(weekday__gte=1, weekday__lte=7), name="opening_on_a_weekday"),
            models.CheckConstraint(
                condition=Q(opens_minute__lt=1440, closes_minute__gt=F("opens_minute"))
                & Q(closes_minute__lte=F("opens_minute") + 1440),
                name="opening_within_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens_minute}-{self.closes_minute}"


class Holiday(models.Model):
    """One date on which nothing opens. What opened the evening before stays open until its end."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.day:%F} {self.name}"


class Baseline(models.Model):
    """What is usual in one queue, in the hours of one zone: 168 arrivals an hour from Monday midnight, learnt from 28 days.

    Learnt again every hour; see `baselines.py` for what the two measures of scatter mean.
    """

    # Null: everything together, whose days scatter otherwise than the sum of its queues.
    queue_id = models.UUIDField(null=True)
    zone = models.CharField(max_length=64)
    expected = ArrayField(models.FloatField())
    dispersion = models.FloatField()
    level_spread = models.FloatField()
    # Whole days it was learnt from; fewer than seven are no baseline yet.
    days = models.PositiveSmallIntegerField()
    learnt_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone", "queue_id"], nulls_distinct=False, name="baseline_once"),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id or 'everything'} {self.zone}"


class Sample(models.Model):
    """What one queue looked like at one minute. Only gauges: they move without an event, so nothing can recount them."""

    pk = models.CompositePrimaryKey("taken_at", "queue_id")
    # The full minute; the look itself was at most a minute later.
    taken_at = models.DateTimeField()
    queue_id = models.UUIDField(default=NO_QUEUE)
    queue_length = models.PositiveIntegerField()
    unattended = models.PositiveIntegerField()
    # Open conversations by age, in the order of `gauges.BANDS`.
    backlog = ArrayField(models.PositiveIntegerField())
    # Microseconds; null when nobody waited, and on the clock of business hours without a calendar.
    longest_wait = models.BigIntegerField(null=True)
    longest_business_wait = models.BigIntegerField(null=True)
    # Null when no team answers the queue.
    free_slots = models.IntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.queue_id} {self.taken_at:%F %R}"


class Goal(models.Model):
    """One version of a goal: what a metric of somebody is to reach each day or week, from a date on. Only ever added.

    On a day the version holds whose date is the latest by then; of two of the same date, the one made later.
    """

    metric = models.CharField(max_length=40)
    scope_kind = models.CharField(max_length=6)  # floor, role, team, queue, person
    scope_key = models.CharField(max_length=36)
    period = models.CharField(max_length=4)  # day, week
    # In the metric's own unit: seconds, a share from 0 to 1, a count. Null: the goal ends with this version.
    target = models.FloatField(null=True)
    # Where it turns serious; on the worse side of the target.
    threshold = models.FloatField(null=True)
    from_on = models.DateField()
    # Whose days these are: the zone of who made it.
    zone = models.CharField(max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    made_at = models.DateTimeField()

    class Meta:
        # The versions of one goal, newest first.
        indexes = [
            models.Index(
                fields=["metric", "scope_kind", "scope_key", "period", "-from_on", "-id"], name="goal_versions"
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} of {self.scope_kind} {self.scope_key} from {self.from_on:%F}"


class Workday(models.Model):
    """One day of one person as they see it: the goals they were shown at its start, and what they say at its end.

    Both texts are masked before they come here and are kept as they were said.
    """

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="workdays")
    # In the zone of the person.
    day = models.DateField()
    goals_seen_at = models.DateTimeField(null=True)
    went_well = models.CharField(max_length=600, blank=True)
    one_point = models.CharField(max_length=600, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["agent", "day"], name="workday_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.day:%F}"
