"""Evaluate rules: one worker a rule, each grid time once, missed ones caught up, and a rule that fails hurts nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from apps.alerts import episodes, scoping
from apps.alerts.engine import evaluation, people
from apps.alerts.engine.evaluation import Key
from apps.alerts.engine.keeping import remembered
from apps.alerts.engine.series import Judged, Memory, State, Timing, Verdict
from apps.alerts.facts import AlertsChanged
from apps.alerts.following import Looked, follow, key_text
from apps.alerts.models import Due, Episode, Evaluation, Happening, Rule, RuleVersion, Series
from apps.alerts.watching.feeds import silent_queues
from apps.alerts.watching.reading import ONLY_BAD, READERS
from apps.alerts.watching.seen import Seen
from apps.shared.outbox import announce
from apps.shared.reading import one_reading

log = structlog.get_logger(__name__)

GRID = timedelta(seconds=30)
# What was missed for longer is a gap, and the engine is told of it as one.
CAUGHT_UP = timedelta(minutes=30)
# Prompt rules are looked at as often even when nothing happens: waits pass their limits without an event.
PROMPT_EVERY = timedelta(seconds=2)
# Rules of the grid that one worker takes at once: the others find the rest.
TOGETHER = 50
_ONE_HAND = "SELECT pg_try_advisory_xact_lock(hashtext('midshift.alerts.watch'))"


def grid_time(at: datetime) -> datetime:
    """The last time of the grid up to a moment: half minutes since 1970, so that no clock change moves or doubles one."""
    return datetime.fromtimestamp(at.timestamp() // GRID.total_seconds() * GRID.total_seconds(), UTC)


def evaluate_due(*, at: datetime) -> int:
    """Evaluate every rule of the grid at each time that is due; return how many evaluations were done."""
    done = 0
    with one_reading():
        while now := _catch_up(at):
            done += now
    return done


def _on() -> QuerySet[Rule]:
    return Rule.objects.filter(is_on=True).order_by("pk")


def _catch_up(at: datetime) -> int:
    """Evaluate the rules that wait for the earliest time of the grid, some of them together; return how many."""
    with transaction.atomic():
        # Whoever holds a row evaluates that rule; the others go on to the next ones.
        late = Q(evaluated_at=None) | Q(evaluated_at__lt=grid_time(at))
        rules = list(_on().filter(late, is_prompt=False).select_for_update(skip_locked=True)[:TOGETHER])
        due = {rule.pk: _due(rule, at) for rule in rules}
        first = min(due.values(), default=None)
        if first is None:
            return 0
        now = [rule for rule in rules if due[rule.pk] == first]
        versions = _evaluate(now, first)
        Evaluation.objects.bulk_create(
            Evaluation(version=version, grid_at=first, done_at=at, error=rule.error)
            for rule, version in zip(now, versions, strict=True)
        )
        return len(now)


def _due(rule: Rule, at: datetime) -> datetime:
    """The next time of the grid at which a rule is to be evaluated that was not at the last one."""
    last = grid_time(at)
    if rule.evaluated_at is None or last - rule.evaluated_at > CAUGHT_UP:
        return last
    return min(grid_time(rule.evaluated_at) + GRID, last)


def watch(*, at: datetime) -> int:
    """Look at prompt rules if something happened since, or some seconds passed; return how many were evaluated.

    One worker looks at a time. Who is killed leaves the marks where they were.
    """
    with transaction.atomic(), one_reading():
        with connection.cursor() as cursor:
            cursor.execute(_ONE_HAND)
            if not cursor.fetchone()[0]:
                return 0
        happened = Due.objects.all().delete()[0] > 0
        waited = Q(evaluated_at=None) | Q(evaluated_at__lte=at - PROMPT_EVERY)
        rules = _on().filter(is_prompt=True).select_for_update(skip_locked=True)
        due = list(rules if happened else rules.filter(waited))
        _evaluate([rule for rule in due if rule.evaluated_at is None or rule.evaluated_at < at], at)
        return len(due)


def guard(*, at: datetime) -> None:
    """Look at the rules that watch the watching, and at nothing else; called from where the others are not evaluated."""
    with transaction.atomic(), one_reading():
        rules = _on().filter(key="watching").select_for_update(skip_locked=True)
        _evaluate([rule for rule in rules if rule.evaluated_at is None or rule.evaluated_at < at], at)


def newest(rules: Sequence[Rule]) -> dict[int, RuleVersion]:
    """The version that holds now, of each rule. One statement."""
    found = RuleVersion.objects.filter(rule__in=rules).order_by("rule", "-n").distinct("rule")
    return {one.rule_id: one for one in found}


def timing_of(version: RuleVersion) -> Timing:
    """How the engine waits for a version."""
    return Timing(
        wait=version.wait_seconds, keep=version.keep_seconds, interval=GRID.total_seconds(),
        no_data_after=max(2 * 60 * version.params.get("minutes", 0), 600),
    )  # fmt: skip


def _evaluate(rules: Sequence[Rule], at: datetime) -> list[RuleVersion]:
    """Evaluate locked rules together, in few statements; where that fails, one by one, so that the others do not suffer.

    Writes to each rule when it was evaluated and what went wrong; returns the versions that were.
    """
    if not rules:
        return []
    versions = newest(rules)
    pairs = [(rule, versions[rule.pk]) for rule in rules]
    try:
        with transaction.atomic():
            _together(pairs, at)
        errors = {rule.pk: rule.error for rule in rules}
    except Exception:  # noqa: BLE001  # evaluated again one by one, where each rule's own error is kept and logged
        errors = {rule.pk: _alone(rule, version, at) for rule, version in pairs}
    for rule in rules:
        rule.error, rule.evaluated_at = errors[rule.pk], at
        rule.errors = rule.errors + 1 if rule.error else 0
    Rule.objects.bulk_update(rules, ["errors", "error", "evaluated_at", "held"])
    return [versions[rule.pk] for rule in rules]


def _together(pairs: Sequence[tuple[Rule, RuleVersion]], at: datetime) -> None:
    found = [_seen(rule, version, at) for rule, version in pairs]
    known = _known(pairs, found)
    looked = []
    for (rule, version), seen in zip(pairs, found, strict=True):
        before = known[rule.pk]
        results = [(one.labels, one.judged) for one in seen]
        if version.reader in ONLY_BAD:
            there = {evaluation.key_of(one.labels) for one in seen}
            results += [(dict(key), Judged(Verdict.OK)) for key in before if key not in there]
        done = evaluation.evaluate(timing_of(version), before, results, at=at.timestamp())
        rule.error, rule.held = done.error, done.held
        looked.append(Looked(rule, version, done, {evaluation.key_of(one.labels): one for one in seen}, before))
    follow(looked, at)


def _alone(rule: Rule, version: RuleVersion, at: datetime) -> str:
    """Evaluate one rule in a savepoint of its own; return the error, empty where there was none."""
    try:
        with transaction.atomic():
            _together([(rule, version)], at)
        return rule.error
    except Exception as raised:  # kept with the rule and logged; the other rules are evaluated all the same
        log.exception("rule failed", rule=rule.key)
        error = f"{type(raised).__name__}: {raised}"[:200]
        with transaction.atomic():
            before = _known([(rule, version)], [[]])[rule.pk]
            done = evaluation.failed(timing_of(version), before, error, at=at.timestamp())
            follow([Looked(rule, version, done, {}, before)], at)
        return error


def _seen(rule: Rule, version: RuleVersion, at: datetime) -> list[Seen]:
    """What a rule sees in its scope. While its source is silent, nothing that it saw is over."""
    seen = scoping.within(rule, version, READERS[version.reader](version.params, at))
    silent = silent_queues(at) if version.family != "feed" else frozenset()
    if not silent:
        return seen
    return [
        replace(one, judged=replace(one.judged, verdict=Verdict.INSUFFICIENT))
        if one.queue in silent and one.judged.verdict == Verdict.OK
        else one
        for one in seen
    ]


def _known(
    pairs: Sequence[tuple[Rule, RuleVersion]], found: Sequence[Sequence[Seen]]
) -> dict[int, dict[Key, Memory]]:  # fmt: skip
    """What is remembered, by rule: of rules about single conversations only what is awake or was seen. One statement.

    Every series of a rule was evaluated when the rule was, so that moment is kept once, with the rule.
    """
    keys = {
        rule.pk: {key_text(evaluation.key_of(one.labels)) for one in seen}
        for (rule, version), seen in zip(pairs, found, strict=True)
        if version.reader in ONLY_BAD
    }
    whole = [rule.pk for rule, _ in pairs if rule.pk not in keys]
    some = Q(rule__in=list(keys)) & (Q(is_quiet=False) | Q(key__in=set().union(*keys.values())))
    at = {rule.pk: episodes.seconds(rule.evaluated_at) for rule, _ in pairs}
    told: dict[int, dict[Key, Memory]] = {rule.pk: {} for rule, _ in pairs}
    rows = Series.objects.filter(Q(rule__in=whole) | some)
    for rule, key, labels, memory, is_quiet in rows.values_list("rule_id", "key", "labels", "memory", "is_quiet"):
        if not (rule in keys and is_quiet and key not in keys[rule]):
            since = at[rule] or memory.get("evaluated_at")
            told[rule][evaluation.key_of(labels)] = remembered({**memory, "evaluated_at": since})
    return told


def tick(*, at: datetime) -> int:
    """Let time pass for episodes: escalate, ask again, wake from a snooze, close unjudged. Return how many were due."""
    with transaction.atomic():
        due = Episode.objects.select_for_update(skip_locked=True, of=("self",)).filter(due_at__lte=at)
        found = list(due.select_related("version", "rule").order_by("due_at")[:200])
        calls: list[tuple[Episode, people.Call]] = []
        history = []
        for one in found:
            was = one.stage
            care, told = people.tick(
                episodes.care_of(one), at=at.timestamp(), is_breaching=one.state == State.FIRING.value
            )
            episodes.put(one, care)
            if care.stage.value == was and not told:
                # Taken on and well again for now: asked once more when it may have come back.
                one.due_at = max(one.due_at or at, at) + GRID
            calls += [(one, call) for call in told]
            if told or one.stage != was:
                history.append(episodes.told(one, "called" if told else one.stage, at=at, detail=one.outcome))
            one.save()
        Happening.objects.bulk_create(history)
        episodes.call(calls, at=at)
        if episodes.give_out(at=at) or history:
            announce(AlertsChanged(at=at), at=at)
    return len(found)


def forget(*, at: datetime) -> int:
    """Delete evaluations that nobody asks for any more; return how many."""
    return Evaluation.objects.filter(grid_at__lt=at - timedelta(days=2)).delete()[0]
