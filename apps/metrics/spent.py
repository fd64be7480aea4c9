"""What a number of working time is made of: stretches of people's time, each with what it adds to either side of the number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from apps.metrics.active_time import (
    MATCHES,
    NOTHING,
    SERVICE,
    Part,
    Planned,
    Slice,
    Wrap,
    serving_of,
)

WORDS: Mapping[Part, str] = {
    Part.ON_CONTACT: "On contact", Part.WRAP_UP: "Wrap-up", Part.RINGING: "Ringing", Part.BREAK: "Break, meeting or away",
    Part.IDLE: "Ready", Part.OFFLINE: "Signed out",
}  # fmt: skip
PLANS: Mapping[str, str] = {"any": "a shift", "open": "service", "break": "a break", "meeting": "a meeting"}
# Why a stretch is in neither side.
REASONS: dict[str, str] = {
    "was_on_contact": "On contact: a conversation was in hand.",
    "was_wrap_up": "Wrap-up after a conversation.",
    "was_ringing": "A conversation was ringing.",
    "was_break": "A break, a meeting or away.",
    "was_idle": "Ready, with nothing in hand.",
    "not_planned": "Signed in when nothing was planned.",
    "no_wrap_up": "No wrap-up was told within 10 s of its end.",
    "wraps_up_still": "The person is in wrap-up still.",
}


@dataclass(frozen=True, slots=True)
class Spent:
    """A stretch of one person's time. `over` and `under` are what it adds to the numerator and to the denominator."""

    person: UUID
    starts_at: datetime
    ends_at: datetime
    what: str
    over: timedelta = NOTHING
    under: timedelta = NOTHING
    # Why it is in neither side; empty for what counts.
    reason: str = ""
    # What it was spent on, where it was one conversation.
    conversation_id: UUID | None = None

    @property
    def length(self) -> timedelta:
        """How long it was."""
        return self.ends_at - self.starts_at


# Of one slice: what it adds to the numerator and to the denominator; None where it is in neither side.
_Adds = Callable[[Slice, timedelta], tuple[timedelta, timedelta] | None]


def _share(over: frozenset[Part], under: frozenset[Part]) -> _Adds:
    def adds(one: Slice, length: timedelta) -> tuple[timedelta, timedelta] | None:
        if one.part not in over | under:
            return None
        return length if one.part in over else NOTHING, length if one.part in under else NOTHING

    return adds


def _slots(one: Slice, length: timedelta) -> tuple[timedelta, timedelta] | None:
    return (one.taken * length, one.slots * length) if one.part in SERVICE else None


def _held(one: Slice, length: timedelta) -> tuple[timedelta, timedelta] | None:
    return (one.held * length, length) if one.part == Part.ON_CONTACT else None


_CONTACT, _IDLE = frozenset({Part.ON_CONTACT}), frozenset({Part.IDLE})
_ADDS: Mapping[str, _Adds] = {
    "active_time": _share(_CONTACT, frozenset()),
    "idle_time": _share(_IDLE, frozenset()),
    "occupancy": _share(_CONTACT, _CONTACT | _IDLE),
    "utilisation": _share(SERVICE, SERVICE | {Part.BREAK}),
    "concurrency": _held,
    "slot_utilisation": _slots,
}
PLANNED_KEYS = frozenset({"adherence", "shrinkage", "conformance"})


def stretches(*, key: str, person: UUID, spans: Iterable[Slice], planned: Sequence[Planned] = ()) -> list[Spent]:
    """Return the stretches that a metric of one person's time is made of, and what it leaves out of the time signed in.

    Their `over` and `under` sum up to the two sides of `active_time.worked` to the microsecond.
    """
    spans = list(spans)
    found = _of_plan(key, person, spans, planned) if key in PLANNED_KEYS else _of_day(_ADDS[key], key, person, spans)
    return list(_joined(found))


