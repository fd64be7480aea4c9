"""Rules, what they remember of each series, and the episodes that people look after."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Team
from apps.alerts.engine.people import Outcome, Stage
from apps.interactions.models import Queue, in_queues_of

OVER = (Stage.RESOLVED.value, Stage.CLOSED.value)


class Rule(models.Model):
    """What is watched, under one key for good; what it says stands in its versions."""

    key = models.SlugField(max_length=40, unique=True)
    # Rules about how conversations go, which quality looks after too; the others are about running the floor.
    is_quality = models.BooleanField(default=False)
    # About single people: seen by who reads their scorecards, and told to nobody outside.
    is_personal = models.BooleanField(default=False)
    is_on = models.BooleanField(default=True)
    # Evaluated when something happens and every few seconds; the others at each half minute of the grid.
    is_prompt = models.BooleanField(default=False)
    # Until here it was evaluated; locked by whoever evaluates, so that nobody else does.
    evaluated_at = models.DateTimeField(null=True)
    # Errors running, what the last one was, and since when: a rule that fails is told of by itself.
    errors = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    # Series that breach and have no episode, because there are too many of them.
    held = models.PositiveIntegerField(default=0)
    # A rule with limits of its own for some queues: there it holds and that one does not.
    instead_of = models.ForeignKey("self", models.CASCADE, null=True, related_name="special")

    def __str__(self) -> str:
        return self.key


class RuleVersion(models.Model):
    """One version of a rule. Never changed: an episode keeps the version that opened it."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions")
    n = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    # What is read, and how it is judged: see `watching`.
    reader = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    severity = models.PositiveSmallIntegerField()
    # Rules of one family explain one another: the critical one of a queue stands for its warnings.
    family = models.CharField(max_length=20)
    action = models.CharField(max_length=20)
    wait_seconds = models.PositiveIntegerField(default=0)
    keep_seconds = models.PositiveIntegerField(default=0)
    # Where it holds: empty, in every queue; "queue" or "team", with the key of that one.
    scope_kind = models.CharField(max_length=5, blank=True)
    scope_key = models.CharField(max_length=36, blank=True)
    # Who is asked about it. Null for the rules that a portal begins with.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="rules")
    # What the stored past said of it when it was saved: times, days; empty where the past says nothing.
    tried = models.JSONField(default=dict)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "n"], name="rule_version_once")]

    def __str__(self) -> str:
        return f"{self.name}, version {self.n}"


class Due(models.Model):
    """Something happened that prompt rules are to look at. Appended by the pipeline, taken by the watch."""

    marked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.marked_at:%F %T}"


class Evaluation(models.Model):
    """One evaluation of one version at one time of the grid: whoever writes it has done it, and nobody else does."""

    version = models.ForeignKey(RuleVersion, models.CASCADE, related_name="evaluations")
    grid_at = models.DateTimeField()
    done_at = models.DateTimeField()
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "grid_at"], name="evaluation_once")]
        indexes = [models.Index(fields=["grid_at"], name="evaluation_by_time")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.grid_at:%F %T}"


class Series(models.Model):
    """What a rule remembers of one place; the engine's memory as it was after the last evaluation."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="series")
    # The labels in their order, as `name=value` with commas between them.
    key = models.CharField(max_length=200)
    labels = models.JSONField()
    memory = models.JSONField()
    # Nothing is wrong there and nothing is waited for: of rules about conversations only the others are looked at.
    is_quiet = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "key"], name="series_once")]
        indexes = [models.Index(fields=["rule"], condition=Q(is_quiet=False), name="series_awake")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.key}"


class EpisodeQuerySet(models.QuerySet["Episode"]):
    def visible_to(self, viewer: Viewer) -> EpisodeQuerySet:
        """Episodes the viewer may see: of the queues in scope, and what is about a team or its people of the teams in scope.

        Quality sees its own rules, and of single people they see who read scorecards.
        """
        if not viewer.allows(Permission.VIEW_ALERTS):
            return self.none()
        found = self if viewer.allows(Permission.VIEW_FLOOR_ALERTS) else self.filter(rule__is_quality=True)
        if not viewer.allows(Permission.VIEW_SCORECARDS):
            found = found.filter(rule__is_personal=False)
        if viewer.sees_everything:
            return found
        return found.filter((Q(team=None) & in_queues_of(viewer)) | Q(team__any=viewer.granted(Team)))

    def still_open(self) -> EpisodeQuerySet:
        """Episodes that are not over."""
        return self.exclude(stage__in=OVER)


class Episode(models.Model):
    """One time that a rule fired at one place, and what people made of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="episodes")
    version = models.ForeignKey(RuleVersion, models.PROTECT)
    series_key = models.CharField(max_length=200)
    sequence = models.PositiveIntegerField()
    # Null: it is about a source, not about a queue.
    queue = models.ForeignKey(Queue, models.CASCADE, null=True, related_name="episodes")
    # Set: it is about this team or somebody in it, and is seen by who leads the team and not by who has the queue.
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="episodes")
    # The source or, of a rule about single conversations, nothing: names of people and texts never stand here.
    about = models.CharField(max_length=80, blank=True)
    # The message that set it off, and its conversation.
    conversation_id = models.UUIDField(null=True)
    message_id = models.UUIDField(null=True)
    state = models.CharField(max_length=12)
    value = models.FloatField(null=True)
    peak = models.FloatField(null=True)
    peak_badness = models.FloatField(null=True)
    limit = models.FloatField(null=True)
    n = models.PositiveIntegerField(null=True)
    # How often it came: within half an hour of its end it is the same story, and the same card.
    times = models.PositiveIntegerField(default=1)
    # It came again and was no worse than before: the first who are called were told of it already.
    is_again = models.BooleanField(default=False)
    pending_since = models.DateTimeField(null=True)
    fired_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=20, blank=True)
    # What follows is the engine's `Care`.
    severity = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=12, default=Stage.OPEN.value)
    step = models.PositiveSmallIntegerField(default=1)
    step_at = models.DateTimeField()
    round = models.PositiveSmallIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="episodes")
    acknowledged_at = models.DateTimeField(null=True)
    acted_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    returns_at = models.FloatField(null=True)
    is_manual = models.BooleanField(default=False)
    outcome = models.CharField(max_length=12, blank=True, choices=[(one.value, one.value) for one in Outcome])
    # When time alone changes it next.
    due_at = models.DateTimeField(null=True)
    objects = EpisodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "series_key", "sequence"], name="episode_once"),
            # The promise of the whole app: one open alert a rule and place.
            models.UniqueConstraint(
                fields=["rule", "series_key"], condition=~Q(stage__in=OVER), name="episode_open_once"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | Q(resolved_at__gte=F("fired_at")), name="episode_over_after_fired"
            ),
        ]
        indexes = [
            # What is open, for panel and page.
            models.Index(fields=["-severity", "fired_at"], condition=~Q(stage__in=OVER), name="episode_open"),
            # What was, newest first.
            models.Index(fields=["-fired_at"], name="episode_by_time"),
            # Whom time is up for.
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="episode_due"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.series_key} {self.sequence}"


