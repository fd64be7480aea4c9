"""Draw what a plan asks for, and replace what cannot be reviewed. A draw happens once a plan and period, whoever rings."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import formats

from apps.access import audit
from apps.access.models import User
from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer, viewers_of
from apps.agents.models import Agent, AgentKind
from apps.interactions.models import Conversation
from apps.reviews import frames, rubrics, sampling
from apps.reviews.facts import DrawMade
from apps.reviews.frames import Criteria
from apps.reviews.models import Review
from apps.reviews.periods import Period, last_ended
from apps.reviews.plans import Assignment, Draw, Flag, SamplingPlan, Unfit
from apps.reviews.sampling import Drawn, Part, Quota, Reviewer
from apps.reviews.spec import Family
from apps.shared.errors import OutOfScope, Refusal
from apps.shared.outbox import announce

log = structlog.get_logger(__name__)

# A draw that did not work is tried again after so long, until its period is no longer the last one.
AGAIN_AFTER = timedelta(minutes=15)


class DrawFailed(Refusal):
    """Nothing could be drawn, and why."""


def draw_due(*, at: datetime) -> list[UUID]:
    """Draw for every plan whose last period is over and was not drawn yet; return the draws that worked now."""
    made = []
    for plan in SamplingPlan.objects.filter(is_on=True).order_by("pk"):
        period = last_ended(cadence=plan.cadence, zone=plan.tz, at=at)
        if at < period.until_at + timedelta(hours=plan.draws_at_hour):
            continue
        tried = Draw.objects.filter(plan=plan, first_on=period.first_on).first()
        if tried is not None and (tried.drawn_at or (tried.tried_at and tried.tried_at > at - AGAIN_AFTER)):
            continue
        found = draw(plan=plan.pk, period=period, at=at)
        if found.drawn_at is not None:
            made.append(found.pk)
    return made


def draw_now(*, by: Viewer, pk: int, at: datetime) -> Draw:
    """Draw for the last period of a plan that is over, whatever the hour; return the draw, also one that was made already.

    :raises OutOfScope: there is no such plan.
    """
    by.require(Permission.MANAGE_QUALITY)
    plan = SamplingPlan.objects.filter(pk=pk).first()
    if plan is None:
        raise OutOfScope
    return draw(plan=pk, period=last_ended(cadence=plan.cadence, zone=plan.tz, at=at), at=at)


@transaction.atomic
def draw(*, plan: int, period: Period, at: datetime) -> Draw:
    """Draw for one period of a plan, and give what was drawn to reviewers. A second time returns the draw that was made.

    What keeps it from working is written into the draw as a sentence and can be tried again; the seed stays.
    """
    # All plans take turns: two of them may find the same conversation.
    asked = next(one for one in SamplingPlan.objects.select_for_update().order_by("pk") if one.pk == plan)
    made, _ = Draw.objects.get_or_create(
        plan=asked, first_on=period.first_on,
        defaults={"from_at": period.from_at, "until_at": period.until_at, "seed": secrets.token_hex(16)},
    )  # fmt: skip
    if made.drawn_at is not None:
        return made
    made.tried_at = at
    try:
        with transaction.atomic():
            _fill(made, asked, at)
    except DrawFailed as failed:
        log.warning("draw failed", plan=asked.pk, first_on=str(period.first_on))
        made = Draw.objects.get(pk=made.pk)
        made.tried_at, made.error = at, str(failed)[:300]
    made.save()
    return made


def criteria_of(plan: SamplingPlan) -> Criteria:
    """What a plan asks for now."""
    return Criteria(
        family=plan.family, chance_n=plan.chance_n, risk_n=plan.risk_n, strata=tuple(plan.strata), risks=tuple(plan.risks),
        fewest_messages=plan.fewest_messages, teams=tuple(plan.teams.values_list("pk", flat=True).order_by("pk")),
        queues=tuple(plan.queues.values_list("pk", flat=True).order_by("pk")), due_days=plan.due_days,
    )  # fmt: skip


def _fill(made: Draw, plan: SamplingPlan, at: datetime) -> None:
    criteria = criteria_of(plan)
    reviewers = viewers_of(plan.reviewers.filter(is_active=True).order_by("pk"))
    able = [one for one in reviewers.values() if one.allows(Permission.REVIEW)]
    if not able:
        raise DrawFailed("Nobody reviews for this plan. Choose at least one reviewer whose account is on.")
    if rubrics.default_version(Family(plan.family)) is None:
        raise DrawFailed(f"No rubric is in use for {plan.get_family_display().lower()}. Choose one under Rubrics.")
    frame = frames.read(criteria=criteria, from_at=made.from_at, until_at=made.until_at)
    if not frame:
        day = formats.date_format(made.first_on, "j M Y")
        raise DrawFailed(
            f"No conversation from {day} on could be drawn: none was closed with {plan.fewest_messages} messages of somebody "
            "this plan is about, or all of them were given out already."
        )
    people = expected(criteria)
    result = sampling.draw(frame=frame, quota=Quota(plan.chance_n, plan.risk_n), seed=made.seed, people=people)
    given = _share_out(result.picks, able, made.seed)
    Assignment.objects.bulk_create([
        Assignment(
            draw=made, conversation_id=one.candidate.conversation, agent_id=one.candidate.agent, part=one.part.value,
            reason=one.reason, reviewer_id=key, given_at=at, due_at=at + timedelta(days=plan.due_days),
        )
        for one, key in zip(result.picks, given, strict=True)
    ])  # fmt: skip
    made.criteria, made.drawn_at, made.error = criteria_kept(criteria), at, ""
    made.frame, made.fingerprint = frames.pack(frame), sampling.fingerprint(frame)
    made.candidates, made.people = len(frame), len(set(result.candidates) | set(people))
    made.short = {str(key): n for key, n in result.short.items()}
    audit.record(by=None, verb="draw.made", subject=made, about=plan.name, at=at)
    announce(DrawMade(draw_id=made.pk, reviewer_ids=sorted({key for key in given if key}), at=at), at=at)


def criteria_kept(criteria: Criteria) -> dict[str, object]:
    """The criteria as a row keeps them."""
    return {
        "family": criteria.family, "chance_n": criteria.chance_n, "risk_n": criteria.risk_n, "strata": list(criteria.strata),
        "risks": list(criteria.risks), "fewest_messages": criteria.fewest_messages, "teams": list(criteria.teams),
        "queues": [str(key) for key in criteria.queues], "due_days": criteria.due_days,
    }  # fmt: skip


def expected(criteria: Criteria) -> list[UUID]:
    """Those of whom a draw expects a pick: everybody of the plan's kind and teams who is in the directory."""
    kind = AgentKind.AI if criteria.family == Family.AI else AgentKind.HUMAN
    found = Agent.objects.filter(kind=kind, is_listed=True, **({"team__in": criteria.teams} if criteria.teams else {}))
    # Whoever takes no conversation, such as a lead who only writes notes, is not missed.
    return list(found.exclude(capacity=0).order_by("pk").values_list("pk", flat=True))


