"""Who needs time this week, and why: what a lead can talk about, and nothing that chance would say as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.metrics import wording
from apps.metrics.aims import Aim, Standing
from apps.metrics.conflicts import Conflict, Estimate
from apps.metrics.definitions import DICTIONARY
from apps.metrics.goals import say_value
from apps.metrics.scorecards import Line


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing to talk about. `kind`: "conflict", "goal" or "change", in the order in which they are told."""

    kind: str
    text: str


def told(metric: str, one: Estimate) -> str:
    """The value of one side of a comparison, in the metric's unit."""
    return wording.told(one.value, DICTIONARY[metric].unit)


def conflict_words(one: Conflict) -> str:
    """A conflict in a sentence, with both sides before and now."""
    driver, guard = one.pair.driver, one.pair.guard
    return (
        f"{one.pair.says}: {DICTIONARY[driver].name} {told(driver, one.driver_before)} → {told(driver, one.driver)}, "
        f"{DICTIONARY[guard].name} {told(guard, one.guard_before)} → {told(guard, one.guard)}."
    )


def reasons(*, aims: Sequence[Aim], lines: Sequence[Line], conflicts: Sequence[Conflict]) -> list[Reason]:
    """Return what there is to talk about: conflicts, goals that were missed, numbers that got worse; each beyond chance."""
    named = {key for one in conflicts for key in (one.pair.driver, one.pair.guard)}
    found = [Reason("conflict", conflict_words(one)) for one in conflicts]
    for aim in aims:
        if aim.standing is Standing.MISSED:
            least = "at least" if aim.metric.direction == "up" else "at most"
            found.append(
                Reason(
                    "goal",
                    f"{aim.metric.name} is {wording.told(aim.number.value, aim.metric.unit)}; the goal is {least} "
                    f"{say_value(aim.metric, aim.goal.target)} {'a day' if aim.goal.period == 'day' else 'a week'}.",
                )
            )
            named.add(aim.metric.key)
    for line in lines:
        if line.change == "worse" and line.metric.key not in named:
            unit = line.metric.unit
            now, then = wording.told(line.number.value, unit), wording.told(line.before.value, unit)
            found.append(Reason("change", f"{line.metric.name} went from {then} to {now}."))
    return found
