"""Feedback conversations: set how often, prepare, hold, acknowledge. Each step happens once, only forwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from apps.access import audit
from apps.access.masking import mask
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent, Team
from apps.coaching import evidence
from apps.coaching.facts import FeedbackChanged
from apps.coaching.feedback import LONGEST_OWN, LONGEST_POINT, LONGEST_STEPS, Cadence, Point, Sheet
from apps.coaching.queries import get_person
from apps.shared.errors import OutOfScope, Refusal
from apps.shared.outbox import announce

WEEKS, MOST_WEEKS, MOST_POINTS = 2, 12, 2


class SheetRefused(Refusal):
    """It cannot be written down so. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


@dataclass(frozen=True, slots=True)
class Said:
    """One point as it is posted: the key of the line that was missed, and what to do about it."""

    line: str
    text: str


def weeks_of() -> dict[int, int]:
    """How often each team that set it talks, in weeks. One statement."""
    return dict(Cadence.objects.values_list("team_id", "weeks"))


def last_held(*, agents: Sequence[UUID]) -> dict[UUID, datetime]:
    """When each of these people last had a conversation; who never had one is missing. The caller has scoped them. One statement."""
    found = (
        Sheet.objects.there()
        .filter(agent__in=agents, held_at__isnull=False)
        .values("agent")
        .annotate(last=Max("held_at"))
    )
    return dict(found.values_list("agent", "last"))


@transaction.atomic
def set_cadence(*, by: Viewer, team: int, weeks: int, at: datetime) -> Cadence:
    """Say how often the people of a team and their lead talk.

    :raises NotAllowed: the role neither coaches nor looks after quality.
    :raises OutOfScope: not a team of theirs.
    :raises SheetRefused: less than every week, or less often than every twelve.
    """
    if not by.allows(Permission.MANAGE_QUALITY):
        by.require(Permission.COACH)
    found = Team.objects.visible_to(by).filter(pk=team).first()
    if found is None:
        raise OutOfScope
    if not 1 <= weeks <= MOST_WEEKS:
        raise SheetRefused("weeks", f"Saw {weeks}. Expected 1 to {MOST_WEEKS} weeks.")
    made, _ = Cadence.objects.update_or_create(team=found, defaults={"weeks": weeks, "set_by": by.user, "set_at": at})
    audit.record(by=by, verb="feedback.cadence", subject=made, about=f"{found.name}, {made}", at=at)
    return made


@transaction.atomic
def prepare(*, by: Viewer, agent: UUID, key: UUID, points: Sequence[Said], metric: str, at: datetime) -> Sheet:
    """Prepare a conversation with one of the people the viewer leads. The same key again returns what was prepared.

    What shows each point is taken from the reviews, not from the form.

    :raises NotAllowed: the role coaches nobody.
    :raises OutOfScope: the person is not theirs, or the key is another's.
    :raises SheetRefused: no point or more than two, a point without evidence, or one is prepared already.
    """
    to = get_person(viewer=by, pk=agent)
    if to.user_id is None or to.user_id == by.user.pk:
        raise SheetRefused("points", "Only somebody else with an account can read and answer it.")
    if (made := Sheet.objects.filter(pk=key).first()) is not None:
        if (made.by_id, made.agent_id) != (by.user.pk, to.pk):
            raise OutOfScope
        return made
    Agent.objects.select_for_update().get(pk=to.pk)  # two windows take turns
    if Sheet.objects.there().filter(agent=to, held_at=None).exists():
        raise SheetRefused("points", f"A conversation with {to.name} is prepared already. Hold it, or let it go.")
    if not points or len(points) > MOST_POINTS or len({one.line for one in points}) < len(points):
        raise SheetRefused("points", f"Choose one or two different points; more than {MOST_POINTS} at once are none.")
    shown = {one.key: one for one in evidence.candidates(viewer=by, agent=to.pk, at=at)}
    if any(one.line not in shown for one in points):
        raise SheetRefused("points", "Choose points that a review shows.")
    if metric not in evidence.NUMBERS and metric.removeprefix(evidence.LINE) not in shown:
        raise SheetRefused("metric", "Choose what is to get better.")
    sheet = Sheet.objects.create(id=key, agent=to, by=by.user, metric=metric, prepared_at=at)
    Point.objects.bulk_create(
        Point(
            sheet=sheet, place=place, about=shown[one.line].text, text=_told("points", one.text, LONGEST_POINT),
            evidence=list(shown[one.line].evidence), reviews=list(shown[one.line].reviews),
        )
        for place, one in enumerate(points, start=1)
    )  # fmt: skip
    audit.record(by=by, verb="feedback.prepared", subject=sheet, about=to.name, at=at)
    return sheet


