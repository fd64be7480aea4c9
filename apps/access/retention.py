"""How many days each kind of data is kept: one table, versioned; the latest version holds, else the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.conf import settings
from django.db import transaction

from apps.access import audit
from apps.access.models import RetentionPolicy
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.shared.errors import Refusal

# Every kind, and what it is.
KINDS: dict[str, str] = {
    "deliveries": "What sources sent, as it came, sealed as a whole",
    "originals": "The values behind masks, each sealed by itself",
    "messages": "Masked messages, with what was read of them",
    "events": "The course of conversations, and how long a repeat is recognised",
    "samples": "What the queues looked like each minute",
}
# What comes first must not outlive what stands after it: it holds more.
ORDER = ("deliveries", "originals", "messages")
LEAST, MOST = 1, 3650
HISTORY = 20

Days = Mapping[str, int]


class RetentionChanged(Refusal):
    """Another version holds than the one that was looked at."""


class RetentionRefused(Refusal):
    """Something would be kept that must go earlier."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One kind that is kept for another number of days than before."""

    kind: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version: who made it when, and what it changed."""

    by: str
    at: datetime
    changed: Sequence[Difference]


def current() -> dict[str, int]:
    """Days by kind, as they hold now. One statement.

    Of settings that contradict each other the shorter one holds: what holds more does not outlive what holds less.
    """
    latest = RetentionPolicy.objects.order_by("-pk").values_list("days", flat=True).first()
    return _whole(latest or {})


def kept(kind: str) -> timedelta:
    """For how long a kind is kept now. One statement."""
    return timedelta(days=current()[kind])


def version() -> int:
    """The number of the version that holds; 0 as long as the settings do."""
    return RetentionPolicy.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def history() -> list[Version]:
    """The latest versions, newest first. One statement."""
    rows = list(RetentionPolicy.objects.select_related("made_by").order_by("-pk")[: HISTORY + 1])
    before = [*(_whole(row.days) for row in rows[1:]), _whole({})]
    told = [
        Version(str(row.made_by), row.made_at, differences(old, row.days))
        for row, old in zip(rows, before, strict=False)
    ]
    return told[:HISTORY]


def differences(before: Days, after: Days) -> list[Difference]:
    """The kinds in which two tables differ, in the order of `KINDS`."""
    return [Difference(kind, before[kind], after[kind]) for kind in KINDS if before[kind] != after[kind]]


def mistake_in(days: Days) -> str:
    """Say what is wrong with a table; nothing where nothing is."""
    for kind in KINDS:
        if not LEAST <= days.get(kind, 0) <= MOST:
            return f"“{KINDS[kind]}” needs a number of days from {LEAST} to {MOST:,}."
    for sooner, later in pairwise(ORDER):
        if days[sooner] > days[later]:
            return (
                f"“{KINDS[sooner]}” would outlive “{KINDS[later]}”, which holds less of a customer. "
                f"Choose at most {days[later]} days."
            )
    return ""


@transaction.atomic
def change(*, by: Viewer, days: Days, based_on: int, at: datetime) -> RetentionPolicy:
    """Let a new version hold. What is past it goes within the hour and cannot be brought back.

    The view has shown what goes and has asked for the password again. `based_on` is the version it was made from.

    :raises RetentionRefused: out of bounds, or sealed data would outlive masked data.
    :raises RetentionChanged: another admin was faster.
    """
    by.require(Permission.MANAGE_PRIVACY)
    if mistake := mistake_in(days):
        raise RetentionRefused(mistake)
    # Two admins take turns; the lock stays until the new version is there for all.
    list(RetentionPolicy.objects.select_for_update().order_by("-pk")[:1])
    if based_on != version():
        raise RetentionChanged("Another admin has saved a version meanwhile. Look at the table again, then decide.")
    changed = [f"{one.kind} {one.before} to {one.after} days" for one in differences(current(), days)]
    made = RetentionPolicy.objects.create(days={kind: days[kind] for kind in KINDS}, made_by=by.user, made_at=at)
    audit.record(by=by, verb="retention.changed", subject=made, about=", ".join(changed)[:200], at=at)
    return made


def _whole(days: Days) -> dict[str, int]:
    found = {**settings.RETENTION_DAYS, **days}
    for sooner, later in zip(reversed(ORDER[:-1]), reversed(ORDER), strict=False):
        found[sooner] = min(found[sooner], found[later])
    return {kind: found[kind] for kind in KINDS}