class Happening(models.Model):
    """One thing that happened to an episode, by itself or by a person: its history, only ever added to."""

    episode = models.ForeignKey(Episode, models.CASCADE, related_name="history")
    at = models.DateTimeField()
    # An effect of the engine (fired, recovering, returned …), or what somebody did (taken on, snoozed …).
    what = models.CharField(max_length=20)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # Minutes of a snooze, an outcome, a reason of the engine: words of this app only.
    detail = models.CharField(max_length=40, blank=True)
    # What a person's own act changed, as it was before: for a minute they may take it back. Numbers, times and words of this app.
    before = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["episode", "at"], name="happening_of_episode")]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%F %T}"


class Call(models.Model):
    """Somebody was told of an episode, or would have been: one row for good, so that nobody is told twice."""

    episode = models.ForeignKey(Episode, models.CASCADE, related_name="calls")
    round = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField()
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    # Why it was not told; empty: it was.
    held = models.CharField(max_length=14, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["episode", "round", "step", "to"], name="call_once")]
        # What is told once another alert, or a silence, that held it is over.
        indexes = [models.Index(fields=["episode"], condition=Q(held__in=["inhibited", "silenced"]), name="call_held")]

    def __str__(self) -> str:
        return f"{self.episode_id} {self.round}.{self.step}"


class Silence(models.Model):
    """What somebody wants nobody to be told of, for a time: a rule, a queue, or a rule in a queue. States go on as they are."""

    rule = models.ForeignKey(Rule, models.CASCADE, null=True, related_name="silences")
    queue = models.ForeignKey(Queue, models.CASCADE, null=True, related_name="silences")
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    # Always set, and moved here when somebody lifts it before.
    until = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rule__isnull=False) | Q(queue__isnull=False), name="silence_of_something"
            ),
            models.CheckConstraint(
                condition=Q(until__gte=F("since")) & Q(until__lte=F("since") + timedelta(hours=24)), name="silence_ends"
            ),
        ]
        # Which hold now, asked at every call.
        indexes = [models.Index(fields=["until"], name="silence_by_end")]

    @property
    def labels(self) -> dict[str, str]:
        """What it hides, in the labels of alerts."""
        named = {"rule": self.rule_id, "queue": self.queue_id}
        return {name: str(key) for name, key in named.items() if key is not None}

    def __str__(self) -> str:
        return f"{self.rule_id or 'any rule'} {self.queue_id or 'any queue'} until {self.until:%F %R}"


class Wish(models.Model):
    """How one person wants to be told beside the screens. Who has no row is told there alone."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="wish")
    # From which severity on by e-mail; nought: never.
    mail_from = models.PositiveSmallIntegerField(default=0)
    # Between these, on the person's own clock, only what is critical; both null: at any time.
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="wish_quiet_has_two_ends",
            )
        ]

    def __str__(self) -> str:
        return f"of {self.user_id}"


class Endpoint(models.Model):
    """An address outside that is told of alerts by webhook. Its signing secret is worked out, not stored."""

    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    least_severity = models.PositiveSmallIntegerField()
    is_on = models.BooleanField(default=True)
    # Why it was switched off by itself; empty: it was not.
    off_reason = models.CharField(max_length=120, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Sending(models.Model):
    """One notice on its way out: of one call, by e-mail to one person or by webhook to one endpoint. One row for good.

    Its key is what the receiver is given as the notice's own, so that one that comes twice can be told.
    """

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting"
        SENT = "sent"
        DROPPED = "dropped"  # nobody is to be told any more
        ASIDE = "aside"  # tried to the last

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    episode = models.ForeignKey(Episode, models.CASCADE, related_name="sendings")
    round = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField()
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, null=True, related_name="sendings")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    done_at = models.DateTimeField(null=True)
    # What went wrong last, or why it is not sent: words of our own.
    why = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode", "round", "step", "to"], condition=Q(to__isnull=False), name="sending_mail_once"
            ),
            models.UniqueConstraint(
                fields=["episode", "round", "step", "endpoint"],
                condition=Q(endpoint__isnull=False),
                name="sending_hook_once",
            ),
            models.CheckConstraint(
                condition=Q(to=None, endpoint__isnull=False) | Q(to__isnull=False, endpoint=None),
                name="sending_has_one_receiver",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="sending_due")]

    def __str__(self) -> str:
        return f"{self.episode_id} {self.round}.{self.step} {self.state}"
