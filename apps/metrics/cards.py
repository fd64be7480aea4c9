"""A person's scorecard in words: what it says first, each goal's sentence, and each number with how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from apps.metrics import wording
from apps.metrics.aims import Aim, Standing, bounds_of
from apps.metrics.comparing import estimate
from apps.metrics.conflicts import ON_CARD, PAIRS, Conflict, Level, Pair
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import SECONDS, SHARE, Direction, Kind
from apps.metrics.goals import say_value
from apps.metrics.reading import Number
from apps.metrics.scorecards import Half, Line, Scorecard

PERIODS = {"day": "today", "week": "this week"}


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal as its tile shows it."""

    label: str
    whose: str
    value: str
    target: str
    sentence: str
    # How much of the planned time is gone, in a sentence; empty where none is planned.
    gone: str
    # "ok", "warn" or "": no colour while nothing can be said.
    state: str
    # The value, the target and the end of the scale.
    bar: tuple[float, float, float] | None
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One number as its row shows it. `band`: value, low, high and the end of the scale; None without enough colleagues."""

    label: str
    value: str
    sure: str
    n: int
    is_enough: bool
    before: str
    change: str
    state: str
    band: tuple[float, float, float, float] | None
    band_words: str
    guard: str
    href: str


@dataclass(frozen=True, slots=True)
class Side:
    """One number of a pair: what it was, what it is, of how many cases each, and where it opens."""

    label: str
    before: str
    value: str
    href: str
    n: int
    n_before: int


@dataclass(frozen=True, slots=True)
class Together:
    """Two numbers that are read together. `state`: "warn" where they contradict each other, else ""."""

    driver: Side
    guard: Side
    state: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Method:
    """How one number is worked out: its formula with the figures of now in it, and what is left out of it."""

    label: str
    meaning: str
    worked: str
    sure: str
    left_out: Sequence[str]
    guard: str
    href: str


@dataclass(frozen=True, slots=True)
class Card:
    """A scorecard ready to be drawn."""

    title: str
    text: str
    goals: Sequence[Goal]
    rows: Sequence[Row]
    pairs: Sequence[Together] = ()
    methods: Sequence[Method] = ()


def card(found: Scorecard, *, is_own: bool) -> Card:
    """Say a scorecard in words; to its owner, or to who leads them."""
    title, text = verdict(found.aims, who="You" if is_own else found.agent.name)
    scope = f"agent:{found.agent.pk}"
    return Card(
        title=title,
        text=text,
        goals=[_goal(aim, found.agent.pk) for aim in found.aims],
        rows=[row(line, scope, found.span.name) for line in found.lines],
        pairs=pairs_of(
            (*PAIRS[Level.PERSON], *(ON_CARD if found.beside else ())),
            {**{line.metric.key: line for line in found.lines}, **found.beside},
            found.conflicts,
            scope,
            found.span.name,
        ),
        methods=[method_of(line, scope, found.span.name) for line in found.lines],
    )


def verdict(aims: Sequence[Aim], *, who: str) -> tuple[str, str]:
    """The page's title is the answer: are the goals reached so far, or on pace where the time gone is known; and what to look at."""
    be = "are" if who == "You" else "is"
    if not aims:
        return f"No goal is set for {who.lower() if who == 'You' else who}", "Numbers are shown; nothing is judged."
    for standing, word in ((Standing.MISSED, "outside"), (Standing.OFF_PACE, "off pace for")):
        if found := [aim for aim in aims if aim.standing is standing]:
            worst = max(found, key=_distance)
            share = f"{len(found)} of {len(aims)} goals" if len(aims) > 1 else "the goal"
            return f"{who} {be} {word} {share} so far", f"One thing to look at: {worst.metric.name}. {_sentence(worst)}"
    known = [aim for aim in aims if aim.standing in (Standing.REACHED, Standing.ON_PACE)]
    if not known:
        return "Too early to say", f"No goal of {'yours' if who == 'You' else who} has cases enough yet."
    rest = len(aims) - len(known)
    later = f" Not yet to be said, for too few cases or too close a number: {rest} more." if rest else ""
    what = "every goal" if not rest else f"{len(known)} of {len(aims)} goals"
    word = "on pace for" if all(aim.pace.is_known for aim in known) else "inside"
    return f"{who} {be} {word} {what} so far", f"Nothing needs {'your' if who == 'You' else 'their'} attention.{later}"


def _distance(aim: Aim) -> float:
    target = aim.goal.target or 0
    return abs((aim.number.value or 0) - target) / (target or 1)


def _sentence(aim: Aim) -> str:
    when, number, metric = PERIODS[aim.goal.period], aim.number, aim.metric
    if aim.standing is Standing.NOTHING:
        return f"Nothing to count {when} yet."
    if aim.standing is Standing.FEW:
        return f"{number.n} of the {metric.minimum_n} cases it takes to say anything."
    value = wording.told(number.value, metric.unit)
    if aim.standing in (Standing.ON_PACE, Standing.OFF_PACE):
        leaves = (aim.goal.target or 0) * (aim.pace.gone or 0)
        return f"{aim.standing.capitalize()}: {value} so far, the goal leaves {leaves:.1f} by now."
    around = bounds_of(number)
    likely = f", likely {_range(around, metric.unit)}" if around is not None else ""
    if aim.standing is Standing.OPEN:
        return (
            f"Too close to say{likely}."
            if around is not None
            else f"{value} so far; it is told when more of the time is gone."
        )
    inside = "inside" if aim.standing is Standing.REACHED else "outside"
    paced = "On pace: " if aim.standing is Standing.REACHED and aim.pace.is_known else ""
    return f"{paced}{value} {when}, {inside} the goal{likely}."


