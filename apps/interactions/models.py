"""What happened between a customer and us.

Messages and conversation events are partitioned by day; their tables are made in SQL (see the first migrations), and
their rows carry no foreign key constraint, because a check per row is what the hot path cannot afford. Rows that are
derived (care cycles, participations, queue waits, hand-offs, transfers) are recomputed from the stored events of a
conversation and keyed by their place in it, so that any order of arrival leaves the same rows.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

from apps.access.roles import Permission, Role
from apps.agents.models import Agent, Team
from apps.interactions.rights import CustomerRequest as CustomerRequest  # a model of this app, in a module of its own
from apps.interactions.rights import Hold as Hold
from apps.interactions.spoken import ActionResult as ActionResult  # what was said about a conversation besides messages
from apps.interactions.spoken import BotTurn as BotTurn
from apps.interactions.spoken import Offer as Offer
from apps.interactions.spoken import Rating as Rating
from apps.interactions.spoken import ReportedAnalysis as ReportedAnalysis

if TYPE_CHECKING:
    from apps.access.viewer import Viewer


def in_queues_of(viewer: Viewer, field: str = "queue") -> Q:
    """The condition that a row's queue is one of the viewer's: those granted; any for whole-organisation roles.

    It asks no other table, so that what hangs on a queue is found as fast as the queue.
    """
    return Q() if viewer.sees_everything else Q(**{f"{field}__any": viewer.granted(Queue)})


class QueueQuerySet(models.QuerySet["Queue"]):
    def visible_to(self, viewer: Viewer) -> QueueQuerySet:
        """Queues granted to the viewer; everything for whole-organisation roles."""
        return self.filter(in_queues_of(viewer, "pk"))


class Queue(models.Model):
    """A line in which conversations wait for somebody who can answer them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=12, blank=True)
    # Service level X/Y: share X of conversations gets its first human reply within Y seconds. Null = no promise.
    reply_target_seconds = models.PositiveIntegerField(null=True, blank=True)
    service_level_target = models.FloatField(null=True, blank=True)
    # Who answers it: their slots are the queue's, and looking at one of these teams shows the queue.
    teams = models.ManyToManyField(Team, blank=True, related_name="queues")
    # False for a queue that a source named before an admin did.
    is_listed = models.BooleanField(default=False)
    objects = QueueQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("work_queue", "Sees this queue's conversations")]
        constraints = [
            models.CheckConstraint(
                condition=Q(service_level_target=None) | Q(service_level_target__gt=0, service_level_target__lte=1),
                name="queue_service_level_is_a_share",
            )
        ]

    def __str__(self) -> str:
        return self.name


class QueueUserObjectPermission(UserObjectPermissionBase):
    """One grant of one person on one queue; it dies with the queue."""

    content_object = models.ForeignKey(Queue, on_delete=models.CASCADE)


class QueueIdentity(models.Model):
    """The name by which one source knows one queue."""

    source = models.CharField(max_length=64)
    external_id = models.CharField(max_length=255)
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="identities")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="queue_identity_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.external_id}"


class Customer(models.Model):
    """Somebody outside who wrote or called. What is known of the person lies sealed in `CustomerValue`."""

    id = models.UUIDField(primary_key=True)
    source = models.CharField(max_length=64)
    # What the screens call this person: made from the key, so it says nothing about them.
    label = models.CharField(max_length=24)
    is_anonymous = models.BooleanField(default=False)
    segment = models.CharField(max_length=60, blank=True)
    # Fields of the CRM record, masked.
    attributes = models.JSONField(default=dict)
    # When the source's last word about this record was said; an older word does not overwrite it.
    updated_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.label


class CustomerValue(models.Model):
    """One name, e-mail address or phone number by which a customer was ever called, sealed."""

    customer_id = models.UUIDField()
    kind = models.CharField(max_length=8)
    # Keyed digest: the same value is stored once, and nobody can guess it from the row.
    digest = models.BinaryField(max_length=16)
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer_id", "kind", "digest"], name="customer_value_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.customer_id}"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, viewer: Viewer) -> ConversationQuerySet:
        """Conversations the viewer may read: of the queues in scope; an agent's own; nobody's for other roles.

        Who works a queue since a moment reads what went on then or came later; who worked it until a moment reads what was
        over by then. Most people have no such bounds, and for them this is one condition.
        """
        if not viewer.allows(Permission.VIEW_CONVERSATIONS):
            return self.none()
        if viewer.sees_everything:
            return self
        if viewer.role == Role.AGENT:
            own = Participation.objects.filter(agent__user=viewer.user, conversation_id=models.OuterRef("pk"))
            return self.filter(models.Exists(own))
        return self.filter(_worked_by(viewer))


