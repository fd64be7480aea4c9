"""The shift calendar: what files and weekly patterns plan becomes shifts, and is changed here alone.

A file never changes what a weekly pattern planned and the other way round: where both say something the one that is there stays,
and whoever plans is told of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.db.models import Prefetch

from apps.access import audit
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents import planning, shift_files
from apps.agents.models import Activity, Agent, AgentIdentity, Origin, Shift, ShiftException, WeekShift
from apps.agents.planning import PlanRefused, Week
from apps.agents.shift_files import OPEN, Bad, Row
from apps.shared.errors import OutOfScope

# So far ahead a weekly pattern is written out; a task writes on every night.
AHEAD = timedelta(days=56)
TOLD_BAD = 200


@dataclass(slots=True)
class Imported:
    """What became of a file: how many stretches are new, changed, as they were, taken away; and each that could not be used."""

    made: int = 0
    changed: int = 0
    same: int = 0
    cancelled: int = 0
    bad: list[Bad] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Planned:
    """One person with their week in words and their next shift."""

    agent: Agent
    days: Sequence[str]
    next_at: datetime | None
    until: datetime | None


def planned(*, viewer: Viewer, at: datetime) -> list[Planned]:
    """Return everybody who can be planned, by name. Three statements.

    :raises NotAllowed: the role plans nobody.
    """
    viewer.require(Permission.MANAGE_SETUP)
    coming = Shift.objects.filter(ends_at__gt=at).order_by("starts_at")
    people = Agent.objects.people().select_related("team").order_by("name", "pk")
    found = people.prefetch_related("week", Prefetch("shifts", queryset=coming, to_attr="coming"))
    return [
        Planned(
            agent=one, days=[f"{planning.WEEKDAYS[day.weekday - 1][:3]} {_said(day)}" for day in one.week.all()],
            next_at=one.coming[0].starts_at if one.coming else None, until=one.coming[-1].ends_at if one.coming else None,  # type: ignore[attr-defined]
        )
        for one in found
    ]  # fmt: skip


def _said(day: WeekShift) -> str:
    return planning.say_stretch((day.starts_minute, day.ends_minute))


def get_person(*, viewer: Viewer, pk: UUID) -> Agent:
    """Return somebody who can be planned.

    :raises NotAllowed: the role plans nobody. :raises OutOfScope: no person has this key.
    """
    viewer.require(Permission.MANAGE_SETUP)
    found = Agent.objects.people().select_related("user").filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def week_of(agent: Agent, *, zone: str) -> Week:
    """Return a person's week; `zone` is that of one who has none yet. Two statements."""
    days = list(agent.week.all())
    return Week(
        zone=days[0].zone if days else zone,
        days={day.weekday: (day.starts_minute, day.ends_minute) for day in days},
        exceptions={
            one.day: None if one.starts_minute is None or one.ends_minute is None else (one.starts_minute, one.ends_minute)
            for one in agent.exceptions.all()
        },
    )  # fmt: skip


@transaction.atomic
def set_week(*, by: Viewer, agent: Agent, week: Week, at: datetime) -> int:
    """Let a person's week say this, and write its shifts out from now on; what began stays. Return how many are planned.

    :raises NotAllowed: the role plans nobody. :raises PlanRefused: there is no such zone, or two days overlap.
    """
    by.require(Permission.MANAGE_SETUP)
    if week.zone not in available_timezones():
        raise PlanRefused("zone", f"Saw “{week.zone[:30]}”. Expected a time zone such as Europe/Berlin.")
    Agent.objects.select_for_update().get(pk=agent.pk)
    WeekShift.objects.filter(agent=agent).delete()
    ShiftException.objects.filter(agent=agent).delete()
    WeekShift.objects.bulk_create(
        WeekShift(agent=agent, weekday=day, starts_minute=begins, ends_minute=ends, zone=week.zone)
        for day, (begins, ends) in sorted(week.days.items())
    )
    ShiftException.objects.bulk_create(
        ShiftException(agent=agent, day=day, starts_minute=stretch and stretch[0], ends_minute=stretch and stretch[1])
        for day, stretch in sorted(week.exceptions.items())
    )
    made = _write_out(agent, week, at)
    concerns = [agent.user_id] if agent.user_id else []
    audit.record(by=by, verb="shifts.planned", about=f"{made} shifts of agent {agent.pk}", at=at, concerns=concerns)
    return made


