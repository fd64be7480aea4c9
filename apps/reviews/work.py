"""What is to be reviewed, by whom and until when: a reviewer's list with its goal, and the QA manager's records of plans and draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from apps.access.models import User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.interactions.models import Conversation, Queue
from apps.reviews import draws, frames, planning
from apps.reviews.models import Review
from apps.reviews.periods import last_ended, period_of
from apps.reviews.plans import Assignment, Draw, Risk, SamplingPlan, Stratum
from apps.reviews.sampling import Candidate, Part, by_stratum
from apps.shared.errors import OutOfScope

MOST = 100
# How many draws a plan's page tells of.
DRAWS = 12
# How the classes of a stratum are said; what is not here is said as it stands.
CLASSES = {
    (Stratum.LENGTH, "short"): f"up to {frames.SHORT} messages", (Stratum.LENGTH, "middling"): f"up to {frames.MIDDLING} messages",
    (Stratum.LENGTH, "long"): f"more than {frames.MIDDLING} messages", (Stratum.CSAT, "none"): "not rated",
    (Stratum.CSAT, "low"): "low rating", (Stratum.CSAT, "high"): "high rating", (Stratum.ALERT, "alert"): "alert raised",
    (Stratum.ALERT, ""): "no alert", (Stratum.AI, "ai"): "with AI", (Stratum.AI, ""): "people only",
    (Stratum.TOPIC, ""): "no topic told", (Stratum.CHANNEL, ""): "channel not told", (Stratum.QUEUE, ""): "no queue",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to review, as its reviewer's list shows it."""

    assignment: Assignment
    agent_name: str
    is_ai: bool
    channel: str
    queue_name: str
    messages: int
    ended_at: datetime
    why: str
    is_risk: bool
    is_late: bool
    is_begun: bool
    # Whose it is; only told where the list is not one's own.
    reviewer_name: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a reviewer is to have reviewed by the end of their week, and how much of it is."""

    done: int
    of: int
    late: int
    until_at: datetime

    @property
    def words(self) -> str:
        """The goal in words, for whoever does not see the bar."""
        return f"{self.done} of {self.of} done, {self.late} late"

    @property
    def left(self) -> int:
        """What is still to do."""
        return self.of - self.done


def to_review(*, viewer: Viewer, at: datetime) -> list[Task]:
    """Return what waits for the viewer, what is due first in front. Three statements at most.

    What they may not read any more is left out: it is the QA manager's to give to somebody else.
    """
    viewer.require(Permission.REVIEW)
    mine = Assignment.objects.to_do().filter(reviewer=viewer.user)
    readable = Conversation.objects.visible_to(viewer).filter(pk__in=mine.values("conversation"))
    found = mine.filter(conversation__in=readable).select_related("agent", "conversation__queue", "review")
    return [_task(one, at) for one in found.order_by("due_at", "given_at", "pk")[:MOST]]


def not_begun(*, viewer: Viewer, at: datetime) -> list[Task]:
    """Return what waits for the viewer and is no draft yet. Three statements at most."""
    return [one for one in to_review(viewer=viewer, at=at) if not one.is_begun]


@dataclass(frozen=True, slots=True)
class Head:
    """What a reviewer's list says first: is there anything to score, and how much of it is late."""

    title: str
    text: str


def head(*, viewer: Viewer, at: datetime) -> Head:
    """Say what the viewer scores next, in a sentence. Four statements at most.

    :raises NotAllowed: the role scores nothing.
    """
    waiting = not_begun(viewer=viewer, at=at)
    drafts = Review.objects.filter(reviewer=viewer.user, submitted_at=None).count()
    if not waiting and not drafts:
        return Head(
            "Everything is scored", "A conversation is put here from its own page, or when one is drawn for you."
        )
    late = sum(one.is_late for one in waiting)
    parts = [
        f"{len(waiting)} drawn for you" if waiting else "",
        f"{drafts} begun" if drafts else "",
        f"{late} late" if late else "",
    ]
    said = ", ".join(one for one in parts if one)
    return Head("What do I score next?", f"{said}. Ctrl Enter submits and opens the next.")


def goal(*, viewer: Viewer, at: datetime) -> Goal:
    """Return the viewer's goal of the running week: what is due in it or was before, and was not reviewed before it began."""
    viewer.require(Permission.REVIEW)
    week = period_of(cadence="week", zone=viewer.zone, at=at)
    is_done = Q(review__submitted_at__isnull=False)
    found = (
        Assignment.objects.filter(reviewer=viewer.user, replaced_at=None, due_at__lt=week.until_at)
        .filter(Q(review__submitted_at=None) | Q(review__submitted_at__gte=week.from_at))
        .aggregate(of=Count("pk"), done=Count("pk", filter=is_done), late=Count("pk", filter=~is_done & Q(due_at__lt=at)))
    )  # fmt: skip
    return Goal(done=found["done"], of=found["of"], late=found["late"], until_at=week.until_at)