def _worked_by(viewer: Viewer) -> Q:
    held, spans = viewer.granted(Queue), viewer.spans(Queue)
    since = {one.key: one.from_at for one in spans if one.until_at is None and one.from_at is not None}
    found = Q(queue__any=[key for key in held if str(key) not in since])
    for key in held:
        if str(key) in since:
            found |= Q(queue=key, last_event_at__gte=since[str(key)])
    for one in spans:
        if one.until_at is not None:
            past = Q(queue=one.key, last_event_at__lte=one.until_at)
            found |= past if one.from_at is None else past & Q(last_event_at__gte=one.from_at)
    return found


class Conversation(models.Model):
    """One contact with a customer, from its start to its last resolution, as its events tell it."""

    id = models.UUIDField(primary_key=True)
    source = models.CharField(max_length=64)
    external_id = models.CharField(max_length=255)
    channel = models.CharField(max_length=12, blank=True)
    direction = models.CharField(max_length=8, blank=True)
    customer_id = models.UUIDField(null=True)
    subject = models.TextField(blank=True)
    language = models.CharField(max_length=35, blank=True)
    priority = models.CharField(max_length=8, blank=True)
    tags = models.JSONField(default=list)
    status = models.CharField(max_length=10, blank=True)
    outcome = models.CharField(max_length=16, blank=True)
    queue = models.ForeignKey(Queue, models.SET_NULL, null=True, related_name="conversations", db_constraint=False)
    holder = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="held", db_constraint=False)
    started_at = models.DateTimeField()
    last_event_at = models.DateTimeField()
    last_message_at = models.DateTimeField(null=True)
    # Set while it stands in a queue and nobody has taken it.
    waiting_since = models.DateTimeField(null=True)
    # Set while the customer's last public message has no answer from anybody.
    unanswered_since = models.DateTimeField(null=True)
    first_reply_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    is_open = models.BooleanField(default=True)
    customer_messages = models.PositiveIntegerField(default=0)
    human_messages = models.PositiveIntegerField(default=0)
    ai_messages = models.PositiveIntegerField(default=0)
    cycles = models.PositiveIntegerField(default=1)
    transfers = models.PositiveIntegerField(default=0)
    handoffs = models.PositiveIntegerField(default=0)
    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            # The floor: what is open now, by queue.
            models.Index(fields=["queue", "waiting_since"], condition=Q(is_open=True), name="conversation_open"),
            # What one person holds now.
            models.Index(fields=["holder"], condition=Q(is_open=True), name="conversation_held"),
            # The list, newest first.
            models.Index(fields=["-last_event_at"], name="conversation_recent"),
            # The arrivals of a window, counted by queue without reading a row.
            models.Index(fields=["started_at"], include=["queue"], name="conversation_arrivals"),
            models.Index(fields=["customer_id", "-started_at"], name="conversation_of_customer"),
        ]

    def __str__(self) -> str:
        return self.external_id


class ConversationEvent(models.Model):
    """One stored fact about the course of a conversation: started, updated, status, queued, assigned. Partitioned."""

    id = models.UUIDField(primary_key=True)
    conversation_id = models.UUIDField()
    kind = models.CharField(max_length=12)
    happened_at = models.DateTimeField()
    sequence = models.CharField(max_length=20, blank=True)
    agent_id = models.UUIDField(null=True)
    queue_id = models.UUIDField(null=True)
    # The rest of the event, without personal data.
    data = models.JSONField(default=dict)
    via = models.CharField(max_length=8)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.happened_at:%F %T}"


class AuthorKind(models.TextChoices):
    """Who said it. People and AI agents are told apart from the first row."""

    CUSTOMER = "customer", "Customer"
    AGENT = "agent", "Agent"
    SUPERVISOR = "supervisor", "Supervisor"
    BOT = "bot", "AI agent"
    SYSTEM = "system", "System"


class Message(models.Model):
    """One thing somebody said, masked on the way in. Partitioned by day of `sent_at`."""

    id = models.UUIDField(primary_key=True)
    conversation_id = models.UUIDField()
    author_kind = models.CharField(max_length=10, choices=AuthorKind.choices)
    agent_id = models.UUIDField(null=True)
    is_private = models.BooleanField(default=False)
    kind = models.CharField(max_length=14)
    # Masked text with typed, numbered placeholders; this is what screens, search and analysis read.
    text = models.TextField(blank=True)
    sent_at = models.DateTimeField()
    sequence = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=35, blank=True)
    offset_ms = models.PositiveIntegerField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    attachments = models.JSONField(default=list)
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    # Of a message of ours: the kind of value it asks for, as it was first written (`masking.asked_in`). Of a customer's: what it has
    # of a number that another message goes on with (`masking.figures_in`).
    asks = models.CharField(max_length=8, blank=True, db_default="")
    # Which question stands at it (`questions`): of a customer's message what it answers, with which its text is masked.
    answers = models.CharField(max_length=8, blank=True, db_default="")
    delivery = models.CharField(max_length=10, blank=True)
    via = models.CharField(max_length=8)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.author_kind} {self.sent_at:%F %T}"


