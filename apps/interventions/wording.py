"""Verdicts and effects in words, with everything they rest on."""

from __future__ import annotations

from math import exp

from apps.interventions import measuring
from apps.interventions.models import Intervention, Kind, Look
from apps.interventions.plans import BY_KEY, LINE, SENTIMENT, is_duration, is_line, is_share
from apps.interventions.verification import FEWEST_STRETCHES, Verdict
from apps.metrics.definitions import DICTIONARY
from apps.ui.templatetags.ui import duration, number, percent, signed

VERDICTS = {
    Verdict.TOO_EARLY: "Too early to tell", Verdict.IMPROVED: "Improved", Verdict.NO_EFFECT: "No clear effect",
    Verdict.WORSE: "Worse", Verdict.NOT_ENOUGH: "Not enough data",
}  # fmt: skip
MARKS = {Verdict.IMPROVED: "ok", Verdict.WORSE: "crit"}
ICONS = {
    Verdict.TOO_EARLY: "hourglass", Verdict.IMPROVED: "circle-check", Verdict.NO_EFFECT: "scale", Verdict.WORSE: "octagon-alert",
    Verdict.NOT_ENOUGH: "circle-dashed",
}  # fmt: skip


def metric_name(metric: str) -> str:
    """How the dictionary calls it; a duration is a typical one here, the mean on the scale of its logarithm."""
    if is_line(metric):
        return f"“{metric.removeprefix(LINE).replace('-', ' ')}” in reviews"
    name = DICTIONARY[metric].name
    return f"{name}, typical" if is_duration(metric) else name


def value(metric: str, mean: float | None) -> str:
    """A level of a metric; nothing measured is a dash."""
    if mean is None:
        return number(None)
    if is_duration(metric):
        return duration(round(exp(mean), 3))
    if metric == SENTIMENT:
        return signed(mean)
    return percent(mean) if is_share(metric) else number(mean, 2)


def effect(metric: str, size: float | None) -> str:
    """An effect: of a duration as a share of it, of a share in points, of a score in its unit."""
    if size is None:
        return number(None)
    if is_duration(metric):
        return f"{signed(100 * (exp(size) - 1), 0)} %"
    if is_share(metric):
        return f"{signed(100 * size, 1)} points"
    return signed(size)


def interval(one: Look) -> str:
    """The interval of an effect with its level; nothing where there is none."""
    if one.low is None or one.high is None:
        return ""
    return f"{effect(one.metric, one.low)} to {effect(one.metric, one.high)}, {BY_KEY[one.horizon].level} % interval"


def why(one: Look) -> str:
    """What the verdict rests on, in a sentence or two."""
    if one.judged_at is None:
        return "Nothing is said before that."
    if one.verdict == Verdict.NOT_ENOUGH:
        if one.stretches < FEWEST_STRETCHES:
            return (
                f"{one.n_before} cases before and {one.n_after} after, and {one.stretches} stretches of the days before. "
                f"At least {FEWEST_STRETCHES} are needed to know what usually follows."
            )
        told = (
            f" From {value(one.metric, one.before)} to {value(one.metric, one.after)}."
            if one.before is not None and one.after is not None
            else ""
        )
        return f"{one.n_before} cases before and {one.n_after} after: too few to tell an effect from chance.{told}"
    told = f"From {value(one.metric, one.before)} to {value(one.metric, one.after)}"
    if one.others_before is not None and one.others_after is not None:
        told += f"; elsewhere from {value(one.metric, one.others_before)} to {value(one.metric, one.others_after)}"
    return (
        f"{told}. After a time like the one before, {value(one.metric, one.expected)} usually follows here "
        f"({one.stretches} stretches of the last {measuring.DAYS * measuring.step_days(BY_KEY[one.horizon])} days)."
    )


def title(one: Intervention) -> str:
    """What was done, and where; a person is named only on pages of those who may see the note."""
    kind = Kind(one.kind)
    if kind == Kind.FEEDBACK:
        return f"Feedback conversation with {one.agent.name}" if one.agent is not None else kind.label
    if kind == Kind.NOTE:
        return f"Note to {one.agent.name}" if one.agent is not None else kind.label
    return f"{kind.label}, {one.queue.name}" if one.queue is not None else kind.label
