"""Numbers of what reviewers say, read straight from reviews and second looks: there are few, and a mark that is raised later counts
at once.

A review counts when it is released to its agent, a second look when it is decided. Scores are made of what chance picked alone;
how often reviews are doubted is made of everything but calibration. Coverage is made of people's parts in closed conversations, which
are what a draw could take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Avg, Case, Count, Exists, F, FloatField, Model, OuterRef, Q, QuerySet, StdDev, Value, When
from django.db.models.functions import Cast, Extract

from apps.agents.models import AgentKind
from apps.agents.reach import held_to
from apps.interactions.models import Participation
from apps.metrics.definitions.definition import Definition, Kind
from apps.metrics.models import NO_QUEUE
from apps.metrics.reading import Number
from apps.reviews.models import Outcome, Pick, Review, SecondLook
from apps.shared.intervals import of_mean, wilson

Row = TypeVar("Row", bound=Model)
SECONDS_A_DAY = timedelta(days=1).total_seconds()


@dataclass(frozen=True, slots=True)
class Source:
    """What a metric is made of: `at` names the moment of its rows, `review` leads from a row to its review.

    `hits` are the rows of a share's numerator; `value` is what a mean is taken of, never above `most`.
    """

    at: str
    review: str = ""
    hits: Q | None = None
    value: Any = None
    most: float | None = None


_FAILED = Q(is_failed=True)
_DOUBTED = Q(Exists(SecondLook.objects.filter(review=OuterRef("pk"))))
_OVERTURNED = Q(outcome__in=[Outcome.ACCEPTED, Outcome.PARTLY])
# Of one person's part in a conversation.
_REVIEWED = Q(
    Exists(
        Review.objects.submitted()
        .exclude(pick=Pick.CALIBRATION)
        .filter(conversation=OuterRef("conversation"), agent=OuterRef("agent"))
    )
)
_SCORE = Cast("score", FloatField())
_DAYS = Extract(F("decided_at") - F("asked_at"), "epoch", output_field=FloatField()) / Value(SECONDS_A_DAY)
SOURCES: dict[str, Source] = {
    "internal_quality_score": Source("releases_at", value=_SCORE, most=100.0),
    "critical_fails": Source("releases_at"),
    "auto_fail_rate": Source("releases_at", hits=_FAILED),
    "dispute_rate": Source("releases_at", hits=_DOUBTED),
    "overturn_rate": Source("decided_at", review="review__", hits=_OVERTURNED),
    "days_to_resolve": Source("decided_at", review="review__", value=_DAYS),
    "coverage": Source("conversation__last_event_at", hits=_REVIEWED),
}
KEYS = frozenset(SOURCES)
# Why a review is no case, as it is shown.
REASONS: dict[str, str] = {
    "not_released": "Not released to its agent yet: it counts from then on.",
    "picked_by_risk": "Picked by risk: a score is made of what chance picked alone.",
    "chosen": "Chosen by somebody: a score is made of what chance picked alone.",
    "nothing_marked": "No line that counts was marked: it has no score.",
    "not_failed": "No must-pass line failed.",
    "not_decided": "Not decided yet.",
    "still_open": "Not closed yet: it can be reviewed once it is.",
    "wrote_nothing": "The person wrote nothing that the customer saw: there is nothing to review.",
}
# Where a row belongs, by the way a number is divided; each leads on from the review.
PLACES = {"queue": "conversation__queue_id", "channel": "conversation__channel", "agent": "agent_id"}


@dataclass(frozen=True, slots=True)
class Place:
    """Which reviews are asked about: a span of time, and agents or queues; `allowed` None for everything."""

    since: datetime
    until: datetime
    allowed: Sequence[UUID] | None = None
    of_agents: bool = False
    channel: str | None = None


def rows_of(key: str, place: Place, *, part: bool | None = None) -> QuerySet[Any]:
    """The cases of a metric in a place: reviews of people, or decided second looks at such.

    `part`: of a share those in its numerator (True) or those in its denominator only (False).
    """
    source = SOURCES[key]
    rows: QuerySet[Any]
    if key == "coverage":
        rows = _written().filter(conversation__is_open=False)
    elif source.review:
        rows = SecondLook.objects.filter(decided_at__isnull=False)
    elif key == "dispute_rate":
        rows = Review.objects.submitted().exclude(pick=Pick.CALIBRATION)
    else:
        rows = Review.objects.counted()
    if key == "critical_fails":
        rows = rows.filter(_FAILED)
    if part is not None and source.hits is not None:
        rows = rows.filter(source.hits) if part else rows.exclude(source.hits)
    return _placed(rows, source, place)


def _parts() -> QuerySet[Participation]:
    """One row a person and conversation: the first stretch in which they wrote, else their first one."""
    same = Participation.objects.filter(conversation=OuterRef("conversation"), agent=OuterRef("agent"))
    wrote = Q(messages__gt=0) & ~Exists(same.filter(messages__gt=0, n__lt=OuterRef("n")))
    never = Q(messages=0) & ~Exists(same.filter(Q(messages__gt=0) | Q(n__lt=OuterRef("n"))))
    return Participation.objects.filter(wrote | never)


def _written() -> QuerySet[Participation]:
    """The parts in which the person wrote: what a draw could take (`reviews.frames`)."""
    return _parts().filter(messages__gt=0)


def value_of(key: str) -> Any:
    """The expression of what one case of a metric says: a mean's value, a share's 1 or 0, null where it only counts."""
    source = SOURCES[key]
    if source.value is not None:
        return source.value
    if source.hits is None:
        return Value(None, FloatField())
    return Case(When(source.hits, then=1.0), default=0.0, output_field=FloatField())


def left_out(key: str, place: Place) -> list[tuple[str, QuerySet[Any]]]:
    """What somebody might expect in a metric and is no case of it: a reason of REASONS with its rows, each row once."""
    source = SOURCES[key]
    if key == "coverage":
        return [
            ("still_open", _placed(_written().filter(conversation__is_open=True), source, place)),
            ("wrote_nothing", _placed(_parts().filter(messages=0), source, place)),
        ]
    if source.review:
        waiting = SecondLook.objects.filter(decided_at=None)
        return [("not_decided", _placed(waiting, replace(source, at="asked_at"), place))]
    seen = Review.objects.submitted().exclude(pick=Pick.CALIBRATION)
    held = _placed(seen.filter(releases_at__gt=place.until), replace(source, at="submitted_at"), place)
    found = [("not_released", held)]
    if key == "dispute_rate":
        return found
    released = _placed(seen, source, place)
    by_chance = released.filter(pick=Pick.RANDOM)
    found += [("picked_by_risk", released.filter(pick=Pick.RISK)), ("chosen", released.filter(pick=Pick.CHOSEN))]
    found += [("nothing_marked", by_chance.filter(score=None))]
    if key == "critical_fails":
        found += [("not_failed", by_chance.filter(score__isnull=False, is_failed=False))]
    return found


def _placed(rows: QuerySet[Row], source: Source, place: Place) -> QuerySet[Row]:
    of = source.review
    rows = rows.filter(
        **{f"{source.at}__gt": place.since, f"{source.at}__lte": place.until, f"{of}agent__kind": AgentKind.HUMAN}
    )
    if place.channel is not None:
        rows = rows.filter(**{f"{of}conversation__channel": place.channel})
    if place.allowed is not None:
        if place.of_agents:
            rows = rows.filter(held_to(place.allowed).q(f"{of}agent_id", at=source.at))
        else:
            rows = rows.filter(**{f"{of}{PLACES['queue']}__in": list(place.allowed)})
    return rows


def numbers(*, metric: Definition, place: Place, by: str) -> dict[str, Number]:
    """Read one metric over reviews, as a whole or divided. One statement; a group without a case has no number."""
    source = SOURCES[metric.key]
    rows = rows_of(metric.key, place)
    sums: dict[str, Any] = {"n": Count("pk")}
    if source.hits is not None:
        sums["hits"] = Count("pk", filter=source.hits)
    if source.value is not None:
        sums |= {"mean": Avg(source.value), "spread": StdDev(source.value, sample=True)}
    if not by:
        found = rows.aggregate(**sums)
        return {"": _number(metric, source, **found)} if found["n"] else {}
    nowhere = str(NO_QUEUE) if by == "queue" else ""
    groups = rows.order_by().values(place=F(f"{source.review}{PLACES[by]}")).annotate(**sums)
    return {str(one.pop("place") or nowhere): _number(metric, source, **one) for one in groups}


def _number(
    metric: Definition, source: Source, *, n: int, hits: int = 0, mean: float | None = None, spread: float | None = None
) -> Number:
    enough = n >= metric.minimum_n
    if metric.kind == Kind.COUNT:
        return Number(value=float(n), n=n, is_enough=enough)
    if metric.kind == Kind.RATIO:
        low, high = wilson(hits, n)
        return Number(value=hits / n, n=n, is_enough=enough, hits=hits, low=low, high=high)
    assert mean is not None  # noqa: S101  # there is a case, and each has a value
    if not enough:
        return Number(value=mean, n=n, is_enough=False, mean=mean)
    low, high = of_mean(mean, spread or 0.0, n)
    high = high if source.most is None else min(source.most, high)
    return Number(value=mean, n=n, is_enough=True, mean=mean, low=max(0.0, low), high=high)
