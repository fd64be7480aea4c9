"""Feedback conversations: who is due and why now, one sheet with what shows its points, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.agents.reach import reach_of
from apps.coaching import evidence, sheets
from apps.coaching.evidence import Candidate
from apps.coaching.feedback import due_at
from apps.coaching.models import Point, Sheet
from apps.interactions.quotes import Quote, quotes
from apps.interventions.queries import Row, Seen, effects, looks_of
from apps.metrics import overview, scorecards
from apps.reviews.models import Review
from apps.shared.errors import OutOfScope

MOST, QUOTE = 50, 200


@dataclass(frozen=True, slots=True)
class Due:
    """When one person's next conversation is due. `due_at` None: now, there was none so far."""

    agent: Agent
    last_at: datetime | None
    due_at: datetime | None
    weeks: int
    is_due: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of the list of who is due: with why now, and what is prepared."""

    due: Due
    reasons: Sequence[str]
    prepared: UUID | None


@dataclass(frozen=True, slots=True)
class Held:
    """One conversation in short, with what came of it."""

    sheet: Sheet
    metric: str
    effect: Row | None


@dataclass(frozen=True, slots=True)
class Feedback:
    """The page: who is due, by how long; what is to come; what was held lately."""

    waiting: Sequence[Waiting]
    later: Sequence[Waiting]
    held: Sequence[Held]
    coaches: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One point with what shows it, as the viewer may see it."""

    point: Point
    quotes: Sequence[Quote]
    reviews: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Told:
    """One sheet."""

    sheet: Sheet
    metric: str
    points: Sequence[Shown]
    looks: Sequence[Seen]
    is_mine: bool
    may_hold: bool
    may_acknowledge: bool


def next_of(*, agents: Sequence[Agent], at: datetime) -> dict[UUID, Due]:
    """When each of these people is due, as often as their team says; nobody without an account. The caller has scoped them.
    Two statements."""
    asked = [one for one in agents if one.user_id is not None]
    weeks, last = sheets.weeks_of(), sheets.last_held(agents=[one.pk for one in asked])
    found = {}
    for one in asked:
        every = weeks.get(one.team_id or 0, sheets.WEEKS)
        until = due_at(last.get(one.pk), every)
        found[one.pk] = Due(one, last.get(one.pk), until, every, until is None or until <= at)
    return found


def due_count(*, viewer: Viewer, at: datetime) -> int:
    """How many of those whose scorecards the viewer reads are due now; the viewer is not. A fixed number of statements.

    :raises NotAllowed: the role reads no scorecards of others.
    """
    due = next_of(agents=list(scorecards.people(viewer=viewer)), at=at).values()
    return sum(one.is_due and one.agent.user_id != viewer.user.pk for one in due)


def feedback(*, viewer: Viewer, at: datetime) -> Feedback:
    """Return who is due, the longest first and never by a score, and what was held. A fixed number of statements.

    :raises NotAllowed: the role reads no scorecards of others.
    """
    people = overview.overview(viewer=viewer, at=at).people
    due = next_of(agents=[one.agent for one in people], at=at)
    more = evidence.reasons(
        people=reach_of(viewer, [one.agent for one in due.values()]),
        since={key: one.last_at for key, one in due.items() if one.last_at},
        at=at,
    )
    found = list(
        Sheet.objects.visible_to(viewer).select_related("agent", "by").prefetch_related("points").order_by("-prepared_at", "pk")[:MOST]
    )  # fmt: skip
    prepared = {one.agent_id: one.pk for one in found if one.held_at is None}
    rows = [
        Waiting(
            due[one.agent.pk], [*(reason.text for reason in one.reasons), *more.get(one.agent.pk, ())], prepared.get(one.agent.pk)
        )
        for one in people
        if one.agent.pk in due and one.agent.user_id != viewer.user.pk
    ]  # fmt: skip
    rows.sort(key=lambda row: (row.due.due_at is not None, row.due.due_at or at, row.due.agent.name))
    return Feedback(
        waiting=[row for row in rows if row.due.is_due], later=[row for row in rows if not row.due.is_due],
        held=_held(viewer, [one for one in found if one.held_at is not None]),
        coaches=viewer.allows(Permission.COACH),
    )  # fmt: skip


