"""Evaluate rules: one worker a rule, each grid time once, missed ones caught up, and a rule that fails hurts nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from apps.alerts import episodes
from apps.alerts.engine import evaluation, notices, people
from apps.alerts.engine.evaluation import Evaluated, Key
from apps.alerts.engine.keeping import kept, remembered
from apps.alerts.engine.people import Severity
from apps.alerts.engine.series import Effect, Judged, Memory, State, Timing, Transition, Verdict
from apps.alerts.evidence import evidence
from apps.alerts.facts import AlertsChanged
from apps.alerts.models import Due, Episode, Evaluation, Happening, Rule, RuleVersion, Series
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
_ONE_HAND = "SELECT pg_try_advisory_xact_lock(hashtext('midshift.alerts.watch'))"


def grid_time(at: datetime) -> datetime:
    """The last time of the grid up to a moment: half minutes since 1970, so that no clock change moves or doubles one."""
    return datetime.fromtimestamp(at.timestamp() // GRID.total_seconds() * GRID.total_seconds(), UTC)


def evaluate_due(*, at: datetime) -> int:
    """Evaluate every rule of the grid at each time that is due; return how many evaluations were done."""
    with one_reading():
        return sum(_catch_up(pk, at) for pk in _on().filter(is_prompt=False).values_list("pk", flat=True))


def _on() -> QuerySet[Rule]:
    return Rule.objects.filter(is_on=True).order_by("pk")


def _catch_up(pk: int, at: datetime) -> int:
    done = 0
    while True:
        with transaction.atomic():
            # Whoever holds the row evaluates the rule; the others go on to the next one.
            rule = Rule.objects.select_for_update(skip_locked=True).filter(pk=pk, is_on=True).first()
            due = None if rule is None else _due(rule, at)
            if rule is None or due is None:
                return done
            version = newest(rule)
            Evaluation.objects.create(version=version, grid_at=due, done_at=at, error=_evaluate(rule, version, due))
            done += 1


def _due(rule: Rule, at: datetime) -> datetime | None:
    last = grid_time(at)
    if rule.evaluated_at is None or last - rule.evaluated_at > CAUGHT_UP:
        return last
    due = grid_time(rule.evaluated_at) + GRID
    return due if due <= last else None


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
        for rule in due:
            if rule.evaluated_at is None or rule.evaluated_at < at:
                _evaluate(rule, newest(rule), at)
        return len(due)


def newest(rule: Rule) -> RuleVersion:
    """The version of a rule that holds now."""
    return rule.versions.order_by("-n")[0]


def timing_of(version: RuleVersion) -> Timing:
    """How the engine waits for a version."""
    return Timing(
        wait=version.wait_seconds, keep=version.keep_seconds, interval=GRID.total_seconds(),
        no_data_after=max(2 * 60 * version.params.get("minutes", 0), 600),
    )  # fmt: skip


def _evaluate(rule: Rule, version: RuleVersion, at: datetime) -> str:
    """Evaluate a locked rule in a savepoint of its own; return the error, empty where there was none."""
    error = ""
    try:
        with transaction.atomic():
            seen = READERS[version.reader](version.params, at)
            known = _known(rule, version, seen)
            results = [(one.labels, one.judged) for one in seen]
            if version.reader in ONLY_BAD:
                there = {evaluation.key_of(one.labels) for one in seen}
                results += [(dict(key), Judged(Verdict.OK)) for key in known if key not in there]
            done = evaluation.evaluate(timing_of(version), known, results, at=at.timestamp())
            _write(rule, version, done, seen, at)
            error, rule.held = done.error, done.held
    except Exception as raised:  # kept with the rule and logged; the other rules are evaluated all the same
        log.exception("rule failed", rule=rule.key)
        error = f"{type(raised).__name__}: {raised}"[:200]
        with transaction.atomic():
            known = _known(rule, version, [])
            _write(rule, version, evaluation.failed(timing_of(version), known, error, at=at.timestamp()), [], at)
    rule.errors = rule.errors + 1 if error else 0
    rule.error, rule.evaluated_at = error, at
    rule.save(update_fields=["errors", "error", "evaluated_at", "held"])
    return error


def _known(rule: Rule, version: RuleVersion, seen: Sequence[Seen]) -> dict[Key, Memory]:
    """What is remembered: of rules about single conversations only what is awake or was seen."""
    found = Series.objects.filter(rule=rule)
    if version.reader in ONLY_BAD:
        found = found.filter(Q(is_quiet=False) | Q(key__in=[_text(evaluation.key_of(one.labels)) for one in seen]))
    return {evaluation.key_of(row.labels): remembered(row.memory) for row in found}


def _text(key: Key) -> str:
    return ",".join(f"{name}={value}" for name, value in key)


def _write(rule: Rule, version: RuleVersion, done: Evaluated, seen: Sequence[Seen], at: datetime) -> None:
    Series.objects.bulk_create(
        [
            Series(
                rule=rule, key=_text(key), labels=dict(key), memory=kept(memory),
                is_quiet=memory.state == State.INACTIVE and not memory.needs_leave,
            )
            for key, memory in sorted(done.memories.items())
        ],
        update_conflicts=True, unique_fields=["rule", "key"], update_fields=["memory", "is_quiet"],
    )  # fmt: skip
    _Episodes(rule, version, done, {evaluation.key_of(one.labels): one for one in seen}, at).follow()


class _Episodes:
    """What an evaluation means for episodes: opened, moved on, over; and who is called."""

    def __init__(
        self, rule: Rule, version: RuleVersion, done: Evaluated, seen: Mapping[Key, Seen], at: datetime
    ) -> None:
        self.rule, self.version, self.done, self.seen, self.at = rule, version, done, seen, at
        # The alerts that are open, and those that a person resolved while they were still bad.
        found = Episode.objects.select_for_update().filter(rule=rule).order_by("sequence")
        again = [_text(key) for key, one in done.transitions if one.effect == Effect.REOPENED]
        wanted = found.still_open() | found.filter(series_key__in=again)
        self.by_key = {one.series_key: one for one in wanted.select_related("version")}
        self.calls: list[tuple[Episode, people.Call]] = []
        self.history: list[Happening] = []
        self.is_changed = bool(done.transitions)

    def follow(self) -> None:
        fired = [key for key, one in self.done.transitions if one.effect == Effect.FIRED]
        opened = self._opened(fired)
        Episode.objects.bulk_create(opened.values())
        for key, one in self.done.transitions:
            if one.effect == Effect.FIRED:
                self._begun(opened[key], one)
            elif (episode := self.by_key.get(_text(key))) is not None:
                self._moved(episode, one)
        known = [(episode, self._memory(episode)) for episode in self.by_key.values()]
        for episode, memory in known:
            self._refreshed(episode, memory)
        changed = [*opened.values(), *self.by_key.values()]
        fields = [one.name for one in Episode._meta.concrete_fields if not one.primary_key]
        if changed:
            Episode.objects.bulk_update(changed, fields)
        Happening.objects.bulk_create(self.history)
        self._call()
        if self.is_changed:
            announce(AlertsChanged(at=self.at), at=self.at)

    def _opened(self, keys: Sequence[Key]) -> dict[Key, Episode]:
        about = [one.queue for key in keys if (one := self.seen[key]).queue is not None and one.conversation is None]
        found = evidence(self.version, about, self.at)
        last = self._last_ends(keys)
        return {key: self._episode(key, found, last.get(_text(key))) for key in keys}

    def _last_ends(self, keys: Sequence[Key]) -> dict[str, Episode]:
        """The last episode of each series that fired again, to tell the same story from a new one."""
        found = Episode.objects.filter(rule=self.rule, series_key__in=[_text(key) for key in keys])
        return {one.series_key: one for one in found.order_by("sequence")} if keys else {}

    def _episode(self, key: Key, found: Mapping[UUID, tuple[UUID, UUID | None]], last: Episode | None) -> Episode:
        one, memory = self.seen[key], self.done.memories[key]
        conversation, message = one.conversation, one.message
        if conversation is None and one.queue is not None:
            conversation, message = found.get(one.queue, (None, None))
        care, calls = people.opened(severity=Severity(self.version.severity), at=self.at.timestamp())
        is_again = last is not None and notices.is_again(
            resolved_at=episodes.seconds(last.resolved_at), at=self.at.timestamp()
        )
        is_worse = last is not None and notices.tells_again(badness=one.judged.badness, peak_badness=last.peak_badness)
        episode = Episode(
            rule=self.rule, version=self.version, series_key=_text(key), sequence=memory.sequence, queue_id=one.queue,
            about=one.about, conversation_id=conversation, message_id=message, state=memory.state.value, limit=one.limit,
            pending_since=episodes.moment(memory.active_since), fired_at=self.at, is_again=is_again and not is_worse,
        )  # fmt: skip
        self.calls += [(episode, call) for call in calls]
        return self._with_numbers(episodes.put(episode, care), memory, one)

    def _begun(self, episode: Episode, one: Transition) -> None:
        self.history.append(episodes.told(episode, one.effect.value, at=self.at))

    def _moved(self, episode: Episode, one: Transition) -> None:
        episode.state = one.after.value
        care = episodes.care_of(episode)
        at = self.at.timestamp()
        done: people.Told = (care, ())
        if one.effect == Effect.RESOLVED:
            done, episode.reason = people.over(care, at=at), one.reason
        elif one.effect == Effect.REOPENED:
            done, episode.reason = people.reopened(care, at=at), ""
        self._take(episode, done)
        self.history.append(episodes.told(episode, one.effect.value, at=self.at, detail=one.reason))

    def _refreshed(self, episode: Episode, memory: Memory | None) -> None:
        """The numbers as they are now; one that is put aside until it is worse may return."""
        if memory is None or not memory.is_open:
            return
        one = self.seen.get(_key(episode.series_key))
        self._with_numbers(episode, memory, one)
        if one is not None:
            severity, badness = Severity(self.version.severity), one.judged.badness
            was = episode.stage
            done = people.worsened(
                episodes.care_of(episode), severity=severity, badness=badness, at=self.at.timestamp()
            )
            self._take(episode, done)
            if episode.stage != was:
                self.history.append(episodes.told(episode, "got_worse", at=self.at))
                self.is_changed = True

    def _take(self, episode: Episode, done: people.Told) -> None:
        episodes.put(episode, done[0])
        self.calls += [(episode, call) for call in done[1]]

    def _memory(self, episode: Episode) -> Memory | None:
        return self.done.memories.get(_key(episode.series_key))

    def _with_numbers(self, episode: Episode, memory: Memory, one: Seen | None) -> Episode:
        before = (episode.value, episode.n)
        episode.peak, episode.peak_badness = memory.peak, memory.peak_badness
        # What is well again may have no number any more: the last one stays.
        episode.value = episode.value if memory.value is None else memory.value
        if one is not None:
            episode.n, episode.limit = one.judged.n, one.limit if one.limit is not None else episode.limit
        # Ages of single conversations tick in the browser; of other numbers every change is shown.
        if before != (episode.value, episode.n) and self.version.params.get("unit") != "seconds":
            self.is_changed = True
        return episode

    def _call(self) -> None:
        if self.calls:
            queues = {one.queue_id for one, _ in self.calls}
            for one, _ in self.calls:
                one.rule = self.rule
            open_ = Episode.objects.still_open().filter(queue__in=queues).select_related("version")
            episodes.call(self.calls, at=self.at, muted=frozenset(episodes.explained(open_)))


def _key(text: str) -> Key:
    return tuple((name, value) for name, _, value in (part.partition("=") for part in text.split(",")))


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
        open_ = Episode.objects.still_open().select_related("version") if calls else []
        episodes.call(calls, at=at, muted=frozenset(episodes.explained(open_)))
        if history:
            announce(AlertsChanged(at=at), at=at)
    return len(found)


def forget(*, at: datetime) -> int:
    """Delete evaluations that nobody asks for any more; return how many."""
    return Evaluation.objects.filter(grid_at__lt=at - timedelta(days=2)).delete()[0]
