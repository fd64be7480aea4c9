"""What a person's time went into: a pure function from what was said of them to spans that follow each other.

At each moment exactly one part holds, by the precedence of Amazon Connect's agent activity (see `gauges.py`): a conversation
in hand comes before wrap-up, wrap-up before ringing, ringing before a break, a break before standing ready. So the parts
never overlap, they sum to the time signed in, and with the time signed out to the window: to the microsecond.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

# Written at leisure and held for days: such a conversation is in hand only while the person works, not over a break.
LETTERS = frozenset({"email", "form", "api", ""})
# A state that nobody renewed for so long is not known any more: whoever forgot to sign out did not work through the night.
LONGEST_STATE = timedelta(hours=16)
# Sources tell of a conversation's end a moment before they tell of the wrap-up that it begins.
WRAP_UP_BEGINS_WITHIN = timedelta(seconds=10)
SIGNED_OUT = frozenset({"offline", "unknown"})
NOTHING = timedelta(0)


class Part(StrEnum):
    """What a moment went into."""

    ON_CONTACT = "on_contact"
    WRAP_UP = "wrap_up"
    RINGING = "ringing"
    BREAK = "break"
    IDLE = "idle"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class State:
    """What the person said they do, from a moment until the next word (None: until now), and their slots then."""

    starts_at: datetime
    ends_at: datetime | None
    status: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Hold:
    """One stretch in which the person held a conversation."""

    starts_at: datetime
    ends_at: datetime | None
    channel: str = "webchat"
    conversation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of ringing, or of a planned shift."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """A stretch of a planned shift. `kind`: "any" where the shift names no breaks, else "open", "break" or "meeting"."""

    starts_at: datetime
    ends_at: datetime
    kind: str = "any"


@dataclass(frozen=True, slots=True)
class Wrap:
    """What followed the end of one conversation in hand: `ready_at` ends the wrap-up; None without one, or while it lasts."""

    hold: Hold
    is_told: bool
    ready_at: datetime | None

    @property
    def spent(self) -> timedelta | None:
        """After-contact work: from the conversation's end to the person being ready."""
        return None if self.ready_at is None or self.hold.ends_at is None else self.ready_at - self.hold.ends_at


@dataclass(frozen=True, slots=True)
class Slice:
    """A span in which nothing changes."""

    starts_at: datetime
    ends_at: datetime
    part: Part
    # Conversations in hand, and slots that are taken of how many.
    held: int = 0
    taken: int = 0
    slots: int = 0


@dataclass(slots=True)
class Worked:
    """A person's window in sums. `handling` counts overlapping conversations each, `parts` counts a moment once."""

    parts: dict[Part, timedelta] = field(default_factory=lambda: dict.fromkeys(Part, NOTHING))
    handling: timedelta = NOTHING
    peak: int = 0
    # Slot-time taken and there, while signed in and not on a break.
    taken: timedelta = NOTHING
    slots: timedelta = NOTHING
    # Planned, and of it spent as planned.
    planned: timedelta = NOTHING
    kept: timedelta = NOTHING
    # Of what is planned, time there for customers, whatever was planned for it.
    there: timedelta = NOTHING
    # Of what is planned, time in service; and time in service, whenever it was.
    planned_service: timedelta = NOTHING
    in_service: timedelta = NOTHING

    @property
    def signed_in(self) -> timedelta:
        """The time between signing in and out: every part but being offline."""
        return sum((spent for part, spent in self.parts.items() if part != Part.OFFLINE), NOTHING)

    @property
    def on_contact(self) -> timedelta:
        """Active time: the union of the handling intervals."""
        return self.parts[Part.ON_CONTACT]

    @property
    def concurrency(self) -> float | None:
        """Conversations in hand at a time while there was any."""
        return self.handling / self.on_contact if self.on_contact else None

    @property
    def occupancy(self) -> float | None:
        """The share of time on contact in what was on contact or standing ready."""
        whole = self.on_contact + self.parts[Part.IDLE]
        return self.on_contact / whole if whole else None

    @property
    def slot_utilisation(self) -> float | None:
        """The share of slots that were taken; more than 1 where more was held than slots are there."""
        return self.taken / self.slots if self.slots else None

    @property
    def adherence(self) -> float | None:
        """The share of the planned time spent as planned."""
        return self.kept / self.planned if self.planned else None

    @property
    def conformance(self) -> float | None:
        """Time in service, planned or not, over the planned time in service; may be more than 1."""
        return self.in_service / self.planned_service if self.planned_service else None

    @property
    def utilisation(self) -> float | None:
        """The share of paid time that was handling or being ready for it; signed in is paid."""
        whole = self.signed_in
        return (whole - self.parts[Part.BREAK]) / whole if whole else None

    @property
    def shrinkage(self) -> float | None:
        """The share of the planned time in which the person was not there for customers."""
        return 1 - self.there / self.planned if self.planned else None

    def __add__(self, other: Worked) -> Worked:
        """Several people's time as one."""
        return Worked(
            parts={part: self.parts[part] + other.parts[part] for part in Part},
            handling=self.handling + other.handling, peak=max(self.peak, other.peak), taken=self.taken + other.taken,
            slots=self.slots + other.slots, planned=self.planned + other.planned, kept=self.kept + other.kept, there=self.there + other.there,
            planned_service=self.planned_service + other.planned_service, in_service=self.in_service + other.in_service,
        )  # fmt: skip


