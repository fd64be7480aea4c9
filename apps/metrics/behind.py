"""What stands behind a number: which rows are its cases, on which side of a share, and which of them a viewer may read.

Most numbers are made of observations, those of reviewers of reviews and second looks; both are asked the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, IntegerField, Q, QuerySet, Value

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.reach import held_to
from apps.interactions.models import Conversation, Queue
from apps.metrics import queries, reviewed, wording
from apps.metrics.counting import AGENTS, QUEUES, WIDTH
from apps.metrics.definitions.definition import Definition, Kind
from apps.metrics.left_out import Place, left_out
from apps.metrics.measures import MEASURES, MILLION
from apps.metrics.models import Observation
from apps.metrics.queries import Asked, Scope
from apps.metrics.reading import INSTANT
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
ALL_REASONS = {**REASONS, **reviewed.REASONS}


class Behind(ABC):
    """What stands behind one number for one viewer. Rows of `cases` have COLUMNS and an order."""

    metric: Definition

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    @abstractmethod
    def cases(self, part: str) -> QuerySet[Any]:
        """The cases of a part."""

    @abstractmethod
    def readable(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the rows that the viewer may read."""

    @abstractmethod
    def left_out(self) -> tuple[list[Found], bool]:
        """What is left out, as rows, and whether everything was looked through."""

    @abstractmethod
    def says(self, measure: str, queue: UUID | None, value: float | None) -> str:
        """What a case says, in words."""

    @abstractmethod
    def is_hit(self, measure: str, queue: UUID | None, value: float | None) -> bool:
        """Say whether a case of a share stands in its numerator."""

    def side(self, measure: str, queue: UUID | None, value: float | None) -> str:
        """Which side of a share a case stands on; of other numbers all cases are of one kind."""
        if self.metric.kind != Kind.RATIO:
            return ALL
        return HITS if self.is_hit(measure, queue, value) else REST

    def may_read(self, rows: Sequence[Found]) -> set[UUID]:
        """Which of the rows' conversations the viewer may read."""
        mine = Conversation.objects.visible_to(self.viewer)
        return set(mine.filter(pk__in={row[0] for row in rows}).values_list("pk", flat=True))


def behind_of(viewer: Viewer, question: Question, at: datetime) -> Behind:
    """Return what stands behind a number; raises what `queries.ask` raises."""
    kind = BehindReviews if question.key in reviewed.KEYS else BehindCases
    return kind(viewer, question, at)


class BehindCases(Behind):
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
    return Place(first, last, _chosen(asked, question), asked.of_agents, _channel(question))


def _chosen(asked: queries.Question, question: Question) -> Sequence[UUID] | None:
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


class BehindReviews(Behind):
    """Reviews, or second looks at them: what reviewers say."""

    def __init__(self, viewer: Viewer, question: Question, at: datetime) -> None:
        super().__init__(viewer)
        asked = queries.question_of(
            viewer=viewer, key=question.key, scope=question.scope, window=question.window, by=question.by, at=at
        )
        self.metric, self.at = asked.metric, at
        self.place = queries.reviews_of(asked, chosen=_chosen(asked, question), channel=_channel(question))
        self.source = reviewed.SOURCES[self.metric.key]

    def cases(self, part: str) -> QuerySet[Any]:
        """The cases of a part; a share's value is 1 or 0."""
        return self._as_rows(reviewed.rows_of(self.metric.key, self.place, part={HITS: True, REST: False}.get(part)))

    def _as_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        of, key = self.source.review, self.metric.key
        told: dict[str, Any] = {
            "at": F(self.source.at), "queue_id": F(f"{of}conversation__queue_id"), "channel": F(f"{of}conversation__channel"),
            "measure": Value(key, CharField()), "value": reviewed.value_of(key), "n": Value(1, IntegerField()),
        }  # fmt: skip
        if of:
            told |= {"conversation_id": F(f"{of}conversation_id"), "agent_id": F(f"{of}agent_id")}
        found: QuerySet[Any] = rows.annotate(**told)
        return found

    def readable(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those whose review and whose conversation the viewer may read."""
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
