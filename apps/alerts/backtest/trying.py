"""A rule tried on the stored past: how often it would have fired and where, what to expect, and what to think of before saving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from apps.access.roles import Role
from apps.alerts import scoping
from apps.alerts.backtest import foresight, talks
from apps.alerts.backtest.pasts import PASTS, with_hours
from apps.alerts.backtest.replaying import OFF, THIN, Firing, as_cards, replay
from apps.alerts.backtest.stored import DAYS, Past, Span, span_until
from apps.alerts.detectors import counts, shares
from apps.alerts.engine.series import Timing
from apps.alerts.models import Episode, Rule, RuleVersion
from apps.alerts.watching import contradictions, windows
from apps.interactions.models import Queue, QueueUserObjectPermission
from apps.metrics.models import Baseline

# The drawing has a step for each so many minutes, with the worst of them.
STEP = 240
UNKNOWN = {
    "mood": "The moods of open conversations are not kept by the minute, so this rule cannot be tried on the past.",
    "source": "When sources were late is not kept, so this rule cannot be tried on the past.",
    **dict.fromkeys(
        contradictions.READERS,
        "It compares whole weeks, of which the past holds too few to say how often it would have fired.",
    ),
    "watching": "This rule watches the portal itself; there is no past of that.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One queue: when it would have fired there, and what was measured, for the drawing."""

    name: str
    firings: Sequence[Firing]
    values: Sequence[float | None] = ()
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What the past says of a rule. `days` is how much of it there is; nought: nothing, and `why`."""

    days: float
    why: str = ""
    since: datetime | None = None
    fired: int = 0
    places: Sequence[Place] = ()
    expected: tuple[int, int] | None = None
    power: Sequence[str] = ()
    # Alerts a shift for the lead who would have had most of them: by this rule, and by all rules as they were.
    a_shift: float | None = None
    all_a_shift: float | None = None
    busiest: str = ""
    overlaps: Sequence[foresight.Overlap] = ()
    warnings: Sequence[str] = ()
    is_at_most: bool = False

    def kept(self) -> dict[str, Any]:
        """What stays with a version that is saved."""
        return {"fired": self.fired, "days": round(self.days, 1)} if self.days else {}


@dataclass(slots=True)
class _Found:
    firings: dict[UUID, list[Firing]] = field(default_factory=dict)
    pasts: dict[UUID, Past] = field(default_factory=dict)
    days: float = 0.0


def try_out(*, rule: Rule, version: RuleVersion, timing: Timing, at: datetime, days: int = DAYS) -> Tried:
    """Play a version that need not be saved over the stored past. Statements do not grow with queues or days."""
    if version.reader in UNKNOWN:
        return Tried(0.0, UNKNOWN[version.reader])
    span = span_until(at, days=days)
    names = dict(Queue.objects.values_list("pk", "name"))
    watched = scoping.watched_by(rule, version)
    queues = [pk for pk in names if watched is None or pk in watched]
    found = _played(version, timing, span, queues)
    if not found.days:
        return Tried(0.0, "Nothing is stored yet that this rule could be tried on.")
    cards = {queue: as_cards(firings) for queue, firings in found.firings.items()}
    if version.reader in talks.STATEMENTS:
        cards = found.firings  # each is a conversation of its own
    fired = sum(map(len, cards.values()))
    expected = foresight.expected_range(fired, days=found.days)
    busiest, a_shift, all_a_shift = _a_shift(rule, cards, found.days, at)
    return Tried(
        days=found.days, since=span.since, fired=fired, expected=expected, power=_power(version, queues, names, at),
        places=[
            _place(names[queue], firings, found.pasts.get(queue), is_drop=_is_drop(version))
            for queue, firings in _worst_first(cards, names)
        ],
        a_shift=a_shift, all_a_shift=all_a_shift, busiest=busiest, overlaps=_overlaps(rule, cards, span),
        warnings=_warnings(fired, found.days, a_shift, all_a_shift), is_at_most=version.reader == "negative",
    )  # fmt: skip


def _warnings(fired: int, days: float, a_shift: float | None, all_a_shift: float | None) -> list[str]:
    if days < windows.FEWEST_DAYS:
        return ["Less than seven days are stored: what they say of the time to come is little."]
    told = []
    if fired > 5 * days:
        told.append(
            f"It would have fired {fired / days:.0f} times a day. Nobody reads so many: raise the limit or the wait."
        )
    elif fired < days / 7 and days >= windows.FEWEST_DAYS:
        told.append(
            "It would have fired less than once a week. That is right for what is rare and grave, and else too timid."
        )
    if a_shift is not None and a_shift > foresight.BUDGET:
        told.append(
            f"This rule alone takes more than the {foresight.BUDGET:.0f} alerts a lead can look after in a shift."
        )
    elif all_a_shift is not None and all_a_shift > foresight.BUDGET:
        told.append(
            f"With the other rules that is more than the {foresight.BUDGET:.0f} alerts a lead can look after in a shift."
        )
    return told


def _played(version: RuleVersion, timing: Timing, span: Span, queues: Sequence[UUID]) -> _Found:
    if version.reader in talks.STATEMENTS:
        days = _days_of_conversations(span)
        return _Found(talks.fired(version.reader, version.params, span, queues) if days else {}, {}, days)
    found = _Found()
    # What is compared with the usual says something from the first arrival that is stored on, and a gauge from its first sample.
    stored = float(span.minutes) if version.reader == "gauge" else _days_of_conversations(span) * 1440
    for past in with_hours(PASTS[version.reader](version.params, span, queues), span):
        known = np.flatnonzero((past.codes != THIN) & (past.codes != OFF))
        if len(known):
            found.days = max(found.days, min(span.minutes - int(known[0]), stored) / 1440)
        found.pasts[past.queue] = past
        found.firings[past.queue] = replay(timing, past.codes, start=span.start, every=60.0)
    return found


def _days_of_conversations(span: Span) -> float:
    first = windows.first_observation()
    if first is None or first > span.until:
        return 0.0
    return (span.until - max(first, span.since)).total_seconds() / 86400


def _worst_first(
    cards: Mapping[UUID, Sequence[Firing]], names: Mapping[UUID, str]
) -> list[tuple[UUID, Sequence[Firing]]]:  # fmt: skip
    return sorted(cards.items(), key=lambda one: (-len(one[1]), names[one[0]]))


def _is_drop(version: RuleVersion) -> bool:
    """Whether less is worse: then the drawing keeps the lowest of each step."""
    params = version.params
    return bool(params.get("op") == "<" or params.get("shift", 1.0) < 0 or params.get("by", 1.0) < 0)


def _place(name: str, firings: Sequence[Firing], past: Past | None, *, is_drop: bool) -> Place:
    if past is None:
        return Place(name, firings)
    known_limits = past.limits[~np.isnan(past.limits)]
    steps = past.values[: len(past.values) // STEP * STEP].reshape(-1, STEP)
    told: list[float | None] = []
    for step in steps:
        known = step[~np.isnan(step)]
        told.append(None if not len(known) else float(known.min() if is_drop else known.max()))
    return Place(name, firings, told, float(np.median(known_limits)) if len(known_limits) else None)


def _a_shift(
    rule: Rule, cards: Mapping[UUID, Sequence[Firing]], days: float, at: datetime
) -> tuple[str, float | None, float | None]:  # fmt: skip
    """Alerts a shift of the lead who would have had most. Three statements."""
    led: dict[Any, set[UUID]] = defaultdict(set)
    grants = QueueUserObjectPermission.objects.filter(user__role=Role.LEAD, user__is_active=True)
    for user, queue in grants.select_related("user").values_list("user__display_name", "content_object_id"):
        led[user].add(queue)
    if not led:
        return "", None, None
    shifts = days * foresight.SHIFTS_A_DAY

    def mine(queues: set[UUID]) -> float:
        return sum(len(cards.get(queue, ())) for queue in queues) / shifts

    busiest = max(sorted(led), key=lambda name: mine(led[name]))
    since = at - timedelta(days=DAYS)
    others = Episode.objects.filter(fired_at__gt=since, fired_at__lte=at)
    first = others.order_by("fired_at").values_list("fired_at", flat=True).first()
    if first is None:
        return busiest, mine(led[busiest]), None
    other = others.exclude(rule=rule.pk).filter(queue__in=led[busiest]).count()
    lived = max((at - first).total_seconds() / 86400, 1.0) * foresight.SHIFTS_A_DAY
    return busiest, mine(led[busiest]), mine(led[busiest]) + other / lived


def _overlaps(rule: Rule, cards: Mapping[UUID, Sequence[Firing]], span: Span) -> list[foresight.Overlap]:
    """Other rules whose stored alerts told the same story. One statement."""
    begun: dict[tuple[str, UUID], list[float]] = defaultdict(list)
    found = Episode.objects.filter(fired_at__gte=span.since, queue__isnull=False).exclude(rule=rule.pk)
    for name, queue, fired_at in found.values_list("version__name", "queue_id", "fired_at"):
        begun[name, queue].append(fired_at.timestamp())
    first = min((min(times) for times in begun.values()), default=None)
    told: dict[str, foresight.Overlap] = {}
    for (name, queue), times in begun.items():
        # Before the first stored alert nothing could have been together.
        ours = [one for one in cards.get(queue, ()) if first is not None and one.begins >= first]
        if one := foresight.overlap(name, ours, times):
            before = told.get(name, foresight.Overlap(name, 0, 0))
            told[name] = foresight.Overlap(name, before.times + one.times, before.of + one.of)
    return sorted(told.values(), key=lambda one: (-one.times, one.name))


def _power(version: RuleVersion, queues: Sequence[UUID], names: Mapping[UUID, str], at: datetime) -> list[str]:
    """At this hour's volume: how long a change takes to be seen, in the queue where it is seen first and in the last one."""
    match version.reader:
        case "share":
            seen = _hours_of_share(version, queues, at)
            told = "a 20 % rise" if version.params["shift"] > 0 else "a 20 % drop"
        case "percentile":
            seen = _hours_of_cases(version, queues, at)
            told = f"{version.params.get('least_n', 0)} cases"
        case "surge":
            return _of_surges(version, queues, names, at)
        case _:
            return []
    known = sorted((hours, names[queue]) for queue, hours in seen.items() if hours is not None)
    if not known:
        return ["At this hour nothing is measured, so nothing would be seen."]
    verb = "come" if version.reader == "percentile" else "takes about"
    first = f"At this hour’s volume {told} {verb} {_span(known[0][0])} to see in {known[0][1]}"
    if version.reader == "percentile":
        first = f"At this hour’s volume {told} come within about {_span(known[0][0])} in {known[0][1]}"
    if len(known) == 1:
        return [f"{first}."]
    hours, name = known[-1]
    return [f"{first}, and {_span(hours)} in {name}."]


