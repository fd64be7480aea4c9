"""Hints: what travels, when, and what a bus that is down costs."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest
import redis
from channels.layers import get_channel_layer
from django.db import transaction

from apps.interactions.facts import ConversationsChanged
from apps.live import bus, services, topics
from apps.live.frames import digest


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was published, one list a pipeline."""
    calls: list[list[str]] = []

    def publish(topics: list[str], *, version: int) -> bool:
        calls.append(topics)
        return True

    monkeypatch.setattr(bus, "publish", publish)
    return calls


@pytest.mark.django_db(transaction=True)
def test_a_hint_holds_topic_and_version_and_nothing_else(settings: Any) -> None:
    client = redis.Redis.from_url(settings.REDIS_URL)
    listener = client.pubsub()
    listener.psubscribe("*live.queue.12")
    listener.get_message(timeout=1)
    services.hint(topics=["queue:12"])
    services.hint(topics=["queue:12"])
    layer: Any = get_channel_layer()
    first, second = (layer.deserialize(listener.get_message(timeout=1)["data"]) for _ in range(2))
    listener.close()
    client.close()
    assert first.keys() == {"type", "topic", "version"}
    assert (first["type"], first["topic"]) == ("live.hint", "queue:12")
    assert first["version"] < second["version"]


def test_a_bus_that_is_down_costs_little_and_raises_nothing(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    started = time.monotonic()
    assert [bus.publish(["floor"], version=1) for _ in range(20)] == [False] * 20
    assert time.monotonic() - started < 1


@pytest.mark.django_db(transaction=True)
def test_all_topics_of_a_transaction_travel_together_after_its_commit(heard: list[list[str]]) -> None:
    with transaction.atomic():
        services.hint(topics=["floor", "queue:1"])
        services.hint(topics=["floor", "queue:2"])
        assert heard == []
    assert heard == [["floor", "queue:1", "queue:2"]]


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_that_is_rolled_back_does_not_silence_the_transaction(heard: list[list[str]]) -> None:
    with transaction.atomic():
        savepoint = transaction.savepoint()
        services.hint(topics=["people"])
        transaction.savepoint_rollback(savepoint)
        services.hint(topics=["floor"])
    assert len(heard) == 1
    assert "floor" in heard[0]


@pytest.mark.django_db(transaction=True)
def test_changed_conversations_make_what_they_touch_stale(heard: list[list[str]], noon: Any) -> None:
    conversation, queue, agent = uuid4(), uuid4(), uuid4()
    fact = ConversationsChanged(
        conversation_ids=[conversation], queue_ids=[queue], agent_ids=[agent], since=noon, at=noon
    )
    topics.conversations_changed(fact, noon)
    assert set(heard[0]) >= {"floor", "people", f"conversation:{conversation}", f"queue:{queue}", f"person:{agent}"}


@pytest.mark.django_db(transaction=True)
def test_what_is_no_topic_is_refused(heard: list[list[str]]) -> None:
    for wrong in ["", "Floor", "queue:", "queue:a b", "live.queue.1", "queue:1:2"]:
        with pytest.raises(ValueError, match="is no topic"):
            services.hint(topics=["floor", wrong])
    assert heard == []


def test_ticking_clocks_are_not_a_change() -> None:
    first = '<p>Waiting <b class="x" data-since="1000">4s</b> in <i>Billing</i></p>'
    assert digest(first) == digest(first.replace("4s", "9s"))
    assert digest(first) != digest(first.replace("1000", "2000"))
    assert digest(first) != digest(first.replace("Billing", "Returns"))
