"""What graders marked side by side, how far they agree by line, and who marks more strictly than the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Exists, F, OuterRef, Q

from apps.access.models import User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Participation
from apps.reviews import agreement
from apps.reviews.agreement import Agreement, Floats, Severity
from apps.reviews.calibrating import may_compare
from apps.reviews.calibrations import Calibration, Grader, TalkNote
from apps.reviews.models import Assignment, Line, Mark, Review
from apps.reviews.scoring import line_score
from apps.reviews.spec import Scale
from apps.shared.errors import OutOfScope

MOST = 50
# How many conversations are offered for a session.
CALLABLE = 20
# How far back agreement and severity look, and what of it is “lately” for drift.
WEEKS, LATELY_WEEKS = 26, 4
# A mark that says the line does not apply, among steps from 1 on.
NOT_APPLICABLE = 0.0


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session of a list. `missing` are graders who have not submitted; `mine` is where the viewer stands: "", to do, begun, done."""

    session: Calibration
    agent_name: str
    rubric_name: str
    graders: int
    submitted: int
    missing: tuple[str, ...]
    mine: str

    @property
    def is_over(self) -> bool:
        """Closed, or everybody has submitted."""
        return self.session.closed_at is not None or self.submitted == self.graders


def sessions(*, viewer: Viewer) -> list[SessionRow]:
    """Return the sessions the viewer may see, newest first. Two statements."""
    viewer.require(Permission.REVIEW)
    found = Calibration.objects.filter(pk__in=Calibration.objects.visible_to(viewer).values("pk"))
    rows = list(found.select_related("agent", "version__rubric").order_by("-called_at")[:MOST])
    graders: dict[UUID, list[Grader]] = defaultdict(list)
    for one in (
        Grader.objects.filter(calibration__in=rows).select_related("user", "review").order_by("user__display_name")
    ):
        graders[one.calibration_id].append(one)
    return [_row(viewer, one, graders[one.pk]) for one in rows]


def _row(viewer: Viewer, session: Calibration, graders: Sequence[Grader]) -> SessionRow:
    mine = next((one for one in graders if one.user_id == viewer.user.pk), None)
    state = "" if mine is None else "done" if _is_in(mine, session) else "begun" if mine.review_id else "to do"
    return SessionRow(
        session=session, agent_name=session.agent.name, rubric_name=str(session.version), graders=len(graders),
        submitted=sum(_is_in(one, session) for one in graders),
        missing=tuple(str(one.user) for one in graders if not _is_in(one, session)), mine=state,
    )  # fmt: skip


def _is_in(grader: Grader, session: Calibration) -> bool:
    """It was submitted, and blind: what came after the talk does not count."""
    at = None if grader.review is None else grader.review.submitted_at
    return at is not None and (session.closed_at is None or at <= session.closed_at)


@dataclass(frozen=True, slots=True)
class Part:
    """One agent's part in a conversation that a session may be called about."""

    conversation: UUID
    agent: UUID
    label: str


