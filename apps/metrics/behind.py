"""What stands behind a number: which rows are its cases, on which side of a share, and which of them a viewer may read.

Most numbers are made of observations, and those of reviewers of reviews and second looks. Working time and gauges are read as they
are asked for (`behind_now`); all are asked the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, IntegerField, Q, QuerySet, Value

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.reach import held_to
from apps.interactions.models import Conversation, Customer, Queue
from apps.metrics import gauges, queries, reviewed, spent, wording
from apps.metrics.counting import AGENTS, QUEUES, WIDTH
from apps.metrics.definitions.definition import Definition, Kind
from apps.metrics.left_out import Place, left_out
from apps.metrics.measures import MEASURES, MILLION
from apps.metrics.models import NO_QUEUE, Observation
from apps.metrics.queries import Asked, Scope
from apps.metrics.reading import INSTANT, Number
from apps.metrics.reasons import REASONS
from apps.reviews.models import Review
from apps.shared.errors import OutOfScope

# Stands for an empty key where an address names a group.
NO_NAME = "none"
ALL, HITS, REST, LEFT_OUT = "all", "numerator", "rest", "left_out"
PARTS = {
    ALL: "All cases counted", HITS: "Numerator", REST: "In the denominator only", LEFT_OUT: "Left out",
}  # fmt: skip


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
Found = tuple[UUID, datetime, UUID | None, str, UUID | None, str, float | None, str]
COLUMNS = ("conversation_id", "at", "queue_id", "channel", "agent_id", "measure", "value")
# In which order rows are listed, newest first; `n` tells those of one conversation and moment apart.
ORDER = ("-at", "-conversation_id", "-measure", "-n")
ALL_REASONS = {**REASONS, **reviewed.REASONS, **spent.REASONS, **gauges.REASONS}


@dataclass(frozen=True, slots=True)
class Row:
    """One row as screens, programs and files show it; everything in it is masked or has no personal data."""

    # None for a stretch of somebody's time that belongs to no one conversation.
    conversation_id: UUID | None
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


class Behind(ABC):
    """What stands behind one number for one viewer, as items that are named once they are shown."""

    metric: Definition

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    @abstractmethod
    def counts(self, part: str) -> tuple[int, int]:
        """How many items a part of the cases has, and how many of them the viewer may not read."""

    @abstractmethod
    def listed(self, part: str) -> Sequence[Any] | QuerySet[Any]:
        """The items of a part of the cases that the viewer may read, newest first."""

    @abstractmethod
    def left_out(self) -> tuple[list[Any], bool]:
        """What is left out, newest first, and whether everything was looked through."""

    @abstractmethod
    def reason_of(self, item: Any) -> str:
        """The key of the reason for which an item is left out; empty for a case."""

    @abstractmethod
    def seen(self, items: Sequence[Any]) -> list[Any]:
        """Those of the items left out that the viewer may read."""

    @abstractmethod
    def rows(self, items: Sequence[Any], part: str) -> list[Row]:
        """Name what items are about; a fixed number of statements."""

    def formula(self, number: Number) -> str:
        """The formula in words with the figures of the number in it."""
        return wording.put_in(self.metric, number)


class BehindConversations(Behind):
    """Items that are rows of COLUMNS, each about one conversation."""

    @abstractmethod
    def says(self, measure: str, queue: UUID | None, value: float | None) -> str:
        """What a case says, in words."""

    @abstractmethod
    def is_hit(self, measure: str, queue: UUID | None, value: float | None) -> bool:
        """Say whether a case of a share stands in its numerator."""

    def reason_of(self, item: Sequence[Any]) -> str:
        """The last of its columns."""
        return item[7] if len(item) > len(COLUMNS) else ""

    def seen(self, items: Sequence[Found]) -> list[Found]:
        """Those whose conversation the viewer may read. One statement."""
        mine = Conversation.objects.visible_to(self.viewer)
        keys = set(mine.filter(pk__in={row[0] for row in items}).values_list("pk", flat=True))
        return [row for row in items if row[0] in keys]

    def side(self, measure: str, queue: UUID | None, value: float | None) -> str:
        """Which side of a share a case stands on; of other numbers all cases are of one kind."""
        if self.metric.kind != Kind.RATIO:
            return ALL
        return HITS if self.is_hit(measure, queue, value) else REST

    def rows(self, items: Sequence[Any], part: str) -> list[Row]:
        """Name what rows are about. Four statements."""
        talks = titles_of(row[0] for row in items)
        people = {one.customer_id for one in talks.values() if one.customer_id}
        customers = dict(Customer.objects.filter(pk__in=people).values_list("pk", "label"))
        queues = dict(Queue.objects.filter(pk__in={row[2] for row in items if row[2]}).values_list("pk", "name"))
        agents = dict(Agent.objects.filter(pk__in={row[4] for row in items if row[4]}).values_list("pk", "name"))
        told = []
        for row in items:
            talk, at, queue, channel, agent, measure, value, *_ = row
            one, reason = talks.get(talk), self.reason_of(row)
            told.append(
                Row(
                    conversation_id=talk, title=title_of(one), at=at,
                    customer="" if one is None or one.customer_id is None else customers.get(one.customer_id, ""),
                    channel=channel, queue="" if queue in (None, NO_QUEUE) else queues.get(queue, ""),
                    agent=agents.get(agent, "") if agent else "",
                    said="" if reason else self.says(measure, queue, value),
                    part=LEFT_OUT if reason else part if part != ALL else self.side(measure, queue, value),
                    reason=ALL_REASONS.get(reason, ""),
                )
            )  # fmt: skip
        return told


class BehindRows(BehindConversations):
    """What is read from tables. Rows of `cases` have COLUMNS and an order."""

    @abstractmethod
    def cases(self, part: str) -> QuerySet[Any]:
        """The cases of a part."""

    @abstractmethod
    def readable(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the rows that the viewer may read."""

    def counts(self, part: str) -> tuple[int, int]:
        """How many there are, and how many of them the viewer may not read. Two statements."""
        cases = self.cases(part)
        count = cases.count()
        return count, count - self.readable(cases).count()

    def listed(self, part: str) -> QuerySet[Any]:
        """The readable ones, newest first."""
        return self.readable(self.cases(part)).order_by(*ORDER).values_list(*COLUMNS)


