"""Whether the portal itself works: workers, what waits, what was put aside, partitions made ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Max, Min
from django.utils.module_loading import import_string

from apps.access import audit
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.connectors.models import Delivery, DeliveryState
from apps.interactions.queries import partitions_ahead
from apps.shared import outbox, pulse
from apps.shared.errors import OutOfScope
from apps.shared.models import Outbox

# A task that comes every second is not late before this; one that comes every hour not before twice its time.
LEAST_LATE = timedelta(seconds=30)
# In a portal that was set up so lately, a task that has not had its turn is not late.
NEW = timedelta(minutes=3)
# What waits for longer is not being worked on.
LONG_WAIT = timedelta(minutes=1)
FEWEST_DAYS_AHEAD = 2
MOST = 50


@dataclass(frozen=True, slots=True)
class Duty:
    """One scheduled task and when it was last done. None: never yet."""

    name: str
    every_seconds: float
    done_at: datetime | None
    worker: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Running:
    """How the portal works at a moment."""

    duties: Sequence[Duty]
    deliveries: int
    deliveries_since: datetime | None
    deliveries_aside: int
    facts: int
    facts_since: datetime | None
    facts_aside: int
    partitions: Mapping[str, int]
    is_new: bool


def running(*, viewer: Viewer, at: datetime) -> Running:
    """Say how the portal works. A fixed number of statements."""
    viewer.require(Permission.VIEW_HEALTH)
    waits = Delivery.objects.filter(state=DeliveryState.WAITING).aggregate(n=Count("pk"), since=Min("received_at"))
    facts, facts_since = outbox.waiting()
    return Running(
        duties=duties(at=at), deliveries=waits["n"], deliveries_since=waits["since"],
        deliveries_aside=Delivery.objects.not_recorded().count(), facts=facts, facts_since=facts_since,
        facts_aside=len(outbox.put_aside(most=1000)), partitions=partitions_ahead(at=at), is_new=at - _set_up_at() < NEW,
    )  # fmt: skip


def _set_up_at() -> datetime:
    """When this release's tables were made or changed: before that nothing of it ran."""
    found = MigrationRecorder.Migration.objects.aggregate(at=Max("applied"))["at"]
    assert isinstance(found, datetime)  # noqa: S101  # without tables nobody asks
    return found


def _seconds(schedule: Any) -> float:
    """How often a task is due: a number of seconds, or on the minute."""
    return float(schedule) if isinstance(schedule, (int, float)) else 60.0


def duties(*, at: datetime) -> list[Duty]:
    """Every scheduled task, in the order of the schedule."""
    felt = pulse.pulses()
    found = []
    for name, entry in import_string(settings.SCHEDULE).items():
        last, every = felt.get(entry["task"]), _seconds(entry["schedule"])
        done_at = None if last is None else last.done_at
        is_late = done_at is None or at - done_at > max(LEAST_LATE, timedelta(seconds=2 * every))
        found.append(Duty(name, every, done_at, "" if last is None else last.worker, is_late))
    return found


def verdict(now: Running, *, at: datetime) -> tuple[str, str]:
    """The title of the page, and the sentence under it: what is wrong first."""
    told = []
    # An hourly task of a portal that was started just now has not been due yet, and in a new one no slower one has.
    late = [
        f"“{one.name}”"
        for one in now.duties
        if one.is_late and (one.done_at is not None or (one.every_seconds < 60 and not now.is_new))
    ]
    if all(one.is_late for one in now.duties if 2 * one.every_seconds <= LEAST_LATE.total_seconds()):
        told.append("no worker does its work")
    elif late:
        named = " and ".join(late) if len(late) < 3 else f"{', '.join(late[:2])} and {len(late) - 2} more"
        told.append(f"{named} {'is' if len(late) == 1 else 'are'} late")
    if now.deliveries_since is not None and at - now.deliveries_since > LONG_WAIT:
        told.append("deliveries wait to be recorded")
    if now.facts_since is not None and at - now.facts_since > LONG_WAIT:
        told.append("facts wait for their steps")
    if now.facts_aside:
        told.append(f"{now.facts_aside:,} {'fact was' if now.facts_aside == 1 else 'facts were'} put aside")
    if now.deliveries_aside:
        told.append(
            f"{now.deliveries_aside:,} {'delivery was' if now.deliveries_aside == 1 else 'deliveries were'} put aside"
        )
    if min(now.partitions.values(), default=0) < FEWEST_DAYS_AHEAD:
        told.append("partitions are not made ahead")
    if told:
        title = "; ".join(told)
        return title[0].upper() + title[1:], "Nothing that was accepted is lost: it waits, or is kept with its reason."
    return "The portal works", "Workers answer, nothing waits and nothing was put aside."


def facts_put_aside(*, viewer: Viewer) -> list[Outbox]:
    """The latest facts that were put aside."""
    viewer.require(Permission.VIEW_HEALTH)
    return outbox.put_aside(most=MOST)


@transaction.atomic
def try_again(*, by: Viewer, pk: int, at: datetime) -> None:
    """Have a fact that was put aside handed to its steps again.

    :raises OutOfScope: no such fact is put aside.
    """
    by.require(Permission.VIEW_HEALTH)
    if not outbox.try_again(pk=pk):
        raise OutOfScope
    audit.record(by=by, verb="fact.retried", about=f"fact {pk}", at=at)
