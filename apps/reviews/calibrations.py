"""Calibration: several people score the same conversation blind, an expert gives the master, and they talk over what differs.

Models of this app. The marks lie in ordinary reviews whose pick is “calibration”, which no average counts.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.access.roles import Permission
from apps.agents.models import Agent
from apps.interactions.models import Conversation

if TYPE_CHECKING:
    from apps.access.viewer import Viewer


class CalibrationQuerySet(models.QuerySet["Calibration"]):
    def visible_to(self, viewer: Viewer) -> CalibrationQuerySet:
        """Sessions the viewer takes part in; all of them for who manages quality; nobody else's."""
        if viewer.allows(Permission.MANAGE_QUALITY):
            return self
        if viewer.allows(Permission.REVIEW):
            return self.filter(graders__user=viewer.user)
        return self.none()


class Calibration(models.Model):
    """One session over one agent's part in one conversation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    conversation = models.ForeignKey(Conversation, models.DO_NOTHING, related_name="calibrations", db_constraint=False)
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+")
    # All of them score by this one.
    version = models.ForeignKey("reviews.RubricVersion", models.PROTECT, related_name="calibrations")
    # The grader whose marks are the master.
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    called_at = models.DateTimeField()
    due_at = models.DateTimeField()
    # Nobody scores any more; what is missing stays missing.
    closed_at = models.DateTimeField(null=True)
    objects = CalibrationQuerySet.as_manager()

    class Meta:
        ordering = ["-called_at"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "agent"], name="calibration_once"),
            models.CheckConstraint(
                condition=Q(due_at__gte=models.F("called_at")), name="calibration_is_due_after_it_is_called"
            ),
        ]

    def __str__(self) -> str:
        return f"calibration {self.pk}"


class Grader(models.Model):
    """One person who scores in a session; `review` is theirs once it was begun."""

    calibration = models.ForeignKey(Calibration, models.CASCADE, related_name="graders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    review = models.OneToOneField("reviews.Review", models.SET_NULL, null=True, related_name="grader")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calibration", "user"], name="grader_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.calibration_id}"


class TalkNote(models.Model):
    """What was agreed about one line, or about the whole, when the differences were talked over. Masked."""

    calibration = models.ForeignKey(Calibration, models.CASCADE, related_name="notes")
    line = models.ForeignKey("reviews.Line", models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.CharField(max_length=600)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"note on {self.calibration_id}"
