"""Alerts for a viewer: what is open, one of them with its history, what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Max, Q
from django.urls import reverse
from django.utils.timezone import localtime

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.alerts import wording
from apps.alerts.cards import MINUTES, STATES, Card, cards
from apps.alerts.engine.notices import MISSED_EVALUATIONS
from apps.alerts.engine.people import Severity
from apps.alerts.evaluating import GRID, PROMPT_EVERY
from apps.alerts.evidence import worst as worst_of
from apps.alerts.models import OVER, Call, Episode, Happening, Rule
from apps.shared.errors import OutOfScope
from apps.shared.reading import kept, once

OUTCOMES = wording.OUTCOMES
# A panel shows the worst, beside the queues: more would push away what is done about them. The page of alerts has all of them, as
# far as anybody can look at.
ON_PANEL, ON_PAGE = 5, 100
PAST = timedelta(hours=24)
# A watch that was silent for so long is dead: what is on the screen is from then.
STALE = (MISSED_EVALUATIONS - 1) * GRID


@dataclass(frozen=True, slots=True)
class Panel:
    """The open alerts. `as_of`: nobody looked since then; None while somebody does. `failing`: rules that cannot be judged."""

    alerts: Sequence[Card]
    count: int
    has_rules: bool
    as_of: datetime | None
    empty_text: str
    failing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an alert's history."""

    at: datetime
    text: str
    who: str


@dataclass(frozen=True, slots=True)
class Told:
    """One alert as its page shows it."""

    card: Card
    rule_text: str
    waited_since: datetime | None
    peak: str
    history: Sequence[Line]


def _open(viewer: Viewer) -> list[Episode]:
    viewer.require(Permission.VIEW_ALERTS)
    return once(_open_key(viewer), lambda: _still_open(viewer))


def _still_open(viewer: Viewer) -> list[Episode]:
    read: list[Episode] | None = kept(_so_far_key(viewer))
    if read is None:
        found = Episode.objects.visible_to(viewer).still_open().select_related("version", "queue", "by")
        return list(found.order_by("-severity", "fired_at", "pk")[:ON_PAGE])
    # The line of time beside it has read them already.
    return sorted(
        (one for one in read if one.stage not in OVER), key=lambda one: (-one.severity, one.fired_at, one.pk)
    )[:ON_PAGE]


def _open_key(viewer: Viewer) -> tuple[object, ...]:
    return "open alerts", viewer.user.pk, viewer.scope


def _so_far_key(viewer: Viewer) -> tuple[object, ...]:
    return "alerts so far", viewer.user.pk, viewer.scope


def open_count(*, viewer: Viewer) -> tuple[int, bool]:
    """How many alerts are open in scope and not put aside, and whether one is critical. One statement; none beside a panel."""
    if not viewer.allows(Permission.VIEW_ALERTS):
        return 0, False
    drawn: list[Episode] | None = kept(_open_key(viewer))
    if drawn is None:
        found = list(Episode.objects.visible_to(viewer).still_open().values_list("severity", "stage")[:ON_PAGE])
    else:
        found = [(one.severity, one.stage) for one in drawn]
    awake = [severity for severity, stage in found if stage != "snoozed"]
    return len(awake), any(severity >= Severity.CRITICAL for severity in awake)


def panel(*, viewer: Viewer, at: datetime, most: int = ON_PANEL) -> Panel:
    """The open alerts, worst first; those that somebody has or put aside come last. Twelve statements at most.

    :raises NotAllowed: the role sees no alerts.
    """
    found = sorted(_open(viewer), key=lambda one: (one.stage == "snoozed", one.stage == "acknowledged"))
    rules = list(Rule.objects.filter(is_on=True).annotate(name=Max("versions__name")).order_by("pk"))
    return Panel(
        alerts=cards(viewer=viewer, found=found[:most], at=at), count=len(found), has_rules=bool(rules),
        as_of=_dead_since(rules, at), empty_text=_quiet(viewer, rules) if not found else "",
        failing=[str(rule.name) for rule in rules if rule.errors >= 2],
    )  # fmt: skip


def drawn(*, viewer: Viewer, at: datetime, most: int = ON_PANEL) -> dict[str, object]:
    """The open alerts as their component takes them; stale where nobody watches."""
    found = panel(viewer=viewer, at=at, most=most)
    return {
        "alerts": found.alerts, "count": found.count, "has_rules": found.has_rules, "empty_text": found.empty_text,
        "failing": found.failing, "face": "stale" if found.as_of else "filled", "as_of": found.as_of, "all_href": reverse("alerts"), "minutes": MINUTES,
    }  # fmt: skip


def _dead_since(rules: Sequence[Rule], at: datetime) -> datetime | None:
    """Since when nobody evaluates: of the rules of the grid or of the prompt ones, whichever is worse."""
    for is_prompt, every in ((True, PROMPT_EVERY), (False, GRID)):
        times = [one.evaluated_at for one in rules if one.is_prompt == is_prompt and one.evaluated_at]
        if times and at - max(times) > max(STALE, every):
            return max(times)
    return None


