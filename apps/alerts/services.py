"""What people do about alerts, and the steps that the pipeline and the bells call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction

from apps.access import audit
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.alerts import delivering, episodes, evaluating, pack, rules, silences, telling, undoing
from apps.alerts.cards import MINUTES
from apps.alerts.engine import people
from apps.alerts.engine.keeping import kept, remembered
from apps.alerts.engine.people import Care, Outcome, Stage
from apps.alerts.engine.series import resolve_by_hand
from apps.alerts.facts import AlertActed, AlertsChanged
from apps.alerts.models import OVER, Episode, Happening, Rule, Series
from apps.reviews import services as reviews
from apps.shared.errors import OutOfScope, Refusal
from apps.shared.facts import Fact
from apps.shared.outbox import announce

# One step worse, in shares of the limit: from there on an alert that was put aside until it is worse returns.
WORSE_BY = 0.25
# A fact may be handled late; what fired before it is told as well.
NOTICED_WITHIN = timedelta(minutes=10)

seed = pack.seed
forget = evaluating.forget
guard = evaluating.guard
save_rule = rules.save
draft_rule = rules.draft
switch_rule = rules.switch
undo = undoing.undo
silence = silences.silence
lift_silence = silences.lift
silences_that_hold = silences.holding
wish = telling.wish
make_endpoint = telling.make_endpoint
switch_endpoint = telling.switch_endpoint
send_again = telling.send_again
deliver = delivering.deliver


def mark_due(fact: Fact, at: datetime) -> None:
    """Something happened: prompt rules are to be looked at. One insert."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO alerts_due (marked_at) VALUES (%s)", [at])


def tell_quality(fact: Fact, at: datetime) -> None:
    """Alerts changed: conversations that set one off are told to whoever draws what is reviewed. Two statements."""
    since = cast(AlertsChanged, fact).at - NOTICED_WITHIN
    alerted = Episode.objects.filter(fired_at__gte=since, conversation_id__isnull=False)
    reviews.flag(conversations=set(alerted.values_list("conversation_id", flat=True)), kind="alert", at=at)


def watch(*, at: datetime) -> int:
    """Look at prompt rules, and let time pass for episodes; return how many rules were evaluated."""
    done = evaluating.watch(at=at)
    evaluating.tick(at=at)
    return done


def evaluate(*, at: datetime) -> int:
    """Evaluate the rules of the grid that are due; return how many evaluations were done."""
    return evaluating.evaluate_due(at=at)


def take_on(*, by: Viewer, pk: UUID, at: datetime) -> Episode:
    """Say that one looks after it; stops the escalation.

    :raises Refusal: somebody has it already, or it is over.
    """

    def taken(one: Episode, care: Care) -> people.Told:
        if care.stage == Stage.ACKNOWLEDGED and one.by_id != by.user.pk:
            raise Refusal(f"{one.by} took this on already.")
        return people.acknowledge(care, by=str(by.user.pk), at=at.timestamp())

    return _do(by, pk, at, "alert.taken_on", "taken_on", taken)


def snooze(*, by: Viewer, pk: UUID, minutes: int, until_worse: bool, at: datetime) -> Episode:
    """Put it aside for some minutes; or until it is one step worse, at the most for two hours.

    :raises Refusal: not one of the times that are offered, or it is over or put aside already.
    """

    def put_aside(one: Episode, care: Care) -> people.Told:
        if minutes not in MINUTES:
            raise Refusal(f"Saw a snooze of {minutes} minutes. Choose one of {', '.join(map(str, MINUTES))}.")
        worse = (one.peak_badness or 0.0) + WORSE_BY if until_worse else None
        return people.snooze(
            care, by=str(by.user.pk), seconds=minutes * 60, at=at.timestamp(), until_badness=worse
        )  # fmt: skip

    detail = "until worse" if until_worse else f"{minutes} minutes"
    return _do(by, pk, at, "alert.snoozed", "snoozed", put_aside, detail=detail)


@transaction.atomic
def act(*, by: Viewer, pk: UUID, at: datetime) -> Episode:
    """Begin what the alert advises: whoever does has taken it on. Doing it again is counted once.

    :raises Refusal: it is over.
    """

    def began(one: Episode, care: Care) -> people.Told:
        if care.acted_at is not None:
            return care, ()
        taken, _ = people.acknowledge(care, by=str(by.user.pk), at=at.timestamp())
        return people.acted(taken, at=at.timestamp())

    one = _do(by, pk, at, "alert.acted", "acted", began, is_idempotent=True)
    if one.acted_at == at and one.by_id is not None:
        announce(AlertActed(episode_id=one.pk, user_id=by.user.pk, at=at), at=at)
    return one