def cadences(*, viewer: Viewer) -> list[tuple[Team, int]]:
    """The viewer's teams, and how many weeks lie between two conversations there. Two statements."""
    weeks = sheets.weeks_of()
    return [(team, weeks.get(team.pk, sheets.WEEKS)) for team in Team.objects.visible_to(viewer).order_by("name")]


def _held(viewer: Viewer, found: Sequence[Sheet]) -> list[Held]:
    came = effects(viewer=viewer, subjects=[one.pk for one in found])
    return [Held(one, evidence.metric_name(one.metric), came.get(one.pk)) for one in found]


def mine(*, viewer: Viewer) -> list[Held]:
    """An agent's own conversations, the latest first. Five statements at most.

    :raises NotAllowed: the role is coached by nobody.
    """
    viewer.require(Permission.BE_COACHED)
    found = (
        Sheet.objects.visible_to(viewer)
        .select_related("agent", "by")
        .prefetch_related("points")
        .order_by("-held_at", "pk")
    )
    return _held(viewer, list(found[:MOST]))


def agreed(*, viewer: Viewer, agent: Agent, most: int = 2) -> list[Sheet]:
    """The last conversations held with one person that the viewer may read, with their points: for the person and who leads them,
    nobody's for other readers of a scorecard. Two statements."""
    found = Sheet.objects.visible_to(viewer).filter(agent=agent, held_at__isnull=False)
    return list(found.prefetch_related("points").order_by("-held_at", "pk")[:most])


def get_told(*, viewer: Viewer, pk: UUID, at: datetime) -> Told:
    """One sheet, with the messages that show its points as the viewer may see them. A fixed number of statements.

    :raises NotAllowed: the role neither coaches nor is coached.
    :raises OutOfScope: none that the viewer may read.
    """
    if not viewer.allows(Permission.BE_COACHED):
        viewer.require(Permission.COACH)
    sheet = (
        Sheet.objects.visible_to(viewer).select_related("agent", "by").prefetch_related("points").filter(pk=pk).first()
    )
    if sheet is None:
        raise OutOfScope
    points = list(sheet.points.all())
    said = quotes(viewer=viewer, messages=[key for one in points for key in one.evidence], most=QUOTE)
    named = [key for one in points for key in one.reviews]
    readable = set(Review.objects.visible_to(viewer, at).filter(pk__in=named).values_list("pk", flat=True))
    is_mine = sheet.agent.user_id == viewer.user.pk
    return Told(
        sheet, evidence.metric_name(sheet.metric), [_shown(one, said, readable) for one in points],
        looks=looks_of(viewer=viewer, subject=sheet.pk), is_mine=is_mine,
        may_hold=sheet.held_at is None and sheet.by_id == viewer.user.pk, may_acknowledge=is_mine and sheet.acknowledged_at is None,
    )  # fmt: skip


def _shown(point: Point, said: Mapping[UUID, Quote], readable: set[UUID]) -> Shown:
    return Shown(
        point, [said[key] for key in point.evidence if key in said], [key for key in point.reviews if key in readable]
    )


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a conversation can be about, and by what it can be judged."""

    agent: Agent
    candidates: Sequence[Candidate]
    metrics: Sequence[tuple[str, str]]


def sketch(*, viewer: Viewer, agent: Agent, at: datetime) -> Sketch:
    """What the form of preparing shows. Three statements."""
    found = evidence.candidates(viewer=viewer, agent=agent.pk, at=at)
    texts = {one.key: one.text for one in found}
    lines = [(one.metric, evidence.metric_name(one.metric, texts)) for one in found]
    return Sketch(agent, found, [*lines, *((key, evidence.metric_name(key)) for key in evidence.NUMBERS)])
