"""The rows behind a number: its cases, numerator and denominator apart, and what it leaves out, with the reason.

A number may be read by more people than the conversations behind it. Whoever may read the number is told how many rows there
are; a row is shown to those who may read its conversation, and the others are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from apps.access.viewer import Viewer
from apps.metrics import gauges, queries, reviewed, small_groups, working
from apps.metrics.behind import (
    ALL,
    ALL_REASONS,
    HITS,
    LEFT_OUT,
    PARTS,
    REST,
    Behind,
    BehindCases,
    BehindReviews,
    Question,
    Row,
)
from apps.metrics.behind_now import BehindNow, BehindSlots, BehindTime
from apps.metrics.definitions.definition import Kind
from apps.metrics.queries import Answer
from apps.metrics.reading import Number
from apps.shared.errors import Refusal

PAGE = 50
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """One list behind a number: how many rows it has, and how many of them the viewer may not read."""

    key: str
    label: str
    count: int
    hidden: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were left out, and how many for this reason."""

    key: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Drill:
    """A number with the rows of one of its parts, a page of them.

    `looked_at_all` is false where only the newest conversations of a long window were looked through for what is left out.
    """

    answer: Answer
    number: Number
    group: str
    label: str
    formula: str
    parts: Sequence[Part]
    part: Part
    rows: Sequence[Row]
    reasons: Sequence[Reason]
    reason: str
    looked_at_all: bool
    page: int
    has_next: bool

    @property
    def is_of_people(self) -> bool:
        """The rows are people and not conversations."""
        return self.answer.metric.key == gauges.OF_PEOPLE


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Read everything inside as of one moment, so that a recount between two statements cannot part number and rows."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def drill(*, viewer: Viewer, question: Question, at: datetime) -> Drill:
    """Return a number with a page of the rows behind it. A fixed number of statements.

    Where the number is divided (`by`), the rows belong to one group of it; without a group there are none, only the numbers.

    :raises OutOfScope: no such metric, queue, agent or team for this viewer.
    :raises NotAllowed: the role does not include the number.
    :raises Refusal: nothing measures it, or there is no such part.
    """
    if question.part not in PARTS:
        raise Refusal(f"Saw the part {question.part!r}. Expected one of: {', '.join(PARTS)}.")
    with one_snapshot():
        answer = queries.measure(
            viewer=viewer, key=question.key, scope=question.scope, window=question.window, by=question.by, at=at
        )
        group = next((one for one in answer.groups if one.key == question.key_of_group), None)
        number = Number.nothing() if group is None else group.number
        behind = _behind(viewer, question, at)
        if question.by and not question.group:
            nothing = Part(ALL, PARTS[ALL], 0, 0)
            return Drill(
                answer=answer, number=number, group="", label="", formula="", parts=(), part=nothing, rows=(), reasons=(),
                reason="", looked_at_all=True, page=1, has_next=False,
            )  # fmt: skip
        out, is_whole = behind.left_out()
        parts = _parts(behind, out)
        listed, reasons = _listed(behind, out, question)
        start = (min(max(question.page, 1), MOST_PAGES) - 1) * PAGE
        page = list(listed[start : start + PAGE + 1])
        return Drill(
            answer=answer, number=number, group=question.group, label="" if group is None else group.label,
            formula=behind.formula(number), parts=parts,
            part=next((one for one in parts if one.key == question.part), parts[0]),
            rows=behind.rows(page[:PAGE], question.part), reasons=reasons, reason=question.reason,
            looked_at_all=is_whole, page=start // PAGE + 1, has_next=len(page) > PAGE,
        )  # fmt: skip


def every_row(*, viewer: Viewer, question: Question, at: datetime, most: int) -> Rows:
    """Return all rows of a part that the viewer may read, in the order of the pages, named a thousand at a time.

    Which rows they are is settled when this returns. It raises what `drill` raises.

    :raises Refusal: there are more than `most`.
    """
    if question.by and not question.group:
        raise Refusal("Choose one of the numbers first: each has rows of its own.")
    if question.part not in PARTS:
        raise Refusal(f"Saw the part {question.part!r}. Expected one of: {', '.join(PARTS)}.")
    with one_snapshot():
        queries.measure(
            viewer=viewer, key=question.key, scope=question.scope, window=question.window, by=question.by, at=at
        )
        behind = _behind(viewer, question, at)
        out = behind.left_out()[0] if question.part == LEFT_OUT else []
        found = list(_listed(behind, out, question)[0][: most + 1])
    if len(found) > most:
        raise Refusal(
            f"Saw more than {most:,} rows. Choose a shorter window, one queue, or one part: a file holds at most that many."
        )
    return Rows(behind, found, question.part)


class Rows(Iterator[Row]):
    """Rows that are named as they are read, a thousand at a time; how many there are is known before."""

    def __init__(self, behind: Behind, found: list[Any], part: str) -> None:
        self.behind, self.found, self.part = behind, found, part
        self.ready: list[Row] = []
        self.at = 0

    def __len__(self) -> int:
        return len(self.found)

    def __next__(self) -> Row:
        if not self.ready:
            if self.at >= len(self.found):
                raise StopIteration
            chunk = self.found[self.at : self.at + 1000]
            self.at += len(chunk)
            self.ready = self.behind.rows(chunk, self.part)[::-1]
        return self.ready.pop()


def _behind(viewer: Viewer, question: Question, at: datetime) -> Behind:
    """Return what stands behind a number; raises what `queries.ask` raises.

    How many rows a group has is its number in other words: one that is not shown has none.
    """
    if question.by in ("queue", "channel") and question.group:
        small_groups.refuse(
            viewer=viewer, metric=queries.get_metric(question.key), of_people=queries.is_of_people(question.key),
            part=queries.part_of(scope=question.scope, by=question.by, group=question.key_of_group),
        )  # fmt: skip
    if question.key in working.KEYS:
        return BehindTime(viewer, question, at)
    if question.key == gauges.OF_PEOPLE:
        return BehindSlots(viewer, question, at)
    if question.key in gauges.KEYS:
        return BehindNow(viewer, question, at)
    return BehindReviews(viewer, question, at) if question.key in reviewed.KEYS else BehindCases(viewer, question, at)


def _parts(behind: Behind, out: Sequence[Any]) -> list[Part]:
    is_share = behind.metric.kind == Kind.RATIO
    found = [Part(key, PARTS[key], *behind.counts(key)) for key in ((ALL, HITS, REST) if is_share else (ALL,))]
    return [*found, Part(LEFT_OUT, PARTS[LEFT_OUT], len(out), len(out) - len(behind.seen(out)))]


def _listed(
    behind: Behind, out: Sequence[Any], question: Question
) -> tuple[Sequence[Any] | QuerySet[Any], list[Reason]]:
    """The items of a part that the viewer may read, newest first, and why some were left out."""
    if question.part != LEFT_OUT:
        return behind.listed(question.part), []
    counted = Counter(behind.reason_of(row) for row in out)
    rows = [row for row in behind.seen(out) if question.reason in ("", behind.reason_of(row))]
    return rows, [Reason(key, ALL_REASONS[key], count) for key, count in counted.most_common()]
