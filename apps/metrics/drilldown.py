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
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions.models import Conversation, Customer, Queue
from apps.metrics import queries, wording
from apps.metrics.behind import (
    ALL,
    ALL_REASONS,
    COLUMNS,
    HITS,
    LEFT_OUT,
    ORDER,
    PARTS,
    REST,
    Behind,
    Found,
    Question,
    behind_of,
)
from apps.metrics.definitions.definition import Kind
from apps.metrics.models import NO_QUEUE
from apps.metrics.queries import Answer
from apps.metrics.reading import Number
from apps.shared.errors import Refusal

PAGE = 50
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row as screens, programs and files show it; everything in it is masked or has no personal data."""

    conversation_id: UUID
    title: str
    at: datetime
    customer: str
    channel: str
    queue: str
    agent: str
    said: str
    part: str
    # Why it is left out; empty for a case.
    reason: str = ""


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
        behind = behind_of(viewer, question, at)
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
            formula=wording.put_in(answer.metric, number), parts=parts,
            part=next((one for one in parts if one.key == question.part), parts[0]),
            rows=_rows(behind, page[:PAGE], question.part), reasons=reasons, reason=question.reason,
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
        behind = behind_of(viewer, question, at)
        out = behind.left_out()[0] if question.part == LEFT_OUT else []
        found = list(_listed(behind, out, question)[0][: most + 1])
    if len(found) > most:
        raise Refusal(
            f"Saw more than {most:,} rows. Choose a shorter window, one queue, or one part: a file holds at most that many."
        )
    return Rows(behind, found, question.part)


class Rows(Iterator[Row]):
    """Rows that are named as they are read, a thousand at a time; how many there are is known before."""

    def __init__(self, behind: Behind, found: list[Found], part: str) -> None:
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
            self.ready = _rows(self.behind, chunk, self.part)[::-1]
        return self.ready.pop()


def _parts(behind: Behind, out: Sequence[Found]) -> list[Part]:
    is_share = behind.metric.kind == Kind.RATIO
    found = []
    for key in (ALL, HITS, REST) if is_share else (ALL,):
        cases = behind.cases(key)
        count = cases.count()
        found.append(Part(key, PARTS[key], count, count - behind.readable(cases).count()))
    mine = behind.may_read(out)
    return [*found, Part(LEFT_OUT, PARTS[LEFT_OUT], len(out), sum(row[0] not in mine for row in out))]


def _listed(
    behind: Behind, out: Sequence[Found], question: Question
) -> tuple[Sequence[Found] | QuerySet[Any], list[Reason]]:
    """The rows of a part that the viewer may read, newest first, and why rows were left out."""
    if question.part != LEFT_OUT:
        cases = behind.readable(behind.cases(question.part))
        return cases.order_by(*ORDER).values_list(*COLUMNS), []
    counted = Counter(row[7] for row in out)
    mine = behind.may_read(out)
    rows = [row for row in out if row[0] in mine and question.reason in ("", row[7])]
    return rows, [Reason(key, ALL_REASONS[key], count) for key, count in counted.most_common()]


def _rows(behind: Behind, found: Sequence[Any], part: str) -> list[Row]:
    """Name what rows are about. Four statements."""
    talks = {
        one.pk: one
        for one in Conversation.objects.filter(pk__in={row[0] for row in found}).only("subject", "tags", "customer_id")
    }
    people = {one.customer_id for one in talks.values() if one.customer_id}
    customers = dict(Customer.objects.filter(pk__in=people).values_list("pk", "label"))
    queues = dict(Queue.objects.filter(pk__in={row[2] for row in found if row[2]}).values_list("pk", "name"))
    agents = dict(Agent.objects.filter(pk__in={row[4] for row in found if row[4]}).values_list("pk", "name"))
    rows = []
    for talk, at, queue, channel, agent, measure, value, *more in found:
        one = talks.get(talk)
        reason = more[0] if more else ""
        rows.append(
            Row(
                conversation_id=talk, title=_title(one), at=at,
                customer="" if one is None or one.customer_id is None else customers.get(one.customer_id, ""),
                channel=channel, queue="" if queue in (None, NO_QUEUE) else queues.get(queue, ""),
                agent=agents.get(agent, "") if agent else "",
                said="" if reason else behind.says(measure, queue, value),
                part=LEFT_OUT if reason else part if part != ALL else behind.side(measure, queue, value),
                reason=ALL_REASONS.get(reason, ""),
            )
        )  # fmt: skip
    return rows


def _title(talk: Conversation | None) -> str:
    if talk is None:
        return "Conversation"
    return talk.subject or (talk.tags[0].replace("_", " ").capitalize() if talk.tags else "Conversation")
