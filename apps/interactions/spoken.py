"""What was said about a conversation besides its messages: offers, ratings, turns of AI agents, analyses, results of actions.

Rows of a source, keyed by what it calls them; a word about a conversation may be there before the conversation is.
"""

from __future__ import annotations

from django.db import models


class Offer(models.Model):
    """One presentation of a conversation to an agent, and what became of it. May happen several times."""

    id = models.UUIDField(primary_key=True)
    conversation_id = models.UUIDField(db_index=True)
    agent_id = models.UUIDField()
    queue_id = models.UUIDField(null=True)
    outcome = models.CharField(max_length=8)
    ring_ms = models.PositiveIntegerField(null=True)
    happened_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.outcome} {self.happened_at:%F %T}"


class Spoken(models.Model):
    """Base of rows that a source may say again with other content: the latest (time, sequence, event) stays."""

    id = models.UUIDField(primary_key=True)
    conversation_id = models.UUIDField(db_index=True)
    happened_at = models.DateTimeField(db_index=True)
    sequence = models.CharField(max_length=20, blank=True)
    event_id = models.UUIDField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.happened_at:%F %T}"


class Rating(Spoken):
    """One judgement of the customer, with the scale it was given on."""

    score = models.FloatField()
    lowest = models.FloatField()
    highest = models.FloatField()
    scale = models.CharField(max_length=6, blank=True)
    comment = models.TextField(blank=True)  # masked
    agent_id = models.UUIDField(null=True)


class BotTurn(Spoken):
    """One decision of an AI agent about one customer message."""

    agent_id = models.UUIDField()
    message_id = models.UUIDField(null=True)
    reply_message_id = models.UUIDField(null=True)
    intent = models.CharField(max_length=200, blank=True)
    # Of the best real intent, never of a fallback.
    confidence = models.FloatField(null=True)
    is_fallback = models.BooleanField(default=False)
    asked_for_human = models.BooleanField(default=False)
    knowledge = models.JSONField(default=list)
    model = models.CharField(max_length=120, blank=True)
    prompt_version = models.CharField(max_length=120, blank=True)
    latency_ms = models.PositiveIntegerField(null=True)
    details = models.JSONField(default=dict)

    class Meta(Spoken.Meta):
        indexes = [models.Index(fields=["agent_id", "-happened_at"], name="turn_of_agent")]


class ReportedAnalysis(Spoken):
    """One analysis that a source brought along."""

    kind = models.CharField(max_length=14)
    message_id = models.UUIDField(null=True)
    label = models.CharField(max_length=200, blank=True)
    value = models.FloatField(null=True)
    text = models.TextField(blank=True)  # masked
    vendor = models.CharField(max_length=120, blank=True)


class ActionResult(Spoken):
    """What became of an action that Midshift sent out, as the platform reported it."""

    action_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=12)
    message = models.TextField(blank=True)
    # An action need not be about a conversation.
    conversation_id = models.UUIDField(null=True, db_index=True)  # type: ignore[assignment]
