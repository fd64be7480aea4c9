"""What machines would mark of one part in a conversation, kept apart from every review. A model of this app."""

from __future__ import annotations

from django.db import models

from apps.agents.models import Agent


class AutoScore(models.Model):
    """What readings suggest of one agent's part in one conversation: steps by line, no person's judgement and no score of one.

    Made again whenever the conversation, the form or a reading is another one than before.
    """

    # No foreign key: see decision 0003.
    conversation_id = models.UUIDField()
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="+")
    version = models.ForeignKey("reviews.RubricVersion", models.CASCADE, related_name="+")
    # When the conversation was over, as it was read.
    over_at = models.DateTimeField()
    # Steps by the keys of lines; what nothing was suggested for is not in it.
    marks = models.JSONField(default=dict)
    # The versions of everything that read.
    read_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation_id", "agent"], name="auto_score_once")]
        # The weeks of a trend, and retention.
        indexes = [models.Index(fields=["over_at"], name="auto_score_by_time")]

    def __str__(self) -> str:
        return f"automatic {self.conversation_id}"