def titles_of(keys: Iterable[UUID]) -> dict[UUID, Conversation]:
    """Return what conversations are named by. One statement."""
    found = Conversation.objects.filter(pk__in=set(keys)).only("subject", "tags", "customer_id")
    return {one.pk: one for one in found}


def title_of(talk: Conversation | None) -> str:
    """What a conversation is called in a list: its subject, else its first tag."""
    if talk is None:
        return "Conversation"
    return talk.subject or (talk.tags[0].replace("_", " ").capitalize() if talk.tags else "Conversation")


class BehindCases(BehindRows):
    """Observations: the cases of conversations."""

    def __init__(self, viewer: Viewer, question: Question, at: datetime) -> None:
        super().__init__(viewer)
        self.asked = queries.ask(
            viewer=viewer, key=question.key, scope=question.scope, window=question.window, by=question.by, at=at
        )
        self.place = place_of(self.asked, question)
        found, self.metric = self.asked.found, self.asked.metric
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
            if place.of_agents:
                rows = rows.filter(held_to(place.allowed).q("agent_id", at="at"))
            else:
                rows = rows.filter(queue_id__in=place.allowed)
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

    def says(self, measure: str, queue: UUID | None, value: float | None) -> str:
        """What a case says; the wait for a promise with the promise."""
        return wording.case(
            MEASURES[measure], None if value is None else int(value), target=self._target(measure, queue)
        )

    def is_hit(self, measure: str, queue: UUID | None, value: float | None) -> bool:
        """A share's own hits, or what came within its queue's promise."""
        found = self.asked.found
        if found.misses is None:
            return value == (0 if found.is_complement else 1)
        target = self._target(measure, queue)
        return target is not None and (value or 0) <= target * MILLION

    def _target(self, measure: str, queue: UUID | None) -> int | None:
        is_own = self.kept is not None and measure == self.kept.name
        return self.targets.get(queue) if is_own and queue is not None else None


