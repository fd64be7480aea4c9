"""The door: POST /api/v1/events, answered ahead of Django, because a request through Django costs as much as its ingest.

Requests that come while one commit is under way are written together by the next one, so that many small senders cost
little more than one large one. 202 is sent after the commit.
"""

from __future__ import annotations

import asyncio
import math
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
import structlog
from django.db import close_old_connections

from apps.access.sealed import open_value
from apps.connectors import admission as rules
from apps.connectors.admission import Admission
from apps.connectors.models import Source
from apps.connectors.queries import backlog_events
from apps.connectors.signatures import signed

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger(__name__)
PATH = "/api/v1/events"
JSON = ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json")
REMEMBER_SECONDS = 5.0
# A worker is woken this long after the first commit that follows a quiet time, so that what comes with it is taken with it,
# and then at most so often: each bell costs a step of some dozen statements, whatever the number of events.
BELL_SECONDS = 0.02
BELL_APART_SECONDS = 0.15
# With more events than this waiting, senders are asked to come back: the floor must not fall behind unnoticed.
MOST_WAITING = 20_000
# A source with a rate of its own may send this many seconds' worth at once.
BURST_SECONDS = 5.0
# Requests, and about how many events, that one commit takes together.
TOGETHER = 64
EVENTS_TOGETHER = 4000
# Commits begin at least so far apart: what comes one by one is committed by twos and threes, each with its own answer. A quiet
# sender does not wait for it.
COMMITS_APART_SECONDS = 0.015
# A key that nobody has is looked up again this much later, so that a new source is known at once and a wrong key is cheap.
LOOK_AGAIN_SECONDS = 0.5
MARK_SECONDS = 1.0


