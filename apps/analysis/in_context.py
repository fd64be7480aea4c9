"""Readings that need more than a message: what its customer said before a hand-off, and what was learnt of the AI agent that answered.

Both have a second tier that hears what sentences mean (meanings.py). Where it cannot be heard, or more waits than it reads in
time, the first reads alone; what the second has read is not read again by the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter, itemgetter
from uuid import UUID

from django.db import connection

from apps.analysis import intent, lessons, meanings, repeat, second_tier
from apps.analysis.course import Line, checksum_of
from apps.analysis.models import Reading
from apps.analysis.reading import Read
from apps.interactions.models import Handoff

# What AI agents answered since something was learnt of them, with the second opinion that is there.
_TURNS = """
WITH talk AS MATERIALIZED (
    SELECT id, started_at, last_event_at FROM interactions_conversation WHERE id = ANY(%(ids)s)
), span AS (SELECT min(started_at) AS low, max(last_event_at) AS high FROM talk)
SELECT DISTINCT ON (m.id) m.id, m.conversation_id, m.sent_at, m.text, t.agent_id, l.learnt_at, r.text_checksum, r.version
FROM interactions_botturn t JOIN analysis_lesson l ON l.agent_id = t.agent_id AND l.intents > 0
JOIN interactions_message m ON m.id = t.message_id AND m.sent_at >= (SELECT low FROM span) AND m.sent_at <= (SELECT high FROM span)
LEFT JOIN analysis_reading r ON r.message_id = m.id AND r.part = 'intent'
WHERE t.conversation_id = ANY(%(ids)s) AND m.author_kind = 'customer' AND m.sent_at > l.learnt_at AND m.removed_at IS NULL AND m.text <> ''
ORDER BY m.id, t.happened_at, t.id
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One reading of one message; `intent` is the AI agent's own name for what it wants."""

    read: Read
    message: UUID
    conversation: UUID
    at: datetime
    checksum: int
    intent: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One customer's message that an AI agent answered, by which lesson it is read, and what was read of it before."""

    message: UUID
    conversation: UUID
    at: datetime
    text: str
    agent: UUID
    learnt_at: datetime
    checksum: int | None
    version: int | None

    def is_read(self, version: int) -> bool:
        """Whether it was read as it is now, in this version or a higher one."""
        return self.checksum == checksum_of(self.text) and (self.version or 0) >= version


@dataclass(frozen=True, slots=True)
class After:
    """One of a customer's first messages after a hand-off, those before it that are compared, and what was read of it before."""

    line: Line
    conversation: UUID
    before: tuple[str, ...]
    read: tuple[int, int] | None = None

    @property
    def checksum(self) -> int:
        """The checksum of all that is read: an edited text before the hand-off makes it another reading."""
        return checksum_of("\n".join((self.line.text, *self.before)))

    def is_read(self, version: int) -> bool:
        """Whether it was read as it is now, in this version or a higher one."""
        return self.read is not None and self.read[0] == self.checksum and self.read[1] >= version


def readings(said: Mapping[UUID, Sequence[Line]], *, at: datetime, is_patient: bool) -> Iterator[Found]:
    """Read again what these conversations' messages say again, and what they want; nothing that was read so before.

    Two statements; one or two more where something was handed over, and one a lesson that is not known yet.
    """
    ids = list(said)
    afters, turns = _afters(said), _turns(ids)
    known = lessons.opinions(lessons=sorted({(turn.agent, turn.learnt_at) for turn in turns}))
    turns = [turn for turn in turns if turn.agent in known]
    tier, is_heard = meanings.HERE, False
    if tier.is_on(at=at):
        waiting = [one for one in afters if not one.is_read(repeat.VERSION_OF_SECOND)]
        wanted = [turn for turn in turns if not turn.is_read(known[turn.agent].version)]
        count = sum(1 + len(one.before) for one in waiting) + len(wanted)
        is_heard = is_patient or count <= second_tier.MOST_A_TICK
        if not is_heard:
            tier.fell_behind(waiting=count)
    second = partial(tier.heard, at=at, is_patient=is_patient) if is_heard else None
    yield from _repeats(afters, second)
    yield from _intents(turns, known, second)


def _afters(said: Mapping[UUID, Sequence[Line]]) -> list[After]:
    """The customers' first messages after each hand-off. What was read of one that is no longer among them is deleted."""
    handed = Handoff.objects.filter(conversation_id__in=list(said)).order_by("conversation_id", "n")
    by = {
        key: [at for _, at in told]
        for key, told in groupby(handed.values_list("conversation_id", "happened_at"), key=itemgetter(0))
    }
    if not by:
        return []
    kept = Reading.objects.filter(conversation_id__in=list(by), part=repeat.PART)
    known = {
        message: (checksum, version)
        for message, checksum, version in kept.values_list("message_id", "text_checksum", "version")
    }
    found = [
        After(line, key, tuple(repeat.compared(before)), known.pop(line.message, None))
        for key, moments in by.items() for line, before in after_handoffs(said[key], moments)
    ]  # fmt: skip
    if known:
        kept.filter(message_id__in=list(known)).delete()
    return found


def after_handoffs(lines: Sequence[Line], moments: Sequence[datetime]) -> Iterator[tuple[Line, list[str]]]:
    """The customer's first messages after each of these moments and before the next one, each with all that they said before it."""
    own = [line for line in lines if not line.author]
    for number, moment in enumerate(moments):
        until = moments[number + 1] if number + 1 < len(moments) else None
        before = [line.text for line in own if line.at <= moment]
        after = [line for line in own if line.at > moment and (until is None or line.at <= until)]
        for line in after[: repeat.FIRST_AFTER]:
            yield line, before


def _repeats(afters: Sequence[After], second: repeat.Hear | None) -> Iterator[Found]:
    version = repeat.VERSION if second is None else repeat.VERSION_OF_SECOND
    due = [one for one in afters if not one.is_read(version)]
    read = repeat.read_many([(one.line.text, one.before) for one in due], second)
    for one, found in zip(due, read, strict=True):
        # A second tier that failed just now leaves what it read before.
        if not one.is_read(found.version):
            yield Found(found, one.line.message, one.conversation, one.line.at, one.checksum)


def _turns(ids: Sequence[UUID]) -> list[Turn]:
    with connection.cursor() as cursor:
        cursor.execute(_TURNS, {"ids": list(ids)})
        return [Turn(*row) for row in cursor.fetchall()]


def _intents(
    turns: Sequence[Turn], known: Mapping[UUID, intent.Opinion], second: intent.Hear | None
) -> Iterator[Found]:
    """Read what each message wants, by what was learnt of the AI agent that answered it."""
    for agent, some in groupby(sorted(turns, key=attrgetter("agent", "message")), key=attrgetter("agent")):
        opinion = known[agent]
        version = intent.VERSION if second is None else opinion.version
        due = [turn for turn in some if not turn.is_read(version)]
        read = opinion.read_many([turn.text for turn in due], second)
        for turn, found in zip(due, read, strict=True):
            if turn.is_read(found.version):
                continue
            is_out = found.label == intent.OUT_OF_SCOPE
            label, named = (intent.OUT_OF_SCOPE, "") if is_out else (intent.NAMED, found.label)
            told = replace(found, label=label)
            yield Found(told, turn.message, turn.conversation, turn.at, checksum_of(turn.text), named)
