"""Cases about people: one alert taken on, put aside, called again, closed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.alerts.engine import people
from apps.alerts.engine.people import Audience, Care, Severity, Stage
from apps.alerts.engine.series import Judged, Memory, Timing, Verdict, step
from apps.alerts.playing.words import Case, Unreadable, differ, number

WHO = {Audience.LEAD: "L1", Audience.OTHER_LEAD: "L2", Audience.OPS: "ops"}


@dataclass(slots=True)
class _Life:
    """One series and its episode."""

    memory: Memory = field(default_factory=Memory)
    care: Care | None = None
    told: list[str] = field(default_factory=list)

    def take(self, done: people.Told) -> None:
        self.care = done[0]
        self.told += [_who(self.care, one) for call in done[1] for one in call.audience]

    def judged(self, verdict: Verdict, at: float) -> None:
        was_open = self.memory.is_open
        self.memory, _ = step(Timing(grace=0.0), self.memory, Judged(verdict), at=at)
        if self.memory.is_open and not was_open:
            self.take(people.opened(severity=Severity.CRITICAL, at=at))
        elif was_open and not self.memory.is_open and self.care is not None:
            self.take(people.over(self.care, at=at))


def _who(care: Care, audience: Audience) -> str:
    return care.by if audience == Audience.ACKNOWLEDGER else WHO[audience]


def play_lifecycle(case: Case) -> Iterator[str]:
    """Events over time in; the alert's stage, how often it came and who is told out."""
    life, at = _Life(), 0.0
    for n, row in enumerate(case["steps"], 1):
        at = float(row.get("t", at + 1))
        life.told = []
        if life.care is not None:
            life.take(people.tick(life.care, at=at, is_breaching=life.memory.is_open))
        _happens(life, str(row["event"]), at)
        yield from (f"step {n}: {said}" for said in _checked(life, row))


def _happens(life: _Life, event: str, at: float) -> None:
    if re.match(r"(fire|create)\b", event):
        life.judged(Verdict.BREACH, at)
    elif re.match(r"(close|condition over)\b", event):
        life.judged(Verdict.OK, at)
    elif re.match(r"(no ack for|\d+ min since ack)\b", event):
        return  # time passed, and that was done already
    elif life.care is None:
        raise Unreadable(f"saw {event!r} before anything fired")
    elif found := re.match(r"ack\b(?: by (\w+))?", event):
        life.take(people.acknowledge(life.care, by=found.group(1) or "L1", at=at))
    elif (minutes := number(r"^snooze (\d+) min", event)) is not None:
        life.take(people.snooze(life.care, by="L1", seconds=minutes * 60, at=at))
    elif re.match(r"resolve\b", event):
        life.take(people.resolve(life.care, at=at))
    else:
        raise Unreadable(f"saw the event {event!r}")


def _checked(life: _Life, row: Mapping[str, Any]) -> Iterator[str]:
    seen: dict[str, object] = {"alerts": life.memory.sequence, "count": life.memory.breaches}
    for name in seen:
        if name in row:
            yield from differ(name, seen[name], row[name])
    if "state" in row:
        stage = None if life.care is None else str(life.care.stage)
        yield from differ("state", stage, str(row["state"]).split()[0])
    if "notify" in row:
        wanted = row["notify"] if isinstance(row["notify"], list) else [row["notify"]]
        yield from differ("told", sorted(life.told), sorted(str(one).split()[0] for one in wanted))
    if row.get("escalation") == "stopped":
        stage = None if life.care is None else life.care.stage
        yield from differ("stage of a stopped escalation", stage, Stage.ACKNOWLEDGED)
