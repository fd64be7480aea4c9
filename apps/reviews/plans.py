"""What is reviewed and by whom: sampling plans, their draws, and what each draw gave to whom. Models of this app.

Everything a draw was made of is kept with it, so that anybody can make it again and see the same conversations.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.access.roles import Permission
from apps.agents.models import Agent, Team
from apps.interactions.models import Conversation, Queue
from apps.reviews import sampling
from apps.reviews.spec import Family

if TYPE_CHECKING:
    from apps.access.viewer import Viewer


class Cadence(models.TextChoices):
    """How often a plan draws."""

    DAY = "day", "each day"
    WEEK = "week", "each week"


class Stratum(models.TextChoices):
    """A property by which a draw is spread: each of its values gets its share."""

    CHANNEL = "channel", "Channel"
    QUEUE = "queue", "Queue"
    TOPIC = "topic", "Topic"
    LENGTH = "length", "Length"
    CSAT = "csat", "Rating"
    ALERT = "alert", "Alert raised"
    AI = "ai", "AI took part"


class Risk(models.TextChoices):
    """A reason to look at a conversation that chance did not pick."""

    CSAT = "csat", "Low rating"
    ALERT = "alert", "Alert raised"
    MOOD = "mood", "Turned negative"
    ASKED = "asked", "Asked for a person"
    REOPENED = "reopened", "Reopened"
    MOVED = "moved", "Moved twice or more"
    LONG = "long", "Very long"
    ROUGH = sampling.ROUGH, "Looks rough; a machine’s guess that only sorts"


class Unfit(models.TextChoices):
    """Why a drawn conversation cannot be reviewed by whom it was given to."""

    LANGUAGE = "language", "In a language I do not read"
    EMPTY = "empty", "Nothing in it to judge"
    TEST = "test", "A test, spam or a wrong number"
    KNOWN = "known", "I know the customer or the person too well"
    BROKEN = "broken", "Words are missing"


class SamplingPlan(models.Model):
    """How many conversations of each person are reviewed, of which, and by whom."""

    name = models.CharField(max_length=80, unique=True)
    # People or AI agents, never both: they are judged by different rubrics.
    family = models.CharField(max_length=8, choices=Family.choices, default=Family.PEOPLE)
    cadence = models.CharField(max_length=4, choices=Cadence.choices, default=Cadence.WEEK)
    # Where its days and weeks begin, and at which hour of the day after the last one is drawn from.
    zone = models.CharField(max_length=64)
    draws_at_hour = models.PositiveSmallIntegerField(default=6)
    # For each person and period: picked by chance, which feeds scores, and by risk, which does not.
    chance_n = models.PositiveSmallIntegerField(default=2)
    risk_n = models.PositiveSmallIntegerField(default=1)
    strata = ArrayField(models.CharField(max_length=10, choices=Stratum.choices), default=list)
    risks = ArrayField(models.CharField(max_length=10, choices=Risk.choices), default=list)
    # Eligible are closed conversations with at least so many messages of the person's own.
    fewest_messages = models.PositiveSmallIntegerField(default=2)
    # Empty: all of them.
    teams = models.ManyToManyField(Team, blank=True, related_name="+")
    queues = models.ManyToManyField(Queue, blank=True, related_name="+")
    reviewers = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    due_days = models.PositiveSmallIntegerField(default=5)
    is_on = models.BooleanField(default=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(draws_at_hour__lte=23), name="plan_draws_at_an_hour"),
            models.CheckConstraint(condition=Q(chance_n__lte=20, risk_n__lte=20), name="plan_draws_no_more_than_20"),
            models.CheckConstraint(condition=Q(due_days__gte=1, due_days__lte=31), name="plan_is_due_within_a_month"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        """Its zone."""
        return ZoneInfo(self.zone)


class Draw(models.Model):
    """One draw of one plan for one period: what it was made of, and what came of it. One a plan and period, whoever asks.

    While `drawn_at` is empty it has not worked yet, and `error` says why in a sentence.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    plan = models.ForeignKey(SamplingPlan, models.PROTECT, related_name="draws")
    first_on = models.DateField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    # Made when the draw is first tried, and never again.
    seed = models.CharField(max_length=32)
    # The plan as it was then.
    criteria = models.JSONField(default=dict)
    # Everything that could have been drawn, packed (see `frames`), and its checksum.
    frame = models.BinaryField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    candidates = models.PositiveIntegerField(default=0)
    people = models.PositiveIntegerField(default=0)
    # People who had fewer candidates than the quota, and how many.
    short = models.JSONField(default=dict)
    tried_at = models.DateTimeField(null=True)
    drawn_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-first_on"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "first_on"], name="draw_once_a_period"),
            models.CheckConstraint(condition=Q(until_at__gt=models.F("from_at")), name="draw_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(drawn_at=None) | Q(error=""), name="draw_worked_or_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.first_on}"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, viewer: Viewer) -> AssignmentQuerySet:
        """Reviewers see what is theirs to review; QA managers see who has what; nobody else any."""
        if viewer.allows(Permission.MANAGE_QUALITY):
            return self
        if viewer.allows(Permission.REVIEW):
            return self.filter(reviewer=viewer.user)
        return self.none()

    def to_do(self) -> AssignmentQuerySet:
        """Those that stand: neither replaced nor submitted."""
        return self.filter(replaced_at=None, review__submitted_at=None)


class Assignment(models.Model):
    """One person's part in one conversation that somebody is to review, and why: of chance, or of a risk.

    It stays when it is replaced, with the reason: a reviewer who passes over what is unpleasant can be seen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    draw = models.ForeignKey(Draw, models.PROTECT, related_name="assignments")
    conversation = models.ForeignKey(Conversation, models.DO_NOTHING, related_name="assignments", db_constraint=False)
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="assignments")
    # The same words as `Review.pick`.
    part = models.CharField(max_length=8)
    reason = models.CharField(max_length=10, choices=Risk.choices, blank=True)
    # None: nobody in the plan may read it.
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="assignments")
    given_at = models.DateTimeField()
    due_at = models.DateTimeField()
    review = models.OneToOneField("reviews.Review", models.SET_NULL, null=True, related_name="assignment")
    replaced_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    replaced_because = models.CharField(max_length=10, choices=Unfit.choices, blank=True)
    instead_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="replacement")
    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            # Nothing is drawn twice, also not by two plans or in two periods.
            models.UniqueConstraint(fields=["conversation", "agent"], name="assignment_once"),
            models.CheckConstraint(
                condition=Q(part="random", reason="") | (Q(part="risk") & ~Q(reason="")),
                name="assignment_of_risk_says_which",
            ),
            models.CheckConstraint(
                condition=Q(replaced_at=None, replaced_by=None, replaced_because="")
                | (Q(replaced_at__isnull=False, replaced_by__isnull=False) & ~Q(replaced_because="")),
                name="assignment_is_replaced_with_a_reason",
            ),
        ]
        indexes = [
            # What waits for a reviewer.
            models.Index(fields=["reviewer", "due_at"], condition=Q(replaced_at=None), name="assignment_of_reviewer"),
        ]

    def __str__(self) -> str:
        return f"assignment {self.pk}"

    def is_late(self, at: datetime) -> bool:
        """It should have been reviewed by now."""
        return self.due_at < at


class Flag(models.Model):
    """Something that other parts of the portal noticed about a conversation, and that a draw may look at."""

    conversation_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Risk.choices)
    noticed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation_id", "kind"], name="flag_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_id}"
