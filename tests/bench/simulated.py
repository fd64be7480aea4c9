"""The pack against invented weeks: how often it cries wolf, and how soon it finds what is wrong. Fixed seeds.

The set-up of the alerts' specification, section 3: arrivals of a day with a morning and an afternoon peak, over-dispersed from
quarter to quarter and from day to day; four weeks to learn from, four weeks to judge, incidents on half of the days. The rules
are the pack's own, judged by the code that judges them live (`alerts.backtest.pasts`) and played through the engine. Nothing
is stored: only what the pack says is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from apps.alerts.backtest.pasts import counted, held
from apps.alerts.backtest.replaying import Firing, as_cards, replay
from apps.alerts.backtest.stored import Past, Span
from apps.alerts.backtest.sums import summed, usual_of
from apps.alerts.detectors.counts import Surge
from apps.alerts.engine.series import Timing
from apps.alerts.pack import PACK, Preset
from apps.metrics import baselines
from apps.metrics.models import Baseline
from tests.bench.figures import Figure

SEED = 20_261_129
QUEUES = 10
DAYS, LEARNT = 28, 28
MONDAY = datetime(2026, 10, 5, tzinfo=UTC)
SPAN = Span(MONDAY + timedelta(days=LEARNT), DAYS * 1440)
NOBODY = UUID(int=1)
# The share of conversations that are a case of each measure, and of those that hit: what the invented floor is like.
SHARES = {
    "transfers": (0.6, 0.12), "asked-for-person": (0.7, 0.06), "hand-offs": (0.7, 0.3), "fallbacks": (1.5, 0.08),
    "containment": (0.7, 0.55), "reopened": (0.8, 0.05), "repeats": (0.8, 0.08), "abandoned": (0.5, 0.06),
}  # fmt: skip
# Variance of arrivals and of shares over that of chance, as the specification has it.
SCATTER, DAY_SPREAD, SHARE_SCATTER = 1.3, 0.08, 1.15
PROFILE = np.array([1, 1, 1, 1, 1, 2, 4, 9, 16, 22, 24, 22, 19, 20, 22, 21, 18, 15, 12, 10, 8, 6, 4, 2], dtype=float)
WORKED = (8, 18)  # incidents begin in these hours

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that was wrong, in minutes from the first judged day."""

    begins: int
    lasts: int


def arrivals(rng: np.random.Generator, a_day: float, incidents: Sequence[Incident] = (), times: float = 1.0) -> Ints:
    """Conversations of each minute of eight weeks, learnt and judged; `times` as many while an incident lasts."""
    minutes = (LEARNT + DAYS) * 1440
    level = np.repeat(rng.normal(1.0, DAY_SPREAD, LEARNT + DAYS).clip(0.5), 1440)
    shape = np.tile(np.repeat(PROFILE / PROFILE.sum() / 60, 60), LEARNT + DAYS)
    mean = a_day * level * shape
    for one in incidents:
        start = LEARNT * 1440 + one.begins
        mean[start : start + one.lasts] *= times
    # A factor for each quarter, so that its count scatters SCATTER times as much as chance.
    quarter = mean.reshape(-1, 15).sum(axis=1)
    factor = rng.gamma(quarter / (SCATTER - 1), (SCATTER - 1) / np.maximum(quarter, 1e-9))
    return rng.poisson(mean * np.repeat(factor, 15)[:minutes])


def cases(
    rng: np.random.Generator, came: Ints, share: float, rate: float, incidents: Sequence[Incident] = (), times: float = 1.0
) -> tuple[Ints, Ints]:  # fmt: skip
    """Cases and hits of each minute. The share itself wavers from hour to hour by what SHARE_SCATTER leaves over chance."""
    n = rng.poisson(came * share) if share > 1 else rng.binomial(came, share)
    hours = len(came) // 60
    usual = max(float(n.sum()) / hours, 1.0)
    spread = (rate * (1 - rate) * (SHARE_SCATTER - 1) / usual) ** 0.5
    p = np.repeat((rate + rng.normal(0, spread, hours)).clip(0.001, 0.999), 60)
    for one in incidents:
        start = LEARNT * 1440 + one.begins
        p[start : start + one.lasts] = np.minimum(p[start : start + one.lasts] * times, 0.99)
    return n, rng.binomial(n, p)


def incidents(rng: np.random.Generator, lasts: int) -> list[Incident]:
    """One on every second day, at any minute of the hours that people work."""
    low, high = WORKED
    return [
        Incident(day * 1440 + int(rng.integers(low * 60, high * 60 - lasts)), lasts) for day in range(DAYS) if day % 2
    ]


def preset(key: str) -> Preset:
    """A rule of the pack."""
    return next(one for one in PACK if one.key == key)


def timing(rule: Preset) -> Timing:
    """How the engine waits for it."""
    return Timing(wait=rule.wait, keep=rule.keep)


