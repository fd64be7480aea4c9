"""Cases about notices: plays of a dispatcher on a clock of its own, tables of send or not, repeats."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.alerts.engine.dispatch import Dispatcher, Notice
from apps.alerts.engine.matching import Alert, Inhibition, Silence
from apps.alerts.engine.notices import Last, Pace, needs_notice
from apps.alerts.engine.series import Memory, Timing, step
from apps.alerts.playing.words import Case, Unreadable, differ, threshold

# The peer tries again after half a second, then half as long again each time. The portal's own plan is slower.
RETRIES = tuple(0.5 * 1.5**n for n in range(14))
FAR = 4 * 3600.0
# A receiver that was down is to be told within so many seconds of coming back, once.
BACK_WITHIN = 10.0


@dataclass(slots=True)
class _Receivers:
    """Receivers that may be down or slow, and what each was told."""

    sleeps: float
    slow_until: float
    told: list[Notice]

    def deliver(self, notice: Notice, timeout: float) -> tuple[bool, float]:
        down_until = re.search(r"failing_until_([\d.]+)", notice.receiver)
        if down_until and notice.at < float(down_until.group(1)):
            return False, notice.at
        if notice.at < self.slow_until and self.sleeps > timeout:
            return False, notice.at + timeout
        self.told.append(notice)
        return True, notice.at


def play_notifications(case: Case) -> Iterator[str]:
    """Alerts pushed over time in, what each receiver is told and when out."""
    config, wanted = case["config"], case["expect"]
    names = list(dict.fromkeys(row.get("receiver", "receiver") for row in wanted))
    told = _receivers(case)
    dispatcher = Dispatcher(
        pace=_pace(config), receivers=tuple(names), deliver=told.deliver, group_by=tuple(config["group_by"]),
        inhibitions=tuple(
            Inhibition(one["source"], one["target"], tuple(one["equal"]), demands_labels=False)
            for one in config.get("inhibit", [])
        ),
        resolve_after=float(config.get("resolve_timeout_s", 300)),
    )  # fmt: skip
    for row in sorted((one for one in case["steps"] if "t" in one), key=lambda one: one["t"]):
        _do(dispatcher, row)
    tolerance = float(case.get("tolerance_s", 0))
    dispatcher.advance(to=max(row["between"][1] for row in wanted) + tolerance)
    yield from _compared(case, names, told.told, tolerance)


def _receivers(case: Case) -> _Receivers:
    for row in case["steps"]:
        if "t" not in row:
            found = re.search(r"sleeps ([\d.]+) s until t=([\d.]+)", str(row.get("note", "")))
            if found is None:
                raise Unreadable(f"saw the step {row!r}")
            return _Receivers(float(found.group(1)), float(found.group(2)), [])
    return _Receivers(0.0, 0.0, [])


def _pace(config: Mapping[str, Any]) -> Pace:
    return Pace(
        wait=float(config["group_wait_s"]), interval=float(config["group_interval_s"]),
        repeat=float(config.get("repeat_interval_s", FAR)), retries=tuple(config.get("retry_s", RETRIES)),
        timeout=float(config.get("receiver_timeout_s", 10)),
    )  # fmt: skip


def _do(dispatcher: Dispatcher, row: Mapping[str, Any]) -> None:
    at = float(row["t"])
    dispatcher.advance(to=at)
    if "push" in row:
        dispatcher.push([(one["labels"], one.get("starts"), one.get("ends")) for one in row["push"]], at=at)
    elif "silence" in row:
        one = row["silence"]
        dispatcher.silences.append(Silence(one["match"], float(one["from"]), float(one["to"])))
    elif row.get("reload"):
        dispatcher.restart(at=at)
    else:
        raise Unreadable(f"saw the step {row!r}")


def _compared(case: Case, names: list[str], told: list[Notice], tolerance: float) -> Iterator[str]:
    explained: set[int] = set()
    for n, row in enumerate(case["expect"], 1):
        name = row.get("receiver", names[0])
        since, until = _when(name, row)
        near = [
            place for place, one in enumerate(told)
            if one.receiver == name and since - tolerance <= one.at <= until + tolerance and place not in explained
        ]  # fmt: skip
        if len(near) != 1:
            yield f"notice {n}: saw {len(near)} to {name} from {since:g} to {until:g} s, expected 1"
            continue
        explained.add(near[0])
        yield from (f"notice {n}: {said}" for said in _content(row, told[near[0]], tolerance))
    if case.get("nothing_else"):
        yield from (
            f"saw a notice at {one.at:g} s that nobody expected" for n, one in enumerate(told) if n not in explained
        )


def _when(name: str, row: Mapping[str, Any]) -> tuple[float, float]:
    """When a notice is due. Peers differ in how soon one that was down is told: within ten seconds, by our rule, and once."""
    since, until = row["between"]
    if down := re.search(r"failing_until_([\d.]+)", name):
        return float(down.group(1)), max(float(down.group(1)) + BACK_WITHIN, until)
    return since, until


def _content(row: Mapping[str, Any], notice: Notice, tolerance: float) -> Iterator[str]:
    seen = [*notice.firing, *notice.resolved]
    if "alerts" in row:
        wanted = [(one["labels"], one.get("starts"), one.get("ends")) for one in row["alerts"]]
        yield from differ("alerts", [(dict(one.labels), one.starts, one.ends) for one in seen], wanted)
    if "names" in row:
        told = {_named(one, is_over=one in notice.resolved, like=row["names"]) for one in seen}
        yield from differ("names", sorted(told), sorted(row["names"]))
    for name, alerts in (("count_firing", notice.firing), ("count_resolved", notice.resolved)):
        if name in row:
            yield from differ(name, len(alerts), row[name])
    if "ends" in row:
        near = all(one.ends is not None and abs(one.ends - row["ends"]) <= tolerance for one in seen)
        yield from differ("ends", near, expected=True)


def _named(alert: Alert, *, is_over: bool, like: list[str]) -> str:
    """Name an alert as the case does: its name, where the case adds it a label's value, and whether it is over."""
    name, end = alert.labels["alertname"], "(resolved)" if is_over else ""
    ways = [name + end, *(f"{name}/{value}{end}" for value in alert.labels.values())]
    return next((way for way in ways if way in like), name + end)