@transaction.atomic
def resolve(*, by: Viewer, pk: UUID, at: datetime) -> Episode:
    """Say that it is over. While it was not good once, the next breach opens it again.

    :raises Refusal: it is over already.
    """
    by.require(Permission.CARE_FOR_ALERTS)
    found = Episode.objects.visible_to(by).filter(pk=pk).values_list("rule_id", "series_key").first()
    if found is None:
        raise OutOfScope
    # Whoever evaluates holds the rule's row: the memory must not be written by both.
    Rule.objects.select_for_update().get(pk=found[0])
    series = Series.objects.filter(rule=found[0], key=found[1]).first()
    told = _do(
        by, pk, at, "alert.resolved", "resolved_by_hand", lambda _, care: people.resolve(care, at=at.timestamp()),
        memory=None if series is None else series.memory,
    )  # fmt: skip
    if series is not None:
        memory, _ = resolve_by_hand(remembered(series.memory), at=at.timestamp())
        Series.objects.filter(pk=series.pk).update(memory=kept(memory), is_quiet=not memory.needs_leave)
    return told


@transaction.atomic
def hand_over(*, by: Viewer, to: Viewer, at: datetime) -> int:
    """Give the alerts one has taken on or put aside to whoever leads next, as far as they are theirs to see; return how many.

    The caller writes the audit: it is one act over alerts, diversions and promises.
    """
    by.require(Permission.CARE_FOR_ALERTS)
    to.require(Permission.CARE_FOR_ALERTS)
    held = (
        Episode.objects.visible_to(to)
        .still_open()
        .filter(by=by.user, stage__in=[Stage.ACKNOWLEDGED.value, Stage.SNOOZED.value])
    )
    found = list(held.select_for_update(of=("self",)))
    Episode.objects.filter(pk__in=[one.pk for one in found]).update(by=to.user)
    Happening.objects.bulk_create(episodes.told(one, "handed_over", at=at, by=to.user) for one in found)
    if found:
        announce(AlertsChanged(at=at), at=at)
    return len(found)


def judge(*, by: Viewer, pk: UUID, outcome: str, at: datetime) -> Episode:
    """Say what it was worth. Only what is over can be judged; a judgement may be changed.

    :raises Refusal: it is still open, or there is no such outcome.
    """

    def judged(_: Episode, care: Care) -> people.Told:
        if outcome not in {one.value for one in Outcome} - {Outcome.UNJUDGED.value}:
            raise Refusal("That is none of the outcomes. Choose one of those offered.")
        return people.judge(care, outcome=Outcome(outcome))

    return _do(by, pk, at, "alert.judged", "judged", judged, detail=outcome)


@transaction.atomic
def _do(
    by: Viewer, pk: UUID, at: datetime, verb: str, what: str, change: Callable[[Episode, Care], people.Told], *,
    detail: str = "", is_idempotent: bool = False, memory: dict[str, Any] | None = None,
) -> Episode:  # fmt: skip
    """Check, change, write down, announce. What no longer fits is refused with what became of it."""
    by.require(Permission.CARE_FOR_ALERTS)
    found = Episode.objects.visible_to(by).select_for_update(of=("self",)).select_related("by", "version", "rule")
    one = found.filter(pk=pk).first()
    if one is None:
        raise OutOfScope
    before = episodes.care_of(one)
    after, _ = change(one, before)
    if after == before:
        if is_idempotent and one.stage not in OVER:
            return one
        raise Refusal(_no_longer(one))
    episodes.put(one, after)
    one.save()
    line = episodes.told(one, what, at=at, by=by.user, detail=detail)
    line.before = undoing.kept(before, memory) if what in undoing.CAN_BE else None
    line.save()
    audit.record(by=by, verb=verb, subject=one, about=f"{one.version.name} {detail}".strip(), at=at)
    announce(AlertsChanged(at=at), at=at)
    return one


def _no_longer(one: Episode) -> str:
    if one.stage in OVER:
        return "This alert is over. Open it to say what it was worth."
    if one.stage == Stage.SNOOZED.value:
        return f"{one.by} put this aside already."
    if one.stage == Stage.ACKNOWLEDGED.value:
        return "You have this already."
    return "This alert is still open. It can be judged once it is over."