def _of_day(adds: _Adds, key: str, person: UUID, spans: Sequence[Slice]) -> Iterator[Spent]:
    for one in spans:
        length = one.ends_at - one.starts_at
        sides = adds(one, length)
        if sides is not None:
            yield Spent(person, one.starts_at, one.ends_at, _what(key, one), *sides)
        elif one.part != Part.OFFLINE:
            yield Spent(person, one.starts_at, one.ends_at, WORDS[one.part], reason=f"was_{one.part}")


def _what(key: str, one: Slice) -> str:
    if key == "concurrency":
        return f"{one.held} in hand"
    if key == "slot_utilisation":
        return f"{one.taken} of {one.slots} slots taken"
    return WORDS[one.part]


def _of_plan(key: str, person: UUID, spans: Sequence[Slice], planned: Sequence[Planned]) -> Iterator[Spent]:
    serving = serving_of(planned)
    if key == "conformance":
        for one in spans:
            length = one.ends_at - one.starts_at
            if one.part in serving:
                yield Spent(person, one.starts_at, one.ends_at, "In service", length)
            elif one.part != Part.OFFLINE:
                yield Spent(person, one.starts_at, one.ends_at, WORDS[one.part], reason=f"was_{one.part}")
    rest: list[tuple[datetime, datetime, Part]] = [
        (one.starts_at, one.ends_at, one.part) for one in spans if one.part != Part.OFFLINE
    ]
    for plan in planned:
        for one in spans:
            begins, ends = max(one.starts_at, plan.starts_at), min(one.ends_at, plan.ends_at)
            if begins >= ends:
                continue
            both, words = ends - begins, f"{WORDS[one.part]}, planned for {PLANS[plan.kind]}"
            if key == "conformance":
                if plan.kind in ("any", "open"):
                    yield Spent(person, begins, ends, f"Planned for {PLANS[plan.kind]}", under=both)
            elif key == "adherence":
                yield Spent(person, begins, ends, words, both if one.part in MATCHES[plan.kind] else NOTHING, both)
            else:
                place = (
                    ""
                    if one.part in SERVICE
                    else ", out of the office"
                    if one.part == Part.OFFLINE
                    else ", in the office"
                )
                yield Spent(person, begins, ends, words + place, NOTHING if one.part in SERVICE else both, both)
        rest = [piece for begins, ends, part in rest for piece in _without(begins, ends, part, plan)]
    if key != "conformance":
        for begins, ends, part in rest:
            yield Spent(person, begins, ends, WORDS[part], reason="not_planned")


def _without(begins: datetime, ends: datetime, part: Part, plan: Planned) -> list[tuple[datetime, datetime, Part]]:
    """What is left of a stretch outside a planned one."""
    pieces = ((begins, min(ends, plan.starts_at)), (max(begins, plan.ends_at), ends))
    return [(one, other, part) for one, other in pieces if one < other]


def _joined(found: Iterable[Spent]) -> Iterator[Spent]:
    """Put together what follows each other and is the same: a second chat that begins is no new stretch of being on contact."""
    open_: dict[tuple[str, str, bool, bool], Spent] = {}
    for one in found:
        kind = (one.what, one.reason, bool(one.over), bool(one.under))
        before = open_.get(kind)
        if before is not None and before.ends_at == one.starts_at:
            one = replace(one, starts_at=before.starts_at, over=before.over + one.over, under=before.under + one.under)
        elif before is not None:
            yield before
        open_[kind] = one
    yield from open_.values()


def wrapped(*, person: UUID, wraps: Iterable[Wrap]) -> Iterator[Spent]:
    """Return what after-contact work is made of: one stretch a conversation, also of those that no wrap-up followed."""
    for one in wraps:
        ended = one.hold.ends_at
        assert ended is not None  # noqa: S101  # what has not ended has no wrap-up
        spent = one.spent
        yield Spent(
            person, ended, ended if one.ready_at is None else one.ready_at, "Wrap-up", NOTHING if spent is None else spent,
            reason="" if spent is not None else "wraps_up_still" if one.is_told else "no_wrap_up",
            conversation_id=one.hold.conversation_id,
        )  # fmt: skip
