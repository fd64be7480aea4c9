"""What is looked for, and what people judged of it: rubrics with their versions, reviews with their marks, second looks."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.reach import within
from apps.analysis.opinions import Topic
from apps.interactions.models import Conversation
from apps.reviews.automatic import AutoScore as AutoScore
from apps.reviews.calibrations import Calibration as Calibration
from apps.reviews.calibrations import Grader as Grader
from apps.reviews.calibrations import TalkNote as TalkNote
from apps.reviews.plans import Assignment as Assignment  # models of this app, in modules of their own
from apps.reviews.plans import Draw as Draw
from apps.reviews.plans import Flag as Flag
from apps.reviews.plans import SamplingPlan as SamplingPlan
from apps.reviews.spec import Fails, Family, LineSpec, RubricSpec, Scale, SectionSpec, Weighing

LONGEST_NOTE = 400


class Rubric(models.Model):
    """A form by which conversations are scored, under one key for good; what it asks stands in its versions."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    family = models.CharField(max_length=8, choices=Family.choices)
    # The one a review of this family begins with unless another is chosen.
    is_default = models.BooleanField(default=False)
    # How long a submitted review is kept from its agent: its reviewer may take it back until then.
    release_minutes = models.PositiveIntegerField(default=60)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["family", "name"]
        constraints = [
            models.UniqueConstraint(fields=["family"], condition=Q(is_default=True), name="rubric_one_default"),
            models.CheckConstraint(condition=Q(retired_at=None) | Q(is_default=False), name="rubric_default_is_used"),
        ]

    def __str__(self) -> str:
        return self.name


class RubricVersion(models.Model):
    """One version of a rubric. Never changed: a review keeps the version it was begun with."""

    rubric = models.ForeignKey(Rubric, models.CASCADE, related_name="versions")
    n = models.PositiveIntegerField()
    weighing = models.CharField(max_length=8, choices=Weighing.choices, default=Weighing.LINES)
    # What the version changes, as who made it says; masked.
    says = models.CharField(max_length=200, blank=True)
    # None: as the portal brought it.
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rubric", "n"], name="rubric_version_once")]

    def __str__(self) -> str:
        return f"{self.rubric.name}, form {self.n}"

    def spec(self) -> RubricSpec:
        """What it asks. Two statements unless sections and lines were fetched with it."""
        return RubricSpec(
            weighing=Weighing(self.weighing), sections=tuple(section.spec() for section in self.sections.all())
        )


class Section(models.Model):
    """One heading of a version."""

    version = models.ForeignKey(RubricVersion, models.CASCADE, related_name="sections")
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    weight = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["version", "place"], name="section_once")]

    def __str__(self) -> str:
        return self.name

    def spec(self) -> SectionSpec:
        """The section with its lines."""
        return SectionSpec(name=self.name, weight=self.weight, lines=tuple(line.spec() for line in self.lines.all()))


class Line(models.Model):
    """One thing that a version looks for."""

    section = models.ForeignKey(Section, models.CASCADE, related_name="lines")
    version = models.ForeignKey(RubricVersion, models.CASCADE, related_name="lines")
    # Its place in the whole version, from 1: the number that a reviewer sees.
    place = models.PositiveSmallIntegerField()
    # The same line in other versions has the same key: patterns are counted over it.
    key = models.CharField(max_length=40)
    text = models.CharField(max_length=160)
    scale = models.CharField(max_length=10, choices=Scale.choices)
    weight = models.PositiveSmallIntegerField(default=0)
    may_be_na = models.BooleanField(default=True)
    fails = models.CharField(max_length=8, choices=Fails.choices, blank=True)
    shown_if = models.CharField(max_length=40, blank=True)
    shown_at = ArrayField(models.PositiveSmallIntegerField(), default=list)
    causes = ArrayField(models.CharField(max_length=60), default=list)
    guidance = models.TextField(blank=True)
    good_example = models.TextField(blank=True)
    # Which reading suggests a mark (see analysis.opinions); empty: none.
    reading = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="line_once"),
            models.UniqueConstraint(fields=["version", "place"], name="line_has_its_place"),
        ]

    def __str__(self) -> str:
        return self.text

    def spec(self) -> LineSpec:
        """What it asks."""
        return LineSpec(
            key=self.key, text=self.text, scale=Scale(self.scale), weight=self.weight, may_be_na=self.may_be_na,
            fails=Fails(self.fails), shown_if=self.shown_if, shown_at=tuple(self.shown_at), causes=tuple(self.causes),
            guidance=self.guidance, good_example=self.good_example, reading=Topic(self.reading) if self.reading else None,
        )  # fmt: skip


