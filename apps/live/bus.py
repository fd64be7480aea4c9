"""The bus between those who change something and the web processes that show it. It carries names, never content."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from functools import cache
from typing import Protocol

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from redis import asyncio as redis_async

# Every hub that has at least one watcher is a member; which topics are worth a message says the set below.
GROUP = "live.hubs"
# Sorted set: topic -> unix second until which somebody is known to watch it.
WATCHED = "midshift:live:watched"
VERSION = "midshift:live:version"
WATCH_SECONDS = 30


class Bus(Protocol):
    """What a hub needs of the bus; tests put their own in its place."""

    async def join(self) -> None:
        """Become a receiver of hints. May be called again after a failure."""

    async def keep(self, topics: Collection[str]) -> None:
        """Say that these topics are watched for the next 30 s, and that this process still listens."""

    async def receive(self) -> Sequence[str]:
        """Wait for a hint and return its topics."""

    async def leave(self) -> None:
        """Stop receiving and give connections back."""


class LayerBus:
    """The bus on the channel layer: one channel name for the whole process, however many sockets it serves."""

    def __init__(self) -> None:
        self._layer = get_channel_layer()
        self._redis = redis_async.Redis.from_url(settings.REDIS_URL)
        self._channel = ""

    async def join(self) -> None:
        if not self._channel:
            self._channel = await self._layer.new_channel("live")
        await self._layer.group_add(GROUP, self._channel)

    async def keep(self, topics: Collection[str]) -> None:
        now = time.time()
        if self._channel:
            await self._layer.group_add(GROUP, self._channel)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zremrangebyscore(WATCHED, "-inf", now)
            if topics:
                pipe.zadd(WATCHED, dict.fromkeys(topics, now + WATCH_SECONDS))
            await pipe.execute()

    async def receive(self) -> Sequence[str]:
        message = await self._layer.receive(self._channel)
        topics: Sequence[str] = message["topics"]
        return topics

    async def leave(self) -> None:
        try:
            if self._channel:
                await self._layer.group_discard(GROUP, self._channel)
        finally:
            await self._redis.aclose()


@cache
def _client() -> redis.Redis:
    # redis-py notices a fork by itself, so a prefork worker may keep this client.
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def publish(topics: Sequence[str]) -> int:
    """Send one hint for all those topics that somebody watches; return how many these are.

    Costs one round trip when nobody watches, and one message for each listening process otherwise. Not for use
    inside a running event loop.
    """
    watched_until, version = (
        _client().pipeline(transaction=False).zmscore(WATCHED, list(topics)).incr(VERSION).execute()
    )
    now = time.time()
    watched = [topic for topic, until in zip(topics, watched_until, strict=True) if until is not None and until > now]
    if watched:
        message = {"type": "hint", "topics": watched, "version": version}
        async_to_sync(get_channel_layer().group_send)(GROUP, message)
    return len(watched)
