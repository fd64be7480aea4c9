"""Make and change sampling plans. What a plan has drawn keeps the plan as it was."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import available_timezones

from django.db import models, transaction

from apps.access import audit
from apps.access.models import User
from apps.access.roles import GRANTED, Permission
from apps.access.viewer import Viewer
from apps.agents.models import Team
from apps.interactions.models import Queue
from apps.reviews.plans import Cadence, Risk, SamplingPlan, Stratum
from apps.reviews.spec import Family
from apps.shared.errors import OutOfScope, Refusal

MOST_A_PERSON = 20


class PlanRefused(Refusal):
    """There can be no such plan. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A plan as a person asks for it. No team, no queue: all of them."""

    name: str
    family: str
    cadence: str
    zone: str
    draws_at_hour: int
    chance_n: int
    risk_n: int
    strata: tuple[str, ...]
    risks: tuple[str, ...]
    fewest_messages: int
    due_days: int
    is_on: bool
    teams: Collection[int] = ()
    queues: Collection[UUID] = ()
    reviewers: Collection[int] = ()


@transaction.atomic
def save(*, by: Viewer, pk: int | None, asked: Asked, at: datetime) -> SamplingPlan:
    """Make a plan, or change one. Its next draw follows it; what was drawn stays.

    :raises OutOfScope: there is none of this key.
    :raises PlanRefused: with the field, what was seen and what was expected.
    """
    by.require(Permission.MANAGE_QUALITY)
    _check(asked, pk)
    plan = (
        SamplingPlan(made_at=at, made_by=by.user)
        if pk is None
        else SamplingPlan.objects.select_for_update().filter(pk=pk).first()
    )
    if plan is None:
        raise OutOfScope
    plan.name, plan.family, plan.cadence, plan.zone = asked.name.strip(), asked.family, asked.cadence, asked.zone
    plan.draws_at_hour, plan.chance_n, plan.risk_n = asked.draws_at_hour, asked.chance_n, asked.risk_n
    plan.strata, plan.risks, plan.fewest_messages = list(asked.strata), list(asked.risks), asked.fewest_messages
    plan.due_days, plan.is_on = asked.due_days, asked.is_on
    plan.save()
    plan.teams.set(Team.objects.filter(pk__in=asked.teams))
    plan.queues.set(Queue.objects.filter(pk__in=asked.queues))
    plan.reviewers.set(reviewers().filter(pk__in=asked.reviewers))
    audit.record(by=by, verb="plan.saved", subject=plan, about=plan.name, at=at)
    return plan


def reviewers() -> models.QuerySet[User]:
    """Return the accounts that may be given something to review."""
    able = [role for role, permissions in GRANTED.items() if Permission.REVIEW in permissions]
    return User.objects.filter(role__in=able, is_active=True).order_by("display_name", "username")


def _check(asked: Asked, pk: int | None) -> None:
    if not asked.name.strip():
        raise PlanRefused("name", "Give the plan a name that reviewers know it by.")
    same = SamplingPlan.objects.filter(name=asked.name.strip()).first()
    if same is not None and same.pk != pk:
        raise PlanRefused("name", "Another plan has this name. Choose one that tells them apart.")
    if asked.family not in Family.values or asked.cadence not in Cadence.values:
        raise PlanRefused("family", "Choose people or AI agents, and each day or each week.")
    if asked.zone not in available_timezones():
        raise PlanRefused("zone", f"Saw “{asked.zone}”. Expected a time zone such as Europe/Berlin.")
    if not 0 <= asked.draws_at_hour <= 23:
        raise PlanRefused("draws_at_hour", f"Saw {asked.draws_at_hour}. Expected an hour from 0 to 23.")
    if not (0 <= asked.chance_n <= MOST_A_PERSON and 0 <= asked.risk_n <= MOST_A_PERSON):
        raise PlanRefused("chance_n", f"Draw at most {MOST_A_PERSON} of each part for a person.")
    if asked.chance_n + asked.risk_n < 1:
        raise PlanRefused("chance_n", "Draw at least one conversation of each person.")
    if set(asked.strata) - set(Stratum.values):
        raise PlanRefused("strata", "Choose only properties of the list to spread by.")
    if set(asked.risks) - set(Risk.values):
        raise PlanRefused("risks", "Choose only reasons of the list.")
    if asked.risk_n and not asked.risks:
        raise PlanRefused("risks", "Name at least one reason to look, or draw none by risk.")
    if not 1 <= asked.fewest_messages <= 50:
        raise PlanRefused("fewest_messages", f"Saw {asked.fewest_messages}. Expected 1 to 50 messages.")
    if not 1 <= asked.due_days <= 31:
        raise PlanRefused("due_days", f"Saw {asked.due_days}. Expected 1 to 31 days.")
    if not reviewers().filter(pk__in=asked.reviewers).exists():
        raise PlanRefused("reviewers", "Choose at least one reviewer: what is drawn must be somebody’s.")
