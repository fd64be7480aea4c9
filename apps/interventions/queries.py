"""What was done and what came of it, for a viewer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.interventions import measuring, wording
from apps.interventions.models import Intervention, Kind, Look
from apps.interventions.plans import BY_KEY, HORIZONS
from apps.interventions.verification import Verdict
from apps.shared.errors import OutOfScope
from apps.shared.reading import once

SHOWN = timedelta(days=28)
MOST, ON_FLOOR = 100, 6
# The longest that a line of time reaches back, and how many actions it has place for.
LATELY, MOST_LATELY = timedelta(hours=14), 60


@dataclass(frozen=True, slots=True)
class Row:
    """One intervention as a line: what, where, who, and the verdict of its last look that is judged."""

    key: str
    href: str
    at: datetime
    title: str
    by_name: str
    verdict: str
    mark: str
    icon: str
    detail: str
    is_undone: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One look of an intervention, ready to be drawn. `low`, `effect`, `high` and `reach` are places for the picture."""

    words: str
    metric: str
    due_at: datetime
    is_judged: bool
    verdict: str
    mark: str
    icon: str
    effect: str
    interval: str
    why: str
    low: float | None
    middle: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Course:
    """The metric about the action: (moment, value, cases), where it was acted and elsewhere."""

    metric: str
    own: Sequence[tuple[datetime, float, int]]
    others: Sequence[tuple[datetime, float, int]]
    at: datetime
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """One intervention with everything that was fixed and found."""

    row: Row
    alert_title: str
    alert_href: str
    others: Sequence[str]
    looks: Sequence[Seen]
    course: Course | None
    # What else was done there between the first before and the last after: an effect is of all of them together.
    beside: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Works:
    """What came of one kind of action within 28 days. Counts of actions, by the verdict of their last look."""

    kind: str
    improved: int
    no_effect: int
    worse: int
    not_enough: int
    too_early: int

    @property
    def judged(self) -> int:
        """Those of which something could be said."""
        return self.improved + self.no_effect + self.worse


# What a row says; an episode and its version are for the page of one.
IN_A_ROW = (
    "kind", "at", "undone_at", "by__display_name", "by__username", "queue__name", "agent__name", "subject_id",
)  # fmt: skip


def recent(*, viewer: Viewer, at: datetime, since: datetime | None = None, most: int = MOST) -> list[Row]:
    """What was done, the latest first. Two statements.

    :raises NotAllowed: the role sees none.
    """
    since = since or at - SHOWN
    if most > MOST_LATELY or since < at - LATELY:
        return [_row(one) for one in _found(viewer, at, since, most)]
    # The floor shows what was done lately twice: on its line of time and as a list.
    read = once(("done", viewer.user.pk, viewer.scope, at), lambda: _found(viewer, at, at - LATELY, MOST_LATELY))
    return [_row(one) for one in read if one.at > since][:most]


def _found(viewer: Viewer, at: datetime, since: datetime, most: int) -> list[Intervention]:
    viewer.require(Permission.VIEW_INTERVENTIONS)
    found = Intervention.objects.visible_to(viewer).filter(at__gt=since, at__lte=at).order_by("-at", "pk")
    return list(_whole(found).only(*IN_A_ROW)[:most])


def _whole(found: QuerySet[Intervention]) -> QuerySet[Intervention]:
    looks = Prefetch("looks", queryset=Look.objects.order_by("due_at", "pk"))
    return found.select_related("by", "queue", "agent").prefetch_related(looks)


def _last(one: Intervention) -> Look | None:
    """The look that speaks for an intervention: the latest that says something, else the latest that was judged, else the next."""
    looks = list(one.looks.all())
    judged = [look for look in looks if look.judged_at is not None]
    telling = [look for look in judged if look.verdict != Verdict.NOT_ENOUGH]
    return telling[-1] if telling else judged[-1] if judged else looks[0] if looks else None


def _row(one: Intervention) -> Row:
    last = _last(one)
    if one.undone_at is not None and (last is None or last.judged_at is None):
        verdict, mark, icon, detail = "Taken back", "", "rotate-ccw", "Nothing is measured of it."
    elif last is None:
        verdict, mark, icon, detail = "Not measured", "", "circle-dashed", "It has no number to be judged by."
    else:
        found = Verdict(last.verdict)
        verdict, mark, icon = wording.VERDICTS[found], wording.MARKS.get(found, ""), wording.ICONS[found]
        name = wording.metric_name(last.metric)
        told = f" {wording.effect(last.metric, last.effect)}" if last.effect is not None else ""
        detail = f"{name}{told}, {BY_KEY[last.horizon].words}"
    return Row(
        key=str(one.pk), href=reverse("intervention", args=[one.pk]), at=one.at, title=wording.title(one), by_name=str(one.by),
        verdict=verdict, mark=mark, icon=icon, detail=detail, is_undone=one.undone_at is not None,
    )  # fmt: skip