def _part(state: State | None, live: int, letters: int, rings: int) -> Part:
    if state is None or state.status in SIGNED_OUT:
        return Part.OFFLINE
    if live or (letters and state.status in ("available", "busy")):
        return Part.ON_CONTACT
    if state.status == "wrap_up":
        return Part.WRAP_UP
    if rings:
        return Part.RINGING
    return Part.IDLE if state.status == "available" else Part.BREAK


def slices(
    *,
    states: Iterable[State],
    holds: Iterable[Hold],
    rings: Iterable[Stretch] = (),
    since: datetime,
    until: datetime,
) -> list[Slice]:
    """Cut a window where anything changes. The spans follow each other without a gap from `since` to `until`.

    States, holds and rings may come in any order and reach beyond the window. Where two states overlap, the one that began
    later holds.
    """
    # What begins or ends at each moment: (moment, change of live conversations, of letters, of rings).
    changes: list[tuple[datetime, int, int, int]] = []

    def add(starts_at: datetime, ends_at: datetime | None, live: int, letters: int, ringing: int) -> None:
        begin, end = max(starts_at, since), min(until if ends_at is None else ends_at, until)
        if begin < end:
            changes.append((begin, live, letters, ringing))
            changes.append((end, -live, -letters, -ringing))

    for hold in holds:
        is_letter = hold.channel in LETTERS
        add(hold.starts_at, hold.ends_at, int(not is_letter), int(is_letter), 0)
    for ring in rings:
        add(ring.starts_at, ring.ends_at, 0, 0, 1)
    known = sorted(
        (one for one in states if one.starts_at < until and since < _end(one, until)), key=lambda one: one.starts_at
    )
    cuts = {since, until, *(at for at, *_ in changes)}
    for one in known:
        cuts |= {max(one.starts_at, since), min(_end(one, until), until)}
    return list(_between(sorted(cuts), known, sorted(changes, key=lambda change: change[0]), until))


def _end(state: State, until: datetime) -> datetime:
    return min(until if state.ends_at is None else state.ends_at, state.starts_at + LONGEST_STATE)


def _between(
    cuts: Sequence[datetime],
    states: Sequence[State],
    changes: Sequence[tuple[datetime, int, int, int]],
    until: datetime,
) -> Iterable[Slice]:
    live = letters = rings = at_change = at_state = 0
    begun: list[State] = []
    for begin, end in pairwise(cuts):
        while at_change < len(changes) and changes[at_change][0] <= begin:
            _, more_live, more_letters, more_rings = changes[at_change]
            live, letters, rings = live + more_live, letters + more_letters, rings + more_rings
            at_change += 1
        while at_state < len(states) and states[at_state].starts_at <= begin:
            begun.append(states[at_state])
            at_state += 1
        begun = [one for one in begun if _end(one, until) > begin]
        state = begun[-1] if begun else None
        part = _part(state, live, letters, rings)
        if state is None or part in (Part.OFFLINE, Part.BREAK):
            yield Slice(begin, end, part)
        else:
            held = live + letters if state.status in ("available", "busy") else live
            yield Slice(begin, end, part, held=held, taken=live + letters, slots=state.capacity)