class MessageChange(models.Model):
    """One edit, redaction or delivery notice of a message, kept so that it may come before the message itself."""

    id = models.UUIDField(primary_key=True)
    message_id = models.UUIDField(db_index=True)
    conversation_id = models.UUIDField()
    change = models.CharField(max_length=10)
    # The new text as a whole, sealed; emptied by a redaction.
    sealed = models.BinaryField(null=True)
    delivery = models.CharField(max_length=10, blank=True)
    happened_at = models.DateTimeField()
    sequence = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"{self.change} {self.happened_at:%F %T}"


class SealedValue(models.Model):
    """The value behind one placeholder of one message, encrypted by itself; the key is outside the database."""

    message_id = models.UUIDField()
    conversation_id = models.UUIDField()
    kind = models.CharField(max_length=12)
    number = models.PositiveSmallIntegerField()
    # What a role may see without opening it, such as the last four digits of a card.
    hint = models.CharField(max_length=8, blank=True)
    sealed = models.BinaryField()
    # By which the same value is known again in its conversation (`sealed.mark_of`); null for values from before there were marks.
    mark = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message_id", "kind", "number"], name="sealed_value_once")]

    def __str__(self) -> str:
        return f"[{self.kind} {self.number}]"


class Part(models.Model):
    """Base of the derived rows: the n-th of its kind in a conversation."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, models.CASCADE, db_constraint=False)
    n = models.PositiveSmallIntegerField()

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["conversation", "n"], name="%(class)s_once")]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.n}"


class CareCycle(Part):
    """One round of care: opened, perhaps answered, resolved. A reopening starts the next one."""

    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=10)  # created, outbound, reopened
    queue = models.ForeignKey(Queue, models.SET_NULL, null=True, db_constraint=False)
    # Where the customer's clock for a person starts: creation, hand-off or reopening message; null when outbound.
    reply_clock_from = models.DateTimeField(null=True)
    first_reply_at = models.DateTimeField(null=True)
    first_reply_seconds = models.FloatField(null=True)
    first_reply_agent_id = models.UUIDField(null=True)
    resolved_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, blank=True)

    class Meta(Part.Meta):
        # First replies of a window, by queue.
        indexes = [
            models.Index(fields=["queue", "first_reply_at"], name="cycle_first_reply"),
            models.Index(fields=["resolved_at"], name="cycle_resolved"),
        ]


class Participation(Part):
    """One stretch in which one agent held the conversation, or wrote in it without holding it."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="participations", db_constraint=False)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    first_message_at = models.DateTimeField(null=True)
    messages = models.PositiveIntegerField(default=0)

    class Meta(Part.Meta):
        constraints = [
            *Part.Meta.constraints,
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("joined_at")), name="participation_left_after_join"
            ),
        ]
        indexes = [
            models.Index(fields=["agent", "-joined_at"], name="participation_of_agent"),
            # What a person is in now, without reading all they were ever in.
            models.Index(fields=["agent", "joined_at"], condition=Q(left_at=None), name="participation_now"),
        ]


class QueueWait(Part):
    """One wait in one queue: entered, and answered, moved, abandoned or still standing."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="waits", db_constraint=False)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=16, blank=True)  # answered, moved, or the outcome of a wait nobody ended
    agent_id = models.UUIDField(null=True)

    class Meta(Part.Meta):
        indexes = [models.Index(fields=["queue", "ended_at"], name="wait_by_end")]


class Handoff(Part):
    """One hand-off from an AI agent to people."""

    ai_agent_id = models.UUIDField(null=True)
    agent_id = models.UUIDField(null=True)
    trigger = models.CharField(max_length=16)
    # Masked like a message.
    summary = models.TextField(blank=True)
    slots_passed = models.PositiveSmallIntegerField(null=True)
    happened_at = models.DateTimeField()

    class Meta(Part.Meta):
        indexes = [models.Index(fields=["happened_at"], name="handoff_by_time")]


class Transfer(Part):
    """One move of a conversation that a person held, to another person or queue."""

    from_agent_id = models.UUIDField(null=True)
    to_agent_id = models.UUIDField(null=True)
    from_queue_id = models.UUIDField(null=True)
    to_queue_id = models.UUIDField(null=True)
    happened_at = models.DateTimeField()

    class Meta(Part.Meta):
        indexes = [models.Index(fields=["happened_at"], name="transfer_by_time")]


class QueueSnapshot(models.Model):
    """What a source said about a queue at one moment; used to find drift, never to count."""

    id = models.UUIDField(primary_key=True)
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="snapshots", db_constraint=False)
    taken_at = models.DateTimeField()
    waiting = models.PositiveIntegerField()
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["queue", "-taken_at"], name="snapshot_of_queue")]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.taken_at:%F %T}"
