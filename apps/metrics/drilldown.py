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
from django.db.models import Q, QuerySet

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions.models import Conversation, Customer, Queue
from apps.metrics import queries, wording
from apps.metrics.counting import AGENTS, QUEUES, WIDTH
from apps.metrics.definitions.definition import Kind
from apps.metrics.left_out import REASONS, Place, left_out
from apps.metrics.measures import MEASURES, MILLION
from apps.metrics.models import NO_QUEUE, Observation
from apps.metrics.queries import Answer, Asked, Scope
from apps.metrics.reading import INSTANT, Number
from apps.shared.errors import OutOfScope, Refusal

PAGE = 50
MOST_PAGES = 10_000
# Stands for an empty key where an address names a group.
NO_NAME = "none"
ALL, HITS, REST, LEFT_OUT = "all", "numerator", "rest", "left_out"
PARTS = {
    ALL: "All cases counted", HITS: "Numerator", REST: "In the denominator only", LEFT_OUT: "Left out",
}  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Question:
    """What rows are asked for: a number, and which of its parts."""

    key: str
    scope: Scope
    window: str
    by: str = ""
    group: str = ""
    part: str = ALL
    reason: str = ""
    page: int = 1

    @property
    def key_of_group(self) -> str:
        """The group's key in an answer: a channel that is not known has an empty one."""
        return "" if self.group == NO_NAME else self.group


# What is kept of a row until it is shown: conversation, moment, queue, channel, agent, measure, value, reason.
Found = tuple[UUID, datetime, UUID | None, str, UUID | None, str, int | None, str]
_COLUMNS = ("conversation_id", "at", "queue_id", "channel", "agent_id", "measure", "value")


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


class _Behind:
    """What stands behind one number for one viewer."""

    def __init__(self, viewer: Viewer, question: Question, at: datetime) -> None:
        self.viewer, self.question = viewer, question
        self.asked = queries.ask(
            viewer=viewer, key=question.key, scope=question.scope, window=question.window, by=question.by, at=at
        )
        self.place = _place(self.asked, question)
        found = self.asked.found
        self.kept = found.of_agent if self.asked.of_agents else found.measure
        self.measures = [one.name for one in (self.kept, found.misses) if one is not None]
        self.targets: dict[UUID, int] = {}
        if found.misses is not None:
            promised = Queue.objects.exclude(reply_target_seconds=None).values_list("pk", "reply_target_seconds")
            self.targets = {key: target for key, target in promised if target is not None}

    def cases(self, part: str) -> QuerySet[Observation]:
        """The cases of a part."""
        found, place = self.asked.found, self.place
        rows = Observation.objects.filter(at__gte=place.first, at__lte=place.last)
        if place.allowed is not None:
            rows = rows.filter(**{f"{'agent' if place.of_agents else 'queue'}_id__in": place.allowed})
        if place.channel is not None:
            rows = rows.filter(channel=place.channel)
        assert self.kept is not None  # noqa: S101  # the number was read from it
        own = Q(measure=self.kept.name)
        if found.misses is not None:
            rows = rows.filter(own | Q(measure=found.misses.name, value=1), queue_id__in=list(self.targets))
            within = Q(queue_id__in=[])
            for target in set(self.targets.values()):
                same = [key for key, seconds in self.targets.items() if seconds == target]
                within |= Q(queue_id__in=same, value__lte=target * MILLION)
            hits = own & within
        else:
            rows = rows.filter(own)
            hits = Q(value=0 if found.is_complement else 1)
        if part == HITS:
            return rows.filter(hits)
        return rows.exclude(hits) if part == REST else rows

    def readable(self, rows: QuerySet[Observation]) -> QuerySet[Observation]:
        """Those of the rows whose conversation the viewer may read."""
        if not self.viewer.allows(Permission.VIEW_CONVERSATIONS):
            return rows.none()
        if self.viewer.sees_everything:
            return rows
        return rows.filter(conversation_id__in=Conversation.objects.visible_to(self.viewer).values("pk"))

    def left_out(self) -> tuple[list[Found], bool]:
        """What is left out, as rows, and whether everything was looked through."""
        found = self.asked.found
        assert self.kept is not None  # noqa: S101  # the number was read from it
        key = found.metric.key if found.misses is not None else self.kept.name
        rows, is_whole = left_out(key=key, measures=self.measures, place=self.place)
        return [
            (one.conversation_id, one.at, one.queue_id, one.channel, one.agent_id, self.kept.name, None, one.reason)
            for one in rows
        ], is_whole

    def may_read(self, rows: Sequence[Found]) -> set[UUID]:
        """Which of the rows' conversations the viewer may read."""
        mine = Conversation.objects.visible_to(self.viewer)
        return set(mine.filter(pk__in={row[0] for row in rows}).values_list("pk", flat=True))