def plan_ahead(*, at: datetime) -> int:
    """Write every weekly pattern out as far as it is planned ahead; again changes nothing. Return how many people have one."""
    people = list(Agent.objects.people().filter(week__isnull=False).distinct().order_by("pk"))
    for agent in people:
        with transaction.atomic():
            Agent.objects.select_for_update().get(pk=agent.pk)
            _write_out(agent, week_of(agent, zone="UTC"), at)
    return len(people)


def _write_out(agent: Agent, week: Week, at: datetime) -> int:
    """Make the shifts to come those of the week, beside what others planned."""
    wanted = dict(planning.shifts(week, since=at, until=at + AHEAD))
    ahead = Shift.objects.filter(agent=agent, origin=Origin.WEEK, starts_at__gte=at)
    kept = dict(ahead.values_list("starts_at", "ends_at"))
    gone = [start for start, end in kept.items() if wanted.get(start) != end]
    ahead.filter(starts_at__in=gone).delete()
    others = list(
        Shift.objects.filter(agent=agent, ends_at__gt=at).exclude(origin=Origin.WEEK, starts_at__gte=at)
        .values_list("starts_at", "ends_at")
    )  # fmt: skip
    free = {start: end for start, end in wanted.items() if not _overlaps(start, end, others)}
    Shift.objects.bulk_create(
        (
            Shift(agent=agent, starts_at=start, ends_at=end, origin=Origin.WEEK)
            for start, end in free.items()
            if start not in kept or start in gone
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    return len(free)


def _overlaps(start: datetime, end: datetime, others: Iterable[tuple[datetime, datetime]]) -> bool:
    return any(begins < end and start < ends for begins, ends in others)


@transaction.atomic
def import_file(*, by: Viewer, body: bytes, zone: str, agent: Agent | None, at: datetime) -> Imported:
    """Plan what a file says: of one person, or of those that it names. Sent again it changes nothing.

    Every entry that cannot be used is told, and the others are planned. A fixed number of statements.

    :raises NotAllowed: the role plans nobody. :raises PlanRefused: there is no such zone.
    """
    by.require(Permission.MANAGE_SETUP)
    if zone not in available_timezones():
        raise PlanRefused("zone", f"Saw “{zone[:30]}”. Expected a time zone such as Europe/Berlin.")
    rows, bad = shift_files.read(body, zone=ZoneInfo(zone), at=at)
    found = Imported(bad=bad)
    theirs = _whose(rows, agent, found)
    # Two files at once wait for one another, person by person, always in the same order.
    list(Agent.objects.select_for_update().filter(pk__in=list(theirs)).order_by("pk"))
    stored = _stored(rows, theirs)
    fresh: list[Shift] = []
    acts: dict[int, list[Row]] = {}
    for key, mine in theirs.items():
        _plan(key, mine, stored[key], found, fresh, acts)
    Shift.objects.bulk_create(fresh)
    _write_activities(acts, {id(one): one for shifts in stored.values() for one in shifts}, fresh)
    people = len(theirs)
    audit.record(
        by=by, verb="shifts.imported", about=f"{found.made + found.changed} of {people} people, {len(found.bad)} could not be used", at=at
    )  # fmt: skip
    return found


def _whose(rows: Sequence[Row], agent: Agent | None, found: Imported) -> dict[UUID, list[Row]]:
    """The rows of each person; those of nobody, or of two of a name, are told."""
    theirs: dict[UUID, list[Row]] = defaultdict(list)
    if agent is not None:
        if rows:
            theirs[agent.pk] = list(rows)
        return theirs
    known: dict[str, set[UUID]] = defaultdict(set)
    for key, name, login in Agent.objects.people().values_list("pk", "name", "user__username"):
        for word in filter(None, (name, login)):
            known[word.casefold()].add(key)
    for key, name in AgentIdentity.objects.filter(agent__kind="human").values_list("agent", "external_id"):
        known[name.casefold()].add(key)
    for row in rows:
        people = known.get(row.person.casefold(), set())
        if len(people) == 1:
            theirs[next(iter(people))].append(row)
        elif not row.person:
            found.bad.append(Bad(row.place, row.text, "It names nobody. Choose whose file it is, or name an attendee."))
        else:
            why = "Two people are called so" if people else "Nobody here is called so"
            found.bad.append(
                Bad(row.place, row.text, f"{why}: “{row.person[:60]}”. Use the name under People and access.")
            )
    return dict(sorted(theirs.items(), key=lambda one: str(one[0])))


def _stored(rows: Sequence[Row], theirs: dict[UUID, list[Row]]) -> dict[UUID, list[Shift]]:
    stored: dict[UUID, list[Shift]] = {key: [] for key in theirs}
    if not theirs:
        return stored
    first, last = min(row.starts_at for row in rows), max(row.ends_at for row in rows)
    kept = Shift.objects.filter(agent__in=list(theirs), ends_at__gt=first, starts_at__lt=last).prefetch_related(
        "activities"
    )
    for one in kept.order_by("starts_at"):
        stored[one.agent_id].append(one)
    return stored


def _plan(
    key: UUID, rows: Sequence[Row], kept: list[Shift], found: Imported, fresh: list[Shift], acts: dict[int, list[Row]]
) -> None:
    """Plan one person's rows: shifts first, then what lies inside them."""
    for row in sorted((one for one in rows if one.kind == OPEN), key=lambda one: (one.starts_at, one.place)):
        same = next((one for one in kept if one.starts_at == row.starts_at), None)
        if row.is_cancelled:
            _cancel(row, same, kept, found)
        elif same is not None and same.ends_at == row.ends_at:
            acts.setdefault(id(same), [])
            found.same += 1
        elif _overlaps(row.starts_at, row.ends_at, [(one.starts_at, one.ends_at) for one in kept if one is not same]):
            found.bad.append(Bad(row.place, row.text, "Another shift of theirs is planned over it."))
        elif same is not None:
            same.ends_at, same.origin = row.ends_at, Origin.FILE
            if same.pk is not None:
                same.save(update_fields=["ends_at", "origin"])
            acts.setdefault(id(same), [])
            found.changed += 1
        else:
            made = Shift(agent_id=key, starts_at=row.starts_at, ends_at=row.ends_at, origin=Origin.FILE)
            kept.append(made)
            fresh.append(made)
            acts.setdefault(id(made), [])
            found.made += 1
    for row in (one for one in rows if one.kind != OPEN and not one.is_cancelled):
        around = next((one for one in kept if one.starts_at <= row.starts_at and row.ends_at <= one.ends_at), None)
        if around is None:
            found.bad.append(Bad(row.place, row.text, "No shift of theirs is around it, so it is a part of none."))
        else:
            acts.setdefault(id(around), []).append(row)


def _cancel(row: Row, same: Shift | None, kept: list[Shift], found: Imported) -> None:
    if same is None or same.pk is None:
        found.bad.append(Bad(row.place, row.text, "It is cancelled, and nothing was planned then."))
        return
    kept.remove(same)
    same.delete()
    found.cancelled += 1


def _write_activities(acts: dict[int, list[Row]], kept: dict[int, Shift], fresh: Sequence[Shift]) -> None:
    """Let each shift that the file speaks of have the breaks and meetings that the file gives it."""
    shifts = {**kept, **{id(one): one for one in fresh}}
    told = {key: one for key, one in shifts.items() if key in acts and one.pk is not None}
    Activity.objects.filter(shift__in=[one.pk for one in told.values()]).delete()
    Activity.objects.bulk_create(
        (
            Activity(shift=shift, kind=row.kind, starts_at=row.starts_at, ends_at=row.ends_at)
            for key, shift in told.items()
            for row in acts[key]
        ),
        ignore_conflicts=True,
    )
