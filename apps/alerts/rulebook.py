"""Rules for a viewer: all of them as sentences with how they fared, and one with its versions and its form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max

from apps.access.models import User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Team
from apps.alerts import evaluating, rules, scoping, thresholds
from apps.alerts.cards import STATES
from apps.alerts.engine.people import Severity
from apps.alerts.models import Episode, Rule, RuleVersion
from apps.alerts.thresholds import ONLY_ONCE, WATCHED, Watched
from apps.alerts.watching.windows import FEWEST_DAYS
from apps.interactions.models import Queue
from apps.metrics.models import Baseline
from apps.shared.errors import OutOfScope

LOOKED_BACK = timedelta(days=28)
# What these rules say rests on what was usual, which is known after a week.
LEARNS = frozenset({"share", "mean", "surge"})


@dataclass(frozen=True, slots=True)
class Line:
    """One rule of the list. `fired` counts its alerts of four weeks; None: none could have been, it is off."""

    rule: Rule
    version: RuleVersion
    says: str
    severity: str
    fired: int
    last_at: datetime | None
    is_learning: bool
    failing: str
    may_edit: bool


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a rule, in words."""

    version: RuleVersion
    says: str
    tried: str


@dataclass(frozen=True, slots=True)
class Told:
    """One rule: its newest version with the blanks of its sentence, and what it said before."""

    rule: Rule
    version: RuleVersion
    watched: Watched
    blanks: dict[str, str]
    scope: str
    says: str
    versions: Sequence[Version]
    may_edit: bool
    is_learning: bool


def lines(*, viewer: Viewer, at: datetime) -> list[Line]:
    """Every rule, the gravest first. Six statements, however many there are.

    :raises NotAllowed: the role reads no rules.
    """
    viewer.require(Permission.VIEW_RULES)
    found = list(Rule.objects.all())
    versions = evaluating.newest(found)
    names = scoping.scope_names(list(versions.values()))
    is_learning = _is_learning()
    fared = {
        rule: (fired, last)
        for rule, fired, last in Episode.objects.filter(fired_at__gt=at - LOOKED_BACK)
        .values("rule").annotate(fired=Count("pk"), last=Max("fired_at")).values_list("rule", "fired", "last")
    }  # fmt: skip
    told = []
    for rule in found:
        version = versions[rule.pk]
        fired, last = fared.get(rule.pk, (0, None))
        told.append(
            Line(
                rule=rule, version=version, says=thresholds.sentence(version, names[version.pk]),
                severity=STATES[Severity(version.severity)], fired=fired, last_at=last,
                is_learning=is_learning and version.reader in LEARNS and rule.is_on,
                failing=rule.error if rule.errors >= 2 else "",
                may_edit=rules.may_edit(viewer, is_quality=rule.is_quality),
            )
        )  # fmt: skip
    return sorted(told, key=lambda one: (not one.rule.is_on, -one.version.severity, one.version.name))


def _is_learning() -> bool:
    """Whether no queue has enough days yet to know what is usual. One statement."""
    days = Baseline.objects.aggregate(most=Max("days"))["most"]
    return days is None or days < FEWEST_DAYS


def get_rule(*, viewer: Viewer, pk: int) -> Rule:
    """One rule.

    :raises NotAllowed: the role reads no rules.
    :raises OutOfScope: there is none.
    """
    viewer.require(Permission.VIEW_RULES)
    found = Rule.objects.filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def told_of(*, viewer: Viewer, rule: Rule) -> Told:
    """One rule with its versions, the newest first. Six statements at most."""
    viewer.require(Permission.VIEW_RULES)
    versions = list(rule.versions.select_related("made_by", "owner").order_by("-n"))
    names = scoping.scope_names(versions)
    newest = versions[0]
    return Told(
        rule=rule, version=newest, watched=thresholds.watched_of(newest), blanks=thresholds.blanks_of(newest),
        scope=f"{newest.scope_kind}:{newest.scope_key}" if newest.scope_kind else "",
        says=thresholds.sentence(newest, names[newest.pk]),
        versions=[Version(one, thresholds.sentence(one, names[one.pk]), _tried(one)) for one in versions],
        may_edit=rules.may_edit(viewer, is_quality=rule.is_quality),
        is_learning=newest.reader in LEARNS and _is_learning(),
    )  # fmt: skip


def _tried(version: RuleVersion) -> str:
    if not version.tried:
        return "not tried on the past"
    fired, days = version.tried["fired"], version.tried["days"]
    times = {0: "never", 1: "once"}.get(fired, f"{fired} times")
    return f"would have fired {times} in the {days:.0f} days before"


def choices(*, viewer: Viewer) -> dict[str, Any]:
    """What the form of a rule offers: places, owners, actions, severities. Three statements."""
    viewer.require(Permission.VIEW_RULES)
    queues = [(f"queue:{key}", name) for key, name in Queue.objects.order_by("name").values_list("pk", "name")]
    teams = [(f"team:{key}", f"the queues of {name}") for key, name in Team.objects.values_list("pk", "name")]
    owners = User.objects.filter(is_active=True, role__in=rules.OWNERS).order_by("display_name", "username")
    return {
        "scopes": [("Queues", queues), ("Teams", teams)], "owners": [(one.pk, str(one)) for one in owners],
        "actions": list(thresholds.ACTIONS.items()), "severities": list(thresholds.SEVERITIES),
        "sensitivities": list(thresholds.SENSITIVITY),
    }  # fmt: skip


def watchables(*, viewer: Viewer) -> list[tuple[str, list[Watched]]]:
    """What a new rule of this viewer may watch, in groups.

    :raises NotAllowed: the role changes no rules.
    """
    viewer.require(Permission.EDIT_RULES)
    told: dict[str, list[Watched]] = {}
    for one in WATCHED.values():
        if one.key not in ONLY_ONCE and rules.may_edit(viewer, is_quality=one.is_quality):
            told.setdefault(one.group, []).append(one)
    return list(told.items())
