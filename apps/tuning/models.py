"""What somebody thinks an AI agent should know or do otherwise. Releasing it is another matter."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions.models import Queue, in_queues_of

MOST_CHARACTERS = 2000


class Kind(models.TextChoices):
    """What is to change."""

    ARTICLE = "article", "A knowledge article"
    PROMPT = "prompt", "The prompt"


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, viewer: Viewer) -> ProposalQuerySet:
        """Proposals about queues in the viewer's scope, and the viewer's own."""
        if not viewer.allows(Permission.PROPOSE_TUNING):
            return self.none()
        if viewer.sees_everything:
            return self
        return self.filter(in_queues_of(viewer) | models.Q(by=viewer.user))


class Proposal(models.Model):
    """One proposed change of one AI agent, about one matter. The text is masked before it comes here."""

    # Made by the form, so that a form that is sent twice is one proposal.
    id = models.UUIDField(primary_key=True, default=uuid4)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="proposals")
    queue = models.ForeignKey(Queue, models.SET_NULL, null=True, related_name="proposals")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # A word of the source's vocabulary; empty: of no matter in particular.
    intent = models.CharField(max_length=200, blank=True)
    text = models.CharField(max_length=MOST_CHARACTERS * 2)
    # The alert it answers. No foreign key: alerts stand beside this app.
    alert_id = models.UUIDField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="proposals")
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    objects = ProposalQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["agent", "-made_at"], name="proposal_of_agent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.made_at:%F %T}"
