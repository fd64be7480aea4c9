"""Passing a conversation on: to a queue that knows the matter better, or to a colleague who is free."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from apps.demo.case import Case
from apps.demo.desks import Desk
from apps.demo.roster import QUEUE_BY_SLUG, TEAMS

if TYPE_CHECKING:
    from apps.demo.talk import Talk

# Where a conversation in the wrong queue may go.
SIDEWAYS = {
    "billing-chat": ("tech-chat", "sales-chat"), "tech-chat": ("sales-chat", "billing-chat"),
    "sales-chat": ("tech-chat", "billing-chat"),
}  # fmt: skip
# Which share of the live conversations is passed on.
SHARE = 0.085


class Transfers:
    """Decides and plays who goes on with a conversation."""

    def __init__(self, *, talk: Talk) -> None:
        self.talk = talk

    def is_misplaced(self, case: Case) -> bool:
        """Whether somebody finds that others should answer this; a conversation is passed on once."""
        return case.is_live and not case.was_moved and self.talk.rng.random() < SHARE

    def better_queues(self, case: Case) -> list[str]:
        """Queues where this matter comes up more often than where it is now."""
        weights, here = case.arrival.topic.queues, case.queue.slug
        return [slug for slug in SIDEWAYS.get(here, ()) if weights.get(slug, 0) > weights.get(here, 0)]

    def moves(self, case: Case, desk: Desk) -> Generator[Any, Any, str]:
        """Pass it on: to another queue, or to a colleague who is free. Returns nothing when it stays after all."""
        there = self.better_queues(case)
        sideways = bool(there) and self.talk.rng.random() < 0.7
        able = [] if sideways else [one for one in self.talk.floor.able(case) if one is not desk]
        if not sideways and not able:
            return ""
        if not (yield from self.talk.writes(case, desk, first=False)):
            return self.talk.lost(case, desk)
        # Somebody may have been taken meanwhile.
        able = [one for one in able if one.has_room(case.queue.channel, self.talk.engine.now)]
        if not sideways and not able:
            return ""
        case.was_moved = True
        team = TEAMS[QUEUE_BY_SLUG[there[0]].team if sideways else able[0].person.team]
        case.say(desk.party, case.words(lambda w: w.agent_transfers(team)), seconds=3.0)
        case.say(desk.party, case.words(lambda w: w.summary()), visibility="private")
        if not sideways:
            able[0].take(case.queue.channel, self.talk.engine.now)
        desk.give(case.queue.channel, self.talk.engine.now)
        self.talk.engine.start(self.talk.wraps_up(case, desk))
        if sideways:
            case.desk, case.passed_on_by = None, desk
            return "transfer"
        other = able[0]
        case.tell(
            "conversation.assigned", to=other.party, **{"from": desk.party}, queue=case.queue.slug,
            team=TEAMS[other.person.team], reason="transfer", by=desk.party,
        )  # fmt: skip
        case.desk = case.last_desk = other
        case.speaks(other.person.name)
        yield self.talk.rng.uniform(8, 25)
        while not other.may_write(case.queue.channel):
            yield 10
        case.say(
            other.party, case.words(lambda w: w.agent_first(other.person, takes_over=True, asks=False)), seconds=4.0
        )
        return ""
