"""A person's own day: the goals of it seen at its start, and a few words at its end. Each step is the person's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Shift
from apps.agents.reach import Reach
from apps.metrics import scorecards
from apps.metrics.aims import Aim, aims_of
from apps.metrics.models import Workday
from apps.shared.errors import OutOfScope, Refusal

MOST_CHARACTERS = 300
# A shift goes on so long after its planned end, for the words at its end.
STAYS_ON = timedelta(hours=2)
# How many closed days a scorecard tells.
TOLD = 5


class ReviewRefused(Refusal):
    """There can be no such review. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


@dataclass(frozen=True, slots=True)
class Today:
    """The day that runs: what was seen of its goals, and what was said at its end."""

    day: date
    goals_seen_at: datetime | None
    went_well: str
    one_point: str
    closed_at: datetime | None


def today(*, agent: Agent, viewer: Viewer, at: datetime) -> Today:
    """Return the person's day in the viewer's zone. Two statements."""
    day = day_of(agent=agent, viewer=viewer, at=at)
    kept = Workday.objects.filter(agent=agent, day=day).first()
    if kept is None:
        return Today(day, None, "", "", None)
    return Today(day, kept.goals_seen_at, kept.went_well, kept.one_point, kept.closed_at)


def closed(*, person: Reach) -> Sequence[Workday]:
    """Return the last days that a person closed, newest first. Whoever asks has asked whether they may."""
    return list(Workday.objects.filter(person.q("agent", at="closed_at"), closed_at__isnull=False)[:TOLD])


def day_of(*, agent: Agent, viewer: Viewer, at: datetime) -> date:
    """Return the day that a moment belongs to: that on which the running shift began, which may end after midnight."""
    running = (
        Shift.objects.filter(agent=agent, starts_at__lte=at, ends_at__gt=at - STAYS_ON).order_by("-starts_at").first()
    )
    return (at if running is None else running.starts_at).astimezone(viewer.zone).date()


def _own(by: Viewer) -> Agent:
    by.require(Permission.VIEW_OWN_SCORECARD)
    found = scorecards.get_own(by)
    if found is None:
        raise OutOfScope
    return found


@transaction.atomic
def see_goals(*, by: Viewer, at: datetime) -> None:
    """Say that one has seen the goals of today. A second time changes nothing.

    :raises NotAllowed: the role has no day of its own. :raises OutOfScope: the account is nobody on the floor.
    """
    agent = _own(by)
    day, _ = Workday.objects.select_for_update().get_or_create(agent=agent, day=day_of(agent=agent, viewer=by, at=at))
    if day.goals_seen_at is not None:
        return
    day.goals_seen_at = at
    day.save(update_fields=["goals_seen_at"])
    aims: Sequence[Aim] = aims_of(by, [agent], at=at)[agent.pk]
    audit.record(
        by=by, verb="goals.seen", about=f"{len(aims)} goals of {day.day:%Y-%m-%d}", concerns=[by.user.pk], at=at
    )


@transaction.atomic
def close(*, by: Viewer, went_well: str, one_point: str, at: datetime) -> None:
    """Close one's day with what went well and one point for the next; said again, the last words stand.

    :raises NotAllowed: the role has no day of its own. :raises OutOfScope: the account is nobody on the floor.
    :raises ReviewRefused: nothing was said, or too much.
    """
    agent = _own(by)
    said = {"went_well": _clean("went_well", went_well), "one_point": _clean("one_point", one_point)}
    if not any(said.values()):
        raise ReviewRefused("went_well", "Say what went well, or one point for the next shift.")
    Workday.objects.update_or_create(
        agent=agent, day=day_of(agent=agent, viewer=by, at=at), defaults={**said, "closed_at": at}
    )  # fmt: skip
    audit.record(by=by, verb="shift.closed", concerns=[by.user.pk], at=at)


def _clean(about: str, text: str) -> str:
    told = " ".join(text.split())
    if len(told) > MOST_CHARACTERS:
        raise ReviewRefused(about, f"Saw {len(told)} characters. Expected at most {MOST_CHARACTERS}.")
    return mask(text=told).text[: 2 * MOST_CHARACTERS]
