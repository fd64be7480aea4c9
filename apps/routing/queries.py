"""What runs now, what a move would leave behind, and who is to take a conversation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count
from django.urls import reverse

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions.models import BotTurn, Conversation, Queue
from apps.routing import cover, staffing
from apps.routing.cover import Cover, Person
from apps.routing.decision import Decision, Diverted, decide
from apps.routing.models import Diversion, HelpCall, Kind, State
from apps.routing.services import get_helped, get_queue

# Matters that an AI agent of the queue has taken lately: those that can be paused.
LATELY = timedelta(hours=24)
MOST_MATTERS = 12
WORDS = {
    Kind.MOVE: "{people} from {queue} to {to}", Kind.SENIORS: "Complex conversations of {queue} go to seniors",
    Kind.TO_AI: "{matter} of {queue} go to the AI", Kind.PAUSE: "The AI is paused for {matter} in {queue}",
}  # fmt: skip
STATES = {
    State.PLANNED: ("Planned", "Not fetched by the platform yet."),
    State.SENT: ("Sent", "The platform has fetched it and said nothing yet."),
    State.ACCEPTED: ("Accepted", "The platform has agreed; not in effect yet."),
    State.DONE: ("Done", "The platform says that it is in effect."),
    State.REFUSED: ("Refused", "The platform refused. Nothing has changed."),
}


@dataclass(frozen=True, slots=True)
class Running:
    """A diversion as a row. `state_mark` is the colour of its tag; names of people only for who may see them."""

    key: str
    kind: str
    text: str
    people: Sequence[str]
    by_name: str
    made_at: datetime
    ends_at: datetime
    state: str
    state_note: str
    state_mark: str
    back_href: str
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Help:
    """A standing call for help. `send_href` is where the viewer sends people from; `end_href`: empty unless it is theirs."""

    key: str
    queue_name: str
    by_name: str
    made_at: datetime
    answered: str
    send_href: str
    end_href: str


@dataclass(frozen=True, slots=True)
class Side:
    """One queue of a move: how it stands and how it will."""

    name: str
    now: Cover
    then: Cover


@dataclass(frozen=True, slots=True)
class Choice:
    """One person who can be moved."""

    person: Person
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A move before it is made. `left` is None while no queue has anybody to give."""

    to: Queue
    queue: Queue | None
    options: Sequence[tuple[Queue, int]]
    people: Sequence[Choice]
    left: Side | None
    helped: Side
    chosen: int


def running(*, viewer: Viewer, at: datetime) -> list[Running]:
    """What is diverted now in the viewer's scope, what ends first first. Three statements at most."""
    if staffing.nothing_runs(at=at):
        return []
    found = Diversion.objects.visible_to(viewer).running(at).order_by("ends_at", "pk")
    return _rows(viewer, list(found.select_related("queue", "to_queue", "by").prefetch_related("people")[:50]), at)


def past(*, viewer: Viewer, at: datetime, most: int = 20) -> list[Running]:
    """What returned within a day, the latest first. Three statements at most."""
    found = (
        Diversion.objects.visible_to(viewer)
        .filter(ended_at__gt=at - LATELY, ended_at__lte=at)
        .order_by("-ended_at", "pk")
    )
    return _rows(viewer, list(found.select_related("queue", "to_queue", "by").prefetch_related("people")[:most]), at)


def _rows(viewer: Viewer, found: Sequence[Diversion], at: datetime) -> list[Running]:
    may_see = viewer.allows(Permission.VIEW_PEOPLE)
    known = set(Agent.objects.visible_to(viewer).people().values_list("pk", flat=True)) if may_see and found else set()
    rows = []
    for one in found:
        people = sorted(one.people.all(), key=lambda person: person.name)
        words, note = STATES[State(one.state)]
        mark = {"done": "ok", "refused": "crit"}.get(one.state, "")
        rows.append(
            Running(
                key=str(one.pk), kind=one.kind, text=in_words(one, len(people)),
                people=[person.name for person in people if person.pk in known], by_name=str(one.by), made_at=one.made_at,
                ends_at=one.ended_at or one.ends_at, state=words, state_note=note, state_mark=mark,
                back_href=reverse("diversion_back", args=[one.pk]) if viewer.allows(Permission.REROUTE) else "",
                is_over=one.ended_at is not None,
            )
        )  # fmt: skip
    return rows


def in_words(one: Diversion, people: int) -> str:
    """A diversion as a sentence without a name of a person; `people` is how many it moves."""
    who = "1 person" if people == 1 else f"{people} people"
    matter = (
        f"“{one.intent.replace('_', ' ')}”"
        if one.intent
        else "every matter"
        if one.kind == "pause"
        else "Simple matters"
    )
    return WORDS[Kind(one.kind)].format(
        people=who, queue=one.queue.name, to=one.to_queue.name if one.to_queue else "", matter=matter
    )


