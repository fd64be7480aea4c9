"""Cases that are tables: who mutes whom, what an empty evaluation does, limits, ends of rules, burn rates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apps.alerts.detectors.burn import Pair, Window, budget_used, burn_of, judge, largest
from apps.alerts.detectors.fixed import Compare, Threshold
from apps.alerts.engine.matching import Inhibition, muted_by
from apps.alerts.engine.notices import RESOLVED_RETENTION, stops_at
from apps.alerts.engine.series import Effect, Judged, State, Timing, Transition, Verdict, end, step
from apps.alerts.playing.states import placed
from apps.alerts.playing.words import MODES, STATES, Case, NotPlayed, Unreadable, differ, look_up

Row = Mapping[str, Any]


def play_table(case: Case) -> Iterator[str]:
    """Play every row of a table; its columns tell what it is about."""
    rows = case["rows"]
    columns = rows[0].keys()
    if "active" in columns:
        return _inhibitions(case)
    if "mode" in columns:
        return _each(rows, _empty)
    if "was_firing" in columns:
        return _hysteresis(case)
    if "before" in columns:
        return _each(rows, _ended)
    if "burn" in columns:
        return _burns([*rows, *case.get("for_us", [])])
    raise Unreadable(f"saw a table of {', '.join(columns)}")


def _each(rows: list[Row], play: Any) -> Iterator[str]:
    for n, row in enumerate(rows, 1):
        yield from (f"row {n}: {said}" for said in play(row))


def _inhibitions(case: Case) -> Iterator[str]:
    """The peers count two absent labels as equal, and a case may say so; the portal's own rules demand the label."""
    rule = case["rule"]
    demands = bool(rule.get("demands_labels", False))
    kept = Inhibition(rule["source"], rule["target"], tuple(rule["equal"]), demands_labels=demands)
    for n, row in enumerate(case["rows"], 1):
        alerts = [_alert(kept, text) for text in row["active"]]
        firing = [labels for _, labels, is_over in alerts if not is_over]
        for name, labels, _ in alerts:
            wanted = row.get("muted_by_itself" if name == "both" else f"{name}_muted")
            if wanted is not None:
                yield from differ(f"row {n}, {name} muted", muted_by(labels, firing, [kept]) is not None, wanted)


def _alert(rule: Inhibition, text: str) -> tuple[str, dict[str, str], bool]:
    if text == "alert matching both sides":
        return "both", {**rule.source, **rule.target, **dict.fromkeys(rule.equal, "x")}, False
    found = re.fullmatch(r"(target|source)(?:\((\w+)=(\w+)\)| without \w+)( resolved)?", text)
    if found is None:
        raise Unreadable(f"saw the alert {text!r}")
    side, name, value, over = found.groups()
    labels = dict(rule.target if side == "target" else rule.source)
    return side, {**labels, **({name: value} if name else {})}, over is not None


def _empty(row: Row) -> Iterator[str]:
    """One evaluation without data, by mode; and more of them where the row says what comes of it."""
    kept = Timing(wait=20, interval=10, no_data_after=0, no_data=look_up(MODES, row["mode"], "mode"))
    memory, at = placed(look_up(STATES, row["from"], "state"), kept)
    memory, told = step(kept, memory, Judged(Verdict.NO_DATA), at=at)
    wanted = str(row["to"])
    word = wanted.removeprefix("stays ").split()[0].rstrip(";,")
    yield from differ("state", memory.state, look_up(STATES, word, "state"))
    if "reason" in row:
        yield from differ("reason", memory.reason, row["reason"])
    if "notify" in row:
        yield from _told(told, row["notify"])
    if "for has passed" in wanted or "after for" in wanted:
        since = memory.active_since
        while memory.state == State.PENDING and at < 10 * kept.wait:
            at += kept.interval
            memory, told = step(kept, memory, Judged(Verdict.NO_DATA), at=at)
        yield from differ("state after for", (memory.state, at), (State.FIRING, (since or 0.0) + kept.wait))
        if found := re.search(r"reason (\w+)", wanted):
            yield from differ("reason", memory.reason, found.group(1))


def _told(told: tuple[Transition, ...], wanted: object) -> Iterator[str]:
    effects = {one.effect for one in told}
    if wanted == "resolved":
        yield from differ("resolved", Effect.RESOLVED in effects, expected=True)
    elif wanted is True or "no-data alert of its own" in str(wanted):
        yield from differ("notice that data stopped", Effect.DATA_STOPPED in effects, expected=True)
    else:
        raise Unreadable(f"saw notify: {wanted!r}")


def _hysteresis(case: Case) -> Iterator[str]:
    enter = case["enter"]
    leave = case.get("leave_at_or_below", case.get("leave_at_or_above"))
    limit = Threshold(Compare(enter["op"]), float(enter["threshold"]), None if leave is None else float(leave))
    for n, row in enumerate(case["rows"], 1):
        if row["v"] == "no data":
            seen: object = str(limit.judge(None).verdict)
            yield from differ(f"row {n}", seen, str(row["breach"]).split()[0])
        else:
            seen = limit.breaches(float(row["v"]), is_alerting=row["was_firing"])
            yield from differ(f"row {n}", seen, row["breach"])