class Pick(models.TextChoices):
    """Why a conversation is scored. Only what chance picked feeds a score about a person."""

    RANDOM = "random", "Random"
    RISK = "risk", "By risk"
    CHOSEN = "chosen", "Chosen"
    CALIBRATION = "calibration", "Calibration"


class ReviewQuerySet(models.QuerySet["Review"]):
    def submitted(self) -> ReviewQuerySet:
        """Those that are no drafts."""
        return self.filter(submitted_at__isnull=False)

    def released(self, at: datetime) -> ReviewQuerySet:
        """Those that their agents may read by now. What is for calibration never is."""
        return self.filter(releases_at__lte=at)

    def counted(self) -> ReviewQuerySet:
        """What a score about a person or an AI agent is made of: submitted, picked by chance, with a score."""
        return self.submitted().filter(pick=Pick.RANDOM, score__isnull=False)

    def visible_to(self, viewer: Viewer, at: datetime) -> ReviewQuerySet:
        """Reviews the viewer may read: agents their own once released; reviewers what they wrote; leads what was released of those they
        lead while they did, and of AI agents; QA managers everything that was submitted. Another's draft is nobody's, and what is for calibration its
        writer's alone.
        """
        mine = Q(reviewer=viewer.user)
        if not viewer.user.is_active:
            return self.none()
        if viewer.role == Role.AGENT:
            return (
                self.released(at).filter(agent__user=viewer.user)
                if viewer.allows(Permission.BE_REVIEWED)
                else self.none()
            )
        if not viewer.allows(Permission.REVIEW):
            return self.none()
        if viewer.allows(Permission.MANAGE_QUALITY):
            return self.filter(mine | (Q(submitted_at__isnull=False) & ~Q(pick=Pick.CALIBRATION)))
        if viewer.role == Role.LEAD:
            led = Agent.objects.visible_to(viewer).exclude(user=viewer.user)
            in_time = within(viewer, agent="agent", at="releases_at")
            return self.filter(mine | (Q(agent__in=led, releases_at__lte=at) & in_time))
        return self.filter(mine)