def helps(*, viewer: Viewer, at: datetime) -> list[Help]:
    """Calls for help that the viewer could answer or made. One statement while there is none, as mostly; else four at most."""
    called = HelpCall.objects.visible_to(viewer).standing(at).select_related("queue").order_by("made_at")
    standing = list(called.prefetch_related("by", "answered_by"))
    mine = set(Queue.objects.visible_to(viewer).values_list("pk", flat=True)) if standing else set()
    sends = viewer.allows(Permission.VIEW_PEOPLE)
    return [
        Help(
            key=str(one.pk), queue_name=one.queue.name, by_name=str(one.by), made_at=one.made_at,
            answered="" if one.answered_by is None else str(one.answered_by),
            send_href=reverse("move", args=[one.queue_id]) if sends else "",
            end_href=reverse("help_end", args=[one.pk]) if one.queue_id in mine else "",
        )
        for one in standing
    ]  # fmt: skip


def plan(*, viewer: Viewer, to: UUID, queue: UUID | None, people: Collection[UUID] | None, at: datetime) -> Plan:
    """Work a move out before it is made: from where, who, and what both queues look like then. Nine statements at most.

    Without a queue the one with most to give is taken; without people those who cover the wait, as far as the queue left keeps
    enough (`cover.offered`).

    :raises NotAllowed: the role moves nobody.
    :raises OutOfScope: a queue is not theirs.
    """
    viewer.require(Permission.REROUTE)
    viewer.require(Permission.VIEW_PEOPLE)
    helped = get_helped(viewer=viewer, pk=to, at=at)
    if queue is not None:
        get_queue(viewer=viewer, pk=queue)
    mine = [one for one in Queue.objects.visible_to(viewer) if one.pk != helped.pk]
    found = staffing.staffed(queues=[helped.pk, *(one.pk for one in mine)], at=at, zone=viewer.zone)
    led = set(Agent.objects.visible_to(viewer).people().values_list("pk", flat=True))
    there = {one.key for one in found[helped.pk].people}
    busy = {key for one in staffing.moved(at=at) for key in one.keys}

    def movable(one: Queue) -> list[Person]:
        return [person for person in found[one.pk].people if person.key in led - there - busy]

    options = [(one, sum(person.free for person in movable(one))) for one in mine if movable(one)]
    options.sort(key=lambda option: (-(option[1] - found[option[0].pk].cover.waiting), option[0].name))
    left = next((one for one, _ in options if queue is None or one.pk == queue), None)
    now = found[helped.pk].cover
    if left is None:
        return Plan(helped, None, options, (), None, Side(helped.name, now, now), 0)
    able, stands = movable(left), found[left.pk].cover
    wanted = max(now.waiting - now.free, 1)
    chosen = set(cover.offered(able, stands, wanted=wanted)) if people is None else set(people)
    chosen &= {person.key for person in able}
    return Plan(
        to=helped, queue=left, options=options, people=[Choice(person, person.key in chosen) for person in able],
        left=Side(left.name, stands, cover.without(stands, able, chosen)),
        helped=Side(helped.name, now, cover.with_more(now, able, chosen)), chosen=len(chosen),
    )  # fmt: skip


def matters(*, viewer: Viewer, queue: UUID, at: datetime) -> list[tuple[str, int]]:
    """Which matters the AI took in a queue lately, with how many turns, most first. Two statements."""
    where = get_queue(viewer=viewer, pk=queue)
    return matters_of(queue=where.pk, at=at)


def matters_of(*, queue: UUID, at: datetime) -> list[tuple[str, int]]:
    """The same, of a queue that is known to be in scope. One statement."""
    talks = Conversation.objects.filter(queue_id=queue, last_event_at__gt=at - LATELY).values("pk")
    turns = BotTurn.objects.filter(happened_at__gt=at - LATELY, conversation_id__in=talks, is_fallback=False).exclude(
        intent=""
    )
    found = turns.order_by().values_list("intent").annotate(n=Count("pk")).order_by("-n", "intent")
    return [(intent, n) for intent, n in found[:MOST_MATTERS]]


def decision(*, queue: UUID, intent: str, is_complex: bool, at: datetime) -> Decision:
    """Who is to take a conversation of a queue now. Two statements."""
    found = Diversion.objects.running(at).exclude(state=State.REFUSED).prefetch_related("people")
    running = [
        Diverted(
            key=one.pk, kind=one.kind, queue=one.queue_id, to_queue=one.to_queue_id, intent=one.intent,
            people=frozenset(person.pk for person in one.people.all()), made_at=one.made_at, ends_at=one.ends_at,
        )
        for one in found
    ]  # fmt: skip
    return decide(running, queue=queue, intent=intent, is_complex=is_complex)


def people_moved(*, at: datetime) -> dict[UUID, tuple[UUID, UUID]]:
    """Who has left which queue for which, for screens that count slots by queue. One statement."""
    return {key: (one.queue_id, one.to_queue_id) for one in staffing.moved(at=at) for key in one.keys}
