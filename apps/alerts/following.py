"""What evaluations mean for rows: memories kept, episodes opened, moved on and over, and who is called.

All rules that were looked at together are followed together: the statements do not grow with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID

from django.db.models import Q

from apps.alerts import episodes
from apps.alerts.engine import notices, people
from apps.alerts.engine.evaluation import Evaluated, Key
from apps.alerts.engine.keeping import kept
from apps.alerts.engine.people import Severity, Stage
from apps.alerts.engine.series import Effect, Memory, State, Transition
from apps.alerts.evidence import evidence
from apps.alerts.facts import AlertsChanged
from apps.alerts.models import Episode, Happening, Rule, RuleVersion, Series
from apps.alerts.watching.seen import Seen
from apps.shared.outbox import announce


@dataclass(frozen=True, slots=True)
class Looked:
    """One rule as it was evaluated: what it saw, what it remembered, and what came of both."""

    rule: Rule
    version: RuleVersion
    done: Evaluated
    seen: Mapping[Key, Seen]
    before: Mapping[Key, Memory]


def key_text(key: Key) -> str:
    """The labels of a series in their order, as rows name it."""
    return ",".join(f"{name}={value}" for name, value in key)


def follow(looked: Sequence[Looked], at: datetime) -> None:
    """Write down what the evaluations led to, in the caller's transaction. Ten statements at most, however many rules."""
    _keep(looked)
    _Following(looked, at).follow()


# What must be kept of a memory: when it was evaluated stands with the rule, and a number matters while it is bad.
_lasting = attrgetter(*(one.name for one in fields(Memory) if one.name not in ("evaluated_at", "value")))


def _differs(after: Memory, before: Memory) -> bool:
    return _lasting(after) != _lasting(before) or (after.is_open and after.value != before.value)


def _keep(looked: Sequence[Looked]) -> None:
    """Write the memories that changed."""
    rows = [
        Series(
            rule=one.rule, key=key_text(key), labels=dict(key), memory=kept(memory),
            is_quiet=memory.state == State.INACTIVE and not memory.needs_leave,
        )
        for one in looked
        for key, memory in sorted(one.done.memories.items())
        if key not in one.before or _differs(memory, one.before[key])
    ]  # fmt: skip
    if rows:
        Series.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["rule", "key"], update_fields=["memory", "is_quiet"]
        )


Place = tuple[int, str]


