"""Who mutes whom: silences people set, and alerts that explain others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Labels = Mapping[str, str]

LONGEST_SILENCE = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as notices see it. `ends` is when it resolved or will, if nobody says it goes on; None while it fires."""

    labels: Labels
    starts: float
    ends: float | None = None

    def is_resolved(self, at: float) -> bool:
        """Say whether it is over at a moment."""
        return self.ends is not None and self.ends <= at


@dataclass(frozen=True, slots=True)
class Silence:
    """What somebody wants to hear nothing of, from when to when."""

    match: Labels
    since: float
    until: float

    def __post_init__(self) -> None:
        if not self.match:
            raise ValueError("A silence says what it hides: name a rule, a queue or a team.")
        if not 0 < self.until - self.since <= LONGEST_SILENCE:
            raise ValueError("A silence ends, at the latest 24 hours after it began.")

    def hides(self, labels: Labels, at: float) -> bool:
        """Say whether it hides an alert at a moment."""
        return self.since <= at < self.until and matches(self.match, labels)


@dataclass(frozen=True, slots=True)
class Inhibition:
    """Alerts like `source` explain alerts like `target` where the `equal` labels agree.

    `demands_labels`: a label that both lack does not agree. Peers count two absent labels as equal, and so mute by accident.
    """

    source: Labels
    target: Labels
    equal: tuple[str, ...]
    demands_labels: bool = True

    def mutes(self, target: Labels, source: Labels) -> bool:
        """Say whether one alert mutes another. What is like both sides is muted by nothing that is like both."""
        if not matches(self.target, target) or not matches(self.source, source):
            return False
        if matches(self.source, target) and matches(self.target, source):
            return False
        if self.demands_labels and any(name not in target or name not in source for name in self.equal):
            return False
        return all(target.get(name, "") == source.get(name, "") for name in self.equal)


def matches(wanted: Labels, labels: Labels) -> bool:
    """Say whether labels hold all that is wanted."""
    return all(labels.get(name) == value for name, value in wanted.items())


def muted_by(target: Labels, sources: Iterable[Labels], rules: Iterable[Inhibition]) -> Labels | None:
    """Return the first of the firing alerts that explains the target."""
    kept = list(rules)
    return next((source for source in sources if any(rule.mutes(target, source) for rule in kept)), None)


def is_silenced(labels: Labels, silences: Iterable[Silence], at: float) -> bool:
    """Say whether somebody wants to hear nothing of an alert now."""
    return any(silence.hides(labels, at) for silence in silences)
