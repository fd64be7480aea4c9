"""The bus between processes: Channels' pub/sub layer, which carries `{topic, version}` and never any content.

A hub listens through the layer. A hint is published straight through the Redis client with the layer's own
serialisation: the layer's API is async, so a Celery worker would open an event loop and a connection for each hint, and
would wait for one answer a topic. Here all topics travel in one pipeline over a kept connection.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol, TypedDict, cast

import redis
import structlog
from channels.layers import get_channel_layer
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 0.5  # how long a caller may wait for the bus
PAUSE_SECONDS = 2.0  # after a failure callers do not wait again for so long


class Hint(TypedDict):
    """What the bus carries: something about `topic` changed; `version` grows with time (microseconds since 1970)."""

    type: str
    topic: str
    version: int


def group_of(topic: str) -> str:
    """Name the layer's group of a topic. Groups allow letters, digits, hyphens and periods only."""
    return f"live.{topic.replace(':', '.')}"


def hint_of(topic: str, *, version: int) -> Hint:
    """Return the message that says that a topic changed."""
    return {"type": "live.hint", "topic": topic, "version": version}


class Bus(Protocol):
    """What a hub needs: subscribe, unsubscribe, the next hint, and a word to itself."""

    async def subscribe(self, topic: str) -> None:
        """Hear this topic from now on."""

    async def unsubscribe(self, topic: str) -> None:
        """Hear it no longer."""

    async def next_hint(self) -> Hint:
        """Wait for a hint of a subscribed topic."""

    async def send(self, topic: str, *, version: int) -> None:
        """Publish from inside the event loop."""


class LayerBus:
    """One channel of the layer; every topic is a group of it. Made inside the event loop that uses it."""

    def __init__(self) -> None:
        self._layer: Any = get_channel_layer()
        self._channel: str | None = None

    async def _own_channel(self) -> str:
        if self._channel is None:
            self._channel = await self._layer.new_channel()
        return self._channel

    async def subscribe(self, topic: str) -> None:
        await self._layer.group_add(group_of(topic), await self._own_channel())

    async def unsubscribe(self, topic: str) -> None:
        await self._layer.group_discard(group_of(topic), await self._own_channel())

    async def next_hint(self) -> Hint:
        return cast(Hint, await self._layer.receive(await self._own_channel()))

    async def send(self, topic: str, *, version: int) -> None:
        await self._layer.group_send(group_of(topic), hint_of(topic, version=version))


class _Publisher:
    """A kept connection for sync processes, which stops trying for a moment when the bus does not answer."""

    def __init__(self, url: str) -> None:
        # redis-py notices a fork by itself, so a prefork worker may keep this client.
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._quiet_until = 0.0

    def publish(self, messages: Mapping[str, bytes]) -> bool:
        if time.monotonic() < self._quiet_until:
            return False
        pipe = self._client.pipeline(transaction=False)
        for channel, payload in messages.items():
            pipe.publish(channel, payload)
        try:
            pipe.execute()
        except redis.RedisError as error:
            # What was written stays written: hubs notice the silence of the bus and render everything again after it.
            self._quiet_until = time.monotonic() + PAUSE_SECONDS
            log.warning("the live bus does not answer", error=type(error).__name__, topics=len(messages))
            return False
        return True


@cache
def _publisher(url: str) -> _Publisher:
    return _Publisher(url)


def publish(topics: Sequence[str], *, version: int) -> bool:
    """Publish one hint a topic in a single pipeline; say whether the bus took them.

    A topic that nobody watches costs one PUBLISH to no subscriber. A bus that is down costs at most half a second and
    never an exception.
    """
    layer: Any = get_channel_layer()
    # The layer's own naming of a group's channel; a test over the real bus fails when the layer changes it.
    config: Any = settings.CHANNEL_LAYERS["default"]
    prefix = config["CONFIG"]["prefix"]
    messages = {
        f"{prefix}__group__{group_of(topic)}": layer.serialize(hint_of(topic, version=version)) for topic in topics
    }
    return _publisher(settings.REDIS_URL).publish(messages)