def _quiet(viewer: Viewer, rules: Sequence[Rule]) -> str:
    last = (
        Episode.objects.visible_to(viewer).filter(resolved_at__isnull=False).aggregate(last=Max("resolved_at"))["last"]
    )
    watching = f"{len(rules)} rules are watching."
    return f"The last one was over at {localtime(last, viewer.zone):%H:%M}. {watching}" if last else watching


def past(*, viewer: Viewer, at: datetime) -> list[Card]:
    """Alerts that were over within a day, the latest first.

    :raises NotAllowed: the role sees no alerts.
    """
    viewer.require(Permission.VIEW_ALERTS)
    over = Episode.objects.visible_to(viewer).filter(resolved_at__gt=at - PAST, stage__in=["resolved", "closed"])
    found = over.select_related("rule", "version", "queue", "by").order_by("-resolved_at", "pk")[:50]
    return cards(viewer=viewer, found=list(found), at=at)


def get_alert(*, viewer: Viewer, pk: UUID, at: datetime) -> Told:
    """One alert with its history.

    :raises NotAllowed: the role sees no alerts.
    :raises OutOfScope: there is none, or it is not the viewer's to see.
    """
    viewer.require(Permission.VIEW_ALERTS)
    found = Episode.objects.visible_to(viewer).select_related("rule", "version", "queue", "by").filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    lines = [
        Line(one.at, wording.happened(one), "" if one.by is None else str(one.by))
        for one in Happening.objects.filter(episode=found).select_related("by").order_by("at", "pk")
    ]
    calls = Call.objects.filter(episode=found).select_related("to").order_by("at", "pk")
    lines += [
        Line(one.at, "Told" if not one.held else f"Not told: {one.held.replace('_', ' ')}", str(one.to))
        for one in calls
    ]
    version = found.version
    return Told(
        card=cards(viewer=viewer, found=[found], at=at)[0],
        rule_text=f"{version.name}: {wording.rule_words(version, found.limit)}. Version {version.n}.",
        waited_since=found.pending_since, peak=wording.amount(found.peak, version.params.get("unit", "")),
        history=sorted(lines, key=lambda line: line.at),
    )  # fmt: skip


def triggers(*, viewer: Viewer, conversation: UUID) -> frozenset[UUID]:
    """The messages of a conversation that set alerts off which the viewer may see. One statement."""
    seen = Episode.objects.visible_to(viewer).filter(Q(conversation_id=conversation), message_id__isnull=False)
    return frozenset(key for key in seen.values_list("message_id", flat=True) if key is not None)


def worst(*, viewer: Viewer, pk: UUID, at: datetime) -> tuple[Card, list[UUID]]:
    """One alert and the five conversations it is about most, the worst first; none for who reads no conversations.

    :raises NotAllowed: the role sees no alerts.
    :raises OutOfScope: there is none, it is not the viewer's to see, or it is about no queue.
    """
    viewer.require(Permission.VIEW_ALERTS)
    found = Episode.objects.visible_to(viewer).select_related("rule", "version", "queue", "by").filter(pk=pk).first()
    if found is None or found.queue_id is None:
        raise OutOfScope
    [card] = cards(viewer=viewer, found=[found], at=at)
    reads = viewer.allows(Permission.VIEW_CONVERSATIONS)
    return card, worst_of(found.version, found.queue_id, at) if reads else []


def mark_of(one: Episode) -> str:
    """How an alert is marked: "crit" or "warn"."""
    return STATES[Severity(one.severity)]


def episodes_of_shift(*, viewer: Viewer, since: datetime, at: datetime, most: int = 60) -> list[Episode]:
    """Alerts of a shift in the viewer's scope, for the line of time; none for who sees no alerts. One statement."""
    if not viewer.allows(Permission.VIEW_ALERTS):
        return []
    found = Episode.objects.visible_to(viewer).filter(fired_at__lte=at)
    found = found.filter(Q(resolved_at=None) | Q(resolved_at__gt=since)).select_related("version", "queue")
    # The worst ones where there are too many to be told apart.
    return sorted(found.order_by("-severity", "-fired_at")[:most], key=lambda one: one.fired_at)


def episodes_so_far(*, viewer: Viewer, since: datetime, most: int = 60) -> list[Episode]:
    """The same of the shift that runs, up to now. What is open is read with it, for the panel and the rail beside it."""
    if not viewer.allows(Permission.VIEW_ALERTS):
        return []
    is_over = ExpressionWrapper(Q(stage__in=OVER), BooleanField())
    found = Episode.objects.visible_to(viewer).filter(~Q(stage__in=OVER) | Q(resolved_at__gt=since))
    found = found.select_related("version", "queue", "by").order_by(is_over, "-severity", "-fired_at")
    read = once(_so_far_key(viewer), lambda: list(found[: ON_PAGE + most]))
    worst = sorted(read, key=lambda one: (-one.severity, -one.fired_at.timestamp()))[:most]
    return sorted(worst, key=lambda one: one.fired_at)