def to_call(*, viewer: Viewer) -> list[Part]:
    """Return the latest closed parts that nobody has scored and that were given to nobody. One statement."""
    viewer.require(Permission.MANAGE_QUALITY)
    taken = {"conversation": OuterRef("conversation"), "agent": OuterRef("agent")}
    found = (
        Participation.objects.filter(messages__gte=2, conversation__is_open=False)
        .exclude(Exists(Review.objects.filter(**taken))).exclude(Exists(Assignment.objects.filter(**taken)))
        .exclude(Exists(Calibration.objects.filter(**taken)))
        .select_related("agent", "conversation__queue").order_by("-joined_at")[:CALLABLE]
    )  # fmt: skip
    seen = {(one.conversation_id, one.agent_id): one for one in found}
    zone = viewer.zone
    return [
        Part(
            one.conversation_id, one.agent_id,
            f"{one.agent.name}, {one.conversation.queue or 'no queue'}, {one.conversation.last_event_at.astimezone(zone):%-d %b %H:%M}",
        )
        for one in seen.values()
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """What one grader said about one line. `says` is empty where they have not; `off` is by how many steps it differs from the master."""

    says: str
    comment: str = ""
    evidence: int = 0
    off: int | None = None


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the form with everybody's marks, in the order of the graders. `spread` is highest less lowest, in parts of 100."""

    line: Line
    cells: list[Cell]
    spread: float | None
    is_apart: bool
    notes: list[TalkNote]


@dataclass(frozen=True, slots=True)
class GraderColumn:
    """One grader: their score, and over the lines how often they marked as the master did."""

    name: str
    is_expert: bool
    is_in: bool
    score: float | None
    same: int | None
    kappa: Agreement | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A session side by side. Without rows while the viewer still has to score: `is_blind` says so."""

    row: SessionRow
    graders: list[GraderColumn]
    lines: list[LineRow]
    notes: list[TalkNote]
    percent: Agreement
    is_blind: bool
    may_close: bool


def comparison(*, viewer: Viewer, pk: UUID) -> Comparison:
    """Return one session; of what others marked nothing before the viewer has submitted.

    :raises OutOfScope: no such session of theirs.
    """
    viewer.require(Permission.REVIEW)
    session = Calibration.objects.visible_to(viewer).select_related("agent", "version__rubric").filter(pk=pk).first()
    if session is None:
        raise OutOfScope
    graders = list(
        Grader.objects.filter(calibration=session)
        .select_related("user", "review")
        .order_by("user__display_name", "user")
    )
    graders.sort(key=lambda one: one.user_id != session.expert_id)
    row = _row(viewer, session, graders)
    may_close = viewer.allows(Permission.MANAGE_QUALITY) and session.closed_at is None
    if not may_compare(viewer, session):
        names = [
            GraderColumn(str(one.user), one.user_id == session.expert_id, _is_in(one, session), None, None, None)
            for one in graders
        ]
        return Comparison(row, names, [], [], Agreement(None, 0), is_blind=True, may_close=may_close)
    counted = [one for one in graders if _is_in(one, session)]
    marks: dict[tuple[int, int], Mark] = {}
    owner = {one.review_id: one.user_id for one in counted}
    for mark in Mark.objects.filter(review__in=owner):
        marks[owner[mark.review_id], mark.line_id] = mark
    lines = list(Line.objects.filter(version=session.version).order_by("place"))
    notes = list(session.notes.select_related("by"))
    table = _table(lines, [one.user_id for one in graders], marks)
    return Comparison(
        row=row, graders=[_column(one, session, table, at) for at, one in enumerate(graders)],
        lines=[_line(one, graders, session, marks, [n for n in notes if n.line_id == one.pk]) for one in lines],
        notes=[one for one in notes if one.line_id is None], percent=agreement.percent(table), is_blind=False, may_close=may_close,
    )  # fmt: skip


def _table(lines: Sequence[Line], users: Sequence[int], marks: Mapping[tuple[int, int], Mark]) -> Floats:
    """Lines by graders, as steps; that a line does not apply is a mark of its own."""
    table = np.full((len(lines), len(users)), np.nan)
    for row, line in enumerate(lines):
        for column, user in enumerate(users):
            mark = marks.get((user, line.pk))
            if mark is not None and mark.is_set:
                table[row, column] = NOT_APPLICABLE if mark.step is None else mark.step
    return table


def _column(one: Grader, session: Calibration, table: Floats, at: int) -> GraderColumn:
    is_expert, is_in = one.user_id == session.expert_id, _is_in(one, session)
    score = None if one.review is None or one.review.score is None or not is_in else float(one.review.score)
    if is_expert or not is_in or np.isnan(table[:, 0]).all():
        return GraderColumn(str(one.user), is_expert, is_in, score, None, None)
    both = table[:, [0, at]]
    return GraderColumn(
        str(one.user), is_expert, is_in, score, same=int((both[:, 0] == both[:, 1]).sum()), kappa=agreement.kappa(both)
    )


def _line(
    line: Line,
    graders: Sequence[Grader],
    session: Calibration,
    marks: Mapping[tuple[int, int], Mark],
    notes: list[TalkNote],
) -> LineRow:
    master = marks.get((session.expert_id, line.pk))
    cells, parts = [], []
    for one in graders:
        mark = marks.get((one.user_id, line.pk))
        if mark is None or not mark.is_set:
            cells.append(Cell(""))
            continue
        says = "N/A" if mark.step is None else f"{mark.step} {Scale(line.scale).words[mark.step - 1]}"
        off = None if master is None or master.step is None or mark.step is None else mark.step - master.step
        cells.append(Cell(says, mark.comment, len(mark.evidence), off if one.user_id != session.expert_id else None))
        if mark.step is not None:
            parts.append(float(line_score(Scale(line.scale), mark.step)))
    said = {cell.says for cell in cells if cell.says}
    return LineRow(line, cells, max(parts) - min(parts) if len(parts) > 1 else None, len(said) > 1, notes)


@dataclass(frozen=True, slots=True)
class LineAgreement:
    """How far graders agree on one line, over all sessions of a rubric: equal pairs, and beyond chance with its interval."""

    rubric: str
    line: str
    sessions: int
    percent: Agreement
    alpha: Agreement


def by_line(*, viewer: Viewer, at: datetime) -> list[LineAgreement]:
    """Return agreement by line over the sessions of the last half year that are over, the least agreed first. One statement.

    A session that still runs is left out: what it shows could be seen before one has scored.
    """
    viewer.require(Permission.REVIEW)
    rows = (
        Mark.objects.filter(
            review__grader__calibration__closed_at__isnull=False,
            review__grader__calibration__called_at__gte=at - timedelta(weeks=WEEKS),
            review__submitted_at__lte=F("review__grader__calibration__closed_at"),
        )
        .filter(Q(step__isnull=False) | Q(is_na=True))
        .order_by("line__version__rubric__name", "line__version__n", "line__place")
        .values_list(
            "line__version__rubric__name",
            "line__key",
            "line__text",
            "line__scale",
            "review__grader__calibration",
            "review__reviewer",
            "step",
        )
    )
    text: dict[tuple[str, str], str] = {}
    given: dict[tuple[str, str], dict[tuple[UUID, int], float]] = defaultdict(dict)
    for rubric, key, said, scale, session, grader, step in rows:
        text[rubric, key] = said
        # Versions may ask by other scales, so the part of 100 is compared; “does not apply” lies under all of them.
        given[rubric, key][session, grader] = -1.0 if step is None else float(line_score(Scale(scale), step))
    found = [_agreed(rubric, text[rubric, key], marks) for (rubric, key), marks in given.items()]
    return sorted(found, key=lambda one: (one.percent.value is None, one.percent.value or 0.0))


def _agreed(rubric: str, text: str, marks: Mapping[tuple[UUID, int], float]) -> LineAgreement:
    table = _marks_table(marks)
    return LineAgreement(rubric, text, len(table), agreement.percent(table), agreement.alpha(table, level="ordinal"))


def _marks_table(marks: Mapping[tuple[UUID, int], float]) -> Floats:
    units, graders = sorted({unit for unit, _ in marks}), sorted({grader for _, grader in marks})
    table = np.full((len(units), len(graders)), np.nan)
    for (unit, grader), value in marks.items():
        table[units.index(unit), graders.index(grader)] = value
    return table


@dataclass(frozen=True, slots=True)
class GraderRow:
    """How strictly somebody marks beside those who judge the same people by the same form; points of 100, adjusted for the mix.

    `drift` is lately less before; None where one of the two cannot be told.
    """

    name: str
    reviews: int
    severity: Severity
    drift: float | None


def graders(*, viewer: Viewer, at: datetime) -> list[GraderRow]:
    """Return each reviewer's severity over what chance picked in the last half year, by name; who does not manage quality sees
    their own alone. Two statements."""
    viewer.require(Permission.REVIEW)
    rows: list[Any] = list(
        Review.objects.counted().filter(submitted_at__gte=at - timedelta(weeks=WEEKS), submitted_at__lte=at)
        .values_list("reviewer", "agent", "version__rubric", "score", "submitted_at")
    )  # fmt: skip
    since = at - timedelta(weeks=LATELY_WEEKS)
    whole = _severities(rows)
    lately, before = _severities(r for r in rows if r[4] >= since), _severities(r for r in rows if r[4] < since)
    names = {one.pk: str(one) for one in User.objects.filter(pk__in=whole)}
    shown = (
        whole if viewer.allows(Permission.MANAGE_QUALITY) else {k: v for k, v in whole.items() if k == viewer.user.pk}
    )
    found = [GraderRow(names[key], one.n, one, _drift(lately.get(key), before.get(key))) for key, one in shown.items()]
    return sorted(found, key=lambda row: row.name)


def _severities(rows: Iterable[Any]) -> dict[int, Severity]:
    marks = [agreement.Mark(reviewer, (agent, rubric), float(str(score))) for reviewer, agent, rubric, score, _ in rows]
    return {key: one for key, one in agreement.severity(marks).items() if isinstance(key, int)}


def _drift(lately: Severity | None, before: Severity | None) -> float | None:
    if lately is None or before is None or lately.points is None or before.points is None:
        return None
    few = agreement.FEWEST_MARKS
    return None if lately.n < few or before.n < few else lately.points - before.points
