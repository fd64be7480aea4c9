"""Delivery of grouped notices on a clock that is passed in: at least once, and once where the receiver answers."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from apps.alerts.engine.matching import Alert, Inhibition, Labels, Silence, is_silenced, muted_by
from apps.alerts.engine.notices import Group, Last, Pace, needs_notice, retry_at

Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """What one receiver is told of one group."""

    receiver: str
    at: float
    firing: tuple[Alert, ...]
    resolved: tuple[Alert, ...]


# Takes a notice and says whether the receiver has it, and when it said so or was cut.
Deliver = Callable[[Notice, float], tuple[bool, float]]


@dataclass(slots=True)
class Dispatcher:
    """Groups alerts and tells receivers. `group_by` names the labels that a group shares; none: all are one group."""

    pace: Pace
    receivers: tuple[str, ...]
    deliver: Deliver
    group_by: tuple[str, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    resolve_after: float = 300.0
    alerts: dict[Key, Alert] = field(default_factory=dict)
    silences: list[Silence] = field(default_factory=list)
    groups: dict[Key, Group] = field(default_factory=dict)
    told: dict[tuple[Key, str], Last] = field(default_factory=dict)
    # Retries: when, a running number, group, receiver, how often it was tried.
    waiting: list[tuple[float, int, Key, str, int]] = field(default_factory=list)
    _number: int = 0

    def push(self, pushed: Iterable[tuple[Labels, float | None, float | None]], *, at: float) -> None:
        """Take alerts as (labels, start, end); one without an end is over when nobody repeats it for `resolve_after`."""
        for labels, starts, ends in pushed:
            key = tuple(sorted(labels.items()))
            known = self.alerts.get(key)
            began = starts if starts is not None else known.starts if known is not None else at
            over = ends if ends is not None else at + self.resolve_after
            self.alerts[key] = Alert(dict(labels), began, over)
            group = self._group_of(labels)
            if group in self.groups:
                self.groups[group] = self.groups[group].joined(pace=self.pace, starts=began, at=at)
            else:
                self.groups[group] = Group.first(pace=self.pace, starts=began, at=at)

    def restart(self, *, at: float) -> None:
        """Begin again after a reload: alerts, silences and what was told are kept, the waits of groups are not."""
        self.groups.clear()
        self.waiting.clear()
        for alert in self.alerts.values():
            group = self._group_of(alert.labels)
            began = self.groups.get(group)
            self.groups[group] = (
                Group.first(pace=self.pace, starts=alert.starts, at=at)
                if began is None
                else began.joined(pace=self.pace, starts=alert.starts, at=at)
            )

    def advance(self, *, to: float) -> None:
        """Do all that is due until a moment, in the order of time."""
        while (due := self._next_due()) is not None and due <= to:
            if self.waiting and self.waiting[0][0] <= due:
                _, _, group, receiver, tries = heapq.heappop(self.waiting)
                self._tell(group, receiver, due, tries=tries)
            else:
                group = min(self.groups, key=lambda key: (self.groups[key].next_at, key))
                self._look(group, due)

    def _next_due(self) -> float | None:
        times = [group.next_at for group in self.groups.values()] + [one[0] for one in self.waiting[:1]]
        return min(times, default=None)

    def _group_of(self, labels: Labels) -> Key:
        return tuple((name, labels.get(name, "")) for name in self.group_by)

    def _look(self, group: Key, at: float) -> None:
        self.groups[group] = self.groups[group].looked_at(pace=self.pace)
        # What waits to be tried again is overtaken: this look tells what is true now.
        self.waiting = [one for one in self.waiting if one[2] != group]
        heapq.heapify(self.waiting)
        for receiver in self.receivers:
            self._tell(group, receiver, at, tries=0)
        self._forget(group, at)

    def _tell(self, group: Key, receiver: str, at: float, *, tries: int) -> None:
        heard = [one for one in self._members(group) if not self._is_muted(one, at)]
        firing = tuple(one for one in heard if not one.is_resolved(at))
        resolved = tuple(one for one in heard if one.is_resolved(at))
        now = Last(_names(firing), _names(resolved), at)
        if not needs_notice(
            self.told.get((group, receiver)), firing=now.firing, resolved=now.resolved, repeat=self.pace.repeat,
            tells_resolved=True, at=at,
        ):  # fmt: skip
            return
        still = tuple(replace(one, ends=None) for one in firing)
        is_told, done_at = self.deliver(Notice(receiver, at, still, resolved), self.pace.timeout)
        if is_told:
            self.told[group, receiver] = replace(now, at=done_at)
            return
        again = retry_at(tries=tries + 1, failed_at=done_at, retries=self.pace.retries)
        if again is not None:
            self._number += 1
            heapq.heappush(self.waiting, (again, self._number, group, receiver, tries + 1))

    def _members(self, group: Key) -> list[Alert]:
        return [self.alerts[key] for key in sorted(self.alerts) if self._group_of(self.alerts[key].labels) == group]

    def _is_muted(self, alert: Alert, at: float) -> bool:
        # What is over mutes nothing and is muted by nothing: a resolve is told.
        if not alert.is_resolved(at):
            sources = [one.labels for one in self.alerts.values() if not one.is_resolved(at)]
            if muted_by(alert.labels, sources, self.inhibitions) is not None:
                return True
        return is_silenced(alert.labels, self.silences, at)

    def _forget(self, group: Key, at: float) -> None:
        """Let go of what is over once every receiver knows it; an empty group ends."""
        members = self._members(group)
        known = [self.told[group, one].resolved for one in self.receivers if (group, one) in self.told]
        for alert in members:
            is_known = len(known) == len(self.receivers) and all(_name(alert) in resolved for resolved in known)
            if alert.is_resolved(at) and is_known:
                del self.alerts[_name(alert)]
        if not self._members(group):
            del self.groups[group]


def _name(alert: Alert) -> Key:
    return tuple(sorted(alert.labels.items()))


def _names(alerts: Iterable[Alert]) -> frozenset[Key]:
    return frozenset(_name(one) for one in alerts)
