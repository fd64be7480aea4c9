"""A conversation that can be scored: Asha and an AI agent answered in it, Quentin and Mona may score it, Lena leads Asha."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.interactions.models import Conversation, Message, Participation, Queue
from apps.reviews import services
from apps.reviews.drafts import Entries, Entry
from apps.reviews.models import Pick, Review
from tests.console.floors import granted, holds, on_shift, queue_named

# Marks of the rubric for people that a portal begins with: nothing low.
GOOD = {
    "reads-hand-off": Entry(step=4), "shows-heard": Entry(step=3), "right-answer": Entry(step=4), "follows-policy": Entry(step=2),
    "warm-and-plain": Entry(step=3), "next-step": Entry(is_na=True),
}  # fmt: skip


@dataclass
class Floor:
    """One of everything that a review needs."""

    quentin: Viewer
    mona: Viewer
    lena: Viewer
    asha: Viewer
    agent: Agent
    ai: Agent
    team: Team
    queue: Queue
    talk: Conversation
    said: list[UUID]


def words(
    talk: Conversation, at: datetime, *, by: Agent | None = None, text: str = "I said that twice already"
) -> UUID:
    """One message, of the customer unless an agent is named."""
    kind = "customer" if by is None else "bot" if by.kind == "ai" else "agent"
    return Message.objects.create(
        id=uuid4(), conversation_id=talk.pk, author_kind=kind, agent_id=None if by is None else by.pk, text=text, sent_at=at,
        sequence="", kind="text", recorded_at=at,
    ).pk  # fmt: skip


@pytest.fixture
def floor(quentin: Viewer, mona: Viewer, lena: Viewer, asha: Viewer, noon: datetime) -> Floor:
    services.seed(at=noon - timedelta(days=30))
    team, queue = Team.objects.create(name="Billing"), queue_named("Billing chat")
    agent = on_shift("Asha Verma", team, noon)
    Agent.objects.filter(pk=agent.pk).update(user=asha.user)
    agent.refresh_from_db()
    ai = Agent.objects.create(kind="ai", name="Bo")
    talk = holds(agent, queue, noon)
    began = talk.started_at
    Participation.objects.create(conversation=talk, n=2, agent=ai, joined_at=began, left_at=began)
    said = [
        words(talk, began), words(talk, began + timedelta(seconds=5), by=ai, text="It is on its way."),
        words(talk, began + timedelta(seconds=60)), words(talk, began + timedelta(seconds=90), by=agent, text="Let me look."),
    ]  # fmt: skip
    return Floor(
        quentin=granted(quentin, queue=queue), mona=mona, lena=granted(lena, team=team, queue=queue), asha=asha, agent=agent, ai=ai,
        team=team, queue=queue, talk=talk, said=said,
    )  # fmt: skip


def another_talk(floor: Floor, at: datetime) -> Conversation:
    """One more conversation that Asha held."""
    return holds(floor.agent, floor.queue, at)


def draft(
    floor: Floor, at: datetime, entries: Entries | None = None, *, by: Viewer | None = None, note: str = "", pick: Pick = Pick.RANDOM,
    talk: Conversation | None = None,
) -> Review:  # fmt: skip
    """A draft about Asha with marks."""
    who = by or floor.quentin
    begun = services.begin(by=who, conversation=(talk or floor.talk).pk, agent=floor.agent.pk, pick=pick, at=at)
    found, _ = services.save(
        by=who,
        pk=begun.pk,
        based_on=begun.revision,
        key=uuid4(),
        entries=GOOD if entries is None else entries,
        note=note,
        at=at,
    )
    return found


def submitted(
    floor: Floor, at: datetime, entries: Entries | None = None, *, by: Viewer | None = None, note: str = "", pick: Pick = Pick.RANDOM,
    talk: Conversation | None = None,
) -> Review:  # fmt: skip
    """A review about Asha that was submitted at the moment."""
    who = by or floor.quentin
    one = draft(floor, at, entries, by=who, note=note, pick=pick, talk=talk)
    return services.submit(by=who, pk=one.pk, based_on=one.revision, at=at)