def _span(hours: float) -> str:
    if hours > 24:
        return "more than a day"
    minutes = max(round(hours * 60 / 5) * 5, 5)
    return (
        f"{minutes} min"
        if minutes < 60
        else f"{minutes // 60} h {minutes % 60:02d}"
        if minutes % 60
        else f"{minutes // 60} h"
    )


def _this_hour(measure: str, queues: Sequence[UUID], at: datetime) -> dict[UUID, list[tuple[int, int]]]:
    """(hits, cases) of this hour on days alike. One statement."""
    here = at.astimezone(UTC)
    until = here.replace(hour=0, minute=0, second=0, microsecond=0)
    found = windows.stored_hours(
        measure, since=until - timedelta(days=DAYS), until=until, hours=[here.hour], queues=queues
    )  # fmt: skip
    return {
        queue: [(total, n) for day, (n, total) in hours.items() if (day.weekday() >= 5) == (here.weekday() >= 5)]
        for queue, hours in found.items()
    }


def _hours_of_share(version: RuleVersion, queues: Sequence[UUID], at: datetime) -> dict[UUID, float | None]:
    told: dict[UUID, float | None] = {}
    for queue, days in _this_hour(version.params["measure"], queues, at).items():
        usual = shares.usual(days)
        if usual is not None and usual.days >= windows.FEWEST_DAYS:
            told[queue] = foresight.hours_to_see(
                rate=usual.rate, change=0.2 if version.params["shift"] > 0 else -0.2, dispersion=usual.dispersion,
                cases_an_hour=median(cases for _, cases in days),
            )  # fmt: skip
    return told