def _ended(row: Row) -> Iterator[str]:
    """A rule is paused or deleted: its alert resolves with the reason, and only one that fired is told."""
    memory, at = placed(look_up(STATES, row["before"], "state"), Timing(wait=20, interval=10))
    reason = str(row["reason"])
    memory, told = end(memory, at=at, reason=reason)
    yield from differ("state", memory.state, look_up(STATES, row["after"], "state"))
    yield from differ("reason", memory.reason, reason)
    yield from differ("resolved_at", memory.resolved_at, at if row["resolved_at"] == "now" else row["resolved_at"])
    yield from differ("told", any(one.effect == Effect.RESOLVED for one in told), row["before"] == "alerting")
    if "history_entries" in row:
        yield from differ("history_entries", len(told), row["history_entries"])


def _burns(rows: list[Row]) -> Iterator[str]:
    for n, row in enumerate(rows, 1):
        period = float(row.get("period_h", 0)) * 60
        if "burn" in row:
            used = budget_used(burn=row["burn"], minutes=row["long_h"] * 60, period_minutes=period)
            yield from differ(f"row {n}, budget used", round(used, 4), round(row["budget_used"], 4))
        if "max_possible_burn" in row:
            yield from differ(f"row {n}, largest burn", round(largest(row["slo"]), 6), row["max_possible_burn"])
        for name in ("page", "ticket"):
            if pair := row.get(name):
                used = budget_used(burn=pair["burn"], minutes=pair["long_min"], period_minutes=period)
                # The tables round to four places, halves down.
                yield from differ(f"row {n}, {name}", abs(used - pair["budget_used"]) <= 0.00005 + 1e-12, expected=True)


def play_burn(case: Case) -> Iterator[str]:
    """Misses a minute in, the minutes in which the pair of windows fires out; or both windows as given."""
    least = int(case.get("min_sample_long", 0))
    words: dict[str, Any] = {name: float(case[key]) for name, key in _PAIR.items()}
    if "windows" in case:
        yield from _given_windows(case, Pair(**words), Pair(**words, least_n=least))
        return
    pair = Pair(**words, least_n=least)
    errors = [
        float(part["errors"]) for part in case["errors_per_min"] for _ in range(int(part["from"]), int(part["to"]) + 1)
    ]
    firing = [minute for minute in range(len(errors)) if _burns_at(pair, case, errors, minute)]
    wanted = case["expect"]
    seen = {"first_minute_firing": min(firing, default=None), "last_minute_firing": max(firing, default=None)}
    for name, value in wanted.items():
        if name not in seen:
            raise Unreadable(f"saw {name!r} in expect")
        yield from differ(name, seen[name], value)


_PAIR = {"goal": "slo", "long_minutes": "long_min", "short_minutes": "short_min", "burn": "burn"}


def _burns_at(pair: Pair, case: Case, errors: list[float], minute: int) -> bool:
    def window(minutes: float) -> Window:
        since = max(minute - int(minutes) + 1, 0)
        missed = sum(errors[since : minute + 1])
        return Window(int(case["total_per_min"] * (minute + 1 - since)), int(missed))

    return judge(pair, long=window(pair.long_minutes), short=window(pair.short_minutes)).verdict == Verdict.BREACH


def _given_windows(case: Case, bare: Pair, careful: Pair) -> Iterator[str]:
    windows = {name: Window(int(one["total"]), int(one["missed"])) for name, one in case["windows"].items()}
    for name, pair in (("without_min_sample", bare), ("with_min_sample", careful)):
        wanted = str(case["expect"].get(name, ""))
        verdict = judge(pair, **windows).verdict
        if wanted.startswith("fires"):
            yield from differ(name, verdict, Verdict.BREACH)
        elif "insufficient" in wanted:
            yield from differ(name, verdict, Verdict.INSUFFICIENT)
        elif wanted:
            raise Unreadable(f"saw the expectation {wanted!r}")
        if found := re.search(r"burn ([\d.]+) and ([\d.]+)", wanted):
            seen = [round(burn_of(windows[one], goal=pair.goal), 1) for one in ("long", "short")]
            yield from differ(f"{name}, burn", seen, [float(one) for one in found.groups()])


def play_fact(case: Case) -> Iterator[str]:
    """Figures that the engine holds as its own; prose cannot be played."""
    if "resolved_retention_s" in case:
        yield from differ("resolved_retention_s", RESOLVED_RETENTION, float(case["resolved_retention_s"]))
        return
    rows = case.get("rows", [])
    if not rows or "ends_after_s" not in rows[0]:
        raise NotPlayed("it tells facts in prose")
    for n, row in enumerate(rows, 1):
        seen = stops_at(evaluated_at=0.0, interval=row["interval_s"], resend=row["resend_s"])
        yield from differ(f"row {n}, ends_after_s", float(seen), float(row["ends_after_s"]))