class Review(models.Model):
    """One person's judgement of what one agent did in one conversation: a draft until it is submitted.

    Other reviewers see nothing of it until then, its agent nothing until `releases_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    conversation = models.ForeignKey(Conversation, models.DO_NOTHING, related_name="reviews", db_constraint=False)
    # Whose work is judged: a person or an AI agent.
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="reviews")
    version = models.ForeignKey(RubricVersion, models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    pick = models.CharField(max_length=12, choices=Pick.choices)
    # The reason in a word or two where there is one: "CSAT 1", "alert".
    pick_reason = models.CharField(max_length=60, blank=True)
    # What the agent will read: one point a line, at most two; masked.
    note = models.TextField(blank=True)
    begun_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    releases_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    # Counts the saves: whoever saves says on which one theirs is based, so that two windows do not overwrite each other.
    revision = models.PositiveIntegerField(default=0)
    # The key of the last save: the same save sent again, after an answer was lost, is recognised.
    last_save = models.UUIDField(null=True)
    # How long the reviewer had it before them and did something.
    active_seconds = models.PositiveIntegerField(default=0)
    # Of a submitted review; null when no line that counts was marked. `raw_score` is without what failed.
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    raw_score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    is_failed = models.BooleanField(default=False)
    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            # What counts is scored once; for calibration each grader has one of their own.
            models.UniqueConstraint(
                fields=["conversation", "agent"], condition=~Q(pick="calibration"), name="review_once"
            ),
            models.UniqueConstraint(fields=["conversation", "agent", "reviewer"], name="review_once_a_reviewer"),
            models.CheckConstraint(
                condition=Q(releases_at=None) | Q(submitted_at__isnull=False, releases_at__gte=F("submitted_at")),
                name="review_released_after_submitted",
            ),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__gte=0, score__lte=100), name="review_score_is_a_part_of_100"
            ),
        ]
        indexes = [
            models.Index(fields=["agent", "-releases_at"], name="review_of_agent"),
            models.Index(fields=["reviewer", "-saved_at"], name="review_by_reviewer"),
            models.Index(fields=["-submitted_at"], name="review_submitted"),
        ]

    def __str__(self) -> str:
        return f"review {self.pk}"

    @property
    def is_submitted(self) -> bool:
        """It is no draft any more."""
        return self.submitted_at is not None


class Mark(models.Model):
    """What a review says about one line: a step of its scale, or that it does not apply. Neither: not marked yet."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="marks")
    line = models.ForeignKey(Line, models.PROTECT, related_name="marks")
    step = models.PositiveSmallIntegerField(null=True)
    is_na = models.BooleanField(default=False)
    # Of those that the line names.
    causes = ArrayField(models.CharField(max_length=60), default=list)
    # Messages that show it. No foreign keys: see decision 0003.
    evidence = ArrayField(models.UUIDField(), default=list)
    # Masked.
    comment = models.CharField(max_length=400, blank=True)
    # The step that was marked first, 0: it does not apply. What a machine suggests is shown after it, so this is what people and
    # machines are compared by.
    first_step = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "line"], name="mark_once"),
            models.CheckConstraint(condition=Q(step=None) | Q(is_na=False), name="mark_is_a_step_or_none"),
        ]

    def __str__(self) -> str:
        return "n/a" if self.is_na else str(self.step or "–")

    @property
    def is_set(self) -> bool:
        """It was marked."""
        return self.is_na or self.step is not None


class Outcome(models.TextChoices):
    """How a second look ended."""

    ACCEPTED = "accepted", "Accepted"
    PARTLY = "partly", "Partly accepted"
    REJECTED = "rejected", "Rejected"


class SecondLook(models.Model):
    """An agent doubts a review, or one line of it, and somebody who did not write it decides."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    review = models.ForeignKey(Review, models.CASCADE, related_name="second_looks")
    # None: the whole review.
    line = models.ForeignKey(Line, models.PROTECT, null=True, related_name="second_looks")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="second_looks_asked")
    # Why; masked.
    text = models.CharField(max_length=800)
    asked_at = models.DateTimeField()
    # Until when it was promised to be decided.
    due_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="second_looks_decided"
    )
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    # The reason of the decision, for the agent and the reviewer; masked.
    answer = models.CharField(max_length=800, blank=True)
    score_before = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    score_after = models.DecimalField(max_digits=5, decimal_places=2, null=True)

    class Meta:
        constraints = [
            # A line is looked at again once, and so is the whole.
            models.UniqueConstraint(fields=["review", "line"], nulls_distinct=False, name="second_look_once"),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, outcome="")
                | (Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(outcome="")),
                name="second_look_is_decided_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(decided_at=None), name="second_look_open"),
        ]

    def __str__(self) -> str:
        return f"second look {self.pk}"


class Correction(models.Model):
    """One mark that a second look changed: what it was and what it is. Neither is lost."""

    second_look = models.ForeignKey(SecondLook, models.CASCADE, related_name="corrections")
    line = models.ForeignKey(Line, models.PROTECT, related_name="corrections")
    step_before = models.PositiveSmallIntegerField(null=True)
    is_na_before = models.BooleanField(default=False)
    step_after = models.PositiveSmallIntegerField(null=True)
    is_na_after = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["second_look", "line"], name="correction_once")]

    def __str__(self) -> str:
        return f"{self.step_before} to {self.step_after}"

    @property
    def before(self) -> str:
        """The mark that it was, in a word."""
        if self.is_na_before:
            return "does not apply"
        return "not marked" if self.step_before is None else Scale(self.line.scale).words[self.step_before - 1]
