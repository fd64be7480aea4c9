"""What was done about an alert or a person's work, how it is judged, and what came of it."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, AgentKind, agents_of
from apps.alerts.models import Episode
from apps.interactions.models import Queue, in_queues_of
from apps.interventions.plans import ALL
from apps.interventions.verification import Verdict


class Kind(models.TextChoices):
    """What was done."""

    NOTE = "note", "Coaching note"
    MOVE = "move", "People moved"
    SENIORS = "seniors", "Complex conversations to seniors"
    TO_AI = "to_ai", "Simple matters to the AI"
    PAUSE = "pause", "AI paused for a matter"
    HELP = "help", "Help called"
    PROPOSAL = "proposal", "Change of an AI agent proposed"
    WORST = "worst", "Worst conversations opened"
    LOOKED = "looked", "Looked into"
    FEED = "feed", "Feed checked"
    FEEDBACK = "feedback", "Feedback conversation"


# What passed between a lead and an agent: only for who leads the agent, and for the agent.
PRIVATE = (Kind.NOTE, Kind.FEEDBACK)


class InterventionQuerySet(models.QuerySet["Intervention"]):
    def visible_to(self, viewer: Viewer) -> InterventionQuerySet:
        """Those of queues in the viewer's scope; a note or a feedback conversation only for who leads its agent; an agent's own
        feedback conversations for the agent.

        It asks for the scope alone and for no person, because who has the same scope is sent the same HTML.
        """
        if not viewer.allows(Permission.VIEW_INTERVENTIONS):
            own = self.filter(kind=Kind.FEEDBACK, agent__user=viewer.user)
            return own if viewer.allows(Permission.BE_COACHED) else self.none()
        private = Q(pk__in=[])
        if viewer.allows(Permission.COACH):
            private = Q(kind__in=PRIVATE, agent__kind=AgentKind.HUMAN) & agents_of(viewer, "agent__")
        return self.filter(~Q(kind__in=PRIVATE) & in_queues_of(viewer) | private)


class Intervention(models.Model):
    """One action, with everything that its verdict rests on as it was fixed when it was taken. Only `undone_at` changes."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # The note, diversion, call, proposal or episode it is. No foreign key: it is one of several kinds of rows.
    subject_id = models.UUIDField()
    episode = models.ForeignKey(Episode, models.SET_NULL, null=True, related_name="interventions")
    # Where it acts: a queue, or of a note or a conversation the person.
    queue = models.ForeignKey(Queue, models.CASCADE, null=True, related_name="interventions")
    agent = models.ForeignKey(Agent, models.CASCADE, null=True, related_name="interventions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="interventions")
    at = models.DateTimeField()
    # The comparison set: queues, or colleagues of the person; empty: the same hours of the days before.
    others = ArrayField(models.UUIDField(), default=list)
    undone_at = models.DateTimeField(null=True)
    objects = InterventionQuerySet.as_manager()

    class Meta:
        constraints = [
            # A fact that comes twice is one intervention.
            models.UniqueConstraint(fields=["kind", "subject_id"], name="intervention_once"),
        ]
        indexes = [
            models.Index(fields=["-at"], name="intervention_by_time"),
            models.Index(fields=["queue", "-at"], name="intervention_of_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%F %T}"


class Look(models.Model):
    """One look at an intervention: what is measured, fixed when it was taken, and what was found once it was due."""

    intervention = models.ForeignKey(Intervention, models.CASCADE, related_name="looks")
    horizon = models.CharField(max_length=5, choices=[(one.key, one.words) for one in ALL])
    # Of the dictionary, or a line of a rubric.
    metric = models.CharField(max_length=60)
    before_from = models.DateTimeField()
    after_until = models.DateTimeField()
    # When its last case is decided.
    due_at = models.DateTimeField()
    verdict = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in Verdict], default=Verdict.TOO_EARLY
    )
    judged_at = models.DateTimeField(null=True)
    # In the unit of the metric; of a duration the logarithm of seconds. Null where nothing could be worked out.
    effect = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    expected = models.FloatField(null=True)
    before = models.FloatField(null=True)
    after = models.FloatField(null=True)
    others_before = models.FloatField(null=True)
    others_after = models.FloatField(null=True)
    n_before = models.PositiveIntegerField(default=0)
    n_after = models.PositiveIntegerField(default=0)
    n_others = models.PositiveIntegerField(default=0)
    # Stretches of the days before that say what usually follows.
    stretches = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["intervention", "horizon"], name="look_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(judged_at=None), name="look_due")]

    def __str__(self) -> str:
        return f"{self.intervention_id} {self.horizon}"


class HandoverQuerySet(models.QuerySet["Handover"]):
    def visible_to(self, viewer: Viewer) -> HandoverQuerySet:
        """Those one gave or was given."""
        if not viewer.allows(Permission.REROUTE):
            return self.none()
        return self.filter(Q(by=viewer.user) | Q(to=viewer.user))


class Handover(models.Model):
    """One shift handed to the next lead, with a note: what passed is counted here and stands in its own rows. Masked."""

    # Made by the form, so that a form that is sent twice hands over once.
    id = models.UUIDField(primary_key=True, default=uuid4)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="handovers_given")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="handovers_taken")
    text = models.CharField(max_length=1200, blank=True)
    made_at = models.DateTimeField()
    alerts = models.PositiveIntegerField(default=0)
    diversions = models.PositiveIntegerField(default=0)
    promises = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    objects = HandoverQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(by=models.F("to")), name="handover_to_somebody_else")]
        indexes = [models.Index(fields=["to"], condition=Q(seen_at=None), name="handover_unseen")]

    def __str__(self) -> str:
        return f"handover {self.made_at:%F %T}"


class ReportWish(models.Model):
    """Somebody who wants to be sent the report after each shift."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="report_wish")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"of {self.user_id}"


class ReportMail(models.Model):
    """One report that was sent: once a person and shift."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    day = models.DateField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="report_mail_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day:%F}"
