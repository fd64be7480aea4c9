"""Numbers and cases in words: a value with its unit, a formula with today's figures in it, what one case said."""

from __future__ import annotations

from apps.metrics.definitions.definition import SECONDS, SHARE, Definition, Kind
from apps.metrics.measures import MILLION, Form, Measure
from apps.metrics.reading import Number

MISSING = "—"
# What one of a unit is called, where its name is of many.
ONE = {
    "conversations": "conversation", "offers": "offer", "waits": "wait", "reviews": "review", "days": "day", "points": "point",
    "slots": "slot",
}  # fmt: skip

# What a case that counts, and one that does not, is called where a share is made of them.
SHARES: dict[str, tuple[str, str]] = {
    "abandonment_rate": ("gave up", "did not give up"),
    "transfer_rate": ("transferred", "not transferred"),
    "escalation_rate": ("escalated", "not escalated"),
    "reopen_rate": ("reopened", "not reopened"),
    "fcr_gross": ("at first contact", "took more"),
    "fcr_net": ("at first contact, and did not come back", "took more, or came back"),
    "resolution_rate": ("resolved", "ended unresolved"),
    "csat": ("content", "not content"),
    "ai_csat": ("content", "not content"),
    "turned_negative_rate": ("turned negative", "did not turn"),
    "csat_response_rate": ("rated", "not rated"),
    "ai_involvement_rate": ("an AI agent answered", "no AI agent answered"),
    "handoff_rate": ("handed to a person", "never handed on"),
    "asked_for_person_rate": ("asked for a person", "did not ask for one"),
    "containment": ("ended well with the AI agent", "did not"),
    "ai_resolution_rate": ("solved by the AI agent", "not solved by it"),
    "automation_rate": ("solved by an AI agent", "not solved by one"),
    "bot_abandon_rate": ("fell silent on a question", "did not"),
    "repeat_contact_rate": ("came back", "did not come back"),
    "ai_repeat_contact_rate": ("came back", "did not come back"),
    "fallback_rate": ("not understood", "understood"),
    "handoff_quality": ("with a summary", "without a summary"),
    "auto_fail_rate": ("failed by a must-pass line", "did not fail"),
    "dispute_rate": ("doubted", "not doubted"),
    "coverage": ("reviewed", "not reviewed"),
    "analysed_coverage": ("could be read", "could not be read"),
    "overturn_rate": ("changed the review", "left it as it was"),
}


def clock(seconds: float) -> str:
    """A duration as h:mm:ss, to the second."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def told(value: float | None, unit: str) -> str:
    """A value with its unit; nothing measured is a dash."""
    if value is None:
        return MISSING
    if unit == SECONDS:
        return clock(value)
    if unit == SHARE:
        return f"{value:.1%}"
    if value == 1:
        return f"1 {ONE.get(unit, unit)}"
    return f"{value:,.0f} {unit}" if float(value).is_integer() else f"{value:,.2f} {unit}"


def interval(number: Number, unit: str = SHARE) -> str:
    """The 95 % interval of a share, or of a mean of a sample, in words; for other numbers that there is none, and why."""
    if number.low is not None and number.high is not None:
        if unit == SHARE:
            return f"{number.low:.1%} to {number.high:.1%} (95 %)"
        return f"{number.low:,.1f} to {number.high:,.1f} {unit} (95 %)"
    return "none: every case of the window is counted" if number.n else MISSING


def put_in(metric: Definition, number: Number) -> str:
    """The formula in words with the figures of a number in it."""
    if number.value is None:
        return f"{metric.formula} Nothing to count in this window."
    if metric.kind == Kind.COUNT:
        return f"{metric.formula} = {number.n:,}"
    if metric.kind == Kind.PERCENTILE:
        middle, most, mean = (told(one, metric.unit) for one in (number.p50, number.p90, number.mean))
        return f"{metric.formula} Of {number.n:,}: median {middle}, nine in ten within {most}, mean {mean}."
    over = f"{number.hits:,}" if number.hits is not None else told(number.value * number.n, metric.unit)
    result = told(number.value, metric.unit)
    sentence, dot, rest = metric.formula.partition(". ")
    first, by, second = sentence.rstrip(".").partition(" divided by ")
    if not by:
        return f"{metric.formula} {over} ÷ {number.n:,} = {result}."
    return f"{first.rstrip(',')} ({over}) divided by {second} ({number.n:,}) = {result}.{f' {rest}' if dot else ''}"


def put_times_in(metric: Definition, number: Number, *, over: float, under: float) -> str:
    """The formula of working time with the times of its sides in it, in seconds; without a second side, the mean over n."""
    if number.value is None:
        return f"{metric.formula} Nothing to count in this window."
    result = told(number.value, metric.unit)
    first, by, second = metric.formula.rstrip(".").partition(" divided by ")
    if not under:
        return f"{metric.formula} {clock(over)} in all, of {number.n:,} = {result}."
    if not by:
        return f"{metric.formula} {clock(over)} ÷ {clock(under)} = {result}."
    return f"{first.rstrip(',')} ({clock(over)}) divided by {second} ({clock(under)}) = {result}."


def case(measure: Measure, value: int | None, *, target: int | None = None) -> str:
    """What one case says; `target` in seconds is the promise it is held against."""
    if measure.form == Form.COUNT or value is None:
        return "counts one"
    if measure.form == Form.SHARE:
        return SHARES[measure.name][0 if value else 1]
    if measure.form == Form.SCORE:
        return f"{value / MILLION:.2f}"
    waited = clock(value / MILLION)
    if target is None:
        return waited
    return f"{waited}, {'within' if value <= target * MILLION else 'over'} {clock(target)}"