class _Following:
    """Episodes of several rules after one look at all of them."""

    def __init__(self, looked: Sequence[Looked], at: datetime) -> None:
        self.looked, self.at = looked, at
        self.calls: list[tuple[Episode, people.Call]] = []
        # Told before, and no worse than it was then: whoever is first on the list is not told again.
        self.known: set[UUID] = set()
        self.history: list[Happening] = []
        self.is_changed = any(one.done.transitions for one in looked)
        self.by_place = {(one.rule_id, one.series_key): one for one in self._found()}

    def _found(self) -> Sequence[Episode]:
        """What is open; what a person resolved while it was still bad; what was over a short while ago and fires again."""
        fired = self._keys(Effect.FIRED)
        since = self.at - timedelta(seconds=notices.COOLDOWN)
        wanted = (
            ~Q(stage__in=(Stage.RESOLVED, Stage.CLOSED))
            | Q(series_key__in=self._keys(Effect.REOPENED), is_manual=True)
            | Q(series_key__in=fired, resolved_at__gt=since)
        )
        rules = [one.rule for one in self.looked]
        found = Episode.objects.select_for_update(of=("self",)).filter(wanted, rule__in=rules)
        return list(found.select_related("version", "rule").order_by("sequence"))

    def _keys(self, effect: Effect) -> list[str]:
        return [key_text(key) for one in self.looked for key, moved in one.done.transitions if moved.effect == effect]

    def follow(self) -> None:
        made = []
        before = {one.pk: _columns(one) for one in self.by_place.values()}
        for one in self.looked:
            made += self._one_rule(one)
        Episode.objects.bulk_create(made)
        changed = [one for one in self.by_place.values() if one.pk in before and before[one.pk] != _columns(one)]
        if changed:
            Episode.objects.bulk_update(changed, _NAMES)
        Happening.objects.bulk_create(self.history)
        episodes.call(self.calls, at=self.at, known=frozenset(self.known))
        if self.is_changed:
            announce(AlertsChanged(at=self.at), at=self.at)

    def _one_rule(self, one: Looked) -> list[Episode]:
        fired = [key for key, moved in one.done.transitions if moved.effect == Effect.FIRED]
        # A conversation of the queue says nothing of a team, a person or an AI agent that stands there.
        about = [seen.queue for key in fired if (seen := one.seen[key]).queue is not None and "queue" in seen.labels]
        found = evidence(one.version, about, self.at) if about else {}
        made = []
        for key, moved in one.done.transitions:
            place = (one.rule.pk, key_text(key))
            last = self.by_place.get(place)
            if moved.effect == Effect.FIRED and last is not None and last.stage == Stage.RESOLVED.value:
                self._comes_again(one, key, last, found)
            elif moved.effect == Effect.FIRED:
                made.append(self._begins(one, key, found, last))
            elif last is not None:
                self._moves(last, moved)
        fresh = {episode.pk for episode in made}
        for (rule, text), episode in self.by_place.items():
            if rule == one.rule.pk and episode.pk not in fresh:
                self._is_as_now(one, _key(text), episode)
        return made

    def _begins(
        self, one: Looked, key: Key, found: Mapping[UUID, tuple[UUID, UUID | None]], last: Episode | None
    ) -> Episode:
        seen, memory = one.seen[key], one.done.memories[key]
        care, calls = people.opened(severity=Severity(one.version.severity), at=self.at.timestamp())
        episode = Episode(
            rule=one.rule, version=one.version, series_key=key_text(key), sequence=memory.sequence, queue_id=seen.queue,
            team_id=seen.team, about=seen.about, state=memory.state.value, limit=seen.limit,
            pending_since=episodes.moment(memory.active_since), fired_at=self.at,
        )  # fmt: skip
        _points_at(episode, seen, found)
        # Somebody judged the last one within half an hour: what is judged stays so, and this one is told as its sequel.
        if last is not None:
            self._is_told_as_again(episode, seen, last.peak_badness)
        self.calls += [(episode, call) for call in calls]
        self.by_place[one.rule.pk, episode.series_key] = episode
        self.history.append(episodes.told(episode, Effect.FIRED.value, at=self.at))
        return self._with_numbers(episodes.put(episode, care), memory, seen)

    def _comes_again(
        self, one: Looked, key: Key, episode: Episode, found: Mapping[UUID, tuple[UUID, UUID | None]]
    ) -> None:
        """Within half an hour it is the same story: its card is open again, and told only if it is worse."""
        seen, memory = one.seen[key], one.done.memories[key]
        self._is_told_as_again(episode, seen, episode.peak_badness)
        self._take(episode, people.reopened(episodes.care_of(episode), at=self.at.timestamp()))
        episode.version, episode.sequence, episode.times = one.version, memory.sequence, episode.times + 1
        episode.state, episode.reason = memory.state.value, ""
        _points_at(episode, seen, found)
        self._with_numbers(episode, memory, seen)
        self.history.append(episodes.told(episode, "again", at=self.at))

    def _is_told_as_again(self, episode: Episode, seen: Seen, peak_badness: float | None) -> None:
        episode.is_again = not notices.tells_again(badness=seen.judged.badness, peak_badness=peak_badness)
        if episode.is_again:
            self.known.add(episode.pk)

    def _moves(self, episode: Episode, moved: Transition) -> None:
        episode.state = moved.after.value
        care = episodes.care_of(episode)
        at = self.at.timestamp()
        done: people.Told = (care, ())
        if moved.effect == Effect.RESOLVED:
            done, episode.reason = people.over(care, at=at), moved.reason
        elif moved.effect == Effect.REOPENED:
            done, episode.reason = people.reopened(care, at=at), ""
        self._take(episode, done)
        self.history.append(episodes.told(episode, moved.effect.value, at=self.at, detail=moved.reason))

    def _is_as_now(self, one: Looked, key: Key, episode: Episode) -> None:
        """The numbers as they are now; one that is put aside until it is worse may return."""
        memory = one.done.memories.get(key)
        if memory is None or not memory.is_open:
            return
        seen = one.seen.get(key)
        self._with_numbers(episode, memory, seen)
        if seen is None:
            return
        was = episode.stage
        self._take(
            episode,
            people.worsened(
                episodes.care_of(episode), severity=Severity(one.version.severity), badness=seen.judged.badness,
                at=self.at.timestamp(),
            ),
        )  # fmt: skip
        if episode.stage != was:
            self.history.append(episodes.told(episode, "got_worse", at=self.at))
            self.is_changed = True

    def _take(self, episode: Episode, done: people.Told) -> None:
        episodes.put(episode, done[0])
        self.calls += [(episode, call) for call in done[1]]

    def _with_numbers(self, episode: Episode, memory: Memory, seen: Seen | None) -> Episode:
        before = (episode.value, episode.n)
        # Of a story that is told again the worst of all its parts.
        if episode.peak_badness is None or (memory.peak_badness or 0.0) >= episode.peak_badness:
            episode.peak, episode.peak_badness = memory.peak, memory.peak_badness
        # What is well again may have no number any more: the last one stays.
        episode.value = episode.value if memory.value is None else memory.value
        if seen is not None:
            episode.n, episode.limit = seen.judged.n, seen.limit if seen.limit is not None else episode.limit
        # Ages of single conversations tick in the browser; of other numbers every change is shown.
        if before != (episode.value, episode.n) and episode.version.params.get("unit") != "seconds":
            self.is_changed = True
        return episode


_NAMES = [one.name for one in Episode._meta.concrete_fields if not one.primary_key]
_ATTRIBUTES = [one.attname for one in Episode._meta.concrete_fields]


def _columns(one: Episode) -> list[object]:
    return [getattr(one, name) for name in _ATTRIBUTES]


def _points_at(episode: Episode, seen: Seen, found: Mapping[UUID, tuple[UUID, UUID | None]]) -> None:
    """The conversation and message to open first."""
    if seen.conversation is not None:
        episode.conversation_id, episode.message_id = seen.conversation, seen.message
    elif seen.queue is not None and seen.queue in found:
        episode.conversation_id, episode.message_id = found[seen.queue]


def _key(text: str) -> Key:
    return tuple((name, value) for name, _, value in (part.partition("=") for part in text.split(",")))
