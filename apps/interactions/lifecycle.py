"""The course of one conversation, told from its stored events: a pure function, so any order of arrival is the same.

Words and clocks follow METRICS.md: a care cycle runs from opening to resolution and the next one starts at the
customer's reopening message; a hand-off restarts the customer's clock for a person; a wait in a queue ends when
somebody takes the conversation, when it moves, or when the customer gives up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

CLOSED = frozenset({"resolved", "closed"})
HUMAN = frozenset({"agent", "supervisor"})


@dataclass(slots=True)
class Moment:
    """One stored event or message, reduced to what the course depends on."""

    at: datetime
    sequence: str
    id: UUID
    kind: str  # started, updated, status, queued, assigned, message
    agent_id: UUID | None = None
    queue_id: UUID | None = None
    author: str = ""  # of a message
    is_private: bool = False
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def order(self) -> tuple[datetime, str, UUID]:
        """Order inside a conversation: (time, sequence, id)."""
        return (self.at, self.sequence, self.id)


@dataclass(slots=True)
class Cycle:
    started_at: datetime
    started_by: str
    queue_id: UUID | None
    reply_clock_from: datetime | None
    first_reply_at: datetime | None = None
    first_reply_agent_id: UUID | None = None
    resolved_at: datetime | None = None
    outcome: str = ""

    @property
    def first_reply_seconds(self) -> float | None:
        """First reply time on the customer's clock; null when nobody answered or nobody was asked."""
        if self.first_reply_at is None or self.reply_clock_from is None:
            return None
        return max(0.0, (self.first_reply_at - self.reply_clock_from).total_seconds())


@dataclass(slots=True)
class Stretch:
    agent_id: UUID
    joined_at: datetime
    is_ai: bool
    left_at: datetime | None = None
    first_message_at: datetime | None = None
    messages: int = 0


@dataclass(slots=True)
class Wait:
    queue_id: UUID
    entered_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    agent_id: UUID | None = None


@dataclass(slots=True)
class HandedOff:
    ai_agent_id: UUID | None
    agent_id: UUID | None
    trigger: str
    summary: str
    slots_passed: int | None
    at: datetime


@dataclass(slots=True)
class Moved:
    from_agent_id: UUID | None
    to_agent_id: UUID | None
    from_queue_id: UUID | None
    to_queue_id: UUID | None
    at: datetime


@dataclass(slots=True)
class Course:
    """A conversation as its events tell it up to the last one."""

    started_at: datetime
    last_event_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)  # channel, direction, subject, language, priority, tags
    status: str = ""
    outcome: str = ""
    queue_id: UUID | None = None
    holder: Stretch | None = None
    wait: Wait | None = None
    unanswered_since: datetime | None = None
    last_message_at: datetime | None = None
    customer_messages: int = 0
    human_messages: int = 0
    ai_messages: int = 0
    cycles: list[Cycle] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    handoffs: list[HandedOff] = field(default_factory=list)
    transfers: list[Moved] = field(default_factory=list)
    said_after_close: datetime | None = None

    @property
    def is_open(self) -> bool:
        """True until resolved or closed, and again after a reopening."""
        return self.status not in CLOSED

    def open_cycle(self, at: datetime, started_by: str) -> Cycle:
        clock = None if started_by == "outbound" else at
        cycle = Cycle(started_at=at, started_by=started_by, queue_id=self.queue_id, reply_clock_from=clock)
        self.cycles.append(cycle)
        return cycle

    def leave(self, at: datetime) -> None:
        if self.holder is not None:
            self.holder.left_at = at
            self.holder = None

    def end_wait(self, at: datetime, by: str, agent_id: UUID | None = None) -> None:
        if self.wait is not None:
            self.wait.ended_at, self.wait.ended_by, self.wait.agent_id = at, by, agent_id
            self.wait = None

    def stand_in(self, queue_id: UUID) -> None:
        """Attribute the conversation, and a cycle nobody has answered yet, to a queue."""
        self.queue_id = queue_id
        cycle = self.cycles[-1]
        if cycle.queue_id is None or cycle.first_reply_at is None:
            cycle.queue_id = queue_id


def tell(moments: Iterable[Moment]) -> Course:
    """Tell the course of one conversation from all of its stored moments, in any order.

    :raises ValueError: there is no moment at all.
    """
    ordered = sorted(moments, key=lambda moment: moment.order)
    if not ordered:
        raise ValueError("A conversation has at least one moment.")
    start = next((m for m in ordered if m.kind == "started"), ordered[0])
    course = Course(started_at=min(start.at, ordered[0].at), last_event_at=ordered[-1].at)
    outbound = start.data.get("direction") == "outbound"
    course.open_cycle(course.started_at, "outbound" if outbound else "created")
    for moment in ordered:
        STEPS[moment.kind](course, moment)
    return course


def _started(course: Course, m: Moment) -> None:
    for name, value in m.data.items():
        course.facts.setdefault(name, value)  # a later copy only fills gaps
    if m.queue_id is not None and course.queue_id is None:
        course.stand_in(m.queue_id)


def _updated(course: Course, m: Moment) -> None:
    for name, value in m.data.items():
        if value is None:
            course.facts.pop(name, None)  # emptied
        else:
            course.facts[name] = value