def _told(about: str, text: str, most: int, *, least: int = 10) -> str:
    told = " ".join(text.split())
    if not least <= len(told) <= most:
        raise SheetRefused(about, f"Saw {len(told)} characters. Expected {least} to {most}.")
    return mask(text=told).text[: 2 * most]


def _prepared(by: Viewer, pk: UUID) -> Sheet:
    by.require(Permission.COACH)
    visible = Sheet.objects.visible_to(by).filter(pk=pk, by=by.user)
    found = Sheet.objects.select_for_update(of=("self",)).select_related("agent").filter(pk__in=visible).first()
    if found is None:
        raise OutOfScope
    return found


@transaction.atomic
def hold(*, by: Viewer, pk: UUID, steps: str, steps_by: date | None, at: datetime) -> Sheet:
    """Write down that it was held, and what both agreed to do. From now on its agent reads it. A second time changes nothing.

    :raises OutOfScope: none that the viewer prepared.
    :raises SheetRefused: without steps, or their day is over.
    """
    sheet = _prepared(by, pk)
    if sheet.held_at is not None:
        return sheet
    if steps_by is not None and steps_by < at.astimezone(by.zone).date():
        raise SheetRefused("steps_by", "That day is over. Choose one to come.")
    sheet.steps, sheet.steps_by, sheet.held_at = _told("steps", steps, LONGEST_STEPS), steps_by, at
    sheet.save(update_fields=["steps", "steps_by", "held_at"])
    _record(by, "feedback.held", sheet, at)
    return sheet


@transaction.atomic
def discard(*, by: Viewer, pk: UUID, at: datetime) -> Sheet:
    """Let go what was prepared.

    :raises OutOfScope: none that the viewer prepared.
    :raises Refusal: it was held, and what was held is the agent's too.
    """
    sheet = _prepared(by, pk)
    if sheet.held_at is not None:
        raise Refusal("It was held, and belongs to both of you now.")
    sheet.discarded_at = at
    sheet.save(update_fields=["discarded_at"])
    audit.record(by=by, verb="feedback.discarded", subject=sheet, about=sheet.agent.name, at=at)
    return sheet


@transaction.atomic
def acknowledge(*, by: Viewer, pk: UUID, own_words: str, at: datetime) -> Sheet:
    """The agent has read it, and may put it in words of their own. A second time changes nothing.

    :raises NotAllowed: the role is coached by nobody.
    :raises OutOfScope: no conversation of theirs that was held.
    :raises SheetRefused: the words are too many.
    """
    by.require(Permission.BE_COACHED)
    mine = Sheet.objects.visible_to(by).filter(pk=pk)
    sheet = Sheet.objects.select_for_update(of=("self",)).select_related("agent").filter(pk__in=mine).first()
    if sheet is None:
        raise OutOfScope
    if sheet.acknowledged_at is not None:
        return sheet
    sheet.own_words = _told("own_words", own_words, LONGEST_OWN, least=0)
    sheet.acknowledged_at = at
    sheet.save(update_fields=["own_words", "acknowledged_at"])
    _record(by, "feedback.acknowledged", sheet, at)
    return sheet


def _record(by: Viewer, verb: str, sheet: Sheet, at: datetime) -> None:
    concerned = [key for key in (sheet.agent.user_id, sheet.by_id) if key is not None and key != by.user.pk]
    audit.record(by=by, verb=verb, subject=sheet, about=sheet.agent.name, concerns=concerned, at=at)
    if sheet.agent.user_id is not None:
        announce(FeedbackChanged(sheet_id=sheet.pk, user_id=sheet.agent.user_id, at=at), at=at)
