"""Notes to people about their own work."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.agents.models import Agent
from apps.coaching.feedback import Cadence as Cadence  # models of this app, in a module of their own
from apps.coaching.feedback import Point as Point
from apps.coaching.feedback import Sheet as Sheet

MOST_CHARACTERS = 280


class Note(models.Model):
    """One private note to an agent. Text and answer are masked before they come here.

    Each step has its time, and only ever forwards: sent, delivered (shown on an open page of theirs), read (their page of
    notes was opened), acknowledged, answered. A note that was taken back before it was read is shown to nobody.
    """

    # Made by the form, so that a form that is sent twice is one note.
    id = models.UUIDField(primary_key=True, default=uuid4)
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notes_sent")
    text = models.CharField(max_length=MOST_CHARACTERS * 2)
    # What it is about. No foreign keys: see decision 0003.
    conversation_id = models.UUIDField(null=True)
    message_id = models.UUIDField(null=True)
    sent_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=MOST_CHARACTERS * 2, blank=True)
    answered_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agent", "-sent_at"], name="note_to"),
            models.Index(fields=["by", "-sent_at"], name="note_by"),
            # What waits on the agent's pages.
            models.Index(
                fields=["agent"], condition=Q(acknowledged_at=None, withdrawn_at=None), name="note_unacknowledged"
            ),
        ]

    def __str__(self) -> str:
        return f"note {self.pk}"
