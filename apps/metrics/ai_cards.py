"""One AI agent's scorecard: what it took on, how it ended, how it handed over, and what contradicts itself.

AI agents have pages of their own and are in no list with people. A number opens its formula and its rows like a person's.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.reach import Reach
from apps.metrics import ai_parts, attention, cards, comparing, queries, reading, windows
from apps.metrics.ai_parts import Parts, Share
from apps.metrics.conflicts import PAIRS, Conflict, Level
from apps.metrics.measures import READINGS
from apps.metrics.reading import Number
from apps.metrics.scorecards import WINDOWS, Line, change_of
from apps.metrics.windows import Window
from apps.reviews.queries import Curve, confidence_curves, intent_verified
from apps.shared.errors import OutOfScope, Refusal
from apps.ui.intervals import Plot, Point

INVOLVED = "ai_involvement_rate"
# Headings, and the numbers under each. What is good only beside another one stands beside it.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "What it resolved": (
        "ai_resolution_rate", "ai_resolutions_confirmed", "ai_resolutions_assumed", "ai_resolutions_returned", "ai_csat",
    ),
    "What stayed with it, and what came back": ("deflection", "containment", "ai_repeat_contact_rate", "bot_abandon_rate"),
    "Whether it understands": ("fallback_rate", "ai_confidence", "asked_for_person_rate"),
    "How evaluators judged it": ("ai_goal_success", "ai_faithfulness", "ai_completeness"),
    "How it hands over": ("handoff_rate", "handoff_quality", "handoff_reply_time"),
}  # fmt: skip
KEYS = tuple(key for keys in GROUPS.values() for key in keys)
# Every viewer sees all AI agents, so one reading serves them all.
LATELY = timedelta(minutes=5)
# Verdicts are few: the curve looks further back than the counts.
REVIEWED_OVER = timedelta(days=90)
# The AI agents in the sight of each class of viewers, and what contradicts itself in the numbers of some AI agents.
_in_sight: dict[str, tuple[datetime, tuple[UUID, ...]]] = {}
_lately: dict[tuple[UUID, ...], tuple[datetime, Mapping[str, Sequence[Conflict]]]] = {}


@dataclass(frozen=True, slots=True)
class Group:
    """Numbers under one heading."""

    title: str
    rows: Sequence[cards.Row]


@dataclass(frozen=True, slots=True)
class CurveShown:
    """How often a model was right when it was how sure; drawn where there are verdicts enough."""

    model: str
    curve: Curve
    plot: Plot | None


@dataclass(frozen=True, slots=True)
class AiScorecard:
    """What is counted of one AI agent. `verified`: of the turns that reviewers judged, those in which it understood."""

    agent: Agent
    span: Window
    as_of: datetime
    title: str
    text: str
    lines: Mapping[str, Line]
    involvement: Line
    groups: Sequence[Group]
    pairs: Sequence[cards.Together]
    methods: Sequence[cards.Method]
    parts: Parts
    verified: Share
    curves: Sequence[CurveShown]
    conflicts: Sequence[Conflict]


def get_ai(*, viewer: Viewer, pk: UUID) -> Agent:
    """Return one AI agent.

    :raises NotAllowed: the role sees no numbers of the floor. :raises OutOfScope: no AI agent has this key.
    """
    viewer.require(Permission.VIEW_FLOOR)
    found = Agent.objects.visible_to(viewer).ai().filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def span_of(*, viewer: Viewer, window: str, at: datetime) -> Window:
    """Return the span of a scorecard's window.

    :raises Refusal: there is no such window.
    """
    if window not in WINDOWS:
        raise Refusal(f"Saw the window {window!r}. Expected one of: {', '.join(WINDOWS)}.")
    return windows.window(window, at=at, zone=viewer.zone, shift_since=None)


def ai_scorecard(*, viewer: Viewer, agent: Agent, window: str, at: datetime) -> AiScorecard:
    """Read one AI agent's scorecard; two statements a number and a dozen more, whatever it answered.

    :raises NotAllowed: the role sees no numbers of the floor.
    :raises Refusal: there is no such window.
    """
    viewer.require(Permission.VIEW_FLOOR)
    span = span_of(viewer=viewer, window=window, at=at)
    earlier = comparing.before(span, timedelta(days=WINDOWS[window].days))
    told = comparing.sides(KEYS, span=span, earlier=earlier, of=Reach.whole([agent.pk]), by="agent", of_agents=True)
    lines = {key: _line(key, str(agent.pk), sides) for key, sides in told.items()}
    conflicts = comparing.conflicts_in(Level.AI, told, earlier=earlier).get(str(agent.pk), [])
    as_of, _ = reading.progress(at=at, span=span)
    scope = f"agent:{agent.pk}"
    title, text = _verdict(agent, lines, conflicts)
    # Few sources send evaluations: where none does, there is nothing to say of them.
    judged = GROUPS["How evaluators judged it"]
    shown = {
        key: line for key, line in lines.items() if key not in judged or any(lines[one].number.n for one in judged)
    }
    return AiScorecard(
        agent=agent, span=span, as_of=as_of, title=title, text=text, lines=lines, conflicts=conflicts,
        involvement=_involvement(viewer, span, window, at),
        groups=[Group(name, [cards.row(shown[key], scope, window) for key in keys]) for name, keys in GROUPS.items() if shown.keys() >= set(keys)],
        pairs=cards.pairs_of(PAIRS[Level.AI], lines, conflicts, scope, window),
        methods=[cards.method_of(line, scope, window) for line in shown.values()],
        parts=ai_parts.parts_of(agent=agent, span=span),
        verified=Share(*intent_verified(agent=agent.pk, since=span.since, until=span.until)), curves=_curves(agent, at),
    )  # fmt: skip


def _curves(agent: Agent, at: datetime) -> list[CurveShown]:
    """What its confidence was worth, one curve a model; always of `REVIEWED_OVER`."""
    return [
        CurveShown(one.model, one.curve, _plot(one.model, one.curve) if one.curve.is_enough else None)
        for one in confidence_curves(agent=agent.pk, since=at - REVIEWED_OVER, until=at)
    ]


def _plot(model: str, curve: Curve) -> Plot:
    points = [
        Point(
            one.confidence, one.share, *one.interval, f"{one.confidence:.2f}",
            one.words,
            "warn" if one.is_off else "",
        )
        for one in curve.bins
    ]  # fmt: skip
    return Plot(
        points,
        0.0,
        1.0,
        ("0%", "100%"),
        f"How often {model} is right when it is how sure",
        (0.0, 1.0),
        "as often right as it is sure",
    )


def _line(key: str, who: str, told: comparing.Sides) -> Line:
    number, before = (side.get(who, Number.nothing()) for side in told)
    metric = READINGS[key].metric
    return Line(metric, number, before, change_of(metric, number, before), None)


def _involvement(viewer: Viewer, span: Window, window: str, at: datetime) -> Line:
    """Involvement is of all AI agents together: a conversation that none answered belongs to none of them."""
    answer = queries.measure(viewer=viewer, key=INVOLVED, scope=queries.Scope(), window=window, at=at)
    number = next((one.number for one in answer.groups), Number.nothing())
    return Line(answer.metric, number, Number.nothing(), "", None)


def _verdict(agent: Agent, lines: Mapping[str, Line], conflicts: Sequence[Conflict]) -> tuple[str, str]:
    """The page's title is the answer."""
    if conflicts:
        return f"{agent.name} looks better than it is", attention.conflict_words(conflicts[0])
    worse = [line for line in lines.values() if line.change == "worse"]
    if worse:
        names = ", ".join(line.metric.name for line in worse)
        return (
            f"{agent.name} got worse in {len(worse)} number{'s' if len(worse) > 1 else ''}",
            f"Beyond chance: {names}.",
        )
    answered = lines["handoff_rate"].number.n
    if not answered:
        return f"{agent.name} answered nobody", "Its numbers stand here once it answers a customer."
    return (
        f"{agent.name}: nothing got worse beyond chance",
        f"It answered in {answered:,} conversations, and no two of its numbers contradict each other.",
    )


