"""Change rules: save a version, switch one off and on. Every change leaves the alerts that are open in order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from apps.access import audit
from apps.access.models import User
from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.agents.models import Team
from apps.alerts import evaluating, scoping
from apps.alerts.backtest.trying import Tried, try_out
from apps.alerts.engine import evaluation, series
from apps.alerts.engine.evaluation import Evaluated
from apps.alerts.engine.keeping import remembered
from apps.alerts.following import Looked, follow
from apps.alerts.models import Rule, RuleVersion
from apps.alerts.thresholds import (
    ACTIONS,
    ONLY_ONCE,
    SEVERITIES,
    WATCHED,
    RuleRefused,
    Watched,
    read_params,
    read_seconds,
)
from apps.interactions.models import Queue
from apps.shared.errors import NotAllowed, OutOfScope
from apps.shared.reading import one_reading

# Who can be asked about a rule.
OWNERS = (Role.LEAD, Role.OPS, Role.QA_MANAGER, Role.ADMIN)


def may_edit(viewer: Viewer, *, is_quality: bool) -> bool:
    """Admins change every rule; quality changes its own."""
    return viewer.allows(Permission.EDIT_RULES) and (viewer.allows(Permission.MANAGE_SETUP) or is_quality)


def require_edit(viewer: Viewer, *, is_quality: bool) -> None:
    """Pass or raise.

    :raises NotAllowed: the role changes no rules, or not this one.
    """
    viewer.require(Permission.EDIT_RULES)
    if not may_edit(viewer, is_quality=is_quality):
        raise NotAllowed(
            "Your role changes rules about quality, and this one is about running the floor. Ask an admin."
        )


def draft(
    *, rule: Rule, watched: Watched, blanks: Mapping[str, Any], before: RuleVersion | None, by: Viewer, at: datetime
) -> RuleVersion:  # fmt: skip
    """Make the version that a person wrote, without saving it.

    :raises RuleRefused: a blank cannot be read, there is no such place, no owner or no next action.
    """
    owner = (
        User.objects.filter(pk=blanks["owner"], is_active=True, role__in=OWNERS).first() if blanks["owner"] else None
    )
    if owner is None:
        raise RuleRefused("owner", "A rule has somebody who is asked about it. Choose a person.")
    if blanks["action"] not in ACTIONS:
        raise RuleRefused("action", "An alert has one next action. Choose one.")
    _check_scope(watched, blanks["scope_kind"], blanks["scope_key"])
    return RuleVersion(
        rule=rule, n=1 if before is None else before.n + 1, name=" ".join(str(blanks["name"]).split()), reader=watched.reader,
        params=read_params(watched, blanks), severity=int(SEVERITIES[blanks["severity"]]), family=watched.family,
        action=blanks["action"], wait_seconds=read_seconds("wait", str(blanks["wait"] or "0"), most=4 * 3600),
        keep_seconds=read_seconds("keep", str(blanks["keep"] or "0"), most=4 * 3600), scope_kind=blanks["scope_kind"],
        scope_key=blanks["scope_key"], owner=owner, made_by=by.user, made_at=at,
    )  # fmt: skip


def _check_scope(watched: Watched, kind: str, key: str) -> None:
    if not kind:
        return
    if watched.key in ONLY_ONCE:
        raise RuleRefused("scope", "This rule is about the whole portal.")
    try:
        if kind == scoping.QUEUE:
            known = Queue.objects.filter(pk=UUID(key)).exists()
        else:
            known = kind == scoping.TEAM and Team.objects.filter(pk=int(key)).exists()
    except ValueError:
        known = False
    if not known:
        raise RuleRefused("scope", "There is no such queue or team. Choose one of the list.")


def tried(*, by: Viewer, version: RuleVersion, at: datetime) -> Tried:
    """Try a version on the stored past; nothing is saved.

    :raises NotAllowed: the role reads no rules.
    """
    by.require(Permission.VIEW_RULES)
    with one_reading():
        return try_out(rule=version.rule, version=version, timing=evaluating.timing_of(version), at=at)


@transaction.atomic
def save(
    *, by: Viewer, rule: Rule | None, watch: str, blanks: Mapping[str, Any], general: Rule | None = None, at: datetime
) -> RuleVersion:  # fmt: skip
    """Save a rule, or a new version of one, with what the past says of it.

    What a rule meant before ends with it: its open alerts are over as “updated” when the condition changed, or have not waited
    as long as they now must. `general` is the rule instead of which a new one holds in its queues.

    :raises NotAllowed: the role changes no rules, or not this one.
    :raises RuleRefused: a blank cannot be read, or there is no owner.
    """
    watched = WATCHED.get(watch)
    if watched is None or (rule is None and watch in ONLY_ONCE):
        raise OutOfScope
    require_edit(by, is_quality=watched.is_quality if rule is None else rule.is_quality)
    before = None
    if rule is None:
        if general is not None and not blanks["scope_kind"]:
            raise RuleRefused("scope", f"Say where these limits hold: elsewhere “{general.key}” goes on.")
        target = Rule(
            key=_new_key(str(blanks["name"])),
            is_quality=watched.is_quality,
            is_prompt=watched.is_prompt,
            instead_of=general,
        )
    else:
        target = Rule.objects.select_for_update().get(pk=rule.pk)
        before = evaluating.newest([target])[target.pk]
    version = draft(rule=target, watched=watched, blanks=blanks, before=before, by=by, at=at)
    if before is not None and _says(before) == _says(version):
        return before
    version.tried = tried(by=by, version=version, at=at).kept()
    target.save()
    version.rule = target
    version.save(force_insert=True)
    if before is not None:
        _carry_over(target, before, version, at)
    audit.record(by=by, verb="rule.saved", subject=target, about=f"{version.name}, version {version.n}"[:200], at=at)
    return version


def _new_key(name: str) -> str:
    stem = slugify(name)[:32] or "rule"
    taken = set(Rule.objects.filter(key__startswith=stem).values_list("key", flat=True))
    return next(key for key in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if key not in taken)


def _says(version: RuleVersion) -> tuple[Any, ...]:
    return (
        version.name, version.params, version.severity, version.action, version.wait_seconds, version.keep_seconds,
        version.scope_kind, version.scope_key, version.owner_id,
    )  # fmt: skip


def _condition(version: RuleVersion) -> tuple[Any, ...]:
    return (version.reader, version.params, version.scope_kind, version.scope_key)


def _carry_over(rule: Rule, before: RuleVersion, after: RuleVersion, at: datetime) -> None:
    """Put every series on the new version. What is only called or acted on differently goes on."""
    same = _condition(before) == _condition(after)
    _move(rule, after, at, lambda memory, when: series.edited(
        evaluating.timing_of(after), memory, same_condition=same, at=when
    ))  # fmt: skip


def _move(rule: Rule, version: RuleVersion, at: datetime, change: Any) -> None:
    """Change every memory of a locked rule, and what that means for its alerts."""
    memories = {evaluation.key_of(row.labels): remembered(row.memory) for row in rule.series.all()}
    after, moved = {}, []
    for key, memory in memories.items():
        after[key], transitions = change(memory, at.timestamp())
        moved += [(key, one) for one in transitions]
    follow([Looked(rule, version, Evaluated(after, tuple(moved)), {}, memories)], at)


@transaction.atomic
def switch(*, by: Viewer, rule: Rule, is_on: bool, at: datetime) -> Rule:
    """Switch a rule off, which ends its alerts without asking what they were worth, or on again.

    :raises NotAllowed: the role changes no rules, or not this one.
    """
    require_edit(by, is_quality=rule.is_quality)
    found = Rule.objects.select_for_update().get(pk=rule.pk)
    if found.is_on == is_on:
        return found
    if not is_on:
        _move(
            found, evaluating.newest([found])[found.pk], at,
            lambda memory, when: series.end(memory, at=when, reason="paused"),
        )  # fmt: skip
        found.errors, found.error = 0, ""
    found.is_on = is_on
    found.save(update_fields=["is_on", "errors", "error"])
    audit.record(
        by=by, verb="rule.switched_on" if is_on else "rule.switched_off", subject=found, about=found.key, at=at
    )
    return found