def _place(asked: Asked, question: Question) -> Place:
    span = asked.span
    if span.is_exact:
        first, last = span.since + INSTANT, span.until
    elif asked.found.misses is not None:
        first, last = span.since, span.until
    else:
        width = WIDTH[(AGENTS if asked.of_agents else QUEUES).finest]
        past = (span.until - span.since) % width
        first, last = span.since, span.until - past + width - INSTANT
    allowed: Sequence[UUID] | None = asked.allowed
    if question.by in ("queue", "agent") and question.group:
        try:
            one = UUID(question.group)
        except ValueError:
            raise OutOfScope from None
        if allowed is not None and one not in allowed:
            raise OutOfScope
        allowed = [one]
    channel = question.key_of_group if question.by == "channel" and question.group else None
    return Place(first, last, allowed, asked.of_agents, channel)


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
        behind = _Behind(viewer, question, at)
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
        behind = _Behind(viewer, question, at)
        out = behind.left_out()[0] if question.part == LEFT_OUT else []
        found = list(_listed(behind, out, question)[0][: most + 1])
    if len(found) > most:
        raise Refusal(
            f"Saw more than {most:,} rows. Choose a shorter window, one queue, or one part: a file holds at most that many."
        )
    return Rows(behind, found, question.part)


class Rows(Iterator[Row]):
    """Rows that are named as they are read, a thousand at a time; how many there are is known before."""

    def __init__(self, behind: _Behind, found: list[Found], part: str) -> None:
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


def _parts(behind: _Behind, out: Sequence[Found]) -> list[Part]:
    is_share = behind.asked.metric.kind == Kind.RATIO
    found = []
    for key in (ALL, HITS, REST) if is_share else (ALL,):
        cases = behind.cases(key)
        count = cases.count()
        found.append(Part(key, PARTS[key], count, count - behind.readable(cases).count()))
    mine = behind.may_read(out)
    return [*found, Part(LEFT_OUT, PARTS[LEFT_OUT], len(out), sum(row[0] not in mine for row in out))]


def _listed(
    behind: _Behind, out: Sequence[Found], question: Question
) -> tuple[Sequence[Found] | QuerySet[Observation, Any], list[Reason]]:
    """The rows of a part that the viewer may read, newest first, and why rows were left out."""
    if question.part != LEFT_OUT:
        cases = behind.readable(behind.cases(question.part))
        ordered = cases.order_by("-at", "-conversation_id", "-measure", "-n")
        return ordered.values_list(*_COLUMNS), []
    counted = Counter(row[7] for row in out)
    mine = behind.may_read(out)
    rows = [row for row in out if row[0] in mine and question.reason in ("", row[7])]
    return rows, [Reason(key, REASONS[key], count) for key, count in counted.most_common()]


def _rows(behind: _Behind, found: Sequence[Any], part: str) -> list[Row]:
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
        is_miss = bool(behind.targets) and measure != (behind.kept.name if behind.kept else "")
        target = None if is_miss or queue is None else behind.targets.get(queue)
        rows.append(
            Row(
                conversation_id=talk, title=_title(one), at=at,
                customer="" if one is None or one.customer_id is None else customers.get(one.customer_id, ""),
                channel=channel, queue="" if queue in (None, NO_QUEUE) else queues.get(queue, ""),
                agent=agents.get(agent, "") if agent else "",
                said="" if reason else wording.case(MEASURES[measure], value, target=target),
                part=LEFT_OUT if reason else part if part != ALL else _side(behind, measure, queue, value),
                reason=REASONS.get(reason, ""),
            )
        )  # fmt: skip
    return rows


def _side(behind: _Behind, measure: str, queue: UUID | None, value: int | None) -> str:
    """Which side of a share a case stands on; of other numbers all cases are of one kind."""
    found = behind.asked.found
    if behind.asked.metric.kind != Kind.RATIO:
        return ALL
    if found.misses is not None:
        target = behind.targets.get(queue) if queue else None
        is_hit = measure != found.misses.name and target is not None and (value or 0) <= target * MILLION
    else:
        is_hit = value == (0 if found.is_complement else 1)
    return HITS if is_hit else REST


def _title(talk: Conversation | None) -> str:
    if talk is None:
        return "Conversation"
    return talk.subject or (talk.tags[0].replace("_", " ").capitalize() if talk.tags else "Conversation")