def conflicts_lately(*, viewer: Viewer, at: datetime) -> Mapping[str, Sequence[Conflict]]:
    """Return what contradicts itself in the numbers of each AI agent over a week, by key; at most five minutes old, because a week's
    numbers do not move faster and the floor is drawn every second.

    :raises NotAllowed: the role sees no numbers of the floor.
    """
    viewer.require(Permission.VIEW_FLOOR)
    whose = viewer.permission_class
    seen = _in_sight.get(whose)
    if seen is None or not timedelta(0) <= at - seen[0] < LATELY:
        _forget(_in_sight, at)
        seen = (at, tuple(Agent.objects.visible_to(viewer).ai().order_by("pk").values_list("pk", flat=True)))
        _in_sight[whose] = seen
    of = seen[1]
    kept = _lately.get(of)
    if kept is None or not timedelta(0) <= at - kept[0] < LATELY:
        span, earlier = comparing.week(at=at)
        kept = (at, comparing.conflicts_of(Level.AI, span=span, earlier=earlier, of=of) if of else {})
        # Who sees other agents and looks at the floor in turn must not read it anew each time.
        _forget(_lately, at)
        _lately[of] = kept
    return kept[1]


def _forget(kept: MutableMapping[Any, tuple[datetime, Any]], at: datetime) -> None:
    for key, (read_at, _) in list(kept.items()):
        if not timedelta(0) <= at - read_at < LATELY:
            kept.pop(key, None)


assert {key for pair in PAIRS[Level.AI] for key in (pair.driver, pair.guard)} <= set(KEYS)  # noqa: S101  # pairs are drawn from lines