# What a moment may have gone into to match what was planned for it (Amazon Connect: a schedule activity maps to agent states).
# A break matches when nothing was in hand, signed in or not; a meeting is a status of its own that sources tell as a break.
SERVICE = frozenset({Part.ON_CONTACT, Part.WRAP_UP, Part.RINGING, Part.IDLE})
MATCHES: Mapping[str, frozenset[Part]] = {
    "any": SERVICE | {Part.BREAK}, "open": SERVICE, "break": frozenset({Part.BREAK, Part.OFFLINE}), "meeting": frozenset({Part.BREAK}),
}  # fmt: skip


def serving_of(planned: Iterable[Planned]) -> frozenset[Part]:
    """What is service of a person: who is planned to the minute is not in service on a break, who is not is whenever signed in."""
    return SERVICE if any(one.kind != "any" for one in planned) else MATCHES["any"]


def worked(*, spans: Iterable[Slice], planned: Iterable[Planned] = ()) -> Worked:
    """Add the spans of one person up. Planned stretches may reach beyond the window: what lies in it counts.

    Who is planned to the minute is in service outside breaks; who is not, all the time they are signed in.
    """
    found = Worked()
    spans, planned = list(spans), list(planned)
    serving = serving_of(planned)
    for one in spans:
        length = one.ends_at - one.starts_at
        found.parts[one.part] += length
        if one.part == Part.ON_CONTACT:
            found.handling += one.held * length
            found.peak = max(found.peak, one.held)
        found.taken += one.taken * length
        found.slots += one.slots * length
        found.in_service += length if one.part in serving else NOTHING
    for stretch in planned:
        for one in spans:
            both = min(one.ends_at, stretch.ends_at) - max(one.starts_at, stretch.starts_at)
            if both > NOTHING:
                found.planned += both
                found.kept += both if one.part in MATCHES[stretch.kind] else NOTHING
                found.there += both if one.part in SERVICE else NOTHING
                found.planned_service += both if stretch.kind in ("any", "open") else NOTHING
    return found


def laid_out(shift: Stretch, inside: Sequence[Planned]) -> list[Planned]:
    """Lay a shift out in stretches that follow each other: its breaks and meetings, in order, and what is between them."""
    if not inside:
        return [Planned(shift.starts_at, shift.ends_at)]
    told, at = [], shift.starts_at
    for one in sorted(inside, key=lambda one: one.starts_at):
        begins, ends = max(one.starts_at, at), min(one.ends_at, shift.ends_at)
        if begins >= ends:
            continue
        if at < begins:
            told.append(Planned(at, begins, "open"))
        told.append(Planned(begins, ends, one.kind))
        at = ends
    if at < shift.ends_at:
        told.append(Planned(at, shift.ends_at, "open"))
    return told


def after_contact(*, states: Iterable[State], holds: Iterable[Hold], until: datetime) -> list[Wrap]:
    """Return what followed each conversation in hand that has ended by a moment, in the order of their ends.

    Wrap-up follows when it is the person's state then or the next one within `WRAP_UP_BEGINS_WITHIN`; it lasts as long as the
    person says so, renewed or not. Of conversations that end together each has the whole of it.
    """
    known = sorted((one for one in states if one.starts_at <= until), key=lambda one: one.starts_at)
    found = []
    for hold in sorted((one for one in holds if one.ends_at is not None and one.ends_at <= until), key=_ended):
        ended = _ended(hold)
        now = next(
            (n for n, one in reversed(list(enumerate(known))) if one.starts_at <= ended < _end(one, until)), None
        )
        if now is None or known[now].status != "wrap_up":
            now = next((n for n, one in enumerate(known) if ended < one.starts_at), None)
            soon = now is not None and known[now].starts_at <= ended + WRAP_UP_BEGINS_WITHIN
            if now is None or not soon or known[now].status != "wrap_up":
                found.append(Wrap(hold, is_told=False, ready_at=None))
                continue
        ready, last = _end(known[now], until), known[now]
        for one in known[now + 1 :]:
            if one.status != "wrap_up" or one.starts_at > ready:
                break
            ready, last = max(ready, _end(one, until)), one
        lasts = last.ends_at is None and ready == until
        found.append(Wrap(hold, is_told=True, ready_at=None if lasts else ready))
    return found


def _ended(hold: Hold) -> datetime:
    assert hold.ends_at is not None  # noqa: S101  # only of those that have ended
    return hold.ends_at
