"""What machines read out of messages, and the mood of each conversation that follows from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Unread(models.Model):
    """One conversation in which there may be something to read. Appended by whoever changes it, taken by the reader."""

    conversation_id = models.UUIDField()
    marked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.marked_at:%F %T}"


class Reading(models.Model):
    """One reading of one message: what it says, how sure, by which model and version, and where the words stand that say so.

    Derived from masked text and made again when the text or the version changes. It holds places and never a word.
    """

    pk = models.CompositePrimaryKey("message_id", "part")
    message_id = models.UUIDField()
    # Of customers' messages: sentiment, asks_for_human; of the first ones after a hand-off also repeat; of the first one also the complexity of what it opens. Of our replies: safety,
    # tone; of those of an AI agent also loop. Of customers' messages that an AI agent answered: intent.
    part = models.CharField(max_length=16)
    conversation_id = models.UUIDField()
    sent_at = models.DateTimeField()
    label = models.CharField(max_length=16)
    # Of the part intent: the AI agent's own name for what the message wants, in the second opinion.
    intent = models.CharField(max_length=200, blank=True, db_default="")
    # Null where the text was not analysed, such as in another language: that is not neutral.
    score = models.FloatField(null=True)
    confidence = models.FloatField(null=True)
    # Of the part safety: how much the reply is like texts that people called rude, and by which version that was read. Null where it
    # was not analysed. It stands beside what the lists say and is no row of its own: it only sorts what people look at.
    roughness = models.FloatField(null=True)
    roughness_version = models.PositiveSmallIntegerField(null=True)
    # [start, end, weight] of each word in the masked text, and what it is a mark of where a reading knows several.
    clues = models.JSONField(default=list)
    model = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    # A checksum of the text that was read: an edited message is read again.
    text_checksum = models.BigIntegerField()
    read_at = models.DateTimeField()

    class Meta:
        indexes = [
            # A transcript, and the mood of its conversation.
            models.Index(fields=["conversation_id", "sent_at"], name="reading_of_conversation"),
            # Retention.
            models.Index(fields=["sent_at"], name="reading_by_time"),
            # Replies that look rough, a few of a thousand: a draw asks for them and not for all that was read. The number is no more
            # than `roughness.FLOOR`.
            models.Index(fields=["conversation_id"], condition=Q(roughness__gte=0.5), name="reading_rough"),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.label}"


class Mood(models.Model):
    """How the customer of one conversation feels now, and whether they asked for a person and got one.

    Told again from all readings of the conversation whenever one changes, so that order and repeats do not matter.
    """

    conversation_id = models.UUIDField(primary_key=True)
    messages = models.PositiveIntegerField()
    # From -1 to 1; null below two messages that could be read.
    score = models.FloatField(null=True)
    slope = models.FloatField(null=True)
    turned_negative_at = models.DateTimeField(null=True)
    # How often a person was asked for, first when, and since when one has it. Null while nobody has: asked, not granted.
    asked = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    granted_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Who asked for a person and still waits for one.
            models.Index(
                fields=["asked_at"],
                condition=Q(asked_at__isnull=False, granted_at__isnull=True),
                name="mood_not_granted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.score}"


class TierTold(models.Model):
    """What a worker last said of a reader that may be missing or left out. Web processes load none, so they ask here."""

    tier = models.CharField(max_length=16, primary_key=True)
    # Why it does not read; empty while it does.
    why = models.CharField(max_length=200, blank=True)
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tier} {self.why or 'on'}"


class Lesson(models.Model):
    """What was learnt of one AI agent's own sure turns: its second opinion on intents. Weights and checksums, and no word.

    Empty where the agent had too few of them. It reads only messages that came after it was learnt.
    """

    agent_id = models.UUIDField(primary_key=True)
    weights = models.BinaryField()
    examples = models.PositiveIntegerField()
    intents = models.PositiveSmallIntegerField()
    learnt_at = models.DateTimeField()
    version = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.agent_id} {self.intents} intents"


class Edition(models.Model):
    """One version of something that a floor holds its replies against. Never changed; the one with the highest `n` holds."""

    n = models.PositiveSmallIntegerField(unique=True)
    content = models.JSONField()
    # What it changes, as who made it says; masked.
    says = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    made_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"version {self.n}"


class PhraseBook(Edition):
    """One version of the lists of phrases that replies must not hold: [{name, severity, phrases}]."""


class Checklist(Edition):
    """One version of the steps that conversations are held against, as they are written: {text}."""