def play_decisions(case: Case) -> Iterator[str]:
    """Send or not: what was told last against what is true now."""
    for n, row in enumerate(case["rows"], 1):
        was, now = row["last"], 1_000_000.0
        last = None
        if was is not None:
            last = Last(frozenset(was.get("firing", [])), frozenset(was.get("resolved", [])), now - was.get("age_s", 0))
        seen = needs_notice(
            last, firing=frozenset(row.get("firing", [])), resolved=frozenset(row.get("resolved", [])),
            repeat=float(row.get("repeat_s", FAR)), tells_resolved=bool(row.get("send_resolved", True)), at=now,
        )  # fmt: skip
        yield from differ(f"row {n}", seen, row["send"])


def play_sends(case: Case) -> Iterator[str]:
    """One series over time: told at once, again after the delay, and when it is over."""
    limit, repeat = threshold(case["rule"]), float(case["resend_delay_s"])
    kept = Timing(wait=float(case["rule"]["for_s"]), interval=1.0, grace=0.0)
    memory, last, told = Memory(), None, {}
    for t, value in case["samples"]:
        at = float(t)
        memory, _ = step(kept, memory, limit.judge(float(value)), at=at)
        firing = frozenset({memory.sequence} if memory.is_open else ())
        resolved = frozenset({memory.sequence} if memory.resolved_at == at else ())
        if needs_notice(last, firing=firing, resolved=resolved, repeat=repeat, tells_resolved=True, at=at):
            last = Last(firing, resolved, at)
            told[at] = "firing" if firing else "resolved"
    for row in case["expect"]:
        at = float(row["t"])
        yield from differ(f"sent at {at:g} s", int(at in told), row["sent"])
        if "status" in row:
            yield from differ(f"status at {at:g} s", told.get(at), row["status"])


PLAYS_NOTICES = {
    "notifications": play_notifications, "notify_decision": play_decisions, "send_log": play_sends,
}  # fmt: skip
