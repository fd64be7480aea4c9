"""Everything that is talked about at Nordwind Shop."""

from __future__ import annotations

from apps.demo.stories import billing, changes, gear, german, orders, sales, spanish, tech, vouchers
from apps.demo.stories.model import Topic

TOPICS: tuple[Topic, ...] = (
    *orders.TOPICS, *changes.TOPICS, *billing.TOPICS, *vouchers.TOPICS, *tech.TOPICS, *gear.TOPICS, *sales.TOPICS, *german.TOPICS, *spanish.TOPICS,
)  # fmt: skip
TOPIC_BY_SLUG = {topic.slug: topic for topic in TOPICS}


def topics_of(*, queue: str, language: str) -> tuple[tuple[Topic, ...], tuple[float, ...]]:
    """Return the matters that come up in a queue in a language, with their weights; empty where there are none."""
    found = tuple(topic for topic in TOPICS if topic.language == language and queue in topic.queues)
    return found, tuple(topic.queues[queue] for topic in found)
