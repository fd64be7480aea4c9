"""Reading lists: examples in an order, given to people or to a team, with how far each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, Prefetch, QuerySet

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.learning.models import Exemplar, Given, Item, Read, ReadingList
from apps.learning.queries import bare
from apps.shared.errors import OutOfScope, Refusal
from apps.ui.masked import MaskedText

LONGEST_NAME, MOST_ITEMS = 60, 30


class ListRefused(Refusal):
    """There can be no such list, or no such item in it."""


@dataclass(frozen=True, slots=True)
class Place:
    """One example in a list; `is_there` is false where it was withdrawn, ended or is not the reader's."""

    item: Item
    number: int
    why: MaskedText
    topic: MaskedText
    is_there: bool
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """One person who was given a list, and how many of what is there they read."""

    agent: Agent
    name: str
    n_read: int
    last_at: datetime | None
    by_team: bool


@dataclass(frozen=True, slots=True)
class ListRow:
    """One list in short. `n` is what is there to read; `n_read` the viewer's own, `n_done` people who read it all."""

    one: ReadingList
    n: int
    n_read: int = 0
    n_people: int = 0
    n_done: int = 0
    places: Sequence[Place] = ()

    @property
    def is_done(self) -> bool:
        """Everything that is there was read."""
        return self.n > 0 and self.n_read == self.n

    @property
    def field_key(self) -> str:
        """The list's key as text, for ids."""
        return str(self.one.pk)

    @property
    def progress(self) -> str:
        """How far the viewer is, in words."""
        return "you have read it all" if self.is_done else f"you have read {self.n_read} of {self.n}"


@dataclass(frozen=True, slots=True)
class Told:
    """One list as who keeps it sees it."""

    row: ListRow
    places: Sequence[Place]
    readers: Sequence[Reader]
    to_add: Sequence[tuple[UUID, MaskedText]]
    to_give: Sequence[Agent]
    is_given_to_team: bool


def mine(*, viewer: Viewer, at: datetime) -> list[ListRow]:
    """The lists given to an agent, each with what they have read of it. Six statements at most; none for others.

    What is not there any more is not counted: nobody is behind for want of it.
    """
    if not viewer.allows(Permission.BE_COACHED):
        return []
    lists = _with_items(ReadingList.objects.visible_to(viewer))
    there = _there(viewer, at, lists)
    read = set(Read.objects.filter(agent__user=viewer.user).values_list("exemplar_id", flat=True))
    found = []
    for one in lists:
        places = _places(viewer, one, there, read)
        here = [place for place in places if place.is_there]
        found.append(ListRow(one, len(here), sum(place.is_read for place in here), places=here))
    return found


def kept(*, viewer: Viewer, at: datetime) -> list[ListRow]:
    """The lists a viewer keeps, each with how many have read it. Eight statements at most.

    :raises NotAllowed: the role keeps none.
    """
    viewer.require(Permission.GIVE_READING)
    lists = _with_items(ReadingList.objects.visible_to(viewer))
    there = _there(viewer, at, lists)
    readers = _readers(lists, there)
    return [
        ListRow(
            one, n := sum(item.exemplar_id in there for item in one.items.all()), n_people=len(readers[one.pk]),
            n_done=sum(n > 0 and reader.n_read == n for reader in readers[one.pk]),
        )
        for one in lists
    ]  # fmt: skip


def get_told(*, viewer: Viewer, pk: UUID, at: datetime) -> Told:
    """One list with its examples, its readers by name, and what can be added. Thirteen statements at most.

    :raises NotAllowed: the role keeps none.
    :raises OutOfScope: not one of a team the viewer leads.
    """
    one = get_list(viewer=viewer, pk=pk)
    [whole] = _with_items(ReadingList.objects.filter(pk=one.pk))
    there = _there(viewer, at, [whole])
    readers = _readers([whole], there)[whole.pk]
    held = {item.exemplar_id for item in whole.items.all()}
    free = Exemplar.objects.visible_to(viewer, at).exclude(pk__in=held).filter(opened_at__isnull=False)
    fits = [e for e in free.order_by("-shared_at")[:100] if e.is_for_all or e.team_id == whole.team_id]
    given = list(whole.given.all())
    named = {g.agent_id for g in given}
    people = Agent.objects.people().filter(team=whole.team).exclude(pk__in=[key for key in named if key])
    places = _places(viewer, whole, there, set())
    n = sum(place.is_there for place in places)
    return Told(
        row=ListRow(whole, n, n_people=len(readers), n_done=sum(n > 0 and r.n_read == n for r in readers)), places=places,
        readers=readers, to_add=[(e.pk, bare(f"{e.topic}: {e.why}", viewer.role)) for e in fits], to_give=list(people.order_by("name")),
        is_given_to_team=any(g.team_id for g in given),
    )  # fmt: skip


