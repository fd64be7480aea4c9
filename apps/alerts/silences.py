"""Silences: what nobody is told of for a time, who may say so for how long, and what one hides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer
from apps.alerts import episodes
from apps.alerts.engine import matching
from apps.alerts.facts import AlertsChanged
from apps.alerts.models import Episode, Rule, RuleVersion, Silence
from apps.interactions.models import Queue
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.outbox import announce

MINUTES = (15, 30, 60, 120, 240, 480, 1440)
# For how long each role may silence at the most.
MOST = {Role.LEAD: 120, Role.QA_MANAGER: 480, Role.OPS: 1440, Role.ADMIN: 1440}
LEAST_REASON = 5
LOOKED_BACK = timedelta(hours=24)


class SilenceRefused(Refusal):
    """There can be no such silence. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a silence would hide: the open alerts now, and how many there were in the day before."""

    now: Sequence[Episode]
    lately: int


def running(at: datetime) -> list[Silence]:
    """The silences that hold at a moment. One statement."""
    return list(Silence.objects.filter(since__lte=at, until__gt=at).select_related("by", "rule", "queue"))


def hidden_by(found: Sequence[Episode], silences: Sequence[Silence]) -> dict[UUID, Silence]:
    """Which of some episodes are silenced, and by which silence."""
    told = {}
    for episode in found:
        labels = episodes.labels_of(episode)
        by = next((one for one in silences if matching.matches(one.labels, labels)), None)
        if by is not None:
            told[episode.pk] = by
    return told


def _check(by: Viewer, rule: Rule | None, queue: Queue | None) -> None:
    """Pass or raise: everybody silences what they look after, and nobody everything.

    :raises NotAllowed: the role silences nothing.
    :raises SilenceRefused: it names nothing, or more than the role looks after.
    """
    by.require(Permission.SILENCE)
    if rule is None and queue is None:
        raise SilenceRefused("rule", "A silence says what it hides: choose a rule, a queue or both.")
    if by.role == Role.LEAD and queue is None:
        raise SilenceRefused("queue", "You silence alerts of your own queues: choose one.")
    if by.role == Role.QA_MANAGER and (rule is None or not rule.is_quality):
        raise SilenceRefused("rule", "You silence rules about quality: choose one.")


def choices(*, viewer: Viewer) -> dict[str, Any]:
    """What the form offers this viewer. Three statements.

    :raises NotAllowed: the role silences nothing.
    """
    viewer.require(Permission.SILENCE)
    rules = Rule.objects.filter(is_on=True)
    if viewer.role == Role.QA_MANAGER:
        rules = rules.filter(is_quality=True)
    named = rules.order_by("pk", "-versions__n").distinct("pk").values_list("pk", "versions__name")
    return {
        "rules": sorted(named, key=lambda one: one[1]), "queues": list(Queue.objects.visible_to(viewer).order_by("name").values_list("pk", "name")),
        "minutes": [one for one in MINUTES if one <= MOST.get(viewer.role, 0)],
    }  # fmt: skip


def named(*, by: Viewer, rule: int | None, queue: UUID | None) -> tuple[Rule | None, Queue | None]:
    """The rule and queue that were chosen, as far as the viewer sees them.

    :raises OutOfScope: there is none, or it is not theirs.
    """
    by.require(Permission.SILENCE)
    of = Rule.objects.filter(pk=rule).first() if rule is not None else None
    at = Queue.objects.visible_to(by).filter(pk=queue).first() if queue is not None else None
    if (rule is not None and of is None) or (queue is not None and at is None):
        raise OutOfScope
    return of, at


def would_hide(*, by: Viewer, rule: Rule | None, queue: Queue | None, at: datetime) -> Hidden:
    """What it would hide, of what the viewer sees. Two statements.

    :raises SilenceRefused: it names nothing, or more than the role looks after.
    """
    _check(by, rule, queue)
    found = Episode.objects.visible_to(by)
    if rule is not None:
        found = found.filter(rule=rule)
    if queue is not None:
        found = found.filter(queue=queue)
    open_ = found.still_open().select_related("version", "queue").order_by("-severity", "fired_at")
    return Hidden(list(open_[:20]), found.filter(fired_at__gt=at - LOOKED_BACK).count())


@transaction.atomic
def silence(
    *, by: Viewer, rule: Rule | None, queue: Queue | None, minutes: int, reason: str, at: datetime
) -> Silence:  # fmt: skip
    """Have nobody told of some alerts for a time. They are shown as before, and told at its end if they still hold.

    :raises NotAllowed: the role silences nothing.
    :raises SilenceRefused: for everything, for too long, or without a reason.
    """
    _check(by, rule, queue)
    if minutes not in MINUTES or minutes > MOST.get(by.role, 0):
        raise SilenceRefused(
            "minutes",
            f"A silence ends. Yours may last {MOST.get(by.role, 0)} minutes at the most: choose one of the times offered.",
        )
    told = " ".join(mask(text=reason).text.split())[:200]
    if len(told) < LEAST_REASON:
        raise SilenceRefused("reason", "Say why in a few words: the next shift reads it.")
    made = Silence.objects.create(
        rule=rule, queue=queue, reason=told, by=by.user, since=at, until=at + timedelta(minutes=minutes)
    )  # fmt: skip
    audit.record(by=by, verb="silence.made", subject=made, about=said(made), reason=told, at=at)
    announce(AlertsChanged(at=at), at=at)
    return made


@transaction.atomic
def lift(*, by: Viewer, pk: int, at: datetime) -> Silence:
    """End a silence now.

    :raises OutOfScope: there is none that holds, or it is not the viewer's to lift.
    """
    by.require(Permission.SILENCE)
    found = _visible(by).filter(pk=pk, until__gt=at).select_for_update(of=("self",)).first()
    if found is None:
        raise OutOfScope
    try:
        _check(by, found.rule, found.queue)
    except SilenceRefused:
        raise NotAllowed("Whoever looks after more than you do made this silence. Ask operations to lift it.") from None
    found.until, found.lifted_by = max(at, found.since), by.user
    found.save(update_fields=["until", "lifted_by"])
    audit.record(by=by, verb="silence.lifted", subject=found, about=said(found), at=at)
    announce(AlertsChanged(at=at), at=at)
    return found


def _visible(viewer: Viewer) -> QuerySet[Silence]:
    seen = Silence.objects.select_related("rule", "queue", "by", "lifted_by")
    if viewer.sees_everything:
        return seen
    return seen.filter(Q(queue=None) | Q(queue__in=Queue.objects.visible_to(viewer)))


def listed(*, viewer: Viewer, at: datetime) -> tuple[list[Silence], list[Silence]]:
    """The silences that hold, and those that were over within a day. Two statements.

    :raises NotAllowed: the role silences nothing.
    """
    viewer.require(Permission.SILENCE)
    found = _visible(viewer).filter(until__gt=at - LOOKED_BACK).order_by("until")
    return [one for one in found if one.until > at], [one for one in found if one.until <= at]


def holding(*, viewer: Viewer, at: datetime) -> list[tuple[Silence, str]]:
    """The silences that hold in the viewer's queues, with what each hides in words; soonest over first. Two statements at most."""
    viewer.require(Permission.SILENCE)
    found = list(_visible(viewer).filter(since__lte=at, until__gt=at).order_by("until"))
    rules = [one.rule_id for one in found if one.rule_id is not None]
    newest = RuleVersion.objects.filter(rule__in=rules).order_by("rule", "-n").distinct("rule")
    names = dict(newest.values_list("rule", "name")) if rules else {}
    return [(one, _said(one, names.get(one.rule_id or 0, ""))) for one in found]


def said(one: Silence) -> str:
    """What it hides, in words."""
    return _said(one, one.rule.versions.order_by("-n")[0].name if one.rule is not None else "")


def _said(one: Silence, rule: str) -> str:
    told = rule or "Every alert"
    return f"{told} in {one.queue.name}" if one.queue is not None else told
