"""What stands behind numbers that are read as they are asked for: open conversations of a gauge, stretches of people's time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.reach import Reach, held_to
from apps.interactions.models import Conversation
from apps.interactions.queries import PersonsSlots, slots_of_each
from apps.metrics import gauges, wording, working
from apps.metrics.behind import (
    ALL,
    ALL_REASONS,
    HITS,
    LEFT_OUT,
    REST,
    Behind,
    BehindConversations,
    Found,
    Question,
    Row,
    asked_of,
    chosen_of,
    title_of,
    titles_of,
)
from apps.metrics.definitions.definition import Kind
from apps.metrics.models import NO_QUEUE
from apps.metrics.reading import Number
from apps.metrics.spent import Spent


class BehindNow(BehindConversations):
    """Open conversations, longest first: those in a gauge now, and why the others are not in it."""

    def __init__(self, viewer: Viewer, question: Question, at: datetime) -> None:
        super().__init__(viewer)
        asked = asked_of(viewer, question, at)
        self.metric, self.at = asked.metric, at
        found = gauges.standing(key=question.key, queues=chosen_of(asked, question), at=at)
        if question.by == "age" and question.group:
            found = [one for one in found if one.band == question.group]
        if question.by == "queue" and question.group == str(NO_QUEUE):
            found = [one for one in gauges.standing(key=question.key, queues=None, at=at) if one.queue_id is None]
        told: list[Found] = [
            (one.conversation_id, one.since, one.queue_id, one.channel, one.holder_id, question.key,
             (at - one.since).total_seconds(), one.reason)
            for one in found
        ]  # fmt: skip
        self.items, self.others = ([one for one in told if bool(one[7]) is is_out] for is_out in (False, True))

    def counts(self, part: str) -> tuple[int, int]:
        """How many there are, and how many of them the viewer may not read."""
        return len(self.items), len(self.items) - len(self.seen(self.items))

    def listed(self, part: str) -> list[Found]:
        """Those that the viewer may read."""
        return self.seen(self.items)

    def left_out(self) -> tuple[list[Found], bool]:
        """The other open conversations of the same queues."""
        return self.others, True

    def says(self, measure: str, queue: UUID | None, value: float | None) -> str:
        """For how long it has waited, or has been open."""
        words = "waits for" if measure in ("longest_wait", "queue_length") else "open for"
        return f"{words} {wording.clock(max(value or 0, 0))}"

    def is_hit(self, measure: str, queue: UUID | None, value: float | None) -> bool:
        """A gauge has one side."""
        return True

    def formula(self, number: Number) -> str:
        """What it is now."""
        return f"{self.metric.formula} Now: {wording.told(number.value, self.metric.unit)}."


class BehindSlots(Behind):
    """People whose slots are counted, and why those of the others are not. Whoever may not see somebody by name is told how many there are."""

    def __init__(self, viewer: Viewer, question: Question, at: datetime) -> None:
        super().__init__(viewer)
        asked = asked_of(viewer, question, at)
        self.metric, self.at = asked.metric, at
        found = slots_of_each(queues=chosen_of(asked, question), at=at)
        self.items = [one for one in found if not one.away]
        self.others = [one for one in found if one.away]
        may_see = viewer.allows(Permission.VIEW_PEOPLE)
        mine = Agent.objects.visible_to(viewer).people().values_list("pk", "name")
        self.names: dict[UUID, str] = dict(mine) if may_see else {}

    def counts(self, part: str) -> tuple[int, int]:
        """How many people there are, and how many of them have no name here."""
        return len(self.items), len(self.items) - len(self.seen(self.items))

    def listed(self, part: str) -> list[PersonsSlots]:
        """Those whom the viewer may see by name."""
        return self.seen(self.items)

    def left_out(self) -> tuple[list[PersonsSlots], bool]:
        """The others of the same teams."""
        return self.others, True

    def reason_of(self, item: PersonsSlots) -> str:
        """Their own."""
        return item.away

    def seen(self, items: Sequence[PersonsSlots]) -> list[PersonsSlots]:
        """Those who have a name here."""
        return [one for one in items if one.agent_id in self.names]

    def rows(self, items: Sequence[PersonsSlots], part: str) -> list[Row]:
        """Name people."""
        return [
            Row(
                conversation_id=None, title="A call takes a person whole" if one.on_call and not one.away else f"Holds {one.held}",
                at=one.since or self.at, customer="", channel="", queue="", agent=self.names[one.agent_id],
                said="" if one.away else f"{one.free} of {one.total} free", part=LEFT_OUT if one.away else ALL,
                reason=ALL_REASONS.get(one.away, ""),
            )
            for one in items
        ]  # fmt: skip

    def formula(self, number: Number) -> str:
        """The formula with both sums in it."""
        total = sum(one.total for one in self.items)
        return f"{self.metric.formula} Now: {total} slots of {len(self.items)} people, {wording.told(number.value, self.metric.unit)} free."


class BehindTime(Behind):
    """Stretches of people's time. Whoever reads a number of people, but not people by name, is told how many there are."""

    def __init__(self, viewer: Viewer, question: Question, at: datetime) -> None:
        super().__init__(viewer)
        asked = asked_of(viewer, question, at)
        self.metric = asked.metric
        people = held_to(chosen_of(asked, question) or Reach.whole([]))
        mine = Agent.objects.filter(user=viewer.user).values_list("pk", flat=True).first()
        self.is_named = viewer.allows(Permission.VIEW_PEOPLE) or list(people) == [mine]
        found = working.behind(key=question.key, people=people, since=asked.span.since, until=at)
        found.sort(key=lambda one: (one.starts_at, one.ends_at, one.person), reverse=True)
        self.items = [one for one in found if not one.reason]
        self.others = [one for one in found if one.reason]

    def counts(self, part: str) -> tuple[int, int]:
        """How many stretches there are, and how many of them are of people without a name here."""
        count = len(self._part(part))
        return count, 0 if self.is_named else count

    def listed(self, part: str) -> list[Spent]:
        """The stretches of a part."""
        return self._part(part) if self.is_named else []

    def _part(self, part: str) -> list[Spent]:
        if part in (HITS, REST):
            return [one for one in self.items if bool(one.over) is (part == HITS)]
        return self.items

    def left_out(self) -> tuple[list[Spent], bool]:
        """The rest of the time signed in, or conversations that nothing is known of."""
        return self.others, True

    def reason_of(self, item: Spent) -> str:
        """Its own."""
        return item.reason

    def seen(self, items: Sequence[Spent]) -> list[Spent]:
        """All of them, or none."""
        return list(items) if self.is_named else []

    def rows(self, items: Sequence[Spent], part: str) -> list[Row]:
        """Name people, and conversations that the viewer may read. Three statements at most."""
        names = dict(Agent.objects.filter(pk__in={one.person for one in items}).values_list("pk", "name"))
        talks = self._talks({one.conversation_id for one in items if one.conversation_id is not None})
        is_share = self.metric.kind == Kind.RATIO
        told = []
        for one in items:
            talk = talks.get(one.conversation_id) if one.conversation_id else None
            side = (HITS if one.over else REST) if is_share else ALL
            told.append(
                Row(
                    conversation_id=None if talk is None else talk.pk, title=one.what if talk is None else title_of(talk),
                    at=one.starts_at, customer="", channel="", queue="", agent=names.get(one.person, ""),
                    said=wording.clock(one.length.total_seconds()), part=LEFT_OUT if one.reason else part if part != ALL else side,
                    reason=ALL_REASONS.get(one.reason, ""),
                )
            )  # fmt: skip
        return told

    def _talks(self, keys: set[UUID]) -> dict[UUID, Conversation]:
        if not keys or not self.viewer.allows(Permission.VIEW_CONVERSATIONS):
            return {}
        mine = Conversation.objects.visible_to(self.viewer)
        return titles_of(mine.filter(pk__in=keys).values_list("pk", flat=True))

    def formula(self, number: Number) -> str:
        """The formula with the times of both sides in it."""
        over = sum((one.over for one in self.items), timedelta(0)).total_seconds()
        under = sum((one.under for one in self.items), timedelta(0)).total_seconds()
        return wording.put_times_in(self.metric, number, over=over, under=under)