def _time_gone(aim: Aim) -> str:
    """How much of the planned time of its period is over, in words; nothing where none is planned."""
    if aim.pace.gone is None:
        return ""
    whose = "shift" if aim.goal.period == "day" else "week’s shifts"
    if not aim.pace.gone:
        return f"The {whose} {'has' if aim.goal.period == 'day' else 'have'} not begun."
    if aim.pace.gone >= 1:
        return f"The {whose} {'is' if aim.goal.period == 'day' else 'are'} over."
    return f"{aim.pace.gone:.0%} of the {whose} {'is' if aim.goal.period == 'day' else 'are'} gone."


def _goal(aim: Aim, person: UUID) -> Goal:
    metric = aim.metric
    least = "at least" if metric.direction == Direction.UP else "at most"
    is_told = aim.standing not in (Standing.NOTHING, Standing.FEW)
    return Goal(
        label=metric.name, whose=aim.whose, value=wording.told(aim.number.value, metric.unit) if is_told else wording.MISSING,
        target=f"{least} {say_value(metric, aim.goal.target)}, {PERIODS[aim.goal.period]}", sentence=_sentence(aim), gone=_time_gone(aim),
        state={Standing.REACHED: "ok", Standing.MISSED: "warn", Standing.OFF_PACE: "warn"}.get(aim.standing, ""), bar=_bar(aim) if is_told else None,
        href=behind(metric.key, f"agent:{person}", "today" if aim.goal.period == "day" else "7d"),
    )  # fmt: skip


def _bar(aim: Aim) -> tuple[float, float, float] | None:
    value, target = aim.number.value, aim.goal.target
    if value is None or target is None:
        return None
    return value, target, 1.0 if aim.metric.unit == SHARE else max(value, target) * 1.25


def row(line: Line, scope: str, window: str, *, by: str = "") -> Row:
    """One number as a row; it opens in this scope, divided as `by` says."""
    metric, number = line.metric, line.number
    # Under the minimum a share or a time says nothing about a person; a count of what happened does.
    is_told = number.is_enough or metric.kind == Kind.COUNT
    state = {"better": "ok", "worse": "warn"}.get(line.change, "")
    return Row(
        label=metric.name, value=wording.told(number.value, metric.unit) if is_told else "not enough yet",
        sure=_sure(number, metric.minimum_n, is_told=is_told), n=number.n, is_enough=is_told,
        before=wording.told(line.before.value, metric.unit) if line.before.is_enough else wording.MISSING,
        change=line.change, state=state, band=_band(number, line.half) if is_told else None,
        band_words="" if line.half is None else f"the middle half of {line.half.people} people", guard=DICTIONARY[metric.guard].name, href=behind(metric.key, scope, window, by),
    )  # fmt: skip


def _sure(number: Number, minimum: int, *, is_told: bool) -> str:
    if not is_told:
        return f"{number.n} of {minimum} cases"
    around = bounds_of(number)
    if around is None:
        return "every case is counted"
    return f"likely {_range(around, SHARE if number.low is not None else SECONDS)}"


def _range(around: tuple[float, float], unit: str) -> str:
    low, high = (wording.told(one, unit) for one in around)
    return f"{low} to {high}"


def _band(number: Number, half: Half | None) -> tuple[float, float, float, float] | None:
    if half is None or number.value is None:
        return None
    top = 1.0 if number.low is not None else max(number.value, half.high) * 1.25 or 1.0
    return number.value, half.low, half.high, top


def pairs_of(
    pairs: Sequence[Pair], lines: Mapping[str, Line], conflicts: Sequence[Conflict], scope: str, window: str
) -> list[Together]:
    """The pairs that say more together than alone, each with a sentence. `lines` holds every number that a pair names."""
    broken = {(one.pair.driver, one.pair.guard) for one in conflicts}
    told = []
    for pair in pairs:
        driver, guard = lines[pair.driver], lines[pair.guard]
        is_broken = (pair.driver, pair.guard) in broken
        sides = [one for line in (driver, guard) for one in (line.before, line.number)]
        if is_broken:
            sentence = f"{pair.says}. Both by more than chance: look at them together."
        elif any(
            estimate(line.metric.key, one) is None for line in (driver, guard) for one in (line.before, line.number)
        ):
            fewest = min(one.n for one in sides)
            sentence = f"Not enough yet to compare them: the smallest of the four has {fewest} cases."
        else:
            sentence = "They do not contradict each other."
        told.append(
            Together(
                _side(driver, scope, window), _side(guard, scope, window), "warn" if is_broken else "", sentence
            )
        )  # fmt: skip
    return told


def _side(line: Line, scope: str, window: str) -> Side:
    metric = line.metric
    before, value = (
        wording.told(one.value, metric.unit) if one.is_enough or metric.kind == Kind.COUNT else "not enough yet"
        for one in (line.before, line.number)
    )
    return Side(metric.name, before, value, behind(metric.key, scope, window), line.number.n, line.before.n)


def method_of(line: Line, scope: str, window: str) -> Method:
    """How one number is worked out, with its figures of now."""
    metric, number = line.metric, line.number
    is_told = number.is_enough or metric.kind == Kind.COUNT
    return Method(
        label=metric.name, meaning=metric.meaning, worked=wording.put_in(metric, number) if is_told else f"{metric.formula} Not enough yet to put figures in.",
        sure=_sure(number, metric.minimum_n, is_told=is_told),
        left_out=metric.edge_cases, guard=DICTIONARY[metric.guard].name, href=behind(metric.key, scope, window),
    )  # fmt: skip


def behind(metric: str, scope: str, window: str, by: str = "") -> str:
    asked = {"window": window, "scope": scope, **({"by": by} if by else {})}
    return f"{reverse('metric_page', args=[metric])}?{urlencode(asked)}"