def works(*, viewer: Viewer, at: datetime) -> list[Works]:
    """What came of each kind of action within 28 days in the viewer's scope. Two statements."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in _found(viewer, at, at - SHOWN, 2000):
        last = _last(one)
        if one.undone_at is None and last is not None:
            counted[one.kind][last.verdict] += 1
    return [
        Works(
            Kind(kind).label, found[Verdict.IMPROVED], found[Verdict.NO_EFFECT], found[Verdict.WORSE], found[Verdict.NOT_ENOUGH],
            found[Verdict.TOO_EARLY],
        )
        for kind, found in sorted(counted.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    ]  # fmt: skip


def get_told(*, viewer: Viewer, pk: UUID, at: datetime) -> Told:
    """One intervention with all its looks and the comparison. Seven statements at most.

    :raises NotAllowed: the role sees none.
    :raises OutOfScope: none of this key in the viewer's scope.
    """
    viewer.require(Permission.VIEW_INTERVENTIONS)
    one = _whole(Intervention.objects.visible_to(viewer).filter(pk=pk)).select_related("episode__version").first()
    if one is None:
        raise OutOfScope
    may_see_alert = one.episode is not None and viewer.allows(Permission.VIEW_ALERTS)
    return Told(
        row=_row(one), alert_title=one.episode.version.name if one.episode is not None and may_see_alert else "",
        alert_href=reverse("alert", args=[one.episode.pk]) if one.episode is not None and may_see_alert else "",
        others=_others(one), looks=[_seen(look) for look in one.looks.all()], course=_course(one, at), beside=_beside(viewer, one),
    )  # fmt: skip


def _others(one: Intervention) -> list[str]:
    """The comparison set in words: queues by name; of colleagues only how many, because it judges none of them."""
    if one.agent_id is not None:
        return [f"{len(one.others)} colleagues of the team"] if one.others else []
    return list(Queue.objects.filter(pk__in=one.others).order_by("name").values_list("name", flat=True))


def _seen(one: Look) -> Seen:
    found, horizon = Verdict(one.verdict), BY_KEY[one.horizon]
    return Seen(
        words=horizon.words, metric=wording.metric_name(one.metric), due_at=one.due_at, is_judged=one.judged_at is not None,
        verdict=wording.VERDICTS[found], mark=wording.MARKS.get(found, ""), icon=wording.ICONS[found],
        effect=wording.effect(one.metric, one.effect) if one.effect is not None else "", interval=wording.interval(one),
        why=wording.why(one), low=one.low, middle=one.effect, high=one.high,
    )  # fmt: skip


def _course(one: Intervention, at: datetime) -> Course | None:
    if one.kind == Kind.FEEDBACK:
        return None  # a line of minutes says nothing about weeks; its looks do
    own = one.agent_id or one.queue_id
    leading = next((look for look in one.looks.all() if not BY_KEY[look.horizon].is_lagging), None)
    if own is None or leading is None:
        return None
    since, until = (
        one.at - timedelta(minutes=60),
        min(one.at + timedelta(minutes=60), max(at, one.at + timedelta(minutes=5))),
    )
    mine, others = measuring.course(
        metric=leading.metric, own=own, is_person=one.agent_id is not None, others=one.others, at=one.at, since=since, until=until,
        step=timedelta(minutes=5),
    )  # fmt: skip
    return Course(wording.metric_name(leading.metric), mine, others, one.at, since, one.at + timedelta(minutes=60))


def _beside(viewer: Viewer, one: Intervention) -> list[Row]:
    last = max((look.after_until for look in one.looks.all() if not BY_KEY[look.horizon].is_lagging), default=one.at)
    same = {"agent_id": one.agent_id} if one.agent_id is not None else {"queue_id": one.queue_id}
    near = Intervention.objects.visible_to(viewer).filter(
        **same, at__gt=one.at - timedelta(minutes=HORIZONS[0].before_minutes), at__lt=last, undone_at=None
    )
    return [_row(other) for other in _whole(near.exclude(pk=one.pk).order_by("at"))[:10]]


def effects(*, viewer: Viewer, subjects: Sequence[UUID]) -> dict[UUID, Row]:
    """What came of feedback conversations, by the key of their sheet; for who leads the agent and for the agent. Two statements."""
    found = _whole(Intervention.objects.visible_to(viewer).filter(kind=Kind.FEEDBACK, subject_id__in=subjects))
    return {one.subject_id: _row(one) for one in found}


def looks_of(*, viewer: Viewer, subject: UUID) -> list[Seen]:
    """Every look at one feedback conversation, soonest first. Two statements; none before it was held."""
    found = _whole(Intervention.objects.visible_to(viewer).filter(kind=Kind.FEEDBACK, subject_id=subject)).first()
    return [] if found is None else [_seen(look) for look in found.looks.all()]


def marks(*, viewer: Viewer, since: datetime, at: datetime) -> list[tuple[datetime, str, str]]:
    """What was done in a shift, for the line of time: when, in words, where it leads. Two statements; none for other roles."""
    if not viewer.allows(Permission.VIEW_INTERVENTIONS):
        return []
    rows = recent(viewer=viewer, at=at, since=since, most=MOST_LATELY)
    return [(row.at, f"{row.title}: {row.verdict.lower()}", row.href) for row in reversed(rows) if not row.is_undone]
