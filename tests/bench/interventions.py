"""Are verdicts honest: 2,000 simulated actions without any effect, and as many with one, chosen by an alert as in life.

A queue of 600 conversations a day (twelve hours, busier at noon) has a share of cases that go wrong, such as customers who ask
for a person: a fifth, moved by the hour, by whole days and by chance beyond chance, as are six other queues, which are the
comparison set. A lead acts when the alert fires: the last half hour is beyond what 1 % of half hours reach. So every before is
an extreme. In the second world a third of the days have an incident of two hours; the alert may have found one, which goes on or
ends without anybody's doing. The effect, where there is one, is a true 30 % less from the action on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.interventions.plans import HORIZONS, Horizon
from apps.interventions.verification import Cell, Stretch, Verdict, verify
from tests.bench.figures import Figure

CASES, DAYS, A_DAY, SHARE, LEAST_N = 2000, 28, 600, 0.2, 10
STEP_MINUTES, OPEN_HOURS = 10, 12
STEPS = OPEN_HOURS * 60 // STEP_MINUTES
# How far the share of a ten-minute step and of a day is moved beyond chance, as a share of it.
STEP_SPREAD, DAY_SPREAD, COMMON_SPREAD = 0.10, 0.06, 0.08
EFFECT = 0.30
BEFORE_STEPS = 3


@dataclass(frozen=True)
class World:
    """Counts by day and step: cases and those that went wrong, in the queue and in the others together."""

    n: np.ndarray
    bad: np.ndarray
    others_n: np.ndarray
    others_bad: np.ndarray
    # The true share of the queue, to go on from after the action.
    true: np.ndarray


def world(rng: np.random.Generator, *, incidents: bool) -> World:
    """Draw the days before and the two of the action."""
    days = DAYS + 2
    hour = np.linspace(0, 1, STEPS)
    profile = 0.6 + 0.8 * np.sin(np.pi * hour)
    mean = A_DAY * profile / profile.sum()
    common = (
        1
        + COMMON_SPREAD * rng.standard_normal((days, 1))
        + COMMON_SPREAD * rng.standard_normal((days, STEPS // 6)).repeat(6, axis=1)
    )
    own = 1 + DAY_SPREAD * rng.standard_normal((days, 1)) + STEP_SPREAD * rng.standard_normal((days, STEPS))
    level = np.clip(SHARE * common * own, 0.01, 0.95)
    if incidents:
        for day in np.flatnonzero(rng.random(days) < 1 / 3):
            start = rng.integers(0, STEPS - 12)
            level[day, start : start + 12] = np.clip(level[day, start : start + 12] * 1.8, 0.01, 0.95)
    n = rng.poisson(np.broadcast_to(mean, (days, STEPS)))
    others_n = rng.poisson(np.broadcast_to(6 * mean, (days, STEPS)))
    others = np.clip(SHARE * common, 0.01, 0.95)
    return World(n, rng.binomial(n, level), others_n, rng.binomial(others_n, others), level)


def acted(found: World) -> int | None:
    """The step of the last-but-one day at which the alert fires: the first half hour beyond 99 % of the half hours before."""
    n, bad = (_rolled(of) for of in (found.n, found.bad))
    shares = bad[:DAYS] / np.maximum(n[:DAYS], 1)
    limit = np.quantile(shares, 0.99)
    today = bad[DAYS] / np.maximum(n[DAYS], 1)
    for step in range(BEFORE_STEPS, STEPS - 6):
        if today[step - BEFORE_STEPS] > limit:
            return step
    return None


def _rolled(counts: np.ndarray) -> np.ndarray:
    whole = np.cumsum(np.pad(counts, ((0, 0), (1, 0))), axis=1)
    return whole[:, BEFORE_STEPS:] - whole[:, :-BEFORE_STEPS]


def _cell(n: np.ndarray, bad: np.ndarray, day: int, since: int, until: int) -> Cell:
    cases = int(n[day, since:until].sum())
    return Cell(cases, float(bad[day, since:until].sum()) / cases if cases else None)


def _minutes(found: World, day: int, step: int, after: int) -> Stretch:
    sides = [(step - BEFORE_STEPS, step), (step, step + after)]
    own, others = (
        [_cell(n, bad, day, *side) for side in sides]
        for n, bad in ((found.n, found.bad), (found.others_n, found.others_bad))
    )
    return Stretch(own[0], own[1], others[0], others[1])


def _days(found: World, day: int, step: int) -> Stretch:
    """A day up to the step, and a day from it on: each is the rest of one day and the beginning of the next."""

    def cell(n: np.ndarray, bad: np.ndarray, first: int) -> Cell:
        cases = int(n[first, step:].sum() + n[first + 1, :step].sum())
        return Cell(cases, float(bad[first, step:].sum() + bad[first + 1, :step].sum()) / cases)

    own, others = (
        [cell(n, bad, day - 1), cell(n, bad, day)]
        for n, bad in ((found.n, found.bad), (found.others_n, found.others_bad))
    )
    return Stretch(own[0], own[1], others[0], others[1])


def with_effect(rng: np.random.Generator, found: World, step: int) -> World:
    """The same days, with the share 30 % lower from the action on."""
    bad = found.bad.copy()
    bad[DAYS, step:] = rng.binomial(found.n[DAYS, step:], found.true[DAYS, step:] * (1 - EFFECT))
    bad[DAYS + 1] = rng.binomial(found.n[DAYS + 1], found.true[DAYS + 1] * (1 - EFFECT))
    return World(found.n, bad, found.others_n, found.others_bad, found.true)


def judged(found: World, step: int, horizon: Horizon) -> Verdict:
    """What is said at one horizon."""
    if horizon.is_lagging:
        here, usual = _days(found, DAYS, step), [_days(found, day, step) for day in range(1, DAYS - 1)]
    else:
        after = horizon.minutes // STEP_MINUTES
        here = _minutes(found, DAYS, step, after)
        near = [one for one in range(step - 6, step + 7, 3) if BEFORE_STEPS <= one <= STEPS - after]
        usual = [_minutes(found, day, one, after) for day in range(DAYS) for one in near]
    return verify(
        here, usual, better=-1, least_n=LEAST_N if not horizon.is_lagging else 30, share=horizon.share
    ).verdict


def naive(found: World, step: int) -> bool:
    """What a plain before and after would say: 30 minutes against 30 minutes, by the normal test at 95 %."""
    here = _minutes(found, DAYS, step, 3)
    p, q = here.before.mean or 0.0, here.after.mean or 0.0
    spread = (p * (1 - p) / max(here.before.n, 1) + q * (1 - q) / max(here.after.n, 1)) ** 0.5
    return spread > 0 and (p - q) / spread > 1.96


def simulate(seed: int, *, incidents: bool, cases: int) -> dict[str, float]:
    """The share of actions called improved: at each horizon, at any, at the last; without and with an effect; and naively."""
    rng = np.random.default_rng(seed)
    called: dict[str, int] = {}
    done = 0
    while done < cases:
        found = world(rng, incidents=incidents)
        step = acted(found)
        if step is None:
            continue
        done += 1
        for name, days in (("none", found), ("true", with_effect(rng, found, step))):
            verdicts = {one.key: judged(days, step, one) for one in HORIZONS}
            for key, verdict in verdicts.items():
                called[f"{name} {key}"] = called.get(f"{name} {key}", 0) + (verdict == Verdict.IMPROVED)
                called[f"{name} {key} worse"] = called.get(f"{name} {key} worse", 0) + (verdict == Verdict.WORSE)
            is_any = Verdict.IMPROVED in verdicts.values()
            called[f"{name} any"] = called.get(f"{name} any", 0) + is_any
        called["naive"] = called.get("naive", 0) + naive(found, step)
    return {key: count / done for key, count in called.items()}


def run(seconds: float | None) -> list[Figure]:
    """Both worlds; a shorter run has fewer cases."""
    cases = CASES if seconds is None else max(100, int(seconds * 40))
    figures = []
    for words, incidents in (("extremes by chance", False), ("incidents a third of the days", True)):
        found = simulate(20261129, incidents=incidents, cases=cases)
        looks = ", ".join(f"{one.words} {found[f'true {one.key}']:.1%}" for one in HORIZONS)
        plain = "a plain before and after says so"
        figures += [
            Figure(
                name=f"no effect, called improved at any of three looks ({words})", unit="%", target=5.0, value=100 * found["none any"],
                n=cases, limit_name=plain, limit=100 * found["naive"],
                detail={one.key: 100 * found[f"none {one.key}"] for one in HORIZONS},
            ),
            Figure(
                name=f"a true 30 % less, called improved ({words})", unit="%", target=60.0, value=100 * found[f"true {HORIZONS[-1].key}"],
                n=cases, limit_name="where nothing was done", limit=max(100 * found[f"none {HORIZONS[-1].key}"], 0.01), is_rate=True,
                word="day", note=f"by look: {looks}; at any of them {found['true any']:.1%}",
            ),
        ]  # fmt: skip
    return figures