def _hours_of_cases(version: RuleVersion, queues: Sequence[UUID], at: datetime) -> dict[UUID, float | None]:
    told: dict[UUID, float | None] = {}
    for queue, days in _this_hour(version.params["measure"], queues, at).items():
        cases = median(n for _, n in days) if days else 0
        told[queue] = version.params.get("least_n", 0) / cases if cases else None
    return told


def _of_surges(
    version: RuleVersion, queues: Sequence[UUID], names: Mapping[UUID, str], at: datetime
) -> list[str]:  # fmt: skip
    watch = counts.Surge(series=len(names), p=version.params.get("p", counts.Surge().p))
    seen = []
    for base in Baseline.objects.filter(queue_id__in=queues, days__gte=windows.FEWEST_DAYS):
        if base.queue_id is None:
            continue
        local = at.astimezone(ZoneInfo(base.zone))
        expected = base.expected[local.weekday() * 24 + local.hour] * version.params["minutes"] / 60
        spread = base.dispersion + base.level_spread**2 * expected
        if factor := foresight.smallest_surge(watch, expected=expected, dispersion=spread):
            seen.append((factor, names[base.queue_id]))
    if not seen:
        return []
    low, high = min(seen), max(seen)
    told = f"At this hour a surge is seen from {low[0]:.1f} times the usual on in {low[1]}"
    return [f"{told}." if low == high else f"{told}, and from {high[0]:.1f} times on in {high[1]}."]
