"""What is routed otherwise for a while, and who was called in to help."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions.models import Queue, in_queues_of


class Kind(models.TextChoices):
    """What a diversion changes."""

    MOVE = "move", "Move people"
    SENIORS = "seniors", "Complex conversations to seniors"
    TO_AI = "to_ai", "Simple matters to the AI"
    PAUSE = "pause", "AI paused for a matter"


class State(models.TextChoices):
    """How far the platform that routes has followed, in its own words read back (never what we hope)."""

    PLANNED = "planned", "Planned"
    SENT = "sent", "Sent"
    ACCEPTED = "accepted", "Accepted"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"


class DiversionQuerySet(models.QuerySet["Diversion"]):
    def visible_to(self, viewer: Viewer) -> DiversionQuerySet:
        """Diversions that touch a queue of the viewer's scope."""
        if not viewer.allows(Permission.VIEW_FLOOR):
            return self.none()
        if viewer.sees_everything:
            return self
        return self.filter(in_queues_of(viewer) | in_queues_of(viewer, "to_queue"))

    def running(self, at: object) -> DiversionQuerySet:
        """Those that hold at a moment."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=at), starts_at__lte=at, ends_at__gt=at)


class Diversion(models.Model):
    """One change of routing for a time. It returns by itself at `ends_at`, whoever looks and whichever worker lives."""

    # Made by the form, so that a form that is sent twice is one diversion.
    id = models.UUIDField(primary_key=True, default=uuid4)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # Whose conversations go elsewhere; of a move, the queue that people leave.
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="diversions")
    # Of a move only: the queue that they help.
    to_queue = models.ForeignKey(Queue, models.CASCADE, null=True, related_name="diversions_to")
    people = models.ManyToManyField(Agent, related_name="moves", blank=True)
    # The matter that the AI is paused for, or is to take; empty: all of them. A word of the source's vocabulary.
    intent = models.CharField(max_length=200, blank=True)
    # The alert it answers. No foreign key: alerts stand beside this app.
    alert_id = models.UUIDField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="diversions")
    made_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # Returned: by time at `ends_at`, or before by somebody.
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # Taken back within seconds: it never was.
    is_undone = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    state_at = models.DateTimeField()
    # Who leads the shift now; with whom it was made until it is handed over.
    keeper = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="diversions_kept")
    objects = DiversionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="diversion_ends_after_start"),
            models.CheckConstraint(
                condition=Q(kind="move", to_queue__isnull=False) | (~Q(kind="move") & Q(to_queue=None)),
                name="diversion_move_names_where",
            ),
            models.CheckConstraint(condition=~Q(queue=F("to_queue")), name="diversion_to_another_queue"),
            # One running change of one kind a queue and matter: two of them would contradict each other when one ends.
            models.UniqueConstraint(
                fields=["kind", "queue", "intent"],
                condition=Q(ended_at=None) & ~Q(kind="move"),
                name="diversion_open_once",
            ),
        ]
        indexes = [
            # What holds now, and what is to return.
            models.Index(fields=["ends_at"], condition=Q(ended_at=None), name="diversion_open"),
            models.Index(fields=["-made_at"], name="diversion_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.made_at:%F %T}"


class HelpCallQuerySet(models.QuerySet["HelpCall"]):
    def visible_to(self, viewer: Viewer) -> HelpCallQuerySet:
        """Calls that the viewer could answer: whoever may reroute anything hears of each, by its queue's name."""
        return self if viewer.allows(Permission.REROUTE) else self.none()

    def standing(self, at: object) -> HelpCallQuerySet:
        """Those that still want an answer."""
        return self.filter(ended_at=None, ends_at__gt=at)


class HelpCall(models.Model):
    """Somebody asks the other leads and operations to send people to a queue. It says no more than the queue and since when."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="help_calls")
    alert_id = models.UUIDField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="help_calls")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # Who promised to send somebody.
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="help_promised")
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    objects = HelpCallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue"], condition=Q(ended_at=None), name="help_call_once"),
        ]

    def __str__(self) -> str:
        return f"help for {self.queue_id} {self.made_at:%F %T}"