class Answer(Exception):
    """The request ends here with a status and a sentence."""

    def __init__(self, status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {"status": status, "title": title, "detail": detail}
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Known:
    """A source as the door remembers it for a few seconds."""

    id: int
    slug: str
    token_digests: frozenset[str] = field(repr=False)
    webhook_secrets: tuple[bytes, ...] = field(repr=False)
    most_events_per_second: int | None = None


@dataclass(slots=True)
class Bucket:
    """What a source with a rate may still send: it fills by `rate` a second, up to a burst, and may be overdrawn once.

    A batch larger than what is left passes as long as something is left, and the next one waits for it.
    """

    rate: int
    left: float
    at: float

    def wait_seconds(self, *, now: float) -> float:
        """Refill up to now and say how long the source must wait; 0 when it may send."""
        self.left = min(self.rate * BURST_SECONDS, self.left + (now - self.at) * self.rate)
        self.at = now
        return 0.0 if self.left > 0 else (1 - self.left) / self.rate


class Door:
    """An ASGI application for one path, in front of another for all the rest."""

    def __init__(self, inner: App) -> None:
        self.inner = inner
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="door")
        self._bell = ThreadPoolExecutor(1, thread_name_prefix="bell")
        self._waiting: list[tuple[Admission, asyncio.Future[None]]] = []
        self._flushing = False
        self._sources: list[Known] = []
        self._by_token: dict[str, Known] = {}
        self._sources_at = -REMEMBER_SECONDS
        self._looking: asyncio.Task[None] | None = None
        self._backlog = 0
        self._backlog_at = 0.0
        self._bell_at: asyncio.TimerHandle | None = None
        self._rang_at = -BELL_APART_SECONDS
        self._committing_at = -COMMITS_APART_SECONDS
        self._is_ringing = False
        self._marks: rules.Marks = {}
        self._marks_at: asyncio.TimerHandle | None = None
        self._buckets: dict[int, Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self.inner(scope, receive, send)
            return
        try:
            status, body, headers = 202, await self._take(scope, receive), {}
        except Answer as answer:
            status, body, headers = answer.status, answer.body, answer.headers
        except Exception:  # the database is away, or a bug: the sender is told in the door's own words to come again
            log.exception("request not taken")
            away = not_stored()
            status, body, headers = away.status, away.body, away.headers
        raw = msgspec.json.encode(body)
        kind = "application/json" if status == 202 else "application/problem+json"
        head = {"content-type": kind, "content-length": str(len(raw)), "cache-control": "no-store", **headers}
        await send(
            {"type": "http.response.start", "status": status,
             "headers": [(k.encode(), v.encode()) for k, v in head.items()]}
        )  # fmt: skip
        await send({"type": "http.response.body", "body": raw})

    async def _take(self, scope: Scope, receive: Receive) -> dict[str, Any]:
        if scope["method"] != "POST":
            raise Answer(405, "Method not allowed", "Events are sent with POST.", {"allow": "POST"})
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        if kind not in JSON:
            raise Answer(
                415, "Unsupported media type", f"Saw {kind or 'no content type'}. Send one of: {', '.join(JSON)}."
            )
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip"):
            raise Answer(415, "Unsupported media type", f"Saw the content encoding {coding}. Send gzip, or none.")
        loop = asyncio.get_running_loop()
        # A token is asked for before the body is read; a signature needs the body.
        source = await self._bearer(headers)
        body = await _read(receive, headers, is_gzip=coding == "gzip")
        source = source or await self._signer(headers, body)
        if time.monotonic() - self._backlog_at > 1:
            await loop.run_in_executor(self._writer, self._count_backlog)
        if self._backlog > MOST_WAITING:
            raise Answer(
                429, "Too many requests", f"{self._backlog} events are waiting to be recorded. Send again in a moment.",
                {"retry-after": "2"},
            )  # fmt: skip
        bucket = self._within_rate(source)
        admission = Admission(source.id, source.slug, body, datetime.now(UTC), headers.get("webhook-id", "")[:255])
        try:
            rules.examine(admission)
        except rules.TooMany as raised:
            raise Answer(413, "Too many events", str(raised)) from raised
        except rules.Unreadable as raised:
            why = str(raised)
            await loop.run_in_executor(self._writer, lambda: rules.keep_unreadable(admission, why=why))
            raise Answer(400, "Unreadable body", why) from raised
        if bucket is not None:
            bucket.left -= len(admission.results)
        if admission.candidates:
            done: asyncio.Future[None] = loop.create_future()
            self._waiting.append((admission, done))
            if not self._flushing:
                self._flushing = True
                loop.create_task(self._flush())  # noqa: RUF006  # it ends by itself when nothing waits
            await done
        return {"results": admission.results}

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                if (apart := self._committing_at + COMMITS_APART_SECONDS - loop.time()) > 0:
                    await asyncio.sleep(apart)
                self._committing_at = loop.time()
                await self._commit_together(self._next_group())
        finally:
            self._flushing = False

    def _next_group(self) -> list[tuple[Admission, asyncio.Future[None]]]:
        count, events = 0, 0
        for admission, _ in self._waiting[:TOGETHER]:
            events += len(admission.candidates)
            if count and events > EVENTS_TOGETHER:
                break
            count += 1
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group

    async def _commit_together(self, group: list[tuple[Admission, asyncio.Future[None]]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writer, _commit, [admission for admission, _ in group])
        except Exception:  # nothing of it was acknowledged
            log.exception("commit failed", requests=len(group))
            if len(group) > 1:  # one request must not take the others with it
                for one in group:
                    await self._commit_together([one])
            elif not group[0][1].done():
                group[0][1].set_exception(not_stored())
            return
        for admission, done in group:
            rules.note_marks(self._marks, admission)
            if not done.done():
                done.set_result(None)
        if not _is_ahead(self._bell_at):
            apart = self._rang_at + BELL_APART_SECONDS - loop.time()
            self._bell_at = loop.call_later(max(BELL_SECONDS, apart), self._ring)
        self._marks_at = self._marks_at if _is_ahead(self._marks_at) else loop.call_later(MARK_SECONDS, self._mark)

    def _ring(self) -> None:
        """Wake a worker: many commits are one bell."""
        self._rang_at = asyncio.get_running_loop().time()
        if not self._is_ringing:
            self._is_ringing = True
            rung = asyncio.get_running_loop().run_in_executor(self._bell, _ring)
            rung.add_done_callback(lambda _: setattr(self, "_is_ringing", False))

    def _mark(self) -> None:
        marks, self._marks = self._marks, {}
        asyncio.get_running_loop().run_in_executor(self._writer, _write_marks, marks)

    async def _look_up(self) -> None:
        """Read the sources again; requests that come meanwhile wait for the same reading."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._remember_sources())
        await asyncio.shield(self._looking)

    async def _remember_sources(self) -> None:
        self._sources = await asyncio.get_running_loop().run_in_executor(self._writer, _read_sources)
        self._by_token = {digest: source for source in self._sources for digest in source.token_digests}
        self._sources_at = time.monotonic()

    def _count_backlog(self) -> None:
        close_old_connections()
        self._backlog = backlog_events()
        self._backlog_at = time.monotonic()

    def _within_rate(self, source: Known) -> Bucket | None:
        """Return the source's bucket, None when it has no rate of its own. :raises Answer: 429, the bucket is empty."""
        rate, now = source.most_events_per_second, time.monotonic()
        if not rate:
            return None
        bucket = self._buckets.get(source.id)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[source.id] = Bucket(rate, rate * BURST_SECONDS, now)
        if (wait := bucket.wait_seconds(now=now)) > 0:
            raise Answer(
                429, "Too many requests", f"This source may send {rate} events a second. Wait, then send the same again.",
                {"retry-after": str(math.ceil(wait))},
            )  # fmt: skip
        return bucket

    async def _bearer(self, headers: dict[str, str]) -> Known | None:
        """Say which source has the bearer token; None when there is no token and a signature is to be looked at.

        :raises Answer: 401, nobody has it, or there is neither token nor signature.
        """
        if time.monotonic() - self._sources_at > REMEMBER_SECONDS:
            await self._look_up()
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            if "webhook-signature" in headers:
                return None
            raise unknown_key()
        digest = sha256(token.strip().encode()).hexdigest()
        if digest not in self._by_token and time.monotonic() - self._sources_at > LOOK_AGAIN_SECONDS:
            await self._look_up()
        if (found := self._by_token.get(digest)) is None:
            raise unknown_key()
        return found

    async def _signer(self, headers: dict[str, str], body: bytes) -> Known:
        """Say which source signed the body. :raises Answer: 401, nobody did, or too long ago."""
        for _ in range(2):
            for source in self._sources:
                if any(signed(secret, headers, body) for secret in source.webhook_secrets):
                    return source
            if time.monotonic() - self._sources_at <= LOOK_AGAIN_SECONDS:
                break
            await self._look_up()
        raise unknown_key()


def unknown_key() -> Answer:
    """The answer to a key that no active source has. It does not say which of the two it was."""
    return Answer(
        401, "Not authorised",
        "No active source has this key. Send `Authorization: Bearer …` with the source's token, or sign the request "
        "by Standard Webhooks with a time stamp not older than five minutes.",
        {"www-authenticate": "Bearer"},
    )  # fmt: skip


def not_stored() -> Answer:
    """The answer when nothing could be written: whoever sends the same again loses nothing."""
    return Answer(503, "Not stored", "The events could not be stored. Send them again.", {"retry-after": "2"})


def _is_ahead(timer: asyncio.TimerHandle | None) -> bool:
    return timer is not None and not timer.cancelled() and timer.when() > time.monotonic()


def _commit(admissions: list[Admission]) -> None:
    close_old_connections()
    rules.commit(admissions)


def _write_marks(marks: rules.Marks) -> None:
    try:
        close_old_connections()
        rules.write_marks(marks)
    except Exception:  # only the sources' page is a little behind
        log.warning("marks not written", exc_info=True)


def _read_sources() -> list[Known]:
    close_old_connections()
    return [
        Known(
            s.pk, s.slug, frozenset(s.token_digests),
            tuple(open_value(bytes(x), context=s.slug.encode()) for x in s.webhook_secrets),
            s.most_events_per_second,
        )
        for s in Source.objects.filter(is_active=True)
    ]  # fmt: skip


async def _read(receive: Receive, headers: dict[str, str], *, is_gzip: bool) -> bytes:
    """Read the body, at most 1 MiB of it, unpacked."""
    too_large = Answer(
        413, "Too large", f"A body may have {rules.LARGEST_BODY} bytes. Send fewer events in one request."
    )
    declared = headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > rules.LARGEST_BODY:
        raise too_large
    unpack = zlib.decompressobj(31) if is_gzip else None
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Answer(400, "Incomplete", "The connection closed before the whole body was sent.")
        part = message.get("body", b"")
        if unpack is not None:
            try:
                part = unpack.decompress(part, rules.LARGEST_BODY + 1)
            except zlib.error as raised:
                raise Answer(
                    400, "Unreadable body", "The body is not gzip, though content-encoding says so."
                ) from raised
        size += len(part)
        if size > rules.LARGEST_BODY:
            raise too_large
        parts.append(part)
        if not message.get("more_body", False):
            break
    if unpack is not None and (not unpack.eof or unpack.unused_data):
        raise Answer(
            400, "Unreadable body", "The gzip stream is cut off, or something follows it. Send it as one stream."
        )
    return b"".join(parts)


def _ring() -> None:
    from apps.connectors.tasks import absorb

    try:
        absorb.apply_async(ignore_result=True, expires=5, retry=False)
    except Exception:  # the broker is away: the sweep finds the delivery, and the sender has its answer already
        log.warning("bell not rung", exc_info=True)
