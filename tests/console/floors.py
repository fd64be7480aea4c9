"""A floor made by hand: every row is known, so every figure can be worked out on paper."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from guardian.shortcuts import assign_perm

from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent, Presence, Team
from apps.interactions.models import BotTurn, CareCycle, Conversation, Participation, Queue, QueueWait, Transfer
from apps.metrics import volume
from apps.metrics.models import NO_QUEUE, QueuePoint


def queue_named(name: str, *, target: int | None = 60) -> Queue:
    """A chat queue that promises 80 % of first replies within the target, in seconds; None: it promises nothing."""
    goal = None if target is None else 0.8
    return Queue.objects.create(name=name, channel="webchat", reply_target_seconds=target, service_level_target=goal)


def conversation(queue: Queue, at: datetime, **values: object) -> Conversation:
    """One conversation of a queue that began at the moment; open unless told otherwise."""
    key = uuid4()
    return Conversation.objects.create(
        id=key, source="shop", external_id=str(key), channel="webchat", queue=queue, started_at=at, last_event_at=at,
        **values,
    )  # fmt: skip


def waiting(queue: Queue, at: datetime, seconds: int) -> Conversation:
    """Somebody who has stood in the queue for so many seconds."""
    since = at - timedelta(seconds=seconds)
    one = conversation(queue, since, waiting_since=since)
    QueueWait.objects.create(conversation=one, n=1, queue=queue, entered_at=since)
    return one


def replied(queue: Queue, at: datetime, seconds: float) -> None:
    """A first reply at the moment that took so many seconds; the conversation stays open."""
    began = at - timedelta(seconds=seconds)
    CareCycle.objects.create(
        conversation=conversation(queue, began, human_messages=1), n=1, started_at=began, started_by="created",
        queue=queue, reply_clock_from=began, first_reply_at=at, first_reply_seconds=seconds,
    )  # fmt: skip


def handled(queue: Queue, at: datetime, *, is_transferred: bool = False) -> None:
    """A conversation that a person answered two hours ago and resolved at the moment."""
    began = at - timedelta(hours=2)
    one = conversation(queue, began, is_open=False, resolved_at=at, human_messages=1)
    CareCycle.objects.create(
        conversation=one, n=1, started_at=began, started_by="created", queue=queue, reply_clock_from=began,
        first_reply_at=began, first_reply_seconds=0, resolved_at=at,
    )  # fmt: skip
    if is_transferred:
        Transfer.objects.create(conversation=one, n=1, happened_at=began)


def stood(queue: Queue, at: datetime, seconds: int, *, ended_by: str) -> None:
    """A wait that ended at the moment."""
    began = at - timedelta(seconds=seconds)
    one = conversation(queue, began - timedelta(hours=2), is_open=False)
    QueueWait.objects.create(conversation=one, n=1, queue=queue, entered_at=began, ended_at=at, ended_by=ended_by)


def turn(queue: Queue, ai: Agent, at: datetime, confidence: float | None, **values: object) -> None:
    """One turn of an AI agent in a conversation of its own."""
    began = at - timedelta(hours=2)
    one = conversation(queue, began, is_open=False)
    CareCycle.objects.create(conversation=one, n=1, started_at=began, started_by="created", queue=queue)
    BotTurn.objects.create(
        id=uuid4(), conversation_id=one.pk, happened_at=at, event_id=uuid4(), agent_id=ai.pk, confidence=confidence,
        **values,
    )  # fmt: skip


def on_shift(name: str, team: Team, at: datetime, *, status: str = "available", capacity: int = 3) -> Agent:
    """A person of a team who has been in one state for ten minutes."""
    one = Agent.objects.create(kind="human", name=name, team=team, capacity=capacity)
    Presence.objects.create(id=uuid4(), agent=one, status=status, started_at=at - timedelta(minutes=10))
    return one


def holds(agent: Agent, queue: Queue, at: datetime) -> Conversation:
    """A conversation the person has held for five minutes."""
    began = at - timedelta(minutes=5)
    one = conversation(queue, began, holder=agent)
    Participation.objects.create(conversation=one, n=1, agent=agent, joined_at=began)
    return one


def granted(viewer: Viewer, *, queue: Queue | None = None, team: Team | None = None) -> Viewer:
    """The same person with a grant more, loaded afresh."""
    if queue is not None:
        assign_perm("interactions.work_queue", viewer.user, queue)
    if team is not None:
        assign_perm("agents.lead_team", viewer.user, team)
    return viewer_for(viewer.user)


def known_for_weeks(at: datetime) -> None:
    """Customers came more than two weeks ago, so that two weeks can be compared."""
    QueuePoint.objects.get_or_create(
        grain="hour", measure=volume.ARRIVALS, starts_at=at.replace(minute=0) - timedelta(days=15), queue_id=NO_QUEUE, channel="",
        defaults={"n": 1, "total": 0, "counted_at": at},
    )  # fmt: skip
