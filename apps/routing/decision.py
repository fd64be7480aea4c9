"""Who is to take a conversation, given what is diverted now. Pure: rows and clock come from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Handler(StrEnum):
    """Who answers first."""

    AS_USUAL = "as_usual"
    PEOPLE = "people"
    SENIORS = "seniors"
    AI = "ai"


@dataclass(frozen=True, slots=True)
class Diverted:
    """A diversion as the decision needs it. `people` are keys of agents."""

    key: UUID
    kind: str
    queue: UUID
    to_queue: UUID | None
    intent: str
    people: frozenset[UUID]
    made_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. It holds until `until` (None: nothing is diverted), and `because` names what it follows.

    `joining` may take conversations of the queue though it is not theirs; `away` may not though it is.
    """

    handler: Handler
    until: datetime | None
    because: Sequence[UUID]
    joining: frozenset[UUID] = frozenset()
    away: frozenset[UUID] = frozenset()


def decide(running: Sequence[Diverted], *, queue: UUID, intent: str = "", is_complex: bool = False) -> Decision:
    """Say who is to take a conversation of a queue, about a matter (empty: not known).

    A pause of the AI is stronger than a complex conversation going to seniors, and both are stronger than simple matters going to
    the AI: what keeps a customer from the wrong answer comes before what saves work. Of two diversions alike the later one holds.
    """
    own = [one for one in running if one.queue == queue]
    moves = [one for one in running if one.kind == "move" and queue in (one.queue, one.to_queue)]

    def newest(kind: str) -> Diverted | None:
        found = [one for one in own if one.kind == kind and (not one.intent or one.intent == intent)]
        return max(found, key=lambda one: (one.made_at, one.key), default=None)

    handler, chosen = Handler.AS_USUAL, None
    if (pause := newest("pause")) is not None:
        handler, chosen = Handler.PEOPLE, pause
    if is_complex and (seniors := newest("seniors")) is not None:
        handler, chosen = Handler.SENIORS, seniors
    elif chosen is None and not is_complex and (ai := newest("to_ai")) is not None:
        handler, chosen = Handler.AI, ai
    held = [*([chosen] if chosen is not None else []), *moves]
    joining = {person for one in moves if one.to_queue == queue for person in one.people}
    away = {person for one in moves if one.queue == queue for person in one.people}
    return Decision(
        handler, min((one.ends_at for one in held), default=None), [one.key for one in held], frozenset(joining), frozenset(away)
    )  # fmt: skip
