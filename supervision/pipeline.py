"""Which step follows which fact: the product on one page. Every fact has a row, even an empty one."""

from __future__ import annotations

from apps.interactions import services as interactions
from apps.interactions.facts import ConversationsChanged, OpeningsRefused
from apps.live import topics
from apps.metrics import services as metrics
from apps.shared.outbox import Pipeline

PIPELINE: Pipeline = {
    ConversationsChanged: [metrics.mark_dirty, topics.conversations_changed],
    OpeningsRefused: [interactions.tell_quality, topics.notices_changed],
}
