"""What each role is shown of each kind of masked value: one table, versioned; the latest version holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import TextChoices

from apps.access import audit
from apps.access.masking import KINDS
from apps.access.models import MaskingPolicy
from apps.access.roles import GRANTED, Permission, Role
from apps.access.viewer import Viewer
from apps.shared.errors import Refusal


class Level(TextChoices):
    """How much of a value a role is shown, from everything to nothing."""

    SHOWN = "shown", "shown in full; counted in the audit"
    PARTLY = "partly", "last four; the rest with a reason"
    MASKED = "masked", "masked; opened with a reason"
    HIDDEN = "hidden", "never opened"


# Roles that may open a value at all; the others are shown a placeholder whatever the table says.
OPENERS = frozenset(role for role in Role if Permission.OPEN_VALUES in GRANTED[role])
# Only low-risk values may be shown to a role without a reason.
LOW_RISK = frozenset({"name", "order", "quoted"})
# What lets somebody in elsewhere is nobody's business here: a supervisor never needs a customer's password.
_NEVER = frozenset({"password", "code", "secret"})
_LAST_FOUR = frozenset({"card", "iban", "phone", "account"})

Rules = Mapping[str, Mapping[str, str]]


HISTORY = 20
UNREADABLE = "The table could not be read. Choose from it again."


class PolicyChanged(Refusal):
    """Another version holds than the one that was looked at."""


class PolicyRefused(Refusal):
    """The table would show more than may be shown."""


def default() -> dict[str, dict[str, str]]:
    """The table of an installation in which no admin has changed it."""

    def level(role: Role, kind: str) -> Level:
        if role not in OPENERS or kind in _NEVER:
            return Level.HIDDEN
        return Level.PARTLY if kind in _LAST_FOUR else Level.MASKED

    return {role: {kind: level(role, kind).value for kind in KINDS} for role in Role}


def current() -> Rules:
    """The table that holds now. A kind that an older version does not name is hidden."""
    latest = MaskingPolicy.objects.order_by("-pk").values_list("rules", flat=True).first()
    return default() if latest is None else latest


def level_of(rules: Rules, role: Role, kind: str) -> Level:
    """What one role is shown of one kind."""
    return Level(rules.get(role, {}).get(kind, Level.HIDDEN)) if role in OPENERS else Level.HIDDEN


def choices(role: Role, kind: str) -> list[Level]:
    """The levels that the table may give a role for a kind, most first."""
    if role not in OPENERS:
        return [Level.HIDDEN]
    most = [Level.SHOWN] if kind in LOW_RISK else []
    return [*most, *([Level.PARTLY] if kind in _LAST_FOUR else []), Level.MASKED, Level.HIDDEN]


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell of the table that is another one than before."""

    role: Role
    kind: str
    before: Level
    after: Level


def differences(before: Rules, after: Rules) -> list[Difference]:
    """Every cell that differs, in the order of the table."""
    cells = ((role, kind, level_of(before, role, kind), level_of(after, role, kind)) for kind in KINDS for role in Role)
    return [Difference(*cell) for cell in cells if cell[2] != cell[3]]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the table: who made it when, and what it changed."""

    number: int
    by: str
    at: datetime
    changed: Sequence[Difference]


def version() -> int:
    """The number of the version that holds; 0 for the table of an untouched installation."""
    return MaskingPolicy.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def history() -> list[Version]:
    """The latest versions, newest first. One statement."""
    rows = list(MaskingPolicy.objects.select_related("made_by").order_by("-pk")[: HISTORY + 1])
    before = [*(row.rules for row in rows[1:]), default()]
    told = [
        Version(row.pk, str(row.made_by), row.made_at, differences(old, row.rules))
        for row, old in zip(rows, before, strict=False)
    ]
    return told[:HISTORY]


def mistakes(rules: Rules) -> Iterator[str]:
    """Say what is wrong with a table."""
    for role, kinds in rules.items():
        for kind, level in kinds.items():
            if role not in Role.values or kind not in KINDS or level not in Level.values:
                yield f"There is no “{level}” of “{kind}” for “{role}”. Choose from the table."
            elif level == Level.SHOWN and kind not in LOW_RISK:
                yield f"A value of the kind “{kind}” is never shown without a reason. Choose “masked”."
            elif role not in OPENERS and level != Level.HIDDEN:
                yield f"The role {Role(role).label} opens no values. Leave its column hidden."


@transaction.atomic
def change(*, by: Viewer, rules: Rules, at: datetime, based_on: int | None = None) -> MaskingPolicy:
    """Let a new version hold; roles and kinds that it does not name are as in an untouched installation.

    The view has shown what the new version does and has asked for the password again. `based_on` is the version it was
    made from.

    :raises PolicyRefused: a role, kind or level that there is not, or a value shown to whom it may not be.
    :raises PolicyChanged: another admin was faster.
    """
    by.require(Permission.MANAGE_MASKING)
    for mistake in mistakes(rules):
        raise PolicyRefused(mistake)
    # Two admins take turns; the lock stays until the new version is there for all.
    list(MaskingPolicy.objects.select_for_update().order_by("-pk")[:1])
    if based_on is not None and based_on != version():
        raise PolicyChanged("Another admin has saved a version meanwhile. Look at the table again, then decide.")
    whole = {**default(), **rules}
    changed = [f"{one.role} {one.kind}" for one in differences(current(), whole)]
    made = MaskingPolicy.objects.create(rules=whole, made_by=by.user, made_at=at)
    audit.record(by=by, verb="masking.changed", subject=made, about=", ".join(sorted(changed))[:200], at=at)
    return made