def share_past(rule: Preset, n: Ints, hits: Ints) -> Past:
    """A share as the live rule judges it, over the judged weeks."""
    hours: dict[datetime, tuple[int, int]] = {}
    by_hour = n.reshape(-1, 60).sum(axis=1), hits.reshape(-1, 60).sum(axis=1)
    for hour, (cases_, hit) in enumerate(zip(*by_hour, strict=True)):
        if cases_:
            hours[MONDAY + timedelta(hours=hour)] = (int(cases_), int(hit))
    usual = usual_of(hours, SPAN)
    minute = np.flatnonzero(n) - LEARNT * 1440
    near = minute >= -240
    places = minute[near]
    each = n[np.flatnonzero(n)[near]], hits[np.flatnonzero(n)[near]]
    seconds = np.repeat(places, each[0]) * 60.0 + 30.0
    values = np.concatenate([np.arange(a) < b for a, b in zip(*each, strict=True)] or [np.empty(0)]).astype(float)
    return summed(rule.params, SPAN, NOBODY, QUEUES, usual, seconds, values)


def surge_past(rule: Preset, came: Ints) -> Past:
    """Arrivals as the live rule judges them, over the judged weeks; what is usual is learnt once, before them."""
    days = [date(2026, 10, 5) + timedelta(days=n) for n in range(LEARNT)]
    by_hour = came[: LEARNT * 1440].reshape(-1, 60).sum(axis=1)
    learnt = baselines.learn({(days[n // 24], n % 24): float(v) for n, v in enumerate(by_hour)}, days=days)
    base = Baseline(dispersion=learnt.dispersion, level_spread=learnt.level_spread)
    window = rule.params["minutes"]
    total = np.concatenate(([0], np.cumsum(came)))
    ends = np.arange(SPAN.minutes) + LEARNT * 1440
    counts = total[ends] - total[ends - window]
    weekday = (np.arange(SPAN.minutes) // 1440) % 7
    hour = (np.arange(SPAN.minutes) % 1440) // 60
    expected = np.array(learnt.expected)[weekday * 24 + hour] * window / 60
    watch = Surge(series=QUEUES, p=rule.params.get("p", Surge().p))
    return counted(NOBODY, counts, expected, base, watch)


def fixed_past(n: Ints, hits: Ints, limit: float, least_n: int, window: int = 30) -> Past:
    """A fixed limit on the share of the last half hour, with a least number of cases."""
    low = np.arange(SPAN.minutes) + LEARNT * 1440 - window
    cases_, hit = (np.concatenate(([0], np.cumsum(one))) for one in (n, hits))
    known = cases_[low + window] - cases_[low]
    with np.errstate(invalid="ignore", divide="ignore"):
        values = (hit[low + window] - hit[low]) / known
    return held(NOBODY, values, limit, limit, "<" if limit < 0.61 else ">", known >= max(least_n, 1))


def fired(past: Past, waits: Timing) -> list[Firing]:
    """The cards that came of it."""
    return as_cards(replay(waits, past.codes, start=0.0, every=60.0))


@dataclass(slots=True)
class Score:
    """How a rule did over many weeks of one series."""

    days: float = 0.0
    false: int = 0
    there: int = 0
    found: int = 0
    delays: list[float] | None = None

    def take(self, cards: Sequence[Firing], wrong: Sequence[Incident]) -> None:
        """Count: what begins in an incident, or within an hour of its end, is found; the rest is false."""
        self.delays = [] if self.delays is None else self.delays
        self.days += DAYS
        self.there += len(wrong)
        explained = set()
        for one in wrong:
            begins, ends = one.begins * 60.0, (one.begins + one.lasts) * 60.0
            near = [n for n, card in enumerate(cards) if begins <= card.begins <= ends + 3600]
            explained |= set(near)
            within = [cards[n].begins for n in near if cards[n].begins <= ends]
            if within:
                self.found += 1
                self.delays.append((min(within) - begins) / 60)
        self.false += len(cards) - len(explained)

    @property
    def a_day(self) -> float:
        """False alarms a day."""
        return self.false / self.days

    @property
    def recall(self) -> float:
        """The share of incidents that was found while it lasted."""
        return self.found / self.there if self.there else 1.0

    @property
    def delay(self) -> float:
        """The median delay in minutes."""
        return median(self.delays) if self.delays else float("inf")


def _score(runs: int, seed: int, make: Callable[[np.random.Generator], tuple[list[Incident], Any]],
           judge: Callable[[Any], tuple[Past, Timing]]) -> Score:  # fmt: skip
    told = Score()
    for run in range(runs):
        wrong, data = make(np.random.default_rng([seed, run]))
        past, waits = judge(data)
        told.take(fired(past, waits), wrong)
    return told


def resolution(a_day: float, times: float) -> Callable[[np.random.Generator], tuple[list[Incident], Any]]:
    """Weeks in which a resolution rate of 0.75 falls to `times` of itself for two hours on half of the days."""

    def make(rng: np.random.Generator) -> tuple[list[Incident], Any]:
        wrong = incidents(rng, 120)
        return wrong, cases(rng, arrivals(rng, a_day), 1.0, 0.75, wrong, times)

    return make


def surged(a_day: float, times: float) -> Callable[[np.random.Generator], tuple[list[Incident], Any]]:
    """Weeks in which `times` as many come for an hour on half of the days."""

    def make(rng: np.random.Generator) -> tuple[list[Incident], Any]:
        wrong = incidents(rng, 60)
        return wrong, arrivals(rng, a_day, wrong, times)

    return make


def calm(runs: int) -> dict[str, float]:
    """False alarms a day by rule of the pack, over all queues, in weeks in which nothing is wrong."""
    told = dict.fromkeys([*SHARES, "surge"], 0.0)
    for run in range(runs):
        for queue in range(QUEUES):
            rng = np.random.default_rng([SEED, 7, run, queue])
            came = arrivals(rng, 600)
            told["surge"] += len(fired(surge_past(preset("surge"), came), timing(preset("surge")))) / DAYS / runs
            for key, (share, rate) in SHARES.items():
                n, hits = cases(rng, came, share, rate)
                told[key] += len(fired(share_past(preset(key), n, hits), timing(preset(key)))) / DAYS / runs
    return told


FIXED = Timing(wait=600, keep=900)


def table(runs: int) -> list[str]:
    """The pack beside fixed limits, on the same weeks: false alarms a day and series, recall, median delay."""
    rule = preset("containment")
    lines = []
    for a_day, times in ((200, 0.6), (600, 0.8), (600, 0.6), (2000, 0.8), (2000, 0.6)):
        make = resolution(a_day, times)
        ours = _score(runs, SEED + a_day, make, lambda data: (share_past(rule, *data), timing(rule)))
        naive = _score(runs, SEED + a_day, make, lambda data: (fixed_past(*data, 0.6, 0), Timing()))
        best = _score(runs, SEED + a_day, make, lambda data: (fixed_past(*data, 0.6, 20), FIXED))
        lines.append(f"{a_day}/day {times - 1:+.0%}: " + " | ".join(
            f"{name} {one.a_day:.2f} / {one.recall:.2f} / {one.delay:.0f}"
            for name, one in (("pack", ours), ("fixed", naive), ("fixed, 20 cases, for 10, keep 15", best))
        ))  # fmt: skip
    return lines


def run(seconds: float | None) -> list[Figure]:
    """The promises of the pack; `seconds` below ten: fewer weeks."""
    runs = 12 if seconds is None or seconds >= 10 else 2
    wolf = calm(max(runs // 6, 1))
    a_shift = sum(wolf.values()) / 3
    rule, surge = preset("containment"), preset("surge")
    drop = _score(runs, SEED, resolution(600, 0.6), lambda data: (share_past(rule, *data), timing(rule)))
    fixed = _score(runs, SEED, resolution(600, 0.6), lambda data: (fixed_past(*data, 0.6, 20), FIXED))
    more = _score(runs, SEED + 3, surged(600, 3.0), lambda data: (surge_past(surge, data), timing(surge)))
    few = max(runs // 4, 1)
    note = "false alarms a day and series / recall / median delay in min. " + "; ".join(table(few))
    by_rule = ", ".join(f"{key} {value:.2f}" for key, value in sorted(wolf.items(), key=lambda one: -one[1]))
    recall = {"name": "", "unit": "", "is_rate": True}
    return [
        Figure(
            name="false alerts of the pack a lead and shift, 10 queues", unit="", value=a_shift, target=2.0,
            n=int(DAYS * max(runs // 6, 1) * 3), limit_name="a fixed limit on one share, 10 queues", limit=fixed.a_day * QUEUES / 3,
            note=f"a day by rule: {by_rule}",
        ),
        Figure(
            **{**recall, "name": "a drop of 40 % found, 600 a day", "unit": "of all"}, value=drop.recall, target=0.9, n=drop.there,
            limit_name="the best fixed limit", limit=fixed.recall, detail={"false a day": drop.a_day}, note=note,
        ),
        Figure(
            name="its median delay", unit="min", value=drop.delay, target=45.0, n=drop.found,
            limit_name="the best fixed limit", limit=fixed.delay,
        ),
        Figure(
            **{**recall, "name": "a surge to three times found, 600 a day", "unit": "of all"}, value=more.recall, target=0.95,
            n=more.there, limit_name="all of them", limit=1.0, detail={"false a day": more.a_day},
        ),
        Figure(
            name="its median delay ", unit="min", value=more.delay, target=15.0, n=more.found, limit_name="the window", limit=15.0
        ),
    ]  # fmt: skip