def get_task(*, viewer: Viewer, pk: UUID) -> Assignment:
    """Return something that is the viewer's to review.

    :raises OutOfScope: it is not.
    """
    viewer.require(Permission.REVIEW)
    found = Assignment.objects.filter(reviewer=viewer.user, replaced_at=None, pk=pk).select_related("review").first()
    if found is None:
        raise OutOfScope
    return found


def _task(one: Assignment, at: datetime, *, is_named: bool = False) -> Task:
    talk = one.conversation
    return Task(
        assignment=one, agent_name=one.agent.name, is_ai=one.agent.kind == "ai", channel=talk.channel,
        queue_name="" if talk.queue is None else talk.queue.name, ended_at=talk.last_event_at,
        messages=talk.customer_messages + talk.human_messages + talk.ai_messages,
        why=Risk(one.reason).label if one.reason else "By chance", is_risk=one.part == Part.RISK,
        is_late=one.is_late(at) and not _is_done(one), is_begun=one.review_id is not None,
        reviewer_name=("" if one.reviewer is None else str(one.reviewer)) if is_named else "",
    )  # fmt: skip


def _is_done(one: Assignment) -> bool:
    return one.review is not None and one.review.submitted_at is not None


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of assignments. `open` are neither reviewed nor replaced; `nobodys` of them have no reviewer."""

    given: int = 0
    by_chance: int = 0
    by_risk: int = 0
    done: int = 0
    late: int = 0
    replaced: int = 0
    nobodys: int = 0

    @property
    def open(self) -> int:
        """What is still to review."""
        return self.given - self.done - self.replaced


def _counts(at: datetime) -> dict[str, Count]:
    stands, done = Q(replaced_at=None), Q(review__submitted_at__isnull=False)
    return {
        "given": Count("pk"), "by_chance": Count("pk", filter=stands & Q(part=Part.RANDOM.value)),
        "by_risk": Count("pk", filter=stands & Q(part=Part.RISK.value)), "done": Count("pk", filter=stands & done),
        "late": Count("pk", filter=stands & ~done & Q(due_at__lt=at)), "replaced": Count("pk", filter=~stands),
        "nobodys": Count("pk", filter=stands & Q(reviewer=None)),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan with its last draw and when the next is due; None: it is off, or has not drawn."""

    plan: SamplingPlan
    last: Draw | None
    counts: Counts
    next_at: datetime | None


def plans(*, viewer: Viewer, at: datetime) -> list[PlanRow]:
    """Return every plan by name. Three statements."""
    viewer.require(Permission.MANAGE_QUALITY)
    rows = list(SamplingPlan.objects.all())
    last = {
        one.plan_id: one for one in Draw.objects.defer("frame").order_by("plan_id", "-first_on").distinct("plan_id")
    }
    counted = _by(Assignment.objects.filter(draw__in=[one.pk for one in last.values()]), "draw", at)
    return [
        PlanRow(
            plan,
            draw := last.get(plan.pk),
            Counts() if draw is None else counted.get(draw.pk, Counts()),
            next_draw(plan, at),
        )
        for plan in rows
    ]


def next_draw(plan: SamplingPlan, at: datetime) -> datetime | None:
    """Return when a plan draws next; None while it is off."""
    if not plan.is_on:
        return None
    hours = timedelta(hours=plan.draws_at_hour)
    last = last_ended(cadence=plan.cadence, zone=plan.tz, at=at).until_at + hours
    return last if last > at else period_of(cadence=plan.cadence, zone=plan.tz, at=at).until_at + hours


def _by(found: QuerySet[Assignment], field: str, at: datetime) -> dict[Any, Counts]:
    rows: list[dict[str, Any]] = list(found.values(field).annotate(**_counts(at)).order_by(field))
    return {row.pop(field): Counts(**row) for row in rows}


@dataclass(frozen=True, slots=True)
class DrawRow:
    """A draw with what became of it."""

    draw: Draw
    counts: Counts


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """What a reviewer was given by a plan's latest draws. `share` of it they had replaced."""

    name: str
    counts: Counts

    @property
    def share(self) -> float | None:
        """Replaced of given; None without anything given."""
        return self.counts.replaced / self.counts.given if self.counts.given else None


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """One plan with its latest draws and what they gave to whom."""

    plan: SamplingPlan
    draws: list[DrawRow]
    reviewers: list[ReviewerRow]
    next_at: datetime | None


