"""Say that something changed. Whoever watches it is shown the new state; nobody else pays for it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable

from django.db import transaction

from apps.live import bus

TOPIC = re.compile(r"[a-z]+(:[0-9A-Za-z-]{1,64})?")

_waiting = threading.local()


def hint(*, topics: Iterable[str]) -> None:
    """Publish `{topic, version}` for each topic once the caller's transaction is committed, or at once outside of one.

    All topics of one transaction travel together and each only once. A hint that is lost because the bus is down is
    logged and made good by the hubs, which render everything again once it is back; the caller never fails for it.

    :raises ValueError: for a topic that is neither a word nor `word:key`.
    """
    wanted = set(topics)
    for topic in wanted:
        if not TOPIC.fullmatch(topic):
            raise ValueError(f"“{topic}” is no topic: expected a word, or a word, a colon and a key.")
    # Topics of a savepoint that is rolled back may travel with the next ones: a hint too many changes nothing.
    _pending().update(wanted)
    transaction.on_commit(_flush, robust=True)


def _pending() -> set[str]:
    if not hasattr(_waiting, "topics"):
        _waiting.topics = set()
    topics: set[str] = _waiting.topics
    return topics


def _flush() -> None:
    topics = sorted(_pending())
    _pending().clear()
    if topics:
        # The clock as version: a counter would need a key a topic in Redis, for ever.
        bus.publish(topics, version=time.time_ns() // 1000)
