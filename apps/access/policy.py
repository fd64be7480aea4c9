"""What each role is shown of each kind of masked value: one table, versioned; the latest version holds."""

from __future__ import annotations

from collections.abc import Mapping
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

    SHOWN = "shown", "shown"
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


@transaction.atomic
def change(*, by: Viewer, rules: Rules, at: datetime) -> MaskingPolicy:
    """Let a new version hold. The view has asked for the password again.

    :raises PolicyRefused: a role, kind or level that there is not, or a value shown to whom it may not be.
    """
    by.require(Permission.MANAGE_MASKING)
    for role, kinds in rules.items():
        for kind, level in kinds.items():
            if role not in Role.values or kind not in KINDS or level not in Level.values:
                raise PolicyRefused(f"There is no “{level}” of “{kind}” for “{role}”. Choose from the table.")
            if level == Level.SHOWN and kind not in LOW_RISK:
                raise PolicyRefused(f"A value of the kind “{kind}” is never shown without a reason. Choose “masked”.")
            if role not in OPENERS and level != Level.HIDDEN:
                raise PolicyRefused(f"The role {Role(role).label} opens no values. Leave its column hidden.")
    before = current()
    changed = sorted(
        f"{role} {kind}"
        for role, kinds in rules.items()
        for kind, level in kinds.items()
        if before.get(role, {}).get(kind) != level
    )
    made = MaskingPolicy.objects.create(rules={**default(), **rules}, made_by=by.user, made_at=at)
    audit.record(by=by, verb="masking.changed", subject=made, about=", ".join(changed)[:200], at=at)
    return made
