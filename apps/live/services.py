"""Say that something changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from django.db import transaction

from apps.live import bus

TOPIC = re.compile(r"[a-z]+(:[0-9A-Za-z-]{1,64})?")


def hint(*, topics: Iterable[str]) -> None:
    """Tell every process that shows one of these topics that its regions are stale, once the transaction is committed.

    Repeats within one call are dropped. A hint that is lost (the bus is down: logged) is made good by the hub's own
    refresh some seconds later, so a caller never fails because of it.

    :raises ValueError: for a topic that is neither a word nor `word:id`.
    """
    wanted = list(dict.fromkeys(topics))
    for topic in wanted:
        if not TOPIC.fullmatch(topic):
            raise ValueError(f"“{topic}” is no topic: expected a word, or a word, a colon and an id.")
    if wanted:
        transaction.on_commit(partial(bus.publish, wanted), robust=True)
