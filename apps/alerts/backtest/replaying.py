"""A rule played through a series of verdicts: the engine's own machine, called only where something can change.

A verdict that stays the same changes nothing but by time, and that moment can be worked out. So four weeks of minutes take some
hundreds of steps, and what comes of them is what the engine would have made of every minute (a test holds both side by side).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from apps.alerts.engine.notices import COOLDOWN
from apps.alerts.engine.series import ALERTING, Effect, Judged, Memory, State, Timing, Verdict, step

Codes = npt.NDArray[np.int8]
# What a minute was: well; well by the limit one enters at and bad by the one one leaves at; bad; too few cases; closed.
OK, STILL, BREACH, THIN, OFF = range(5)
_JUDGED = (
    Judged(Verdict.OK), Judged(Verdict.OK, still=True), Judged(Verdict.BREACH, still=True, badness=1.0),
    Judged(Verdict.INSUFFICIENT), Judged(Verdict.OFF),
)  # fmt: skip
_BEGINS = frozenset({Effect.FIRED, Effect.REOPENED})


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert as it would have been, in seconds; `ends` is None where it goes on."""

    begins: float
    ends: float | None


def replay(timing: Timing, codes: Codes, *, start: float, every: float) -> list[Firing]:
    """Play verdicts, one each `every` seconds from `start` on, and return what would have fired, oldest first."""
    told: list[Firing] = []
    if not len(codes):
        return told
    edges = np.flatnonzero(np.diff(codes)) + 1
    firsts = [0, *edges.tolist()]
    lasts = [*edges.tolist(), len(codes)]
    memory = Memory()
    for first, last in zip(firsts, lasts, strict=True):
        code = int(codes[first])
        # Nothing is wrong; or not for as long as the rule waits, which is forgotten again.
        is_short = last < len(codes) and (last - 1 - first) * every < timing.wait
        if not memory.is_open and memory.state == State.INACTIVE and (code != BREACH or is_short):
            continue
        index: int | None = first
        while index is not None and index < last:
            at = start + index * every
            # As if it had been evaluated a moment ago, for in between nothing changed: there is no gap.
            memory, moved = step(timing, replace(memory, evaluated_at=None), _JUDGED[code], at=at)
            for one in moved:
                if one.effect in _BEGINS:
                    told.append(Firing(at, None))
                elif one.effect == Effect.RESOLVED:
                    told[-1] = replace(told[-1], ends=at)
            due = _changes_at(timing, memory, code)
            index = None if due is None else max(index + 1, ceil((due - start) / every - 1e-9))
    return told


def _changes_at(timing: Timing, memory: Memory, code: int) -> float | None:
    """When time alone changes the machine next under the same verdict; None: never."""
    if code == BREACH and memory.state == State.PENDING and memory.active_since is not None:
        return memory.active_since + timing.wait
    if code == OK and memory.is_open and memory.keep_since is not None:
        return memory.keep_since + timing.keep
    if code == THIN and memory.state in ALERTING and memory.thin_since is not None:
        return memory.thin_since + timing.no_data_after
    return None


def as_cards(firings: Sequence[Firing]) -> list[Firing]:
    """As people would have had them: what came again within half an hour of its end is one card."""
    told: list[Firing] = []
    for one in firings:
        last = told[-1] if told else None
        if last is not None and last.ends is not None and one.begins - last.ends < COOLDOWN:
            told[-1] = Firing(last.begins, one.ends)
        else:
            told.append(one)
    return told