def _share_out(picks: Sequence[Drawn], able: Sequence[Viewer], seed: str) -> list[int | None]:
    keys = {one.candidate.conversation for one in picks}
    agents = {one.candidate.agent for one in picks}
    readable = {
        one.user.pk: set(Conversation.objects.visible_to(one).filter(pk__in=keys).values_list("pk", flat=True))
        for one in able
    }
    led = {
        one.user.pk: set(Agent.objects.visible_to(one).filter(pk__in=agents).values_list("pk", flat=True))
        if one.role == Role.LEAD else agents
        for one in able
    }  # fmt: skip
    own = dict(Agent.objects.filter(user__in=[one.user.pk for one in able]).values_list("user", "pk"))
    waiting: dict[int, int] = dict.fromkeys((one.user.pk for one in able), 0)
    for key in Assignment.objects.to_do().filter(reviewer__in=waiting).values_list("reviewer", flat=True):
        waiting[key] += 1
    reviewers = [Reviewer(one.user.pk, load=waiting[one.user.pk], agent=own.get(one.user.pk)) for one in able]
    return sampling.share_out(
        picks=picks, reviewers=reviewers, seed=seed,
        may_read=lambda who, one: one.candidate.conversation in readable[who.key] and one.candidate.agent in led[who.key],
    )  # fmt: skip


