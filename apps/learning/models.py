"""Good examples that people agreed to share, and lists of them given to those who learn."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.interactions.models import Conversation, CustomerRequest, Hold
from apps.reviews.models import Rubric


class End(models.TextChoices):
    """Why an example is no longer shown to anybody."""

    DECLINED = "declined", "somebody whose words they are did not agree"
    WITHDRAWN = "withdrawn", "it was withdrawn"
    EXPIRED = "expired", "its time was over"
    ERASED = "erased", "its customer was erased"
    GONE = "gone", "its messages were past their retention"


class ExemplarQuerySet(models.QuerySet["Exemplar"]):
    def lawful(self) -> ExemplarQuerySet:
        """Those whose customer neither asked to be erased nor is held for a court: what is kept for the law trains nobody."""
        asked = CustomerRequest.objects.filter(
            kind="erase", withdrawn_at=None, customer_id=OuterRef("conversation__customer_id")
        )
        held = Hold.objects.filter(lifted_at=None, customer_id=OuterRef("conversation__customer_id"))
        return self.filter(~Exists(asked), ~Exists(held))

    def live(self, at: datetime) -> ExemplarQuerySet:
        """Those that all whose words they are agreed to, that have not ended, and that the law leaves alone."""
        return self.lawful().filter(opened_at__isnull=False, ended_at=None, expires_at__gt=at)

    def visible_to(self, viewer: Viewer, at: datetime) -> ExemplarQuerySet:
        """Examples the viewer may read: live ones of their library, and those that wait for an answer, only for who asks and who is asked.

        The library of an agent is that of their team with what was given to them; of a lead, those of the teams they lead; of a QA
        analyst, what comes from conversations they may read. What ended is nobody's.
        """
        if not viewer.allows(Permission.VIEW_EXEMPLARS):
            return self.none()
        asked = Exists(Consent.objects.filter(exemplar=OuterRef("pk"), agent__user=viewer.user))
        theirs = Q(asked) | Q(by=viewer.user)
        waits = self.lawful().filter(opened_at=None, ended_at=None, expires_at__gt=at)
        if viewer.sees_everything:
            return self.live(at) | waits
        library = Q(is_for_all=True)
        if viewer.role == Role.AGENT:
            library |= Q(team__in=Agent.objects.filter(user=viewer.user).values("team")) | Q(pk__in=given_to(viewer))
        elif viewer.role == Role.LEAD:
            library |= Q(team__in=viewer.granted(Team))
        else:
            library |= Q(conversation__in=Conversation.objects.visible_to(viewer))
        return self.live(at).filter(library | theirs) | waits.filter(theirs)


def given_to(viewer: Viewer) -> models.QuerySet[Item, uuid.UUID]:
    """The keys of the examples in lists that were given to an agent or to their team."""
    mine = Agent.objects.filter(user=viewer.user)
    lists = Given.objects.filter(Q(agent__in=mine) | Q(team__in=mine.values("team")), list__retired_at=None)
    return Item.objects.filter(list__in=lists.values("list")).values_list("exemplar_id", flat=True)


class Exemplar(models.Model):
    """A run of messages of one conversation that shows how it is done well.

    It holds the keys of the messages and never their words: those are read where they lie, so that what is erased, redacted or
    past its retention there is gone here at the same moment.
    """

    # Made by the form, so that a form that is sent twice shares once.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    conversation = models.ForeignKey(Conversation, models.DO_NOTHING, related_name="exemplars", db_constraint=False)
    # In their order, as they were when it was shared. No foreign keys: see decision 0003.
    messages = ArrayField(models.UUIDField())
    is_whole = models.BooleanField(default=False)
    # When the first and the last of them were said: the days in which they lie.
    said_from = models.DateTimeField()
    said_until = models.DateTimeField()
    # In whose library it stands. A team that goes leaves it in nobody's, so `is_for_all` is a word of its own.
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="exemplars")
    is_for_all = models.BooleanField(default=False)
    topic = models.CharField(max_length=40)
    # The lines that it shows, of any version of the rubric.
    rubric = models.ForeignKey(Rubric, models.PROTECT, null=True, related_name="exemplars")
    lines = ArrayField(models.CharField(max_length=40), default=list)
    # Why it is good, in a sentence; masked.
    why = models.CharField(max_length=400)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="exemplars_shared")
    shared_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # When the last of those whose words it holds agreed. Null: it waits, and nobody else sees it.
    opened_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=10, choices=End.choices, blank=True)
    objects = ExemplarQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("shared_at")), name="exemplar_ends_after_its_start"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended="") | (Q(ended_at__isnull=False) & ~Q(ended="")),
                name="exemplar_ended_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-shared_at"], condition=Q(ended_at=None), name="exemplar_of_team"),
            models.Index(fields=["conversation"], name="exemplar_of_conversation"),
        ]

    def __str__(self) -> str:
        return f"exemplar {self.pk}"


class Consent(models.Model):
    """One person whose words an example holds: were they asked, and what did they say. Null: not yet."""

    exemplar = models.ForeignKey(Exemplar, models.CASCADE, related_name="consents")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="exemplar_consents")
    answered_at = models.DateTimeField(null=True)
    is_given = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["exemplar", "agent"], name="consent_once")]

    def __str__(self) -> str:
        return {None: "asked", True: "agreed", False: "did not agree"}[self.is_given]


class ReadingListQuerySet(models.QuerySet["ReadingList"]):
    def visible_to(self, viewer: Viewer) -> ReadingListQuerySet:
        """Lists of the teams one leads; an agent's are those given to them. What was put away is nobody's."""
        if not viewer.allows(Permission.VIEW_EXEMPLARS):
            return self.none()
        kept = self.filter(retired_at=None)
        if viewer.role == Role.AGENT:
            mine = Agent.objects.filter(user=viewer.user)
            given = Given.objects.filter(Q(agent__in=mine) | Q(team__in=mine.values("team")))
            return kept.filter(pk__in=given.values("list"))
        if not viewer.allows(Permission.GIVE_READING):
            return self.none()
        return kept if viewer.sees_everything else kept.filter(team__in=viewer.granted(Team))


class ReadingList(models.Model):
    """Examples in an order, for people of one team who are to read them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=80)
    team = models.ForeignKey(Team, models.CASCADE, related_name="reading_lists")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reading_lists_made")
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    objects = ReadingListQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"], condition=Q(retired_at=None), name="reading_list_named_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Item(models.Model):
    """One example in a list. Places only order; they need not follow each other."""

    list = models.ForeignKey(ReadingList, models.CASCADE, related_name="items")
    exemplar = models.ForeignKey(Exemplar, models.CASCADE, related_name="items")
    place = models.PositiveIntegerField()

    class Meta:
        ordering = ["place", "pk"]
        constraints = [models.UniqueConstraint(fields=["list", "exemplar"], name="item_once")]

    def __str__(self) -> str:
        return f"{self.list_id} {self.place}"


class Given(models.Model):
    """One list given to one person, or to a team: whoever joins the team later has it too."""

    list = models.ForeignKey(ReadingList, models.CASCADE, related_name="given")
    agent = models.ForeignKey(Agent, models.CASCADE, null=True, related_name="reading_given")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="reading_given")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reading_given")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(agent=None, team__isnull=False) | Q(agent__isnull=False, team=None), name="given_to_one"
            ),
            models.UniqueConstraint(fields=["list", "agent", "team"], nulls_distinct=False, name="given_once"),
        ]

    def __str__(self) -> str:
        return f"{self.list_id} {self.agent_id or self.team_id}"


class Read(models.Model):
    """One person says that they read one example, whichever list it stands in."""

    exemplar = models.ForeignKey(Exemplar, models.CASCADE, related_name="reads")
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="exemplars_read")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["exemplar", "agent"], name="read_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.exemplar_id}"
