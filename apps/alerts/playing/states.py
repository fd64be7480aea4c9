"""Cases about the machine of a series: samples or results over time, restarts, edits, limits, ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from apps.alerts.detectors.fixed import Threshold
from apps.alerts.engine.evaluation import Evaluated, Key, evaluate, key_of
from apps.alerts.engine.series import (
    Effect,
    Judged,
    Memory,
    Mode,
    State,
    Timing,
    Transition,
    Verdict,
    edited,
    miss,
    step,
)
from apps.alerts.playing.words import (
    STATES,
    TOLD,
    VERDICTS,
    Case,
    Unreadable,
    differ,
    labels,
    look_up,
    threshold,
    timing,
)

LOOKBACK = 300.0


def play_rule_state(case: Case) -> Iterator[str]:
    """Samples in, one state a series and instant out. A series that is absent does not meet the condition."""
    rule = case["rule"]
    every = float(rule["eval_every_s"])
    kept = timing(rule, interval=every) if "no_data" in rule else timing(rule, interval=every, no_data=Mode.OK)
    limit, lookback = threshold(rule), float(rule.get("lookback_s", LOOKBACK))
    series = {name: [(float(one["t"]), one["v"]) for one in points] for name, points in case["series"].items()}
    expected = {float(row["t"]): row for row in case["expect"]}
    last = max([*expected, *(t for points in series.values() for t, _ in points)])
    memories: Mapping[Key, Memory] = {}
    for n in range(int(last / every) + 1):
        at = n * every
        seen = [(labels(name), _sampled(limit, points, at, lookback)) for name, points in series.items()]
        memories = evaluate(kept, memories, seen, at=at).memories
        for name, wanted in (expected.get(at) or {}).items():
            if name != "t":
                state = memories[key_of(labels(name))].state
                yield from differ(f"{name} at {at:g} s", state, look_up(STATES, wanted, "state"))
    yield from (f"{at:g} s is no evaluation of this rule" for at in expected if at % every)


def _sampled(limit: Threshold, points: Sequence[tuple[float, Any]], at: float, lookback: float) -> Judged:
    newest = max((one for one in points if one[0] <= at), default=None, key=lambda one: one[0])
    if newest is None or newest[1] is None or at - newest[0] >= lookback:
        return Judged(Verdict.NO_DATA)
    return limit.judge(float(newest[1]))


def play_results(case: Case) -> Iterator[str]:
    """Verdicts in, the path and the end of one series out."""
    kept = timing(case["rule"], interval=float(case["step_s"]), grace=0.0)
    memory, sent, moves = Memory(), None, 0
    path = {float(t): state for t, state in case.get("expect_path", [])}
    for t, word in case["results"]:
        at = float(t)
        if word == "missing":
            memory, told = miss(memory, at=at)
        else:
            memory, told = step(kept, memory, Judged(look_up(VERDICTS, word, "result")), at=at)
        sent = at if any(one.effect in TOLD for one in told) else sent
        moves += sum(one.before != one.after for one in told)
        if at in path:
            yield from differ(f"state at {at:g} s", memory.state, look_up(STATES, path.pop(at), "state"))
    yield from (f"{at:g} s is no evaluation of this rule" for at in path)
    yield from _end(memory, sent, case["expect_final"])
    if "transitions" in case:
        yield from differ("transitions", moves, case["transitions"])


def _end(memory: Memory, sent: float | None, wanted: Mapping[str, Any]) -> Iterator[str]:
    seen = {
        "starts": memory.state_since, "fired": memory.fired_at, "resolved": memory.resolved_at, "sent": sent,
        "reason": memory.reason,
    }  # fmt: skip
    for name, value in wanted.items():
        if name == "state":
            yield from differ("state at the end", memory.state, look_up(STATES, value, "state"))
        elif name not in seen:
            raise Unreadable(f"saw {name!r} in expect_final")
        else:
            yield from differ(name, seen[name], value)


def play_restart(case: Case) -> Iterator[str]:
    """Evaluations before a stop, one after it: what was waited counts, and nothing fires at once."""
    settings = case["settings"]
    samples = {name: {float(t): float(v) for t, v in points} for name, points in case["series"].items()}
    times = sorted({t for points in samples.values() for t in points})
    interval = min(after - before for before, after in pairwise(times))
    kept = timing(
        case["rule"], interval=interval, no_data=Mode.OK, tolerance=float(settings["outage_tolerance_s"]),
        grace=float(settings["grace_period_s"]),
    )  # fmt: skip
    limit = threshold(case["rule"])

    def run(memories: Mapping[Key, Memory], at: float, *, resumed: bool = False) -> Evaluated:
        seen = [(labels(name), limit.judge(points.get(at))) for name, points in samples.items()]
        return evaluate(kept, memories, seen, at=at, resumed=resumed)

    for one in case["cases"]:
        memories: Mapping[Key, Memory] = {}
        for t in one["evaluated_before_stop"]:
            memories = run(memories, float(t)).memories
        back = float(one["first_eval_after"])
        memories = run(memories, back, resumed=True).memories
        fired = {key: back for key, memory in memories.items() if memory.state == State.FIRING}
        states = dict(memories)
        for t in (t for t in times if t > back):
            memories = run(memories, t).memories
            fired |= {key: t for key, memory in memories.items() if memory.is_open and key not in fired}
        for said in _after_restart(str(one["expect"]), states, fired, back):
            yield f"{one['name']}: {said}"


def _after_restart(
    wanted: str, states: Mapping[Key, Memory], fired: Mapping[Key, float], back: float
) -> Iterator[str]:  # fmt: skip
    waiting = [one for one in states.values() if one.state == State.PENDING]
    if "no active alert" in wanted:
        yield from differ("active alerts", sum(one.state != State.INACTIVE for one in states.values()), 0)
        return
    count = re.match(r"(both|\d+) pending", wanted)
    if count is None:
        raise Unreadable(f"saw the expectation {wanted!r}")
    yield from differ("pending", len(waiting), 2 if count.group(1) == "both" else int(count.group(1)))
    if "active-since = restart time" in wanted:
        yield from differ("active since", {one.active_since for one in waiting}, {back})
    elif "kept" in wanted:
        yield from differ(
            "waited before the stop",
            all(one.active_since is not None and one.active_since < back for one in waiting),
            expected=True,
        )
    if found := re.search(r"fire (\d+) s .*after the restart", wanted):
        due = back + float(found.group(1))
        yield from differ("first to fire at", min(fired.values(), default=None), due)


def play_edit(case: Case) -> Iterator[str]:
    """A rule whose wait is edited while its condition holds or not."""
    memory, before, sent = Memory(), None, None
    for row in case["steps"]:
        at = float(row["t"])
        now = Timing(
            wait=float(row["for_s"]), keep=float(row.get("keep_firing_s", 0)), grace=0.0, tolerance=float("inf")
        )
        told: tuple[Transition, ...] = ()
        if before is not None and now != before:
            memory, told = edited(now, memory, same_condition=True, at=at)
            sent = None if told else sent
        memory, moved = step(now, memory, Judged(Verdict.BREACH if row["cond"] else Verdict.OK), at=at)
        sent = at if any(one.effect in TOLD for one in moved) else sent
        yield from differ(f"state at {at:g} s", memory.state, look_up(STATES, row["expect"], "state"))
        for name, seen in (("fired_at", memory.fired_at), ("last_sent_at", sent)):
            if name in row:
                yield from differ(f"{name} at {at:g} s", seen, row[name])
        before = now


def play_limit(case: Case) -> Iterator[str]:
    """More series breach than a rule may have episodes. Ours keeps the worst and says that the rule is too wide."""
    breaching = int(case["series_breaching"])
    seen = [({"series": str(n)}, Judged(Verdict.BREACH, badness=float(n))) for n in range(breaching)]
    for one in case["cases"]:
        limit = int(one["limit"])
        done = evaluate(Timing(limit=limit), {}, seen, at=0.0)
        open_ = {key for key, memory in done.memories.items() if memory.is_open}
        if found := re.match(r"(\d+) alerts?\b", str(one["expect"])):
            yield from differ(f"alerts with limit {limit}", (len(open_), done.held), (int(found.group(1)), 0))
        elif "error" in str(one["expect"]):
            worst = {key_of({"series": str(n)}) for n in range(breaching - limit, breaching)}
            yield from differ(f"kept with limit {limit}", (open_, done.held), (worst, breaching - limit))
        else:
            raise Unreadable(f"saw the expectation {one['expect']!r}")


def play_error(case: Case) -> Iterator[str]:
    """Two results with equal labels are an error of the rule, and no alert."""
    if "overwrite the only label" not in str(case["input"]):
        raise Unreadable(f"saw the input {case['input']!r}")
    same = ({"rule": "one"}, Judged(Verdict.BREACH))
    done = evaluate(Timing(), {}, [same, same], at=0.0)
    yield from differ("the rule is in error", bool(done.error), expected=True)
    yield from differ("alerts", [one for one in done.transitions if one[1].effect == Effect.FIRED], [])


def placed(state: State, kept: Timing) -> tuple[Memory, float]:
    """Return a series that was brought to a state by evaluations, and the time of its next one."""
    memory, at = Memory(), 0.0
    if state == State.FIRING:
        memory = step(replace(kept, wait=0.0), memory, Judged(Verdict.BREACH), at=at)[0]
    elif state == State.PENDING:
        memory = step(kept, memory, Judged(Verdict.BREACH), at=at)[0]
    else:
        memory = step(kept, memory, Judged(Verdict.OK), at=at)[0]
    if memory.state != state:
        raise Unreadable(f"no rule of this case comes to the state {state}")
    return memory, at + kept.interval