def plan_record(*, viewer: Viewer, pk: int, at: datetime) -> PlanRecord:
    """Return one plan and its last twelve draws, newest first.

    :raises OutOfScope: there is none.
    """
    viewer.require(Permission.MANAGE_QUALITY)
    plan = SamplingPlan.objects.prefetch_related("teams", "queues", "reviewers").filter(pk=pk).first()
    if plan is None:
        raise OutOfScope
    made = list(plan.draws.defer("frame")[:DRAWS])
    given = Assignment.objects.filter(draw__in=[one.pk for one in made])
    by_draw, by_reviewer = _by(given, "draw", at), _by(given.filter(reviewer__isnull=False), "reviewer", at)
    names = {one.pk: str(one) for one in User.objects.filter(pk__in=list(by_reviewer))}
    people = [ReviewerRow(names[key], counts) for key, counts in by_reviewer.items()]
    return PlanRecord(
        plan, [DrawRow(one, by_draw.get(one.pk, Counts())) for one in made],
        sorted(people, key=lambda row: row.name), next_draw(plan, at),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StratumRow:
    """One stratum of a draw: how many could be drawn, how many were by chance."""

    name: str
    candidates: int
    drawn: int


@dataclass(frozen=True, slots=True)
class DrawRecord:
    """One draw with what it was made of. `is_same` says whether drawing again brings the same; None while nothing was drawn."""

    draw: Draw
    counts: Counts
    tasks: list[Task]
    replaced: list[tuple[Task, str, str]]
    strata: list[StratumRow]
    short: list[tuple[str, int]]
    is_same: bool | None


def draw_record(*, viewer: Viewer, pk: UUID, at: datetime) -> DrawRecord:
    """Return one draw with its frame, its picks and who had too few conversations.

    :raises OutOfScope: there is none.
    """
    viewer.require(Permission.MANAGE_QUALITY)
    made = Draw.objects.select_related("plan").filter(pk=pk).first()
    if made is None:
        raise OutOfScope
    given = Assignment.objects.filter(draw=made)
    rows = list(
        given.select_related("agent", "conversation__queue", "review", "reviewer", "replaced_by").order_by(
            "agent__name", "part", "given_at"
        )
    )
    names = dict(Agent.objects.filter(pk__in=made.short).values_list("pk", "name"))
    counted = Counts(**given.aggregate(**_counts(at)))
    stand = [_task(one, at, is_named=True) for one in rows if one.replaced_at is None]
    gone = [
        (_task(one, at, is_named=True), one.get_replaced_because_display(), str(one.replaced_by))
        for one in rows
        if one.replaced_at
    ]
    short = sorted((names.get(UUID(key), "Somebody who is gone"), n) for key, n in made.short.items())
    return DrawRecord(
        made, counted, stand, gone, _strata(made, rows), short, draws.is_same_again(made) if made.drawn_at else None
    )


def _strata(made: Draw, rows: Iterable[Assignment]) -> list[StratumRow]:
    if made.frame is None:
        return []
    frame = frames.unpack(bytes(made.frame))
    stratum = {one.unit: one.stratum for one in frame}
    drawn = Counter(
        stratum[one.conversation_id, one.agent_id]
        for one in rows
        if one.part == Part.RANDOM and one.instead_of_id is None
    )
    keys = made.criteria.get("strata", [])
    queues = (
        {str(one.pk): one.name for one in Queue.objects.filter(pk__in=_queues(frame, keys))} if "queue" in keys else {}
    )
    return [StratumRow(_said(keys, one, queues), n, drawn[one]) for one, n in by_stratum(frame).items()]


def _queues(frame: Iterable[Candidate], keys: list[str]) -> set[str]:
    place = keys.index(Stratum.QUEUE)
    return {one.stratum[place] for one in frame if one.stratum[place]}


def _said(keys: Iterable[str], classes: Iterable[str], queues: Mapping[str, str]) -> str:
    words = []
    for key, value in zip(keys, classes, strict=True):
        said = CLASSES.get((Stratum(key), value))
        words.append(said or (queues.get(value, value) if key == Stratum.QUEUE else value.replace("_", " ")))
    return ", ".join(words) or "everything"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a plan can be about, and who can review for it."""

    teams: list[Team]
    queues: list[Queue]
    reviewers: list[User]


def choices() -> Choices:
    """Return them, by name. Three statements."""
    return Choices(list(Team.objects.all()), list(Queue.objects.filter(is_listed=True)), list(planning.reviewers()))