def _with_items(found: QuerySet[ReadingList]) -> list[ReadingList]:
    items = Prefetch("items", Item.objects.select_related("exemplar").order_by("place", "pk"))
    given = Prefetch("given", Given.objects.select_related("agent"))
    return list(found.select_related("team").prefetch_related(items, given))


def _there(viewer: Viewer, at: datetime, lists: Sequence[ReadingList]) -> set[UUID]:
    keys = {item.exemplar_id for one in lists for item in one.items.all()}
    return set(
        Exemplar.objects.visible_to(viewer, at)
        .filter(pk__in=keys, opened_at__isnull=False)
        .values_list("pk", flat=True)
    )


def _places(viewer: Viewer, one: ReadingList, there: set[UUID], read: set[UUID]) -> list[Place]:
    return [
        Place(
            item, number, bare(item.exemplar.why if item.exemplar_id in there else "", viewer.role),
            bare(item.exemplar.topic if item.exemplar_id in there else "", viewer.role), item.exemplar_id in there,
            item.exemplar_id in read,
        )
        for number, item in enumerate(one.items.all(), start=1)
    ]  # fmt: skip


def _readers(lists: Sequence[ReadingList], there: set[UUID]) -> dict[UUID, list[Reader]]:
    """Who was given each list, by name, with how far they are. Two statements."""
    teams = {g.team_id for one in lists for g in one.given.all() if g.team_id}
    members: dict[int | None, list[Agent]] = {}
    for agent in Agent.objects.people().filter(team__in=teams):
        members.setdefault(agent.team_id, []).append(agent)
    keys = {item.exemplar_id for one in lists for item in one.items.all()} & there
    reads: dict[UUID, dict[UUID, datetime]] = {}
    for agent_id, exemplar, at in Read.objects.filter(exemplar__in=keys).values_list("agent_id", "exemplar_id", "at"):
        reads.setdefault(agent_id, {})[exemplar] = at
    found = {}
    for one in lists:
        held = {item.exemplar_id for item in one.items.all()}
        people = {a.pk: (a, True) for g in one.given.all() if g.team_id for a in members.get(g.team_id, ())}
        people |= {g.agent.pk: (g.agent, False) for g in one.given.all() if g.agent is not None}
        rows = []
        for agent, by_team in people.values():
            done = [at for key, at in reads.get(agent.pk, {}).items() if key in held]
            rows.append(Reader(agent, agent.name, len(done), max(done, default=None), by_team))
        found[one.pk] = sorted(rows, key=lambda row: (row.name, str(row.agent.pk)))
    return found


def get_list(*, viewer: Viewer, pk: UUID) -> ReadingList:
    """Return a list the viewer keeps.

    :raises NotAllowed: the role keeps none.
    :raises OutOfScope: there is none, or not of a team they lead.
    """
    viewer.require(Permission.GIVE_READING)
    found = ReadingList.objects.visible_to(viewer).select_related("team").filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def teams(*, viewer: Viewer) -> list[Team]:
    """The teams for which the viewer may keep lists. One statement."""
    return list(Team.objects.visible_to(viewer).order_by("name")) if viewer.allows(Permission.GIVE_READING) else []