def _queued(course: Course, m: Moment) -> None:
    if m.queue_id is None:
        return
    _reopen(course, m.at)
    if course.wait is not None:
        if course.wait.queue_id == m.queue_id:
            return  # said again: the entry time is kept
        course.end_wait(m.at, "moved")
    if course.holder is not None:
        if course.holder.is_ai:
            _hand_off(course, m.at, {"trigger": "unknown"}, course.holder.agent_id, None)
        else:
            course.transfers.append(Moved(course.holder.agent_id, None, course.queue_id, m.queue_id, m.at))
        course.leave(m.at)
    course.stand_in(m.queue_id)
    course.wait = Wait(m.queue_id, m.at)
    course.waits.append(course.wait)
    course.status = "queued"


def _assigned(course: Course, m: Moment) -> None:
    if m.agent_id is None:
        course.leave(m.at)
        return
    _reopen(course, m.at)
    before = course.holder
    if before is not None and before.agent_id == m.agent_id:
        return
    is_ai = m.author == "bot"
    if m.queue_id is not None:
        came_from = course.queue_id
        course.stand_in(m.queue_id)
    else:
        came_from = course.queue_id
    note = m.data.get("handoff")
    if not is_ai and note is not None and note.get("from_kind") == "bot":
        last_ai = next((s.agent_id for s in reversed(course.stretches) if s.is_ai), None)
        _hand_off(course, m.at, note, last_ai, m.agent_id)
    elif before is not None and before.is_ai and not is_ai:
        _hand_off(course, m.at, {"trigger": "unknown"}, before.agent_id, m.agent_id)
    elif before is not None and not before.is_ai and not is_ai:
        course.transfers.append(Moved(before.agent_id, m.agent_id, came_from, course.queue_id, m.at))
    course.end_wait(m.at, "answered", m.agent_id)
    course.leave(m.at)
    course.holder = Stretch(m.agent_id, m.at, is_ai)
    course.stretches.append(course.holder)
    course.status = "bot" if is_ai else "open"


def _hand_off(course: Course, at: datetime, note: dict[str, Any], ai: UUID | None, agent: UUID | None) -> None:
    last = course.handoffs[-1] if course.handoffs else None
    if last is not None and last.agent_id is None and agent is not None:
        # The queue entry began this hand-off, the assignment completes it and may say why.
        last.agent_id = agent
        last.trigger = note["trigger"] if last.trigger == "unknown" else last.trigger
        last.summary = last.summary or note.get("summary") or ""
        last.slots_passed = note.get("slots_passed") if last.slots_passed is None else last.slots_passed
        return
    course.handoffs.append(
        HandedOff(ai, agent, note["trigger"], note.get("summary") or "", note.get("slots_passed"), at)
    )
    cycle = course.cycles[-1]
    if cycle.first_reply_at is None and cycle.reply_clock_from is not None:
        cycle.reply_clock_from = at


def _status(course: Course, m: Moment) -> None:
    to: str = m.data["to"]
    outcome: str = m.data.get("outcome") or ""
    if to in CLOSED:
        course.end_wait(m.at, outcome or to)
        course.leave(m.at)
        cycle = course.cycles[-1]
        if cycle.resolved_at is None:
            cycle.resolved_at = m.at
            course.said_after_close = None
        cycle.outcome = outcome or cycle.outcome
        course.outcome = outcome or course.outcome
        course.unanswered_since = None
    else:
        _reopen(course, m.at)
    course.status = to


def _reopen(course: Course, at: datetime) -> None:
    """Start the next cycle when the last one is resolved: at the customer's reopening message where there is one."""
    if course.cycles[-1].resolved_at is None:
        return
    started = course.said_after_close or at
    course.open_cycle(started, "reopened")
    course.unanswered_since = course.said_after_close
    course.said_after_close = None
    course.outcome = ""
    course.status = "open"


def _message(course: Course, m: Moment) -> None:
    if m.is_private or m.author == "system":
        return
    course.last_message_at = m.at
    cycle = course.cycles[-1]
    if m.author == "customer":
        course.customer_messages += 1
        if cycle.resolved_at is not None:
            course.said_after_close = course.said_after_close or m.at
        else:
            course.unanswered_since = course.unanswered_since or m.at
        return
    course.unanswered_since = None
    if m.author == "bot":
        course.ai_messages += 1
    else:
        course.human_messages += 1
        if cycle.first_reply_at is None and cycle.resolved_at is None:
            cycle.first_reply_at, cycle.first_reply_agent_id = m.at, m.agent_id
    if m.agent_id is None:
        return
    stretch = course.holder
    if stretch is None or stretch.agent_id != m.agent_id:
        stretch = next((s for s in reversed(course.stretches) if s.agent_id == m.agent_id and s.left_at == m.at), None)
    if stretch is None:
        # Wrote without holding it: a participant all the same.
        stretch = Stretch(m.agent_id, m.at, m.author == "bot", left_at=m.at)
        course.stretches.append(stretch)
    stretch.messages += 1
    stretch.first_message_at = stretch.first_message_at or m.at


STEPS = {
    "started": _started,
    "updated": _updated,
    "queued": _queued,
    "assigned": _assigned,
    "status": _status,
    "message": _message,
}
