"""Feedback conversations: how often, and the sheet of each. Models of this app, in a module of their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team

LONGEST_POINT, LONGEST_STEPS, LONGEST_OWN = 280, 400, 400


class Cadence(models.Model):
    """How often the people of one team talk with their lead. A team without a row: every two weeks."""

    team = models.OneToOneField(Team, models.CASCADE, related_name="cadence")
    weeks = models.PositiveSmallIntegerField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cadences_set")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(weeks__gte=1, weeks__lte=12), name="cadence_in_weeks")]

    def __str__(self) -> str:
        return f"every {self.weeks} weeks"


class SheetQuerySet(models.QuerySet["Sheet"]):
    def there(self) -> SheetQuerySet:
        """Those that were not let go."""
        return self.filter(discarded_at=None)

    def visible_to(self, viewer: Viewer) -> SheetQuerySet:
        """An agent's own once they were held; a lead's, those of the people they lead. What is said there is nobody else's."""
        if viewer.allows(Permission.BE_COACHED):
            return self.there().filter(agent__user=viewer.user, held_at__isnull=False)
        if viewer.allows(Permission.COACH):
            return self.there().filter(agent__in=Agent.objects.visible_to(viewer).people())
        return self.none()


class Sheet(models.Model):
    """One feedback conversation: prepared from what was reviewed, held, then read and answered by its agent. Only ever forwards."""

    # Made by the form, so that a form that is sent twice prepares once.
    id = models.UUIDField(primary_key=True, default=uuid4)
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="sheets")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sheets_made")
    # What is to get better: a number of the dictionary, or "line:" and the key of a rubric's line.
    metric = models.CharField(max_length=60)
    prepared_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True)
    # What both agreed to do, and until when; masked.
    steps = models.CharField(max_length=2 * LONGEST_STEPS, blank=True)
    steps_by = models.DateField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    # How the agent puts it; masked.
    own_words = models.CharField(max_length=2 * LONGEST_OWN, blank=True)
    discarded_at = models.DateTimeField(null=True)
    objects = SheetQuerySet.as_manager()

    class Meta:
        constraints = [
            # One is prepared at a time.
            models.UniqueConstraint(
                fields=["agent"], condition=Q(held_at=None, discarded_at=None), name="sheet_prepared_once"
            ),
            models.CheckConstraint(
                condition=Q(held_at=None) | Q(held_at__gte=F("prepared_at"), discarded_at=None),
                name="sheet_held_after_prepared",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(held_at__isnull=False), name="sheet_acknowledged_after_held"
            ),
        ]
        indexes = [models.Index(fields=["agent", "-held_at"], name="sheet_of_agent")]

    def __str__(self) -> str:
        return f"sheet {self.pk}"

    @property
    def state(self) -> str:
        """How far it is, in a word."""
        if self.held_at is None:
            return "prepared"
        return "held" if self.acknowledged_at is None else "acknowledged"


class Point(models.Model):
    """One of the at most two things a sheet is about, with what shows it. Masked."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="points")
    place = models.PositiveSmallIntegerField()
    # The line of a rubric that it is about, in its words at the time.
    about = models.CharField(max_length=160)
    text = models.CharField(max_length=2 * LONGEST_POINT)
    # Messages and reviews that show it. No foreign keys: see decision 0003.
    evidence = ArrayField(models.UUIDField(), default=list)
    reviews = ArrayField(models.UUIDField(), default=list)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "place"], name="point_once"),
            models.CheckConstraint(condition=Q(place__in=[1, 2]), name="points_are_two_at_most"),
        ]

    def __str__(self) -> str:
        return f"point {self.place}"


def due_at(held_at: datetime | None, weeks: int) -> datetime | None:
    """When the next conversation is due; None: now, because there was none so far."""
    return None if held_at is None else held_at + timedelta(weeks=weeks)