def place_of(asked: Asked, question: Question) -> Place:
    span = asked.span
    if span.is_exact:
        first, last = span.since + INSTANT, span.until
    elif asked.found.misses is not None:
        first, last = span.since, span.until
    else:
        width = WIDTH[(AGENTS if asked.of_agents else QUEUES).finest]
        past = (span.until - span.since) % width
        first, last = span.since, span.until - past + width - INSTANT
    return Place(first, last, chosen_of(asked, question), asked.of_agents, _channel(question))


def chosen_of(asked: queries.Question, question: Question) -> Sequence[UUID] | None:
    """The queues or agents of a question, or the one of its group."""
    if question.by not in ("queue", "agent") or not question.group:
        return asked.allowed
    try:
        one = UUID(question.group)
    except ValueError:
        raise OutOfScope from None
    if asked.allowed is not None and one not in asked.allowed:
        raise OutOfScope
    return [one] if asked.allowed is None or not asked.of_agents else held_to(asked.allowed).only(one)


def _channel(question: Question) -> str | None:
    return question.key_of_group if question.by == "channel" and question.group else None


def asked_of(viewer: Viewer, question: Question, at: datetime) -> queries.Question:
    """What a question about rows asks of its number; raises what `queries.measure` raises."""
    return queries.question_of(
        viewer=viewer, key=question.key, scope=question.scope, window=question.window, by=question.by, at=at
    )


class BehindReviews(BehindRows):
    """Reviews, or second looks at them: what reviewers say."""

    def __init__(self, viewer: Viewer, question: Question, at: datetime) -> None:
        super().__init__(viewer)
        asked = asked_of(viewer, question, at)
        self.metric, self.at = asked.metric, at
        self.place = queries.reviews_of(asked, chosen=chosen_of(asked, question), channel=_channel(question))
        self.source = reviewed.SOURCES[self.metric.key]

    def cases(self, part: str) -> QuerySet[Any]:
        """The cases of a part; a share's value is 1 or 0."""
        return self._as_rows(reviewed.rows_of(self.metric.key, self.place, part={HITS: True, REST: False}.get(part)))

    def _as_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        of, key = self.source.review, self.metric.key
        told: dict[str, Any] = {
            "at": F(self.source.at), "queue_id": F(f"{of}conversation__queue_id"), "channel": F(f"{of}conversation__channel"),
            "measure": Value(key, CharField()), "value": reviewed.value_of(key),
        }  # fmt: skip
        if key != "coverage":  # a part in a conversation has a number of its own
            told["n"] = Value(1, IntegerField())
        if of:
            told |= {"conversation_id": F(f"{of}conversation_id"), "agent_id": F(f"{of}agent_id")}
        found: QuerySet[Any] = rows.annotate(**told)
        return found

    def readable(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those whose review and whose conversation the viewer may read; of parts in conversations, those conversations."""
        if self.metric.key == "coverage":
            return rows.filter(conversation__in=Conversation.objects.visible_to(self.viewer))
        of = self.source.review
        mine = Review.objects.visible_to(self.viewer, self.at).filter(
            conversation__in=Conversation.objects.visible_to(self.viewer)
        )
        read: QuerySet[Any] = rows.filter(**{f"{of.removesuffix('__') or 'pk'}__in": mine.values("pk")})
        return read

    def left_out(self) -> tuple[list[Found], bool]:
        """Submitted reviews, or second looks asked for, that are no case, of those that the viewer may read."""
        found: list[Found] = []
        for reason, rows in reviewed.left_out(self.metric.key, self.place):
            listed = self._as_rows(self.readable(rows)).order_by(*ORDER).values_list(*COLUMNS)
            found += [(*row, reason) for row in listed]
        return found, True

    def says(self, measure: str, queue: UUID | None, value: float | None) -> str:
        """A score in points, days with their unit, or what a share's case is called."""
        if self.metric.kind == Kind.RATIO:
            return wording.SHARES[measure][0 if value else 1]
        return "counts one" if self.metric.kind == Kind.COUNT else wording.told(value, self.metric.unit)

    def is_hit(self, measure: str, queue: UUID | None, value: float | None) -> bool:
        """Cases of shares say it themselves."""
        return bool(value)
