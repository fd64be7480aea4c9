"""Who was working: teams, people and AI agents, their shifts and presence."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

if TYPE_CHECKING:
    from apps.access.viewer import Viewer


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, viewer: Viewer) -> TeamQuerySet:
        """Teams the viewer leads or belongs to the scope of; everything for whole-organisation roles."""
        return self if viewer.sees_everything else self.filter(pk__any=viewer.granted(Team))


class Team(models.Model):
    """A group of people with one lead; the container that grants on people are given on."""

    name = models.CharField(max_length=80, unique=True)
    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("lead_team", "Leads this team")]

    def __str__(self) -> str:
        return self.name


class TeamUserObjectPermission(UserObjectPermissionBase):
    """One grant of one person on one team; it dies with the team."""

    content_object = models.ForeignKey(Team, on_delete=models.CASCADE)


class AgentKind(models.TextChoices):
    """People and AI agents are never mixed in one number."""

    HUMAN = "human", "Person"
    AI = "ai", "AI agent"


def agents_of(viewer: Viewer, path: str = "") -> Q:
    """The condition that an agent, or the one that `path` leads to, is one the viewer may see; any for whole-organisation roles."""
    if viewer.sees_everything:
        return Q()
    found = Q(**{f"{path}team__any": viewer.granted(Team)}) | Q(**{f"{path}kind": AgentKind.AI})
    # Who looks at one team sees that team, and not oneself in another.
    return found if viewer.scope else found | Q(**{f"{path}user": viewer.user})


class AgentQuerySet(models.QuerySet["Agent"]):
    def visible_to(self, viewer: Viewer) -> AgentQuerySet:
        """People of the viewer's teams and all AI agents; an agent sees their own row."""
        return self.filter(agents_of(viewer))

    def people(self) -> AgentQuerySet:
        """Human agents only."""
        return self.filter(kind=AgentKind.HUMAN)

    def ai(self) -> AgentQuerySet:
        """AI agents only."""
        return self.filter(kind=AgentKind.AI)


class Agent(models.Model):
    """Somebody who answers customers: a person, or an AI agent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=8, choices=AgentKind.choices)
    name = models.CharField(max_length=200)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="agents")
    # The account with which the person reads their own pages; AI agents have none.
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="agent")
    skills = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    # How many conversations at once; voice always takes a person whole.
    capacity = models.PositiveSmallIntegerField(default=3)
    # False for somebody a source named before an admin did; shown as "not in the directory yet".
    is_listed = models.BooleanField(default=False)
    objects = AgentQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind="human") | Q(user=None), name="agent_ai_has_no_account"),
        ]

    def __str__(self) -> str:
        return self.name


class AgentIdentity(models.Model):
    """The name by which one source knows one agent."""

    source = models.CharField(max_length=64)
    external_id = models.CharField(max_length=255)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="identities")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="agent_identity_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.external_id}"


class Origin(models.TextChoices):
    """Who planned a shift. What a file brought is not changed by a weekly pattern, nor the other way round."""

    PLANNED = "planned", "Planned elsewhere"
    FILE = "file", "From a file"
    WEEK = "week", "From the weekly pattern"


class Shift(models.Model):
    """One planned stretch of work of one person."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.PLANNED)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_start"),
            models.UniqueConstraint(fields=["agent", "starts_at"], name="shift_once"),
        ]
        indexes = [models.Index(fields=["ends_at"], name="shift_by_end")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.starts_at:%F %R}"


class Activity(models.Model):
    """A stretch inside a shift that is planned for something else than customers: a break or a meeting.

    A shift with one is kept to the minute: who takes a break at another time does not match the plan. A shift without any names
    no breaks, and being signed in matches it.
    """

    class Kind(models.TextChoices):
        """What it is planned for."""

        BREAK = "break", "Break"
        MEETING = "meeting", "Meeting"

    shift = models.ForeignKey(Shift, models.CASCADE, related_name="activities")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="activity_ends_after_start"),
            models.UniqueConstraint(fields=["shift", "starts_at"], name="activity_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%F %R}"


class WeekShift(models.Model):
    """One weekday of a person's weekly pattern, in minutes after midnight where they are; it may end after the next midnight."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="week")
    # 1 = Monday, 7 = Sunday.
    weekday = models.PositiveSmallIntegerField()
    starts_minute = models.PositiveSmallIntegerField()
    ends_minute = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=64)

    class Meta:
        ordering = ["weekday"]
        constraints = [
            models.UniqueConstraint(fields=["agent", "weekday"], name="week_shift_once"),
            models.CheckConstraint(condition=Q(weekday__gte=1, weekday__lte=7), name="week_shift_on_a_weekday"),
            models.CheckConstraint(
                condition=Q(starts_minute__lt=1440, ends_minute__gt=F("starts_minute"))
                & Q(ends_minute__lte=F("starts_minute") + 960),
                name="week_shift_within_sixteen_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.weekday} {self.starts_minute}-{self.ends_minute}"


class ShiftException(models.Model):
    """One date on which a person works otherwise than their week says; without minutes they are off."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="exceptions")
    day = models.DateField()
    starts_minute = models.PositiveSmallIntegerField(null=True)
    ends_minute = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["agent", "day"], name="shift_exception_once"),
            models.CheckConstraint(
                condition=Q(starts_minute=None, ends_minute=None)
                | Q(
                    starts_minute__lt=1440,
                    ends_minute__gt=F("starts_minute"),
                    ends_minute__lte=F("starts_minute") + 960,
                ),
                name="shift_exception_has_both_or_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.day:%F}"


class PresenceStatus(models.TextChoices):
    """What a person says they are doing, in the canonical words."""

    AVAILABLE = "available", "Available"
    BUSY = "busy", "Busy"
    WRAP_UP = "wrap_up", "Wrap-up"
    AWAY = "away", "Away"
    OFFLINE = "offline", "Offline"
    UNKNOWN = "unknown", "Unknown"


class Presence(models.Model):
    """One stretch of one status of one person, from one status event to the next."""

    id = models.UUIDField(primary_key=True)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="presences")
    # The source's queue for which this status holds; empty = for all of them.
    queue = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=12, choices=PresenceStatus.choices)
    native = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    capacity = models.PositiveIntegerField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # Order inside one instant: the source's own counter, then the event's id.
    sequence = models.CharField(max_length=20, blank=True)

    class Meta:
        # The person's latest status, and the timeline of a day.
        indexes = [models.Index(fields=["agent", "-started_at"], name="presence_by_agent")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.status}"