@transaction.atomic
def make(*, by: Viewer, name: str, team: int, at: datetime) -> ReadingList:
    """Make an empty list for a team.

    :raises NotAllowed: the role keeps none.
    :raises OutOfScope: not a team they lead.
    :raises ListRefused: without a name, or there is one of this name.
    """
    by.require(Permission.GIVE_READING)
    found = Team.objects.visible_to(by).filter(pk=team).first()
    if found is None:
        raise OutOfScope
    told = mask(text=" ".join(name.split())).text
    if not 3 <= len(told) <= LONGEST_NAME:
        raise ListRefused(f"Saw {len(told)} characters. Expected 3 to {LONGEST_NAME}.")
    try:
        with transaction.atomic():
            made = ReadingList.objects.create(name=told, team=found, made_by=by.user, made_at=at)
    except IntegrityError as taken:
        raise ListRefused(f"{found.name} has a list of this name.") from taken
    audit.record(by=by, verb="reading.made", subject=made, about=told, at=at)
    return made


@transaction.atomic
def add(*, by: Viewer, pk: UUID, exemplar: UUID, at: datetime) -> None:
    """Put an example at the end of a list. Adding it again changes nothing.

    :raises OutOfScope: no list of theirs, or no example the viewer may read.
    :raises ListRefused: it is not in the library of the list's team, or the list is full.
    """
    found = get_list(viewer=by, pk=pk)
    one = Exemplar.objects.visible_to(by, at).filter(pk=exemplar, opened_at__isnull=False).first()
    if one is None:
        raise OutOfScope
    if not (one.is_for_all or one.team_id == found.team_id):
        raise ListRefused(
            f"It is in the library of another team than {found.team}. Its people agreed to their own team."
        )
    if found.items.count() >= MOST_ITEMS:
        raise ListRefused(f"The list has {MOST_ITEMS} examples, which is enough to read. Take one out first.")
    last = found.items.aggregate(last=Max("place"))["last"] or 0
    Item.objects.get_or_create(list=found, exemplar=one, defaults={"place": last + 1})


@transaction.atomic
def take_out(*, by: Viewer, pk: UUID, item: int) -> None:
    """Take an example out of a list; it stays in the library. What is not there is no mistake."""
    get_list(viewer=by, pk=pk).items.filter(pk=item).delete()


@transaction.atomic
def move_up(*, by: Viewer, pk: UUID, item: int) -> None:
    """Let an example change places with the one before it. The first stays where it is."""
    found = get_list(viewer=by, pk=pk)
    items = list(found.items.select_for_update().order_by("place", "pk"))
    place = next((n for n, one in enumerate(items) if one.pk == item), 0)
    if place:
        items[place - 1 : place + 1] = [items[place], items[place - 1]]
        for n, one in enumerate(items, start=1):
            one.place = n
        Item.objects.bulk_update(items, ["place"])


@transaction.atomic
def give(*, by: Viewer, pk: UUID, agent: UUID | None, at: datetime) -> None:
    """Give a list to one person of its team, or to the whole team (None), with whoever joins it later. Again changes nothing.

    :raises OutOfScope: no list of theirs, or nobody of the list's team.
    """
    found = get_list(viewer=by, pk=pk)
    to = None if agent is None else Agent.objects.people().filter(pk=agent, team=found.team).first()
    if agent is not None and to is None:
        raise OutOfScope
    _, is_new = Given.objects.get_or_create(
        list=found, agent=to, team=found.team if to is None else None, defaults={"by": by.user, "at": at}
    )
    if is_new:
        audit.record(
            by=by, verb="reading.given", subject=found, about=f"{found.name}, {found.team.name if to is None else to.name}"[:200],
            concerns=[] if to is None or to.user_id is None else [to.user_id], at=at,
        )  # fmt: skip


@transaction.atomic
def take_back(*, by: Viewer, pk: UUID, agent: UUID | None, at: datetime) -> None:
    """Take a list back from one person, or from the team (None). What was read stays read."""
    found = get_list(viewer=by, pk=pk)
    theirs = found.given.filter(agent=agent) if agent is not None else found.given.filter(agent=None)
    if theirs.delete()[0]:
        audit.record(by=by, verb="reading.taken_back", subject=found, about=found.name, at=at)


@transaction.atomic
def put_away(*, by: Viewer, pk: UUID, at: datetime) -> None:
    """Put a list away: nobody is given it any more, and the name is free."""
    found = get_list(viewer=by, pk=pk)
    found.retired_at = at
    found.save(update_fields=["retired_at"])
    audit.record(by=by, verb="reading.put_away", subject=found, about=found.name, at=at)