@transaction.atomic
def replace(*, by: Viewer, pk: UUID, because: str, at: datetime) -> Assignment | None:
    """Put another conversation of the same person in the place of one that cannot be reviewed; return it, None: none is left.

    The replaced one stays with its reason and is counted. A second time returns what came instead.

    :raises OutOfScope: it is not theirs to review.
    :raises Refusal: no known reason, or it was begun: a review that was begun is finished or discarded first.
    """
    by.require(Permission.REVIEW)
    lost = (
        Assignment.objects.visible_to(by).select_for_update(of=("self",)).select_related("draw__plan", "agent")
        .filter(pk=pk).first()
    )  # fmt: skip
    if lost is None:
        raise OutOfScope
    if lost.replaced_at is not None:
        return Assignment.objects.filter(instead_of=lost).first()
    if because not in Unfit.values:
        raise Refusal("Say why it cannot be reviewed: choose one of the reasons.")
    if lost.review_id is not None:
        raise Refusal("Its review was begun. Finish it, or discard the draft and replace it then.")
    lost.replaced_at, lost.replaced_by, lost.replaced_because = at, by.user, because
    lost.save(update_fields=["replaced_at", "replaced_by", "replaced_because"])
    audit.record(
        by=by, verb="assignment.replaced", subject=lost, about=lost.agent.name, reason=Unfit(because).label,
        conversation_id=lost.conversation_id, at=at,
    )  # fmt: skip
    return _another(lost, at)


def _another(lost: Assignment, at: datetime) -> Assignment | None:
    made = lost.draw
    frame = frames.unpack(bytes(made.frame or b""))
    taken = set(Assignment.objects.filter(agent=lost.agent).values_list("conversation_id", "agent_id"))
    taken |= set(Review.objects.filter(agent=lost.agent).values_list("conversation_id", "agent_id"))
    was = next(one for one in frame if one.unit == (lost.conversation_id, lost.agent_id))
    n = Assignment.objects.filter(draw=made, replaced_at__isnull=False).count()
    found = sampling.replacement(
        frame=frame, taken=taken, instead_of=Drawn(was, Part(lost.part), lost.reason), seed=made.seed, n=n
    )
    if found is None:
        return None
    keys = [lost.reviewer_id] if lost.reviewer_id else list(made.plan.reviewers.values_list("pk", flat=True))
    able = list(viewers_of(User.objects.filter(pk__in=keys, is_active=True)).values())
    (reviewer,) = _share_out([found], able, f"{made.seed} {n}")
    return Assignment.objects.create(
        draw=made, conversation_id=found.candidate.conversation, agent=lost.agent, part=lost.part, reason=lost.reason,
        reviewer_id=reviewer, given_at=at, due_at=lost.due_at, instead_of=lost,
    )  # fmt: skip


def is_same_again(made: Draw) -> bool:
    """Draw again from the frame and seed that were kept, and say whether the same conversations come of it."""
    frame = frames.unpack(bytes(made.frame or b""))
    quota = Quota(made.criteria["chance_n"], made.criteria["risk_n"])
    again = sampling.draw(frame=frame, quota=quota, seed=made.seed)
    first = Assignment.objects.filter(draw=made, instead_of=None)
    was = {(one.conversation_id, one.agent_id, one.part, one.reason) for one in first}
    now = {(*one.candidate.unit, one.part.value, one.reason) for one in again.picks}
    return sampling.fingerprint(frame) == made.fingerprint and was == now


def flag(*, conversations: Collection[UUID | None], kind: str, at: datetime) -> None:
    """Keep that something was noticed about conversations, which a later draw may look at. A second time changes nothing."""
    rows = [Flag(conversation_id=key, kind=kind, noticed_at=at) for key in sorted(filter(None, conversations))]
    Flag.objects.bulk_create(rows, ignore_conflicts=True)
