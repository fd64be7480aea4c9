"""Announce facts in the caller's transaction; dispatch them to the steps of the pipeline, each once in effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils.module_loading import import_string

from apps.shared.facts import Fact
from apps.shared.models import Handled, Outbox

log = structlog.get_logger(__name__)

Step = Callable[[Fact, datetime], None]
Pipeline = Mapping[type[Fact], Sequence[Step]]
LAST_TRY = 5
# While a release rolls out, old workers meet facts of the new one: those wait for a worker that knows them.
UNREAD_FOR, READ_AGAIN = timedelta(minutes=30), timedelta(seconds=5)


def announce(fact: Fact, *, at: datetime) -> None:
    """Write the fact to the outbox inside the caller's transaction and ring the dispatcher once it is committed."""
    Outbox.objects.create(fact=type(fact).__name__, payload=msgspec.to_builtins(fact), announced_at=at)
    transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Wake a worker. A bell that is lost is made good by the sweep a second later."""
    from apps.shared.tasks import dispatch as bell  # the domain does not know the worker

    bell.apply_async(ignore_result=True, expires=5, retry=False)


@cache
def _pipeline() -> tuple[Mapping[str, type[Fact]], Pipeline]:
    pipeline: Pipeline = import_string(settings.PIPELINE)
    return {fact.__name__: fact for fact in pipeline}, pipeline


def dispatch(*, at: datetime, limit: int = 50) -> int:
    """Hand up to `limit` waiting facts to their steps and return how many were taken.

    Facts that another worker holds are skipped. Each step runs in its own savepoint together with the row that says
    it was handled; a step that raises leaves the other steps done and the fact waiting for a later try.
    """
    by_name, pipeline = _pipeline()
    with transaction.atomic():
        waiting = (
            Outbox.objects.select_for_update(skip_locked=True)
            .filter(Q(retry_at=None) | Q(retry_at__lte=at), dispatched_at=None)
            .order_by("id")[:limit]
        )
        rows = list(waiting)
        done = set(Handled.objects.filter(outbox__in=rows).values_list("outbox_id", "step")) if rows else set()
        for row in rows:
            if (fact := _read(row, by_name, at)) is None:
                continue
            error = ""
            for step in pipeline[by_name[row.fact]]:
                name = f"{step.__module__}.{step.__qualname__}"
                if (row.pk, name) in done:
                    continue
                try:
                    with transaction.atomic():
                        step(fact, at)
                        Handled.objects.create(outbox=row, step=name)
                except Exception as raised:  # one step's bug must not stop the others; it is kept, logged and retried
                    log.exception("step failed", step=name, outbox=row.pk)
                    error = f"{name}: {type(raised).__name__}"
            row.error = error
            if not error:
                row.dispatched_at = at
            else:
                row.attempts += 1
                row.retry_at = at + timedelta(seconds=2**row.attempts)
                if row.attempts >= LAST_TRY:
                    row.dispatched_at = at  # put aside; `error` says why
        Outbox.objects.bulk_update(rows, ["dispatched_at", "attempts", "retry_at", "error"])
    return len(rows)


def _read(row: Outbox, by_name: Mapping[str, type[Fact]], at: datetime) -> Fact | None:
    """Read a fact. What this release does not know, or cannot read, stops no other fact: it waits, and is put aside in the end."""
    try:
        return msgspec.convert(row.payload, by_name[row.fact], strict=False)
    except (KeyError, msgspec.ValidationError) as raised:
        row.error = f"not known to this release: {type(raised).__name__}"
        row.retry_at = at + READ_AGAIN
        if at - row.announced_at > UNREAD_FOR:
            log.error("fact put aside unread", fact=row.fact, outbox=row.pk)
            row.dispatched_at = at
        return None


def forget(*, before: datetime) -> int:
    """Delete facts that were dispatched without an error before a moment; return how many."""
    deleted, _ = Outbox.objects.filter(dispatched_at__lt=before, error="").delete()
    return deleted


def put_aside(*, most: int) -> list[Outbox]:
    """The latest facts that a step could not handle to the last try, newest first."""
    return list(Outbox.objects.filter(dispatched_at__isnull=False).exclude(error="").order_by("-pk")[:most])


def waiting() -> tuple[int, datetime | None]:
    """How many facts wait for their steps, and since when the oldest does. One statement over the short index of work."""
    found = Outbox.objects.filter(dispatched_at=None).aggregate(n=Count("pk"), since=Min("announced_at"))
    return int(found["n"]), found["since"]


def try_again(*, pk: int) -> bool:
    """Have a fact that was put aside handed to its steps again, those that failed alone; say whether there was one."""
    aside = Outbox.objects.filter(pk=pk, dispatched_at__isnull=False).exclude(error="")
    found = bool(aside.update(dispatched_at=None, attempts=0, retry_at=None, error=""))
    if found:
        transaction.on_commit(ring, robust=True)
    return found
